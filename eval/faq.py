"""An FAQ as a test: each question in its own words and in others, with the FAQ in the index and with it masked.

The FAQ is the corpus's own, or a file: CSV, Markdown or text as `corpus` reads it, or JSONL with `question` and
`answer`. With it in the index one sees what a patient gets; masked, whether the answer can be found in the rest.
Knows nothing of pages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from corpus.errors import SpinewiseError
from corpus.sentences import split as split_sentences
from eval.cases import FOLDER, Case, Nugget, Quote, Split, numbered
from eval.run import read_rows
from eval.statistics import Interval
from eval.summary import mean

if TYPE_CHECKING:
    from index.search import Index

PARAPHRASES = FOLDER / "paraphrase_questions.jsonl"
WRITTEN, REWORDED = "faq-as-written", "faq-in-other-words"
MODES = {"with the FAQ": "assistant", "FAQ masked": "assistant-masked"}


class Reworded(BaseModel):
    """An FAQ's question in a patient's words, with the facts of its answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    faq: str
    question: str
    nuggets: tuple[Nugget, ...]
    split: Literal["dev", "test"]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A question with its reference answer; `document` holds it where it is the corpus's own."""

    question: str
    answer: str
    document: str | None = None


def entries_of(index: Index) -> list[Entry]:
    """The corpus's own FAQ."""
    return [
        Entry(pair.question.of(document.text), pair.answer.of(document.text), document.id)
        for document, pair in index.pairs
    ]


def read_entries(path: Path) -> list[Entry]:
    """A clinic's FAQ from a file. Raises SpinewiseError where no pair is found in it."""
    if path.suffix == ".jsonl":
        try:
            rows = [json.loads(line) for _, line in numbered(path)]
            return [Entry(str(row["question"]), str(row["answer"])) for row in rows]
        except (ValueError, KeyError, TypeError) as problem:
            raise SpinewiseError(
                f"{path.name}: {problem}", 'write {"question": "…", "answer": "…"} on each line'
            ) from None
    from corpus.reader import read_file
    from corpus.settings import CorpusSettings

    document = read_file(path, CorpusSettings.load("corpus"))
    if not document.pairs:
        raise SpinewiseError(f"{path.name}: no question–answer pair was found", "see python -m corpus check")
    return [Entry(one.question.of(document.text), one.answer.of(document.text)) for one in document.pairs]


def read_reworded(path: Path = PARAPHRASES) -> list[Reworded]:
    """The paraphrases; a bad line is named."""
    found = []
    for number, line in numbered(path) if path.exists() else []:
        try:
            found.append(Reworded.model_validate_json(line))
        except ValidationError as problem:
            first = problem.errors()[0]
            key = ".".join(map(str, first["loc"])) or "the row"
            raise SpinewiseError(f"{path.name}, line {number}: {key}: {first['msg']}", "mend the line") from None
    return found


def faq_cases(entries: Sequence[Entry], reworded: Sequence[Reworded], split: Split = "dev") -> tuple[Case, ...]:
    """A case for each question as written, and one for each paraphrase of the half that is asked for."""
    nuggets = {one.faq: one.nuggets for one in reworded}
    asked = [(f"faq-{number}", WRITTEN, one, one.question, "") for number, one in enumerate(entries, 1)]
    by_question = {one.question: one for one in entries}
    asked += [
        (one.id, REWORDED, by_question[one.faq], one.question, one.note)
        for one in reworded
        if one.faq in by_question and split in ("all", one.split)
    ]
    return tuple(
        Case(
            id=name,
            question=question,
            category=category,
            kind=("answered", "quoted", "approved"),
            nuggets=nuggets.get(entry.question, ()),
            evidence=evidence(entry),
            split="dev",
            note=note,
            source="FAQ",
        )
        for name, category, entry, question, note in asked
    )


def evidence(entry: Entry) -> tuple[tuple[Quote, ...], ...]:
    """One need that any sentence of the entry's own answer meets; none for a clinic's file."""
    if entry.document is None:
        return ()
    sentences = [span.of(entry.answer) for span in split_sentences(entry.answer)]
    return (tuple(Quote(document=entry.document, quote=one) for one in sentences),)


def agreement(row: Mapping[str, Any], answer: str, index: Index) -> float | None:
    """Cosine of the reply's text and the reference answer; None for no reply. Second to the facts: like is not the
    same.
    """
    if not row["reply"] or row["reply"]["kind"] not in ("answered", "quoted", "approved"):
        return None
    one, other = index.encode([row["details"]["text"], answer], kind="passage")
    return round(float(one @ other), 4)


Figures = dict[str, dict[str, Interval | None]]


def figures(folder: Path, answers: Mapping[str, str], index: Index) -> Figures:
    """Of one mode's run, by how the question was put: the share answered, vital facts, right place cited, likeness."""
    rows = read_rows(folder)
    return {
        category: {
            "answered": mean(values(chosen, "answers")),
            "vital facts": mean(values(chosen, "nuggets_vital")),
            "cites the FAQ": mean(values(chosen, "evidence_cited")),
            "likeness": mean([one for row in chosen if (one := agreement(row, answers[row["id"]], index)) is not None]),
        }
        for category in (WRITTEN, REWORDED)
        if (chosen := [row for row in rows if row["category"] == category])
    }


def values(rows: Sequence[Mapping[str, Any]], name: str) -> list[float]:
    """A score of all rows that have it."""
    return [value for row in rows if (value := row["scores"][name]) is not None]


def answers_by_case(cases: Sequence[Case], entries: Sequence[Entry], reworded: Sequence[Reworded]) -> dict[str, str]:
    """The reference answer of each case."""
    reference = {one.question: one.answer for one in entries}
    meant = {one.id: one.faq for one in reworded}
    return {case.id: reference[meant.get(case.id, case.question)] for case in cases}


def lines(found: Mapping[str, Figures]) -> list[str]:
    """The figures of both modes as text."""
    told = [f"{'':<34}{'answered':<26}{'vital facts':<26}{'cites the FAQ':<26}likeness"]
    for mode, categories in found.items():
        for category, named in categories.items():
            cells = [
                f"{one.value:.2f} [{one.low:.2f}, {one.high:.2f}] n={one.n}" if one else "–" for one in named.values()
            ]
            name = f"{mode}, {category.removeprefix('faq-').replace('-', ' ')}"
            told.append(f"{name:<34}" + "".join(f"{cell:<26}" for cell in cells))
    return told
