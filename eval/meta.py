"""How far the judge of sentences agrees with people: the metric of the metrics. Knows nothing of runs.

Two sets of pairs marked by hand: sentences with the evidence they restate, faithfully or not
(eval/cases/paraphrases.jsonl), and K-QA's claims with answers, marked by physicians (where that file is). A judge is
trusted as far as its kappa goes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from corpus.errors import SpinewiseError
from eval.cases import FOLDER, numbered
from eval.claims import supports
from eval.decisions import Table, kappa
from eval.statistics import Interval, bootstrap_of, wilson

PARAPHRASES = FOLDER / "paraphrases.jsonl"


class Paraphrase(BaseModel):
    """A sentence beside its evidence, marked by hand."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    document: str
    evidence: str
    sentence: str
    faithful: bool
    split: Literal["dev", "test"]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence, what it should follow from, and whether people say that it does; `note` groups pairs."""

    sentence: str
    source: str
    supported: bool
    note: str


def paraphrases(path: Path = PARAPHRASES, split: str = "dev") -> Iterator[Pair]:
    """The pairs of one half; a bad line is named."""
    for number, line in numbered(path):
        try:
            row = Paraphrase.model_validate_json(line)
        except ValidationError as problem:
            first = problem.errors()[0]
            key = ".".join(map(str, first["loc"])) or "the row"
            raise SpinewiseError(f"{path.name}, line {number}: {key}: {first['msg']}", "mend the line") from None
        if row.split == split:
            yield Pair(row.sentence, row.evidence, row.faithful, row.note)


def physicians(path: Path) -> Iterator[Pair]:
    """K-QA's pairs: does the answer say what the claim says? A majority of physicians decides."""
    for number, line in numbered(path):
        try:
            row = json.loads(line)
            yield Pair(row["claim"], row["answer"], row["majority"] == "Entailment", row["category"])
        except (ValueError, KeyError) as problem:
            raise SpinewiseError(
                f"{path.name}, line {number}: {problem}", "name K-QA's support file with --physicians"
            ) from None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of one set: kappa, and of what the judge passed how much people pass (precision), of theirs how much it
    (recall).
    """

    name: str
    kappa: Interval | None
    precision: Interval | None
    recall: Interval | None
    wrong: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        """For --json."""
        return asdict(self)


def agreement(name: str, pairs: Sequence[Pair]) -> Agreement:
    """The judge against people on these pairs; `wrong` counts disagreements by note."""
    people = np.array([pair.supported for pair in pairs], dtype=bool)
    judged = np.array([supports(pair.sentence, [pair.source]) for pair in pairs], dtype=bool)
    table = Table.of(people.tolist(), judged.tolist())

    def resampled(rows: NDArray[np.int64]) -> float | None:
        return kappa(people[rows].tolist(), judged[rows].tolist())

    wrong: dict[str, int] = {}
    for pair, verdict in zip(pairs, judged, strict=True):
        if bool(verdict) != pair.supported:
            label = f"{'passed' if verdict else 'refused'}: {pair.note}"
            wrong[label] = wrong.get(label, 0) + 1
    return Agreement(
        name,
        bootstrap_of(resampled, len(pairs)),
        wilson(table.true_positive, table.true_positive + table.false_positive),
        wilson(table.true_positive, table.true_positive + table.false_negative),
        dict(sorted(wrong.items(), key=lambda item: -item[1])),
    )
