"""Every judge on every set: the figures of `python -m eval meta`. Knows how they are gathered and printed, not made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.corruptions import corrupted
from eval.meta import (
    MARKS,
    PHYSICIANS,
    Agreement,
    Judge,
    Pair,
    agreement,
    guard,
    marks,
    missed,
    overlap,
    paraphrases,
    rules,
)
from eval.meta import physicians as read_physicians
from eval.statistics import Interval

if TYPE_CHECKING:
    from index.passage import Passage

RESTATED, DRAFTS, KQA = "restated sentences", "marked drafts", "K-QA, by physicians"


@dataclass(frozen=True, slots=True)
class Judges:
    """The judges by name, and the passages that corruptions are made from."""

    by_name: Mapping[str, Judge]
    passages: Sequence[Passage]


def judges_of(home: Path) -> Judges:
    """The three judges; the guard knows this home's synonyms."""
    from app.site import vocabulary_of
    from index.search import Index
    from index.settings import IndexSettings

    index = Index.open(home, IndexSettings.load("index"))
    vocabulary = vocabulary_of(index)
    named = {
        "judge of this report": rules,
        "the assistant's guard": guard(vocabulary.synonyms),
        "word overlap": overlap,
    }
    return Judges(named, index.passages)


def sets(physicians: Path | None, split: str) -> Iterator[tuple[str, list[Pair]]]:
    """Every set of pairs that is here."""
    yield RESTATED, list(paraphrases(split=split))
    if MARKS.exists():
        yield DRAFTS, list(marks())
    path = physicians or PHYSICIANS
    if physicians or path.exists():
        yield KQA, list(read_physicians(path))


def measured(judges: Judges, physicians: Path | None = None, split: str = "dev") -> dict[str, Any]:
    """{"agreement": {set: {judge: Agreement}}, "missed": {judge: {kind: Interval}}, "corruptions": n}."""
    made = list(corrupted(judges.passages))
    return {
        "agreement": {
            name: {judge: agreement(name, pairs, by) for judge, by in judges.by_name.items()}
            for name, pairs in sets(physicians, split)
        },
        "corruptions": len(made),
        "missed": {judge: missed(made, by) for judge, by in judges.by_name.items()},
    }


def told(found: Mapping[str, Any]) -> Iterator[str]:
    """The figures as lines."""
    for name, by_judge in found["agreement"].items():
        yield f"{name}"
        for judge, one in by_judge.items():
            yield f"  {judge:<24}{cells(one)}"
        first: Agreement = next(iter(by_judge.values()))
        yield from (f"      {count:>3} {label}" for label, count in list(first.wrong.items())[:6])
        yield ""
    yield f"{found['corruptions']} corruptions made from the documents: share that is passed (lower is better)"
    judges = list(found["missed"])
    yield f"  {'':<24}" + "".join(f"{judge:<32}" for judge in judges)
    for kind in found["missed"][judges[0]]:
        yield f"  {kind:<24}" + "".join(f"{spelt(found['missed'][judge].get(kind)):<32}" for judge in judges)


def cells(one: Agreement) -> str:
    """Kappa, AUC and false alarms of one judge."""
    named = (("kappa", one.kappa), ("AUC", one.auc), ("refuses what people pass", one.false_alarms))
    return "   ".join(f"{name} {spelt(value)}" for name, value in named)


def spelt(value: Interval | None) -> str:
    """A figure with its interval and n."""
    return "–" if value is None else f"{value.value:.2f} [{value.low:.2f}, {value.high:.2f}] n={value.n}"
