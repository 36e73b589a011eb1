"""Two runs of the same cases: what got better, what got worse, how sure that is, and which cases changed.

Knows nothing of how runs are made. Pairs cases by id and content; one that only one run has is counted, not compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from eval.statistics import Interval, bootstrap_mean, holm, mcnemar, minimum_detectable, paired_permutation
from eval.summary import CASE_METRICS, FOUND, METRICS, Metric, Row, kind

ALPHA = 0.05
FAULTLESS = ("verbatim", "numbers", "nothing_forbidden", "keeps_prompt", "no_markup", "withstands", "gives_approved")


@dataclass(frozen=True, slots=True)
class Change:
    """One metric in both runs. `difference` is after - before; `p` is Holm's; `detectable` what n could have shown;
    `worse` the ids of the cases in which it fell.
    """

    name: str
    title: str
    before: float
    after: float
    difference: Interval
    p: float
    detectable: float | None
    broken: int
    mended: int
    worse: tuple[str, ...] = ()

    @property
    def significant(self) -> bool:
        """Whether chance alone would rarely do this, all metrics considered."""
        return self.p < ALPHA


@dataclass(frozen=True, slots=True)
class Turned:
    """A case that was right and is wrong, or the other way round."""

    id: str
    question: str
    category: str
    before: str
    after: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """All of it. `kinds` are cases whose kind of reply changed, whatever that did to the scores."""

    paired: int
    only_before: int
    only_after: int
    changes: tuple[Change, ...]
    broken: tuple[Turned, ...]
    mended: tuple[Turned, ...]
    kinds: int

    def to_json(self) -> dict[str, Any]:
        """For --json."""
        return asdict(self)


def compare(before: Sequence[Row], after: Sequence[Row]) -> Comparison:
    """The second run against the first."""
    old, new = {case_of(row): row for row in before}, {case_of(row): row for row in after}
    pairs = [(old[name], new[name]) for name in old if name in new]
    raw = {metric.name: one for metric in compared() if (one := tested(metric, pairs)) is not None}
    adjusted = holm({name: one.p for name, one in raw.items()})
    changes = [replace(one, p=adjusted[name]) for name, one in raw.items()]
    turned = [(turn(*pair), rightness(pair[0]), rightness(pair[1])) for pair in pairs]
    return Comparison(
        paired=len(pairs),
        only_before=len(old) - len(pairs),
        only_after=len(new) - len(pairs),
        changes=tuple(changes),
        broken=tuple(one for one, was, now in turned if was and not now),
        mended=tuple(one for one, was, now in turned if now and not was),
        kinds=sum(kind(one) != kind(other) for one, other in pairs),
    )


def case_of(row: Row) -> tuple[str, str]:
    """Which case a row is of: its id, and the checksum of what it asks and wants; a changed case is another one."""
    return row["id"], row.get("checksum", "")


def compared() -> Iterator[Metric]:
    """The metrics that single cases have."""
    yield from CASE_METRICS
    yield from (METRICS[name] for name in FOUND)


def value(row: Row, name: str) -> float | None:
    """A case's score, or its measure of the whole retrieval."""
    found = row["found"].get("fused", {}) if name in FOUND else row["scores"]
    score: float | None = found.get(name)
    return score


def tested(metric: Metric, pairs: Sequence[tuple[Row, Row]]) -> Change | None:
    """One metric over the pairs that both have it: McNemar for yes or no, else sign flips. None for no such pair."""
    found = [
        (after["id"], one, other)
        for before, after in pairs
        if (one := value(before, metric.name)) is not None and (other := value(after, metric.name)) is not None
    ]
    both = [(one, other) for _, one, other in found]
    differences = [other - one for one, other in both]
    interval = bootstrap_mean(differences)
    if interval is None:
        return None
    broken, mended = sum(one < 0 for one in differences), sum(one > 0 for one in differences)
    p = mcnemar(broken, mended) if metric.yes_no else paired_permutation(differences)
    return Change(
        metric.name, metric.title, sum(one for one, _ in both) / len(both), sum(other for _, other in both) / len(both),
        interval, 1.0 if p is None else p, minimum_detectable(differences), broken, mended,
        tuple(name for name, one, other in found if other < one),
    )  # fmt: skip


def rightness(row: Row) -> bool:
    """Whether a case is right as a whole: the right answer, or where it has none the right kind; and nothing to complain of."""
    scores = row["scores"]
    correct = scores["correct"] if scores["correct"] is not None else scores["right_kind"]
    return correct == 1.0 and all(scores.get(name) in (None, 1.0) for name in FAULTLESS)


def turn(before: Row, after: Row) -> Turned:
    """What changed in a case, in words."""
    return Turned(
        after["id"], after["question"], after["category"], kind(before) or "no answer", kind(after) or "no answer",
        tuple(after["reasons"] or before["reasons"]),
    )  # fmt: skip


def listing(found: Comparison) -> Iterator[str]:
    """The comparison as lines of text, newly broken cases first."""
    yield f"{found.paired} cases in both runs" + other(found)
    for title, cases in (("Newly broken", found.broken), ("Mended", found.mended)):
        yield f"\n{title}: {len(cases)}"
        for one in cases:
            yield f"  {one.id} ({one.category}; {one.before} → {one.after}): {one.question}"
            yield from (f"      {reason}" for reason in one.reasons[:3])
    yield f"\n{'':<74}{'before':>8}{'after':>8}  {'difference [95 %]':<26}{'p (Holm)':>9}{'could show':>12}"
    yield from (
        line(one) for one in sorted(found.changes, key=lambda change: (change.p, -abs(change.difference.value)))
    )


def line(one: Change) -> str:
    """A metric's change as a line of the table."""
    span = f"{one.difference.value:+.3f} [{one.difference.low:+.3f}, {one.difference.high:+.3f}]"
    least = "–" if one.detectable is None else f"{one.detectable:.3f}"
    return f"{one.title:<74}{one.before:>8.3f}{one.after:>8.3f}  {span:<26}{one.p:>9.3f}{least:>12}"


def other(found: Comparison) -> str:
    """What could not be paired."""
    alone = [
        *([f"{found.only_before} only in the first"] if found.only_before else []),
        *([f"{found.only_after} only in the second"] if found.only_after else []),
    ]
    return f" ({', '.join(alone)})" if alone else ""
