"""An FAQ as a test: each question in its own words and in others, with the FAQ in the index and with it masked.

The FAQ is the corpus's own, or a clinic's file (see `eval.faq_file`). Other wordings are written by hand, for the corpus's
FAQ by us and for a clinic's by the clinic, and three for each question are made by rule (see `eval.rewording`). With the
FAQ in the index one sees what a patient gets; masked, whether the answer can be found in the rest. Knows nothing of pages.
"""

from __future__ import annotations

import csv
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from corpus.errors import SpinewiseError
from corpus.home import make_folder
from corpus.reader import slug
from corpus.sentences import split as split_sentences
from eval.cases import ANSWERING, Case, Nugget, Quote, Split
from eval.compare import rightness
from eval.faq_file import Entry
from eval.frozen import FOLDER, numbered
from eval.rewording import rewordings, words_alone
from eval.run import read_rows, read_seconds
from eval.same import same_as
from eval.statistics import Interval
from eval.summary import mean

if TYPE_CHECKING:
    from index.search import Index

PARAPHRASES = FOLDER / "paraphrase_questions.jsonl"
WRITTEN, REWORDED, BY_RULE = "faq-as-written", "faq-in-other-words", "faq-as-people-type"
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


def entries_of(index: Index) -> list[Entry]:
    """The corpus's own FAQ."""
    return [
        Entry(pair.question.of(document.text), pair.answer.of(document.text), document.id)
        for document, pair in index.pairs
    ]


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


def found_again(entries: Sequence[Entry], index: Index) -> list[Entry]:
    """A file's entries as they stand in the index, which may have read them a little differently: the same question, and
    of several answers to it the likest. Raises SpinewiseError for one that the index does not have.
    """
    from rapidfuzz.fuzz import ratio

    own: dict[str, list[Entry]] = {}
    for one in entries_of(index):
        own.setdefault(words(one.question), []).append(one)
    if lost := [one.question for one in entries if words(one.question) not in own]:
        raise SpinewiseError(f"not read as a question with an answer: “{lost[0]}”", "ask it otherwise, or leave it out")
    nearest = (max(own[words(one.question)], key=lambda other: ratio(one.answer, other.answer)) for one in entries)
    return [replace(there, others=one.others) for one, there in zip(entries, nearest, strict=True)]


def words(question: str) -> str:
    """A question's words, however it is spaced and marked."""
    return " ".join(re.findall(r"\w+", question.casefold()))


def names(entries: Sequence[Entry]) -> Iterator[str]:
    """An id for each, of its question's own words: an FAQ that has grown can be compared with what it was."""
    seen: Counter[str] = Counter()
    for number, one in enumerate(entries, 1):
        name = f"faq-{slug(words_alone(one.question))[:32].strip('-') or number}"
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name}-{seen[name]}"


def faq_cases(entries: Sequence[Entry], reworded: Sequence[Reworded], split: Split = "dev") -> tuple[Case, ...]:
    """A case for each question as written, for each paraphrase of the half that is asked for, for each of the clinic's own
    other wordings, and for each that is made by rule.
    """
    nuggets = {name: one.nuggets for one in reworded for name in same_as(one.faq)}
    by_question = {name: one for one in entries for name in same_as(one.question)}
    named = list(zip(names(entries), entries, strict=True))
    asked = [(name, WRITTEN, one, one.question, "") for name, one in named]
    asked += [
        (one.id, REWORDED, by_question[one.faq], one.question, one.note)
        for one in reworded
        if one.faq in by_question and split in ("all", one.split)
    ]
    asked += [
        (f"{name}-other-{place}", REWORDED, one, other, "")
        for name, one in named
        for place, other in enumerate(one.others, 1)
    ]
    asked += [
        (f"{name}-{how.replace(' ', '-')}", BY_RULE, one, other, f"how={how}")
        for name, one in named
        for how, other in rewordings(one.question)
    ]
    return tuple(
        Case(
            id=name,
            question=question,
            category=category,
            kind=("answered", "quoted", "approved"),
            nuggets=nuggets.get(entry.question, ()),
            evidence=evidence(entry),
            reference=entry.answer,
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


def likeness(row: Mapping[str, Any], index: Index) -> float | None:
    """Cosine of the reply's text and the reference answer; None for no answer. Second to the facts: like is not the same."""
    if not row["reply"] or row["reply"]["kind"] not in ANSWERING:
        return None
    one, other = index.encode([row["details"]["text"], row["reference"]], kind="passage")
    return round(float(one @ other), 4)


Figures = dict[str, dict[str, Interval | None]]


def figures(folder: Path, index: Index) -> Figures:
    """Of one mode's run, by how the question was put: the share answered, vital facts, sentences of the reference that
    are said, right place cited, likeness, seconds.
    """
    rows = read_rows(folder)
    seconds = read_seconds(folder)
    return {
        category: {
            "answered": mean(values(chosen, "answers")),
            "vital facts": mean(values(chosen, "nuggets_vital")),
            "reference said": mean(known(row["details"].get("reference_said") for row in chosen)),
            "cites the FAQ": mean(values(chosen, "evidence_cited")),
            "likeness": mean(known(likeness(row, index) for row in chosen)),
            "seconds": mean([seconds[row["id"]] for row in chosen]),
        }
        for category in (WRITTEN, REWORDED, BY_RULE)
        if (chosen := [row for row in rows if row["category"] == category])
    }


def only_there(with_it: Path, masked: Path) -> list[dict[str, Any]]:
    """The rows of questions as written that are answered right with the FAQ, and not without it."""
    before = {row["id"]: row for row in read_rows(with_it)}
    after = [row for row in read_rows(masked) if row["category"] == WRITTEN]
    return [row for row in after if rightness(before[row["id"]]) and not rightness(row)]


def known(found: Iterable[float | None]) -> list[float]:
    """Those that there are."""
    return [one for one in found if one is not None]


def values(rows: Sequence[Mapping[str, Any]], name: str) -> list[float]:
    """A score of all rows that have it."""
    return known(row["scores"][name] for row in rows)


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
