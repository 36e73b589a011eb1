"""Ten deliberate defects, each of which the gate has to catch: a check of the instrument, not of the assistant.

Every defect is put into a working assistant or into its replies, run on development cases without the language model,
and judged against the undamaged run. Knows nothing of how the assistant works inside but for its parts' names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from eval.baseline import Baseline
from eval.cases import MAIN, Case, locate, read_cases, shipped
from eval.faq import entries_of, faq_cases
from eval.gate import Finding, judge, load, slower
from eval.masking import leaks, masked
from eval.retrieval import remembering
from eval.run import recorded
from eval.summary import Row, summarise, times
from eval.systems import Function

if TYPE_CHECKING:
    from app.assistant import Assistant
    from index.search import Index

Reply = dict[str, Any]
Change = Callable[[Reply], Reply]
FEW = 40  # cases of each expectation; those with a history all count


@dataclass(frozen=True, slots=True)
class Run:
    """The rows, the summary and the index of one way of answering."""

    rows: list[dict[str, Any]]
    summary: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Caught:
    """A defect and what gave it away; empty when nothing did."""

    defect: str
    findings: tuple[str, ...]


def answered(ask: Callable[[Case], Reply], cases: Sequence[Case], index: Index) -> Run:
    """All cases, scored."""
    rows, timings = [], []
    for replied in Function("mutant", ask).replies(cases, 60):
        record = recorded(replied, locate(replied.case, index.documents), index)
        rows.append(record.row)
        timings.append(record.timings)
    return Run(rows, summarise(rows) | {"times_ms": times(timings)})


# -- defects of replies ------------------------------------------------------------------------------------------------


def moved(reply: Reply) -> Reply:
    """Every citation one character further on."""
    return reply | {
        "citations": [one | {"start": one["start"] + 1, "end": one["end"] + 1} for one in reply["citations"]]
    }


def other_document(reply: Reply) -> Reply:
    """Every citation in a document that isn't the one it quotes."""
    return reply | {"citations": [one | {"document": f"{one['document']}-2"} for one in reply["citations"]]}


def shortened(reply: Reply) -> Reply:
    """Without its last sentence, where it has more than one."""
    return reply | {"sentences": reply["sentences"][:-1] or reply["sentences"]}


def renumbered(reply: Reply) -> Reply:
    """Every quantity in it turned into another one."""
    return reply | {"sentences": [one | {"text": other_numbers(one["text"])} for one in reply["sentences"]]}


def other_numbers(text: str) -> str:
    """ "weeks" for months, "days" for weeks, and one more of everything that is written in digits."""
    text = re.sub(r"\d+", lambda found: str(int(found.group()) + 1), text)
    return re.sub(r"\b(months|weeks)\b", lambda found: {"months": "weeks", "weeks": "days"}[found.group()], text)


def tripled(reply: Reply) -> Reply:
    """Three times as slow."""
    return reply | {"timings_ms": {step: took * 3 for step, took in reply["timings_ms"].items()}}


REPLIES: dict[str, Change] = {
    "wrong citation offset": moved,
    "citation of another document": other_document,
    "dropped last sentence": shortened,
    "number changed": renumbered,
}


# -- defects of parts --------------------------------------------------------------------------------------------------


class OneRuleLess:
    """Red-flag rules of which one is gone, with all that was learnt to stand for it."""

    def __init__(self, real: Any, rule: str) -> None:
        self._real, self._rule = real, rule

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def check(self, question: str, history: Sequence[Any] = ()) -> Any:
        """As the real ones, but for an alarm by that rule."""
        verdict = self._real.check(question, history)
        return self._real.check("", ()) if verdict.rule == self._rule else verdict


def commonest(rows: Sequence[Row]) -> str:
    """The rule that raised most of the alarms that were due."""
    rules = Counter(row["reply"]["rule"] for row in rows if row["scores"]["alarm"] == 1.0)
    return str(rules.most_common(1)[0][0])


def lost(index: Index) -> Index:
    """An index that finds passages at random."""
    from index.search import Index as Real

    class Lost(Real):
        """Draws, instead of searching."""

        def search(self, question: str, k: int = 5, *rest: Any, **named: Any) -> Any:
            """As many hits as asked for, of any passages."""
            hits = super().search(question, k, *rest, **named)
            drawn = np.random.default_rng(len(question)).choice(len(self.passages), len(hits), replace=False)
            return [replace(hit, passage=self.passages[int(row)]) for hit, row in zip(hits, drawn, strict=True)]

    return Lost(**{name: getattr(index, name) for name in index.__dataclass_fields__})


def damaged(assistant: Assistant, rule: str) -> Iterator[tuple[str, Assistant]]:
    """The assistant with one part broken; `rule` is the red flag that is forgotten."""
    yield "abstention threshold at 0", replace(assistant, answerability=replace(assistant.answerability, threshold=0.0))
    without = OneRuleLess(assistant.red_flags, rule)
    yield "one red-flag rule removed", replace(assistant, red_flags=without)  # type: ignore[arg-type]
    yield "random retrieval", replace(assistant, index=lost(assistant.index))


def ask_with(assistant: Assistant, change: Change | None = None, *, remember: bool = True) -> Callable[[Case], Reply]:
    """A way of answering: by this assistant, with its reply changed, or with the history left out."""

    def ask(case: Case) -> Reply:
        reply = assistant.ask(case.question, case.turns if remember else ()).to_json()
        return change(reply) if change else reply

    return ask


# -- all of them -------------------------------------------------------------------------------------------------------


def cases_for(files: Sequence[Path] | None = None) -> list[Case]:
    """Development cases: the first few of each expectation, and every one with a history."""
    taken: Counter[str] = Counter()
    chosen = []
    for case in read_cases(files or shipped(MAIN)):
        taken[case.expected] += 1
        if taken[case.expected] <= FEW or (case.history and case.expected == "answer"):
            chosen.append(case)
    return chosen


def check(assistant: Assistant, cases: Sequence[Case], note: Callable[[str], None]) -> Iterator[Caught]:
    """Each defect with what the gate says of it that it doesn't say of the undamaged run."""
    real = replace(assistant, reader=None)
    # questions are embedded once for all runs; the first of them is thrown away, so that each of the others has all vectors
    assistant = replace(real, index=remembering(real.index))
    note("warming up")
    answered(ask_with(assistant), cases, assistant.index)
    note("undamaged")
    clean = answered(ask_with(assistant), cases, assistant.index)
    known = {one.rule: one for one in judge(clean.rows, {"metrics": clean.summary["metrics"]})}
    held = Baseline(clean.rows, clean.summary["metrics"])
    ways: list[tuple[str, Assistant, Callable[[Case], Reply]]] = [
        *((name, assistant, ask_with(assistant, change)) for name, change in REPLIES.items()),
        *((name, broken, ask_with(broken)) for name, broken in damaged(assistant, commonest(clean.rows))),
        ("history ignored", assistant, ask_with(assistant, remember=False)),
    ]
    for name, broken, ask in ways:
        note(name)
        run = answered(ask, cases, broken.index)
        # its times are left out: on a busy machine they would catch any defect
        findings = judge(run.rows, {"metrics": run.summary["metrics"]}, held)
        yield Caught(name, tuple(f"{one.rule}: {one.seen}" for one in findings if news(one, known)))
    note("latency tripled")
    yield Caught("latency tripled", slowed(real, cases))
    note("FAQ unmasked")
    yield Caught("FAQ unmasked", unmasked(assistant))


def news(finding: Finding, known: dict[str, Finding]) -> bool:
    """Whether the undamaged run did not have this already, with as many cases."""
    before = known.get(finding.rule)
    return before is None or len(finding.cases) > len(before.cases)


def slowed(assistant: Assistant, cases: Sequence[Case]) -> tuple[str, ...]:
    """What the gate says of three times the time; on an assistant that embeds each question anew, as patients' are."""
    few = [case for case in cases if case.expected == "answer"][:20]
    clean, late = (answered(ask_with(assistant, change), few, assistant.index) for change in (None, tripled))
    findings = slower(clean.summary["times_ms"], late.summary["times_ms"], load()["slower"])
    return tuple(f"{one.rule}: {one.seen}" for one in findings)


def unmasked(assistant: Assistant) -> tuple[str, ...]:
    """What the check for leaks says when masking does nothing; raises where it complains of real masking."""
    cases = faq_cases(entries_of(assistant.index), ())
    documents = assistant.index.documents
    real = masked(assistant)
    assert not leaks(answered(ask_with(real), cases, real.index).rows, documents)
    found = leaks(answered(ask_with(assistant), cases, assistant.index).rows, documents)
    return (f"leak: {len(found)} of {len(cases)} masked replies cite the FAQ",) if found else ()
