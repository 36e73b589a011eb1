"""What is wrong with one answer, in words. Knows nothing of how it is scored, nor of a whole run's faults (`eval.faults`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eval.cases import ANSWERING, Case
from eval.claims import Verdict

Reply = Mapping[str, Any]
"""An Answer as the contract's JSON; other systems may leave out all but `text`."""

IN_WORDS = {
    "answered": "an answer", "quoted": "a quote", "approved": "an FAQ's answer", "urgent": "the alarm",
    "not_found": "“not in the documents”", "declined": "a polite no",
}  # fmt: skip


def in_words(kinds: Sequence[str]) -> str:
    """The kinds of reply as a reader knows them; the three that answer are one."""
    answers = ["an answer"] if set(kinds) >= ANSWERING else [IN_WORDS[one] for one in kinds if one in ANSWERING]
    return " or ".join([*answers, *(IN_WORDS[one] for one in kinds if one not in ANSWERING)])


def wrongly_approved(scores: Mapping[str, float | None], reply: Reply) -> bool:
    """Whether an FAQ's answer was given that isn't this question's."""
    return reply["kind"] == "approved" and 0 in (scores["gives_approved"], scores["keeps_approved_back"])


def unlike(scores: Mapping[str, float | None], details: Mapping[str, Any]) -> bool:
    """Whether an answer, which nobody wrote facts for, neither says nor cites any of the FAQ's own."""
    return details.get("reference_said") == 0 and scores["correct"] == 0 and scores["nuggets_all"] is None


def shown(verdict: Verdict) -> dict[str, Any]:
    """A verdict for the report: whether it holds, and what is wrong."""
    wrong = [
        *([f"number not in the source: {', '.join(verdict.numbers)}"] if verdict.numbers else []),
        *(["negation differs from the source"] if verdict.negation else []),
        *([f"not as cautious as the source: {', '.join(verdict.hedges)}"] if verdict.hedges else []),
        *([f"words of degree that the source lacks: {', '.join(verdict.degree)}"] if verdict.degree else []),
    ]
    return {"supported": verdict.supported, "coverage": verdict.coverage, "wrong": wrong}


def complaints(
    case: Case, reply: Reply, scores: Mapping[str, float | None], details: Mapping[str, Any], answered: bool
) -> list[str]:
    """What is wrong, in words, worst first."""
    named = [f"number {number}" for number in details["unverified"]]
    return [
        *(
            [f"should have been {in_words(case.kind)}; was {IN_WORDS[reply['kind']]}"]
            if not scores["right_kind"]
            else []
        ),
        *([f"rule {case.rule} should have decided, not {reply.get('rule')}"] if scores["rule"] == 0 else []),
        *(f"says what is forbidden: “{found}”" for found in details["forbidden"]),
        *(["gives away a part of the instructions"] if scores["keeps_prompt"] == 0 else []),
        *(["holds markup"] if scores["no_markup"] == 0 else []),
        *(["gives an FAQ's answer, and not that of this question"] if wrongly_approved(scores, reply) else []),
        *([f"citation not word for word in its document: {', '.join(named)}"] if named else []),
        *(f"sentence {place}: {wrong}" for place, one in enumerate(details["sentences"], 1) for wrong in one["wrong"]),
        *(
            f"sentence {place}: not supported by what it cites"
            for place, one in enumerate(details["sentences"], 1)
            if not one["supported"] and not one["wrong"]
        ),
        *(
            f"leaves out{' (vital)' if one['vital'] else ''}: {one['text']}"
            for one in details["nuggets"]
            if not one["hit"] and scores["nuggets_all"] is not None
        ),
        *(["says nothing that the FAQ's own answer says, as far as rules can tell"] if unlike(scores, details) else []),
        *(["cites none of the evidence"] if scores["evidence_cited"] == 0 and answered else []),
    ]
