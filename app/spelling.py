"""How far a typed word is from a meant one, as hands and ears slip. Knows nothing of which words there are."""

from __future__ import annotations

from functools import lru_cache

from app.language import english

# What one slip costs, where an arbitrary wrong letter costs 1.
DOUBLED, FAINT, SWAPPED, NEIGHBOUR = 0.4, 0.6, 0.6, 0.8
ALIKE = 0.5  # two vowels, or two letters of one sound
FIRST = 2.0  # nobody misses the first letter: what any slip there costs more


def distance(typed: str, meant: str) -> float:
    """The cheapest way from one lower-case word to the other: 0 for the same, 1 for one unlikely slip, more for several."""
    before: list[float] = []
    row = [0.0]
    for place in range(len(meant)):
        row.append(row[-1] + _dropped(meant, place))
    for here, letter in enumerate(typed):
        above, row = row, [row[0] + _dropped(typed, here)]
        for there, other in enumerate(meant):
            cheapest = min(
                above[there + 1] + _dropped(typed, here),
                row[there] + _dropped(meant, there),
                above[there] + _mistaken(letter, other) * (FIRST if here == there == 0 else 1),
            )
            if here and there and typed[here - 1 : here + 1] == other + meant[there - 1]:
                cheapest = min(cheapest, before[there - 1] + SWAPPED)
            row.append(cheapest)
        before = above
    return row[-1]


def _dropped(word: str, place: int) -> float:
    """What it costs to leave out the letter, or to type it where it isn't."""
    if place == 0:
        return FIRST
    if word[place] == word[place - 1]:
        return DOUBLED
    return FAINT if word[place] in english().faint else 1.0


@lru_cache(maxsize=4096)
def _mistaken(typed: str, meant: str) -> float:
    """What it costs to type the one letter for the other."""
    if typed == meant:
        return 0.0
    lists, pair = english(), {typed, meant}
    if pair <= lists.vowels or any(pair <= same for same in lists.sounds):
        return ALIKE
    return NEIGHBOUR if any(typed + meant in row or meant + typed in row for row in lists.keys) else 1.0
