"""The rules of a triage file: read, checked, and matched in a text. Knows nothing of typos, cards or conversations.

A pattern is one line: concepts joined with `+`, then in any order `within N` (they stand within N words, else NEAR),
`given CONCEPT` (said anywhere in the last turns) and `unless CONCEPT` (not in the same sentence, but for denied).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product
from typing import Any, Literal, get_args

from app.triage.lexicon import Reading
from app.triage.phrases import lines
from app.triage.search import Span
from app.triage.stance import ASKED, SUPPOSED, Stance
from corpus.errors import SpinewiseError

Tier = Literal["emergency", "same-day"]
TIERS: tuple[Tier, ...] = get_args(Tier)  # most urgent first
NEAR = 10
LEAST = 12  # examples that a rule must hit and must miss
COMBINATIONS = (
    400  # tried for one pattern: what is said last is tried first, and a text of nothing but symptoms has matched soon
)
_OPTION = re.compile(r" (within|given|unless) ([\w-]+)")


@dataclass(frozen=True, slots=True)
class Pattern:
    """Concepts that must stand together, those that must have been said, those that must not stand beside."""

    together: tuple[str, ...]
    near: int = NEAR
    given: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()

    @classmethod
    def parse(cls, line: str, rule: str, concepts: frozenset[str]) -> Pattern:
        """The pattern of one line; a concept that isn't defined is an error."""
        options: dict[str, list[str]] = {"within": [], "given": [], "unless": []}
        for name, value in _OPTION.findall(line):
            options[name].append(value)
        together = tuple(name.strip() for name in _OPTION.sub("", line).split("+"))
        for name in (*together, *options["given"], *options["unless"]):
            if name not in concepts:
                raise SpinewiseError(f"rule {rule}: {name!r} in {line!r} is no concept", "define it under [concepts]")
        try:
            near = int(options["within"][0]) if options["within"] else NEAR
        except ValueError:
            raise SpinewiseError(f"rule {rule}: 'within' takes a number of words, in {line!r}") from None
        return cls(together, near, tuple(options["given"]), tuple(options["unless"]))


@dataclass(frozen=True, slots=True)
class Rule:
    """One red flag. `topics` are names of the complication: they make a question be about it, never a report."""

    id: str
    tier: Tier
    patterns: tuple[Pattern, ...]
    topics: tuple[str, ...]
    supposed_is_told: bool
    hits: tuple[str, ...]
    misses: tuple[str, ...]

    @classmethod
    def parse(cls, name: str, table: Mapping[str, Any], concepts: frozenset[str]) -> Rule:
        """The rule of a table of the file."""
        tier, topics = table.get("tier"), tuple(table.get("topics", ()))
        if tier not in TIERS:
            raise SpinewiseError(f"rule {name}: tier is {tier!r}", f"write one of {', '.join(TIERS)}")
        for topic in topics:
            if topic not in concepts:
                raise SpinewiseError(f"rule {name}: topic {topic!r} is no concept", "define it under [concepts]")
        hits, misses = lines(table.get("hits", "")), lines(table.get("misses", ""))
        for kind, examples in (("hits", hits), ("misses", misses)):
            if len(examples) < LEAST:
                raise SpinewiseError(f"rule {name}: {len(examples)} {kind}", f"write at least {LEAST} examples")
        patterns = tuple(Pattern.parse(line, name, concepts) for line in lines(table.get("patterns", "")))
        return cls(name, tier, patterns, topics, tier == TIERS[0], hits, misses)

    @property
    def evidence(self) -> frozenset[str]:
        """The concepts that show this red flag."""
        return frozenset(name for pattern in self.patterns for name in pattern.together)

    def matches(self, reading: Reading, stance: Stance) -> Iterator[Match]:
        """Every way in which the text reports this red flag or asks about it."""
        for pattern in self.patterns:
            for spans in standing(pattern, reading, stance):
                mood = stance.mood(spans)
                asked = mood == ASKED or (mood == SUPPOSED and not self.supposed_is_told)
                turn = reading.tokens[max(start for start, _ in spans)].turn
                yield Match(self, spans, turn, told=not asked, plain=stance.plain(spans))
        for topic in self.topics:
            for span in reading.found[topic]:
                yield Match(self, (span,), reading.tokens[span[0]].turn, told=False, plain=True)


@dataclass(frozen=True, slots=True)
class Match:
    """Where a rule was met: in which turn its last words stand, and whether they tell of it or ask about it.

    `plain`: nothing in the sentence is unknown to the rules, so that nothing there can turn the sense of the words.
    """

    rule: Rule
    spans: tuple[Span, ...]
    turn: int
    told: bool
    plain: bool


def standing(pattern: Pattern, reading: Reading, stance: Stance) -> Iterator[tuple[Span, ...]]:
    """Spans of the pattern's concepts that stand together and hold, one per concept, in the pattern's order."""
    places = [[span for span in reading.found[name] if span[0] not in stance.denied] for name in pattern.together]
    for spans in islice(product(*(spans[::-1] for spans in places)), COMBINATIONS):  # the newest first
        first, last = min(start for start, _ in spans), max(end for _, end in spans)
        links = {stance.links[start] for start, _ in spans}
        between = last - first - sum(end - start for start, end in spans)
        if len(links) > 1 or between > pattern.near or len(set(spans)) < len(spans):
            continue
        if all(map(stance.long_past, spans)):  # "weaker than before": one of two is of now
            continue
        newest = max(start for start, _ in spans)
        excuses = (span for name in pattern.unless for span in reading.found[name])
        if any(stance.links[span[0]] in links and stance.excuses(span, newest) for span in excuses):
            continue
        turn = reading.tokens[last - 1].turn
        if all(_was_said(name, turn, reading, stance) for name in pattern.given):
            yield spans


def _was_said(concept: str, turn: int, reading: Reading, stance: Stance) -> bool:
    return any(reading.tokens[span[0]].turn <= turn and span[0] not in stance.denied for span in reading.found[concept])
