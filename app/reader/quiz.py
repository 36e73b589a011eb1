"""Quizzes made of practice clinics and of leaflets: several questions over the same passages, each with the sentences that answer
it, or none.

What teaches the reader where to look (app/reader/focus.py). A clinic's passages are those that one of the questions found, and
the others are asked of them too, for they are read once for all; a leaflet's sentences are dealt out to passages by chance.
Knows nothing of how a model learns.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.reader.practice import Clinic, Search, Wish, wishes
from app.shown import PASSAGES, WORDS, headed, texts, windows
from index.lessons import Leaflet

ANSWERED, MISSING, ELSEWHERE = 4, 2, 1  # of the other questions: what the passages answer, no document does, others do
OF_A_LEAFLET = 14  # questions of one quiz


@dataclass(frozen=True, slots=True)
class Found:
    """A wording of a wish, as put to the reader: each passage as text, and its sentences."""

    name: str
    wish: Wish
    question: str
    passages: tuple[tuple[str, tuple[str, ...]], ...]

    def answers(self, wish: Wish) -> list[bool]:
        """Which of all passages' sentences answer a wish."""
        return [wish.answered_by(sentence) for _, sentences in self.passages for sentence in sentences]


@dataclass(frozen=True, slots=True)
class Quiz:
    """`answers`: for each question which of the sentences, those of all passages in their order, answer it."""

    passages: tuple[str, ...]
    sentences: tuple[str, ...]
    questions: tuple[str, ...]
    answers: tuple[tuple[bool, ...], ...]


def searched(folder: Path) -> list[Found]:
    """Both wordings of the folder's every wish, searched for in its documents."""
    found = []
    with tempfile.TemporaryDirectory() as home:
        clinic = Clinic.open(folder, Path(home))
        for wish in wishes(folder):
            for place, wording in zip("ab", (wish.question, wish.other), strict=True):
                search = Search.of(clinic, wording)
                shown = windows(search.ranked)
                quotes = (tuple(one.quote for one in window) for window in shown)
                if shown:
                    passages = tuple(zip(texts(shown), quotes, strict=True))
                    found.append(Found(f"{wish.id}{place}", wish, search.posed, passages))
    return found


def quizzes(found: Sequence[Found], chance: random.Random) -> Iterator[Quiz]:
    """An epoch over one clinic: every question in at least one quiz, but for those that all they found answers; the passages of
    each in an order of chance.
    """
    left = {one.name for one in found}
    for base in chance.sample(found, len(found)):
        if base.name not in left or all(base.answers(base.wish)):
            continue
        asked = [base, *others(base, found, left, chance)]
        left -= {one.name for one in asked}
        order = chance.sample(base.passages, len(base.passages))
        mixed = Found(base.name, base.wish, base.question, tuple(order))
        yield Quiz(
            passages=tuple(text for text, _ in order),
            sentences=tuple(sentence for _, sentences in order for sentence in sentences),
            questions=tuple(one.question for one in asked),
            answers=tuple(tuple(mixed.answers(one.wish)) for one in asked),
        )


def others(base: Found, found: Sequence[Found], left: set[str], chance: random.Random) -> list[Found]:
    """Questions to ask of `base`'s passages beside its own, those first that have not been asked."""
    rest = sorted(chance.sample(found, len(found)), key=lambda one: one.name not in left)
    answered, missing, elsewhere = list[Found](), list[Found](), list[Found]()
    for one in rest:
        answers = base.answers(one.wish)
        if one.name != base.name and not all(answers):
            kind = answered if any(answers) else missing if one.wish.kind == "abstain" else elsewhere
            kind.append(one)
    return [*answered[:ANSWERED], *missing[:MISSING], *elsewhere[:ELSEWHERE]]


def of_leaflet(leaflet: Leaflet, chance: random.Random) -> Iterator[Quiz]:
    """An epoch over one leaflet: every question once, a twin beside its own, each time over as many of the sentences as fit. What
    is asked of a sentence that is left out is answered by none.
    """
    asked = chance.sample(leaflet.asked, len(leaflet.asked))
    for start in range(0, len(asked), OF_A_LEAFLET):
        passages = dealt(leaflet.sentences, chance)
        places = [place for passage in passages for place in passage]
        chosen = asked[start : start + OF_A_LEAFLET]
        put = [(one.question, frozenset(one.answered_by)) for one in chosen]
        put += [(one.twin, frozenset[int]()) for one in chosen if one.twin]
        yield Quiz(
            passages=tuple(headed(leaflet.title, " ".join(leaflet.sentences[at] for at in part)) for part in passages),
            sentences=tuple(leaflet.sentences[place] for place in places),
            questions=tuple(question for question, _ in put),
            answers=tuple(tuple(place in telling for place in places) for _, telling in put),
        )


def dealt(sentences: Sequence[str], chance: random.Random) -> list[list[int]]:
    """The places of sentences, dealt out by chance to passages as long as those that are shown."""
    passages, words = [list[int]() for _ in range(PASSAGES)], [0] * PASSAGES
    for place in chance.sample(range(len(sentences)), len(sentences)):
        shortest = words.index(min(words))
        size = len(sentences[place].split())
        if words[shortest] + size <= WORDS:
            passages[shortest].append(place)
            words[shortest] += size
    return [passage for passage in passages if passage]
