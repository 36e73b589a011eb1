"""How far the automatic judges agree with people: the metric of the metrics. Knows nothing of runs.

Judged are the rule-based judge of this instrument (`eval.claims`), the guard that the assistant itself uses
(`app.grounding`), and plain word overlap, for comparison. People marked three sets: sentences with the evidence that they
restate, faithfully or not (paraphrases.jsonl); drafts of the language model beside a sentence that they could cite
(support_marks.jsonl); and K-QA's claims beside answers, marked by physicians (where that file is).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from corpus.errors import SpinewiseError
from eval.claims import content, judge
from eval.decisions import Table, area_under_roc, kappa
from eval.frozen import FOLDER, check_frozen, numbered
from eval.provenance import ROOT
from eval.statistics import Interval, bootstrap_of, wilson

if TYPE_CHECKING:
    from eval.corruptions import Corruption

PARAPHRASES, MARKS = FOLDER / "paraphrases.jsonl", FOLDER / "support_marks.jsonl"
PHYSICIANS = ROOT.parent / "shared" / "data" / "kqa_support_dev.jsonl"
OVERLAP = 0.6  # share of words from which plain overlap passes a sentence

Judgement = tuple[bool, float]
"""Whether the sentence is supported, and how much, from 0 to 1."""
Judge = Callable[[str, Sequence[str]], Judgement]
"""(sentence, its sources) to a judgement."""


# -- the judges --------------------------------------------------------------------------------------------------------


def rules(sentence: str, sources: Sequence[str]) -> Judgement:
    """This instrument's judge."""
    verdict = judge(sentence, sources)
    return verdict.supported, verdict.score


def overlap(sentence: str, sources: Sequence[str]) -> Judgement:
    """Share of the sentence's content words that the sources hold: what many tools take for support."""
    said, held = content(sentence), set(content(" ".join(sources)))
    share = sum(word in held for word in said) / len(said) if said else 0.0
    return share >= OVERLAP, share


def guard(synonyms: Callable[[str], frozenset[str]]) -> Judge:
    """The assistant's own check of what its language model wrote."""
    from app.evidence import Evidence
    from app.grounding import judge as weigh
    from corpus.document import Document, Sentence, Source
    from corpus.sentences import split
    from index.passage import Passage

    def judged(sentence: str, sources: Sequence[str]) -> Judgement:
        evidence = []
        for text in sources:
            document = Document("source", Source("source.txt", "0" * 64, ""), text)
            spans = tuple(Sentence(one.start, one.end) for one in split(text))
            passage = Passage(0, document, 0, len(text), ("",), spans)
            evidence += [Evidence(passage, one, np.zeros(1, np.float32)) for one in spans]
        found = weigh(sentence, evidence, synonyms)
        return found.supported, found.support if found.supported else found.support / 2

    return judged


# -- what people said --------------------------------------------------------------------------------------------------


class Line(BaseModel):
    """A frozen row; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Paraphrase(Line):
    """A sentence beside its evidence, marked by hand."""

    id: str
    document: str
    evidence: str
    sentence: str
    faithful: bool
    split: Literal["dev", "test"]
    note: str = ""


class Mark(Line):
    """A sentence that the language model wrote for `question`, beside what it could cite, marked by hand.

    `support`: "full" where a careful reader of `sources` alone would agree to every part of it; "part" where some of it
    stands there and some does not, or is put more strongly; "none" where the claim isn't there or is contradicted.
    `model`: which reader wrote it. `why`: what is wrong, where something is.
    """

    id: str
    corpus: Literal["seeds", "shipped"]
    question: str
    model: str
    sentence: str
    document: str
    sources: tuple[str, ...] = Field(min_length=1)
    support: Literal["full", "part", "none"]
    why: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence, what it should follow from, and whether people say that it does; `note` groups pairs."""

    sentence: str
    source: str
    supported: bool
    note: str


AnyLine = TypeVar("AnyLine", bound=Line)


def read(path: Path, form: type[AnyLine]) -> Iterator[AnyLine]:
    """The rows of a file; a bad one is named."""
    for number, line in numbered(path):
        try:
            yield form.model_validate_json(line)
        except ValidationError as problem:
            first = problem.errors()[0]
            key = ".".join(map(str, first["loc"])) or "the row"
            raise SpinewiseError(f"{path.name}, line {number}: {key}: {first['msg']}", "mend the line") from None


def paraphrases(path: Path = PARAPHRASES, split: str = "dev") -> Iterator[Pair]:
    """The pairs of one half."""
    if split != "dev":
        check_frozen(path, numbered(path))
    for row in read(path, Paraphrase):
        if split in ("all", row.split):
            yield Pair(row.sentence, row.evidence, row.faithful, row.note)


def marks(path: Path = MARKS) -> Iterator[Pair]:
    """The marked drafts: only full support counts as support."""
    for row in read(path, Mark):
        yield Pair(row.sentence, "\n".join(row.sources), row.support == "full", row.support)


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


# -- agreement ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of one set: kappa; the AUC of the judge's score; of what the judge passed how much people pass (precision); of
    theirs how much it passes (recall); and how often it refuses what people pass (false alarms).
    """

    name: str
    kappa: Interval | None
    auc: Interval | None
    precision: Interval | None
    recall: Interval | None
    false_alarms: Interval | None
    wrong: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        """For --json."""
        return asdict(self)


def agreement(name: str, pairs: Sequence[Pair], by: Judge = rules) -> Agreement:
    """A judge against people on these pairs; `wrong` counts disagreements by note."""
    verdicts = [by(pair.sentence, [pair.source]) for pair in pairs]
    people = np.array([pair.supported for pair in pairs], dtype=bool)
    judged = np.array([passed for passed, _ in verdicts], dtype=bool)
    score = np.array([value for _, value in verdicts], dtype=np.float64)
    table = Table.of(people.tolist(), judged.tolist())

    def agreed(rows: NDArray[np.int64]) -> float | None:
        return kappa(people[rows].tolist(), judged[rows].tolist())

    def area(rows: NDArray[np.int64]) -> float | None:
        return area_under_roc(score[rows].tolist(), people[rows].tolist())

    wrong: dict[str, int] = {}
    for pair, verdict in zip(pairs, judged, strict=True):
        if bool(verdict) != pair.supported:
            label = f"{'passed' if verdict else 'refused'}: {pair.note}"
            wrong[label] = wrong.get(label, 0) + 1
    said = table.true_positive + table.false_negative
    return Agreement(
        name,
        bootstrap_of(agreed, len(pairs)),
        bootstrap_of(area, len(pairs)),
        wilson(table.true_positive, table.true_positive + table.false_positive),
        wilson(table.true_positive, said),
        wilson(table.false_negative, said),
        dict(sorted(wrong.items(), key=lambda item: -item[1])),
    )


def missed(corruptions: Sequence[Corruption], by: Judge) -> dict[str, Interval | None]:
    """The share of corruptions that the judge passes, by kind and over "all"."""
    passed = [(one.kind, by(one.sentence, one.sources)[0]) for one in corruptions]
    kinds = dict.fromkeys(kind for kind, _ in passed)
    groups = {kind: [held for name, held in passed if name == kind] for kind in kinds}
    return {"all": wilson(sum(held for _, held in passed), len(passed))} | {
        kind: wilson(sum(held), len(held)) for kind, held in groups.items()
    }
