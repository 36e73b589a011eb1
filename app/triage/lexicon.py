"""The concepts of a rule file, found in what visitors typed in spite of typos. Knows nothing of rules or negation.

A word is only taken for a misspelling when it is neither in a phrase nor a real word of the language.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from graphlib import CycleError, TopologicalSorter
from typing import Any

from rapidfuzz import process
from rapidfuzz.distance import OSA

from app.triage.phrases import NUMBER, lines, parse
from app.triage.search import Measure, Search, Span
from app.triage.words import Spelling, Token
from corpus.errors import SpinewiseError


@dataclass(frozen=True, slots=True)
class Reading:
    """Turns as read: their tokens, and the spans of every concept in order of their start."""

    tokens: tuple[Token, ...]
    found: Mapping[str, tuple[Span, ...]]


class Lexicon:
    """The phrases of every concept, compiled once; read-only, so that threads may share it."""

    def __init__(
        self,
        concepts: Mapping[str, Iterable[str]],
        measures: Mapping[str, Measure],
        spelling: Spelling,
        fillers: Iterable[str],
        barriers: Iterable[str],
        real_words: Iterable[str],
    ) -> None:
        self._spelling, self._fillers, self._barriers = spelling, frozenset(fillers), frozenset(barriers)
        self._measures = measures
        spelt = cache(spelling.words)  # the same words stand in many phrases
        self._phrases = {
            name: tuple(parts for phrase in phrases for parts in parse(phrase, name, spelt))
            for name, phrases in concepts.items()
        }
        self._order = self._sorted()
        words = {
            word for phrases in self._phrases.values() for phrase in phrases for part in phrase for word in part.words
        }
        self._known = frozenset(words) | self._fillers | frozenset(w for ways in spelling.forms.values() for w in ways)
        self._real = frozenset(real_words)
        targets: dict[str, list[str]] = defaultdict(list)
        for word in sorted(words):
            if len(word) >= 4:
                targets[word[0]].append(word)
        self._targets = dict(targets)
        self._sounds = {word: sound(word) for word in words}

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Lexicon:
        """The lexicon of a rule file."""
        spelling, words = table["spelling"], table["words"]
        forms = {meant: _listed(ways) for meant, ways in spelling.get("forms", {}).items()}
        try:
            measures = {name: Measure(**one) for name, one in table.get("measures", {}).items()}
        except TypeError as problem:
            raise SpinewiseError(f"[measures]: {problem}") from None
        return cls(
            concepts={name: _listed(phrases) for name, phrases in table["concepts"].items()},
            measures=measures,
            spelling=Spelling.of(spelling.get("symbols", {}), forms),
            fillers=words["fillers"].split(),
            barriers=words["barriers"].split(),
            real_words=words["real"].split(),
        )

    @property
    def names(self) -> frozenset[str]:
        """Every concept that a rule may name."""
        return frozenset(self._order)

    def is_filler(self, word: str) -> bool:
        """Whether the word may stand between the words of a phrase."""
        return word in self._fillers

    def knows(self, word: str) -> bool:
        """Whether the word stands in a phrase or in the list of the language's words, or is a number."""
        return word in self._known or word in self._real or word[0].isdecimal()

    def read(self, turns: Sequence[str]) -> Reading:
        """The turns' tokens and where each concept stands in them."""
        tokens = tuple(part for token in self._spelling.tokens(turns) for part in self._parted(token))
        places: dict[str, list[int]] = defaultdict(list)
        readings = {word: self.readings(word) for word in {token.word for token in tokens}}
        for place, token in enumerate(tokens):
            for word in readings[token.word]:
                places[word].append(place)
        search = Search(tokens, places, self._fillers, self._barriers)
        for name in self._order:
            if name in self._measures:
                search.measure(name, self._measures[name])
            else:
                search.concept(name, self._phrases[name])
        return Reading(tokens, search.found)

    def readings(self, word: str) -> tuple[str, ...]:
        """The words that a typed word may stand for: itself when it is one, else the nearest known words."""
        if word[0].isdecimal():
            return (word, NUMBER)
        if word in self._known:
            return (word,)
        if len(word) < 4 or word in self._real:
            return (word,)
        return self._near(word) or (word,)

    def _near(self, word: str) -> tuple[str, ...]:
        """Known words within one edit, or two of seven letters and more; one more where they sound alike."""
        allowed = 1 if len(word) < 7 else 2
        targets = [near for letter in dict.fromkeys(word[:2]) for near in self._targets.get(letter, ())]
        found = process.extract(word, targets, scorer=OSA.distance, score_cutoff=allowed + 1, limit=8)
        own = sound(word)
        fits = [
            (d, near)
            for near, d, _ in found
            if (len(near) > 4 or d == 1) and (d <= allowed or self._sounds[near] == own)
        ]
        best = min((distance for distance, _ in fits), default=0)
        return tuple(near for distance, near in fits if distance == best)

    def _parted(self, token: Token) -> Iterator[Token]:
        """The token, or the two known words that were typed as one."""
        word = token.word
        if len(word) > 5 and word not in self._known and word not in self._real and not self._near(word):
            for cut in range(3, len(word) - 2):
                first, second = (self._spelling.words(half) for half in (word[:cut], word[cut:]))
                if self._known.issuperset(first + second):
                    yield replace(token, word=first[0])
                    yield from (Token(one, token.turn, token.sentence) for one in first[1:] + second)
                    return
        yield token

    def _sorted(self) -> tuple[str, ...]:
        needs: dict[str, set[str]] = {
            name: {part.concept for phrase in phrases for part in phrase if part.concept}
            for name, phrases in self._phrases.items()
        }
        needs |= {name: {one.units, one.cues, one.unless} for name, one in self._measures.items()}
        for name, others in needs.items():
            if unknown := sorted(others - needs.keys()):
                raise SpinewiseError(
                    f"concept {name} uses <{unknown[0]}>, which is no concept", "define it or mend its name"
                )
        try:
            return tuple(TopologicalSorter(needs).static_order())
        except CycleError as problem:
            raise SpinewiseError(f"concepts use each other in a circle: {' <- '.join(problem.args[1])}") from None


def _listed(text: str) -> tuple[str, ...]:
    """Phrases between commas or line ends."""
    return tuple(phrase.strip() for row in lines(text) for phrase in row.split(",") if phrase.strip())


def sound(word: str) -> str:
    """A rough key that words of one sound share: consonants without doubles, with the commonest spellings levelled."""
    for written, heard in (("ph", "f"), ("ck", "k"), ("gh", ""), ("kn", "n"), ("wr", "r"), ("mb", "m"), ("x", "ks")):
        word = word.replace(written, heard)
    word = re.sub(r"c(?=[eiy])", "s", word).translate(str.maketrans("cqzyj", "kksig"))
    return re.sub(r"(.)\1+", r"\1", word[:1] + re.sub("[aeiouhw]", "", word[1:]))
