"""Phrases of a word list, found in tokens in spite of typos. Knows nothing of rules, negation or medicine.

A phrase is words in order; small words (fillers) may stand between them. In a phrase `a|b` is either word, `<name>` any
phrase of that concept, `#` any number, `~` up to three unknown words (`~5`: up to five), `^` and `$` the begin and the end
of a clause. In `a|b_c` the second choice is two words.
A word is only taken for a misspelling when it is neither in a phrase nor a real word of the language.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from itertools import product

from rapidfuzz import process
from rapidfuzz.distance import OSA

from app.triage.words import Spelling, Token
from corpus.errors import SpinewiseError

NUMBER, BEGIN, END = "#", "^", "$"
SKIPPED = 3  # fillers in a row that may stand between two words of a phrase

Span = tuple[int, int]  # half-open, counts tokens
_GAP = re.compile(r"~(\d*)")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a phrase: one of `words`, or a phrase of `concept`; before it up to `gap` unknown words."""

    words: frozenset[str] = frozenset()
    concept: str | None = None
    gap: int = 0


@dataclass(frozen=True, slots=True)
class Measure:
    """A number of [low, high] that a unit follows or, within `reach` words, a cue stands near.

    With `decimal`, a number with a decimal point needs neither. `unless` names what takes the number for something else
    when it follows.
    """

    low: float
    high: float
    units: str
    cues: str
    unless: str
    reach: int = 5
    decimal: bool = False


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
        real_words: Iterable[str],
    ) -> None:
        self._spelling, self._fillers = spelling, frozenset(fillers)
        self._measures = measures
        self._phrases = {
            name: tuple(parts for phrase in phrases for parts in parse(phrase, name, spelling))
            for name, phrases in concepts.items()
        }
        self._order = self._sorted()
        words = {word for phrases in self._phrases.values() for phrase in phrases for part in phrase for word in part.words}
        self._known = frozenset(words) | self._fillers | frozenset(w for ways in spelling.forms.values() for w in ways)
        self._real = frozenset(real_words)
        self._targets: dict[str, list[str]] = defaultdict(list)
        for word in sorted(words):
            if len(word) >= 4:
                self._targets[word[0]].append(word)
        self._sounds = {word: sound(word) for word in words}

    @property
    def names(self) -> frozenset[str]:
        """Every concept that a rule may name."""
        return frozenset(self._order)

    @property
    def known(self) -> frozenset[str]:
        """Every word that a phrase holds: what a misspelling may stand for."""
        return frozenset(word for words in self._targets.values() for word in words)

    def is_filler(self, word: str) -> bool:
        """Whether the word may stand between the words of a phrase."""
        return word in self._fillers

    def read(self, turns: Sequence[str]) -> Reading:
        """The turns' tokens and where each concept stands in them."""
        tokens = tuple(part for token in self._spelling.tokens(turns) for part in self._parted(token))
        places: dict[str, list[int]] = defaultdict(list)
        readings = {word: self.readings(word) for word in {token.word for token in tokens}}
        for place, token in enumerate(tokens):
            for word in readings[token.word]:
                places[word].append(place)
        search = _Search(tokens, places, self._fillers)
        for name in self._order:
            if name in self._measures:
                search.measure(name, self._measures[name])
            else:
                search.concept(name, self._phrases[name])
        return Reading(tokens, search.found)

    def readings(self, word: str) -> tuple[str, ...]:
        """The words that a typed word may stand for: itself when it is one, else the nearest known words."""
        if word[0].isdigit():
            return (word, NUMBER)
        if word in self._known:
            return (word,)
        if len(word) < 4 or word in self._real:
            return (word,)
        return self._near(word) or (word,)

    def _near(self, word: str) -> tuple[str, ...]:
        """Known words within one edit, or two of seven letters and more; one more where they sound alike."""
        allowed = 1 if len(word) < 7 else 2
        targets = self._targets[word[0]] + (self._targets[word[1]] if word[1] != word[0] else [])
        found = process.extract(word, targets, scorer=OSA.distance, score_cutoff=allowed + 1, limit=8)
        own = sound(word)
        fits = [(d, near) for near, d, _ in found if (len(near) > 4 or d == 1) and (d <= allowed or self._sounds[near] == own)]
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
                raise SpinewiseError(f"concept {name} uses <{unknown[0]}>, which is no concept", "define it or mend its name")
        try:
            return tuple(TopologicalSorter(needs).static_order())
        except CycleError as problem:
            raise SpinewiseError(f"concepts use each other in a circle: {' <- '.join(problem.args[1])}") from None


class _Search:
    """The spans found so far in one text."""

    def __init__(self, tokens: Sequence[Token], places: Mapping[str, list[int]], fillers: frozenset[str]) -> None:
        self.found: dict[str, tuple[Span, ...]] = {}
        self._tokens, self._fillers = tokens, fillers
        self._at = {word: frozenset(where) for word, where in places.items()}
        self._places = places
        self._ends: dict[str, dict[int, list[int]]] = {}

    def concept(self, name: str, phrases: Sequence[tuple[Part, ...]]) -> None:
        """Finds every phrase of the concept."""
        spans: set[Span] = set()
        for phrase in phrases:
            begins = BEGIN in phrase[0].words
            parts = phrase[1:] if begins else phrase
            for start in self._starts(parts[0]):
                if not begins or self._breaks(start):
                    spans.update((start, end) for end in self._match(parts, start))
        self._keep(name, spans)

    def measure(self, name: str, measure: Measure) -> None:
        """Finds every number that the measure takes."""
        spans = set()
        for place in self._places.get(NUMBER, ()):
            if measure.low <= float(self._tokens[place].word) <= measure.high and self._is_measured(place, measure):
                spans.add((place, place + 1))
        self._keep(name, spans)

    def _is_measured(self, place: int, measure: Measure) -> bool:
        sentence = self._tokens[place].sentence
        if place + 1 in self._ends[measure.unless]:
            return False
        if place + 1 in self._ends[measure.units] and self._same(place, place + 1):
            return True
        near = (start for start, _ in self.found[measure.cues] if self._tokens[start].sentence == sentence)
        return any(abs(start - place) <= measure.reach for start in near) or (
            measure.decimal and "." in self._tokens[place].word
        )

    def _keep(self, name: str, spans: set[Span]) -> None:
        self.found[name] = tuple(sorted(spans))
        ends: dict[int, list[int]] = defaultdict(list)
        for start, end in self.found[name]:
            ends[start].append(end)
        self._ends[name] = dict(ends)

    def _starts(self, part: Part) -> Iterable[int]:
        if part.concept:
            return self._ends[part.concept]
        return (place for word in part.words for place in self._places.get(word, ()))

    def _match(self, phrase: Sequence[Part], place: int, done: int = 0) -> Iterator[int]:
        """Ends of the phrase from its part number `done` on, when that part starts at `place`."""
        part = phrase[done]
        if part.concept:
            ends: Sequence[int] = self._ends[part.concept].get(place, ())
        else:
            ends = (place + 1,) if any(place in self._at.get(word, ()) for word in part.words) else ()
        for end in ends:
            if done + 1 == len(phrase):
                yield end
                continue
            if END in phrase[done + 1].words and self._breaks(end):
                yield end
            for start in self._next(end, phrase[done + 1].gap):
                if self._same(place, start):
                    yield from self._match(phrase, start, done + 1)

    def _next(self, place: int, gap: int) -> Iterator[int]:
        """Places where the next part may start: here, after fillers, after up to `gap` other words."""
        skipped = 0
        while place < len(self._tokens):
            yield place
            if self._tokens[place].word in self._fillers and skipped < SKIPPED:
                skipped += 1
            elif gap:
                gap -= 1
            else:
                return
            place += 1

    def _breaks(self, place: int) -> bool:
        """Whether a sentence or clause begins at the place; the end of the text is such a place."""
        return place == 0 or place == len(self._tokens) or self._tokens[place].soft or not self._same(place - 1, place)

    def _same(self, one: int, other: int) -> bool:
        """Whether both places stand in one sentence."""
        return other < len(self._tokens) and self._tokens[one].sentence == self._tokens[other].sentence


def parse(phrase: str, concept: str, spelling: Spelling) -> Iterator[tuple[Part, ...]]:
    """The phrase's parts, once for each choice of more than one word; words are spelt as a visitor's words will be."""
    for chosen in product(*(_choices(piece, spelling) for piece in phrase.split())):
        parts: list[Part] = []
        gap = 0
        for piece in chosen:
            if match := _GAP.fullmatch(piece[0]):
                gap = int(match[1] or 3)
                continue
            if piece[0].startswith("<"):
                parts.append(Part(concept=piece[0].strip("<>"), gap=gap))
            elif piece[0] in (NUMBER, BEGIN, END):
                parts.append(Part(frozenset(piece), gap=gap))
            else:
                ways = [spelling.words(way) for way in piece]
                words = [frozenset(way) for way in zip(*ways, strict=True)]
                parts += (Part(word, gap=0 if number else gap) for number, word in enumerate(words))
            gap = 0
        if not parts or gap or parts[0].words == {END} or parts[-1].words == {BEGIN}:
            raise SpinewiseError(f"concept {concept}: the phrase {phrase!r} has no end", "end it with a word")
        yield tuple(parts)


def _choices(piece: str, spelling: Spelling) -> list[list[str]]:
    """The choices of a piece: its single words together, and each choice that is no single word alone."""
    ways = [way.replace("_", " ") for way in piece.split("|")]
    single = [way for way in ways if way[:1] not in "<#^$~" and len(spelling.words(way)) == 1]
    return [single] * bool(single) + [[way] for way in ways if way not in single]


def sound(word: str) -> str:
    """A rough key that words of one sound share: consonants without doubles, with the commonest spellings levelled."""
    for written, heard in (("ph", "f"), ("ck", "k"), ("gh", ""), ("kn", "n"), ("wr", "r"), ("mb", "m"), ("x", "ks")):
        word = word.replace(written, heard)
    word = re.sub(r"c(?=[eiy])", "s", word).translate(str.maketrans("cqzyj", "kksig"))
    return re.sub(r"(.)\1+", r"\1", word[:1] + re.sub("[aeiouhw]", "", word[1:]))
