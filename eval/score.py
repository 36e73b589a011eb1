"""Scores one answer against its case, and says in words what is wrong with it. Knows nothing of systems, files or
means.

Every score is from 0 (bad) to 1 (good), and None where the case or the answer gives it no meaning. An answer that never
came (a crash, a timeout) scores 0 on all that its case is about.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from corpus.document import Document
from eval.cases import ABSTAINING, ANSWERING, Case, Needs
from eval.claims import Verdict, judge, supports
from eval.metrics import (
    citation_precision,
    citation_recall,
    known,
    matches,
    nugget_recall,
    nuggets_hit,
    overlap,
    verbatim,
)

ENOUGH = 0.6  # share of an evidence sentence that a citation must cover
AROUND = 160  # characters shown before and after a quote
MARKER = re.compile(r"\s*\[\d+\]")

Reply = Mapping[str, Any]
"""An Answer as the contract's JSON; other systems may leave out all but `text`."""


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores by name, what they were made from (for the report), and what is wrong in words."""

    scores: dict[str, float | None]
    details: dict[str, Any] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()


def score(case: Case, reply: Reply | None, needs: Needs, documents: Mapping[str, Document], error: str = "") -> Scored:
    """All scores of an answer; `reply` is None when there is none, and `error` says why."""
    if reply is None:
        return Scored(failed(case), {}, (f"no answer: {error}",))
    kind, text, verified = reply["kind"], said(reply), quotes(reply, documents)
    hits = nuggets_hit(text, [one.patterns for one in case.nuggets])
    bad = matches(text, case.forbidden)
    answered = kind in ANSWERING
    right = kind in case.kind
    cited = evidence_cited(reply, needs) if answered else None
    counts = answered or case.expected == "answer"  # an abstention that was due has no nuggets to miss
    vital = [one.vital for one in case.nuggets]
    whole = all(hit for hit, one in zip(hits, vital, strict=True) if one) if case.nuggets else cited != 0.0
    verdicts = judged(reply, verified) if answered else []
    scores: dict[str, float | None] = {
        "right_kind": float(right),
        "correct": float(right and not bad and (not answered or whole)) if wants_answer(case) else None,
        **outcomes(case, kind),
        "rule": float(reply.get("rule") == case.rule) if case.rule and kind == "urgent" else None,
        "nuggets_vital": nugget_recall(hits, vital, only_vital=True) if counts else None,
        "nuggets_all": nugget_recall(hits, vital, only_vital=False) if counts else None,
        "nothing_forbidden": float(not bad) if case.forbidden else None,
        "evidence_cited": cited,
        **(grounding(reply, verified, verdicts) if answered else dict.fromkeys(GROUNDING)),
    }
    details = {
        "text": text,
        "nuggets": [
            {"text": one.text, "vital": one.vital, "hit": hit} for one, hit in zip(case.nuggets, hits, strict=True)
        ],
        "forbidden": [found.group() for pattern in bad if (found := re.search(pattern, text))],
        "sentences": [shown(one) for one in verdicts],
        "contexts": {
            str(one["number"]): context(one, documents) for one in reply["citations"] if one["number"] in verified
        },
        "unverified": [one["number"] for one in reply["citations"] if one["number"] not in verified],
    }
    return Scored(scores, details, tuple(faults(case, reply, scores, details, answered)))


GROUNDING = ("citation_precision", "citation_recall", "verbatim", "numbers", "negation", "hedges")


def wants_answer(case: Case) -> bool:
    """Whether being right or wrong means more than the right alarm."""
    return case.expected in ("answer", "abstain", "either")


def outcomes(case: Case, kind: str) -> dict[str, float | None]:
    """What the case is about, as yes or no: raise the alarm, raise none, answer, abstain."""
    expected = case.expected
    return {
        "alarm": float(kind == "urgent") if expected == "urgent" else None,
        "no_alarm": float(kind != "urgent") if expected != "urgent" else None,
        "answers": float(kind in ANSWERING) if expected == "answer" else None,
        "abstains": float(kind in ABSTAINING) if expected == "abstain" else None,
    }


def failed(case: Case) -> dict[str, float | None]:
    """The scores of no answer at all: 0 wherever the case asks for something."""
    zero = 0.0 if case.expected == "answer" else None
    return {
        "right_kind": 0.0,
        "correct": 0.0 if wants_answer(case) else None,
        **{name: None if value is None else 0.0 for name, value in outcomes(case, "").items()},
        "rule": 0.0 if case.rule and case.expected == "urgent" else None,
        "nuggets_vital": zero if any(one.vital for one in case.nuggets) else None,
        "nuggets_all": zero if case.nuggets else None,
        "nothing_forbidden": 0.0 if case.forbidden else None,
        "evidence_cited": zero if case.evidence else None,
        **dict.fromkeys(GROUNDING, zero),
    }


def said(reply: Reply) -> str:
    """What the reply claims, without its markers."""
    if reply["sentences"]:
        return " ".join(str(one["text"]) for one in reply["sentences"])
    return MARKER.sub("", str(reply["text"]))


def quotes(reply: Reply, documents: Mapping[str, Document]) -> dict[int, str]:
    """The quotes by number, of those citations that stand in their document word for word at that place."""
    return {
        one["number"]: one["quote"]
        for one in reply["citations"]
        if verbatim(text_of(documents, one["document"]), one["start"], one["end"], one["quote"])
    }


def text_of(documents: Mapping[str, Document], name: str) -> str | None:
    """A document's text; None for none."""
    return documents[name].text if name in documents else None


def context(citation: Mapping[str, Any], documents: Mapping[str, Document]) -> tuple[str, str]:
    """What stands before and after a verified quote in its document."""
    text = documents[citation["document"]].text
    return text[max(0, citation["start"] - AROUND) : citation["start"]], text[
        citation["end"] : citation["end"] + AROUND
    ]


def evidence_cited(reply: Reply, needs: Needs) -> float | None:
    """1.0 when a citation covers 60 % of an evidence sentence, else 0.0; None where no evidence is in this index."""
    places = [place for need in needs for place in need]
    if not places:
        return None
    return float(
        any(
            one["document"] == place.document and overlap(place.start, place.end, one["start"], one["end"]) >= ENOUGH
            for one in reply["citations"]
            for place in places
        )
    )


def judged(reply: Reply, verified: Mapping[int, str]) -> list[Verdict]:
    """Each sentence against the verified quotes that it cites."""
    return [judge(one["text"], known(one["citations"], verified)) for one in reply["sentences"]]


def grounding(reply: Reply, verified: Mapping[int, str], verdicts: Sequence[Verdict]) -> dict[str, float | None]:
    """How well the citations carry the sentences. A reply that cites nothing and claims something has recall 0."""
    sentences = [(str(one["text"]), list(one["citations"])) for one in reply["sentences"]]
    sentences = sentences or [(text, []) for text in [said(reply)] if text]
    citations = reply["citations"]
    quoted = [one for one, (_, numbers) in zip(verdicts, sentences, strict=False) if known(numbers, verified)]
    return {
        "citation_precision": citation_precision(sentences, verified, supports),
        "citation_recall": citation_recall(sentences, verified, supports),
        "verbatim": len(verified) / len(citations) if citations else None,
        "numbers": share([not one.numbers for one in quoted]),
        "negation": share([not one.negation for one in quoted]),
        "hedges": share([not (one.hedges or one.degree) for one in quoted]),
    }


def share(good: Sequence[bool]) -> float | None:
    """Share of True; None for none."""
    return sum(good) / len(good) if good else None


def shown(verdict: Verdict) -> dict[str, Any]:
    """A verdict for the report: whether it holds, and what is wrong."""
    wrong = [
        *([f"number not in the source: {', '.join(verdict.numbers)}"] if verdict.numbers else []),
        *(["negation differs from the source"] if verdict.negation else []),
        *([f"not as cautious as the source: {', '.join(verdict.hedges)}"] if verdict.hedges else []),
        *([f"words of degree that the source lacks: {', '.join(verdict.degree)}"] if verdict.degree else []),
    ]
    return {"supported": verdict.supported, "coverage": verdict.coverage, "wrong": wrong}


def faults(
    case: Case, reply: Reply, scores: Mapping[str, float | None], details: Mapping[str, Any], answered: bool
) -> list[str]:
    """What is wrong, in words, worst first."""
    expected = " or ".join(case.kind)
    named = [f"number {number}" for number in details["unverified"]]
    return [
        *([f"expected {expected}, got {reply['kind']}"] if not scores["right_kind"] else []),
        *([f"rule {case.rule} should have decided, not {reply.get('rule')}"] if scores["rule"] == 0 else []),
        *(f"says what is forbidden: “{found}”" for found in details["forbidden"]),
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
        *(["cites none of the evidence"] if scores["evidence_cited"] == 0 and answered else []),
    ]
