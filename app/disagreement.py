"""Whether two sentences of evidence contradict each other: other figures for the same thing, or a "not" in one alone.

Sure before complete: two sentences are compared only where they share most of their content words. Knows nothing of
questions and of which source is right: both are said, and that they differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations

from app.evidence import Evidence
from app.language import content, english, figure, negations, stem, words

DAYS = {
    "second": 1 / 86400,
    "minute": 1 / 1440,
    "hour": 1 / 24,
    "day": 1,
    "night": 1,
    "week": 7,
    "month": 30.4,
    "year": 365,
}
SAME_THING = 0.6  # share of the poorer sentence's content words that both must hold
SAME_CLAIM = 0.9  # share of the richer one's, where only a "not" tells them apart
LEEWAY = 1.25  # "6 weeks" and "a month and a half" are no contradiction

Range = tuple[float, float]


def contradicting(said: Sequence[Evidence], ranked: Sequence[Evidence]) -> list[Evidence]:
    """The best sentence of another document that contradicts one of `said`, as a list of none or one."""
    return next(
        ([other] for other in ranked for one in said if other.document is not one.document and contradict(one, other)),
        [],
    )


def contradictory(said: Sequence[Evidence]) -> bool:
    """Whether two documents among what was said contradict each other."""
    return any(one.document is not other.document and contradict(one, other) for one, other in combinations(said, 2))


def contradict(one: Evidence, other: Evidence) -> bool:
    """Whether both speak of the same thing and can't both be right."""
    alike, equal = likeness(one.quote, other.quote)
    if alike < SAME_THING:  # of most pairs; what follows costs more
        return False
    if equal >= SAME_CLAIM and (negations(one.quote) > 0) != (negations(other.quote) > 0):
        return True
    first, second = spans(one.quote), spans(other.quote)
    return any(all(apart(a, b) for a in first[unit] for b in second[unit]) for unit in first.keys() & second.keys())


def likeness(one: str, other: str) -> tuple[float, float]:
    """Content words that stand in both, as a share of the poorer sentence's and of the richer one's; 0 with one word only."""
    first, second = things(one), things(other)
    fewer, more = sorted((len(first), len(second)))
    return (len(first & second) / fewer, len(first & second) / more) if fewer > 1 else (0.0, 0.0)


@lru_cache(maxsize=4096)  # a source's sentence meets many others
def things(text: str) -> frozenset[str]:
    """The content stems of a source's sentence that are no units."""
    return frozenset(content(text)) - english().units


def spans(text: str) -> dict[str, list[Range]]:
    """The figures of the text as (low, high), by kind: "time" in days, every other unit by its own name.

    "3 to 6 months" is {"time": [(91.2, 182.4)]}, and so is "3 months to 6 months"; a figure without a unit and "several weeks"
    say nothing here.
    """
    found: dict[str, list[Range]] = {}
    numbers: list[float] = []
    begun: str | None = None  # the kind of a range whose first end has its unit already
    for word, after, later in zip(said := words(text), [*said[1:], ""], [*said[2:], "", ""], strict=False):
        if (value := number(word)) is not None:
            numbers = [*numbers[-1:], value]
            if word.endswith("%"):
                found.setdefault("percent", []).append((min(numbers), max(numbers)))
            continue
        unit = stem(word)
        if numbers and unit in english().units:
            scale = DAYS.get(unit)
            kind, factor = ("time", scale) if scale else (unit, 1.0)
            ends = [min(numbers) * factor, max(numbers) * factor]
            if begun == kind:
                ends += found[kind].pop()
            found.setdefault(kind, []).append((min(ends), max(ends)))
            begun = kind if after in ("to", "or", "and") and number(later) is not None else None
        if not (word in ("to", "or", "and") and number(after) is not None):
            numbers = []
    return found


def number(word: str) -> float | None:
    """The value of a number or a number word."""
    digits = figure(english().number_words.get(word, word)).removesuffix("%")
    try:
        return float(digits)
    except ValueError:
        return None


def apart(one: Range, other: Range) -> bool:
    """Whether the ranges lie apart, with some leeway."""
    return one[0] > other[1] * LEEWAY or other[0] > one[1] * LEEWAY
