"""What the embedder is taught with: questions, texts, and which text answers which question. Knows nothing of models.

Two kinds of source. Items: a question with passages and an ideal reply that cites some of them. Leaflets: the sentences of a
page, what people ask that one of them answers, and what sounds like it and no sentence answers.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from corpus.errors import SpinewiseError
from corpus.sentences import split
from index.words import stems

ALIKE = 0.5  # from this overlap of stems a sentence of a passage is the one that a reply's sentence was made from
BESIDE = 2  # distractors of a sentence in each lesson; a passage, which is longer, gets one
ASKED, TEXTS = 24, 40  # questions of one leaflet in a lesson, and texts of a long one beside those that answer
TOGETHER = 2  # leaflets in a lesson: the sentences of the one answer no question of the other
HEADED = 0.6  # share of the lessons in which a leaflet's sentences stand under its title, as an index embeds them

Row = TypeVar("Row", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Lesson:
    """Questions and texts to be embedded together; `right[n]` are the places of the texts that answer question n, maybe none."""

    questions: tuple[str, ...]
    texts: tuple[str, ...]
    right: tuple[frozenset[int], ...]


def joined(lessons: Sequence[Lesson]) -> Lesson:
    """One lesson of several: texts of each are wrong for the questions of the others."""
    right, before = [], 0
    for one in lessons:
        right += [frozenset(before + place for place in places) for places in one.right]
        before += len(one.texts)
    questions, texts = ((*chain(*each),) for each in zip(*((one.questions, one.texts) for one in lessons), strict=True))
    return Lesson(questions, texts, tuple(right))


# -- items -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Triplet:
    """A question, a text that answers it, and texts beside it that don't; `beside` of these are drawn for a lesson."""

    question: str
    text: str
    distractors: tuple[str, ...]
    beside: int = 1


def of_passages(items: Sequence[dict[str, Any]]) -> list[Triplet]:
    """One for each passage that an item's ideal reply cites; items that abstain have none."""
    found = []
    for item in items:
        cited = {place for _, place in citations(item)}
        others = tuple(text for place, text in enumerate(item["passages"]) if place not in cited)
        found += [Triplet(item["question"], item["passages"][place], others) for place in sorted(cited)]
    return found


def of_sentences(items: Sequence[dict[str, Any]]) -> list[Triplet]:
    """One for each sentence of a passage that a sentence of the reply was made from, against all the item's others."""
    found = []
    for item in items:
        passages = [[span.of(text) for span in split(text)] for text in item["passages"]]
        told: dict[str, None] = {}
        for said, place in citations(item):
            nearest = max(passages[place], key=lambda sentence, said=said: overlap(sentence, said))  # type: ignore[misc]
            if overlap(nearest, said) >= ALIKE:
                told[nearest] = None
        others = tuple(one for sentences in passages for one in sentences if one not in told and len(one.split()) > 3)
        found += [Triplet(item["question"], sentence, others, BESIDE) for sentence in told if others]
    return found


def citations(item: dict[str, Any]) -> list[tuple[str, int]]:
    """(sentence of the ideal reply, place of a passage that it cites) for each marker."""
    return [
        (said, int(number) - 1)
        for said, markers in re.findall(r"([^\[\]]+?)\s*((?:\[\d+\])+)", item["answer"])
        for number in re.findall(r"\d+", markers)
        if int(number) <= len(item["passages"])
    ]


def overlap(one: str, other: str) -> float:
    """Share of stems in common (Dice), 0 to 1."""
    left, right = set(stems(one)), set(stems(other))
    return 2 * len(left & right) / ((len(left) + len(right)) or 1)


def held_out(text: str) -> bool:
    """Whether what this text belongs to is kept for measuring: one in ten."""
    return hashlib.sha256(text.encode()).digest()[0] % 10 == 0


def of_triplets(found: Sequence[Triplet], size: int, rng: random.Random) -> Iterator[Lesson]:
    """Lessons in random order, no question twice in one: another text that answers it would count as wrong."""
    order = list(found)
    rng.shuffle(order)
    while order:
        batch, later = dict[str, Triplet](), list[Triplet]()
        while order and len(batch) < size:
            one = order.pop()
            if batch.setdefault(one.question, one) is not one:
                later.append(one)
        order += later[::-1]
        if len(batch) > 1:
            yield of_batch(list(batch.values()), rng)


def of_batch(batch: Sequence[Triplet], rng: random.Random) -> Lesson:
    """Each question with its own text, and some of its distractors beside them."""
    beside = chain.from_iterable(rng.sample(one.distractors, min(one.beside, len(one.distractors))) for one in batch)
    return Lesson(
        tuple(one.question for one in batch),
        (*(one.text for one in batch), *beside),
        tuple(frozenset((place,)) for place in range(len(batch))),
    )


# -- leaflets ----------------------------------------------------------------------------------------------------------


class Asked(BaseModel):
    """A question, the places of the sentences that answer it (maybe none), and one that nearly reads so and isn't answered."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    question: str = Field(min_length=1)
    answered_by: tuple[int, ...]
    twin: str = ""


class Leaflet(BaseModel):
    """A page's sentences and what is asked of it. `title` is empty where the sentences carry their headings already."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    title: str
    sentences: tuple[str, ...]
    asked: tuple[Asked, ...]
    license: str = "Apache-2.0"

    def lessons(self, rng: random.Random) -> Iterator[Lesson]:
        """Every question once, a twin always beside its own."""
        order = list(self.asked)
        rng.shuffle(order)
        for start in range(0, len(order), ASKED):
            chosen = order[start : start + ASKED]
            needed = {place for one in chosen for place in one.answered_by}
            others = [place for place in range(len(self.sentences)) if place not in needed]
            places = sorted(needed | set(rng.sample(others, min(len(others), max(0, TEXTS - len(needed))))))
            head = f"{self.title}\n" if self.title and rng.random() < HEADED else ""
            put = [(one.question, frozenset(map(places.index, one.answered_by))) for one in chosen]
            put += [(one.twin, frozenset()) for one in chosen if one.twin]
            texts = tuple(head + self.sentences[place] for place in places)
            yield Lesson(tuple(question for question, _ in put), texts, tuple(right for _, right in put))


def read_leaflets(paths: Sequence[Path]) -> list[Leaflet]:
    """The leaflets of JSONL files."""
    return [one for path in paths for one in read_rows(path, Leaflet)]


def read_rows(path: Path, kind: type[Row]) -> list[Row]:
    """The rows of a JSONL file; a line that is none is named."""
    found = []
    for number, line in enumerate(lines_of(path), 1):
        try:
            found.append(kind.model_validate_json(line))
        except ValidationError as problem:
            raise SpinewiseError(f"{path}, line {number}: {problem.errors()[0]['msg']}", "mend the line") from None
    return found


def of_leaflets(leaflets: Sequence[Leaflet], rng: random.Random) -> Iterator[Lesson]:
    """Lessons in random order, each of a few leaflets."""
    parts = [lesson for leaflet in leaflets for lesson in leaflet.lessons(rng)]
    rng.shuffle(parts)
    for start in range(0, len(parts), TOGETHER):
        yield joined(parts[start : start + TOGETHER])


def read_items(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """The items of JSONL files (app/training/README.md says what they hold)."""
    return [json.loads(line) for path in paths for line in lines_of(path)]


def lines_of(path: Path) -> list[str]:
    """The lines of a JSONL file; not by splitlines, for a JSON text may hold U+2028."""
    return path.read_text(encoding="utf-8").rstrip("\n").split("\n")
