"""Where phrases and measures stand in tokens. Knows nothing of spelling, rules or medicine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.triage.phrases import BEGIN, END, NUMBER, Part
from app.triage.words import Token

SKIPPED = 3  # fillers in a row that may stand between two words of a phrase

Span = tuple[int, int]  # half-open, counts tokens


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


class Search:
    """The spans found so far in one text."""

    def __init__(
        self,
        tokens: Sequence[Token],
        places: Mapping[str, list[int]],
        fillers: frozenset[str],
        barriers: frozenset[str],
    ) -> None:
        self.found: dict[str, tuple[Span, ...]] = {}
        self._tokens, self._fillers, self._barriers = tokens, fillers, barriers
        self._words: list[list[str]] = [[] for _ in tokens]
        for word, where in places.items():
            for place in where:
                self._words[place].append(word)
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
        if self._same(place, place + 1):
            if place + 1 in self._ends[measure.unless]:
                return False
            if place + 1 in self._ends[measure.units]:
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
            ends = () if part.words.isdisjoint(self._words[place]) else (place + 1,)
        for end in ends:
            yield from self._match_rest(phrase, place, end, done + 1)

    def _match_rest(self, phrase: Sequence[Part], start: int, place: int, done: int) -> Iterator[int]:
        """Ends of the phrase that starts at `start`, of which `done` parts end at `place`."""
        if done == len(phrase):
            yield place
        elif END in phrase[done].words or phrase[done].absent:
            if (
                self._breaks(place)
                if END in phrase[done].words
                else place not in self._ends[phrase[done].concept or ""]
            ):
                yield from self._match_rest(phrase, start, place, done + 1)
        else:
            for one in self._next(place, phrase[done].gap):
                if self._same(start, one):
                    yield from self._match(phrase, one, done)

    def _next(self, place: int, gap: int) -> Iterator[int]:
        """Places where the next part may start: here, after fillers, after up to `gap` other words."""
        skipped = 0
        while place < len(self._tokens):
            yield place
            if self._tokens[place].word in self._fillers and skipped < SKIPPED:
                skipped += 1
            elif gap and self._tokens[place].word not in self._barriers:
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
