"""An FAQ as a test: each question in its own words and in others, with the FAQ in the index and with it masked.

The FAQ is the corpus's own, or a file: CSV, Markdown or text as `corpus` reads it, or JSONL with `question` and
`answer`. With it in the index one sees what a patient gets; masked, whether the answer can be found in the rest.
Knows nothing of pages.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from corpus.errors import SpinewiseError
from corpus.home import make_folder
from corpus.sentences import split as split_sentences
from eval.cases import FOLDER, Case, Nugget, Quote, Split, numbered
from eval.claims import supports
from eval.run import TIMINGS, read, read_rows
from eval.same import same_as
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


def home_with(entries: Sequence[Entry], home: Path, folder: Path) -> Path:
    """A home in `folder` with the same models, whose index holds these entries beside the documents of `home`.

    What a patient gets "with the FAQ in the index" can only be seen where it is in the index.
    """
    from corpus.library import SHIPPED
    from index.build import build
    from index.settings import IndexSettings
    from index.snapshot import Snapshots

    snapshots, made = Snapshots(home), folder / "home"
    manifest = snapshots.manifest(snapshots.current())
    make_folder(made / "faq")
    if not (made / "models").exists() and (home / "models").exists():
        (made / "models").symlink_to((home / "models").resolve())
    if not (made / "index").exists():
        shutil.copytree(home / "index", made / "index")  # vectors that are known aren't made again
    with (made / "faq" / "faq.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("question", "answer"), *((one.question, one.answer) for one in entries)])
    folders = [Path(one) for one in manifest.folders] or [SHIPPED]
    build(made, [*(one for one in folders if one != made / "faq"), made / "faq"], IndexSettings.load("index"))
    return made


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
    nuggets = {name: one.nuggets for one in reworded for name in same_as(one.faq)}
    asked = [(f"faq-{number}", WRITTEN, one, one.question, "") for number, one in enumerate(entries, 1)]
    by_question = {name: one for one in entries for name in same_as(one.question)}
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


def reference_said(row: Mapping[str, Any], answer: str) -> float | None:
    """Share of the reference's sentences that the reply says too, by the rules of `eval.claims`; None for no answer.

    For an FAQ without marked facts it stands in for them. It is strict: other words for the same count as not said.
    """
    if not row["reply"] or row["reply"]["kind"] not in ("answered", "quoted", "approved"):
        return None
    wanted = [span.of(answer) for span in split_sentences(answer)]
    return sum(supports(one, [row["details"]["text"]]) for one in wanted) / len(wanted) if wanted else None


Figures = dict[str, dict[str, Interval | None]]


def figures(folder: Path, answers: Mapping[str, str], index: Index) -> Figures:
    """Of one mode's run, by how the question was put: the share answered, vital facts, sentences of the reference that
    are said, right place cited, likeness, seconds.
    """
    rows = read_rows(folder)
    seconds = {one["id"]: one["seconds"] for one in map(json.loads, read(folder, TIMINGS).splitlines())}
    return {
        category: {
            "answered": mean(values(chosen, "answers")),
            "vital facts": mean(values(chosen, "nuggets_vital")),
            "reference said": mean(known(reference_said(row, answers[row["id"]]) for row in chosen)),
            "cites the FAQ": mean(values(chosen, "evidence_cited")),
            "likeness": mean(known(agreement(row, answers[row["id"]], index) for row in chosen)),
            "seconds": mean([seconds[row["id"]] for row in chosen]),
        }
        for category in (WRITTEN, REWORDED)
        if (chosen := [row for row in rows if row["category"] == category])
    }


def known(found: Iterable[float | None]) -> list[float]:
    """Those that there are."""
    return [one for one in found if one is not None]


def values(rows: Sequence[Mapping[str, Any]], name: str) -> list[float]:
    """A score of all rows that have it."""
    return known(row["scores"][name] for row in rows)


def answers_by_case(cases: Sequence[Case], entries: Sequence[Entry], reworded: Sequence[Reworded]) -> dict[str, str]:
    """The reference answer of each case."""
    reference = {name: one.answer for one in entries for name in same_as(one.question)}
    meant = {one.id: one.faq for one in reworded}
    return {case.id: reference[meant.get(case.id, case.question)] for case in cases}


def lines(found: Mapping[str, Figures]) -> list[str]:
    """The figures of both modes as text."""
    first = next(iter(next(iter(found.values())).values()))
    told = [f"{'':<34}" + "".join(f"{name:<26}" for name in first)]
    for mode, categories in found.items():
        for category, named in categories.items():
            cells = [
                f"{one.value:.2f} [{one.low:.2f}, {one.high:.2f}] n={one.n}" if one else "–" for one in named.values()
            ]
            name = f"{mode}, {category.removeprefix('faq-').replace('-', ' ')}"
            told.append(f"{name:<34}" + "".join(f"{cell:<26}" for cell in cells))
    return told
