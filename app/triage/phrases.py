"""How a phrase of the rule file is written. Knows nothing of how it is found in a text.

A phrase is words in order; small words (fillers) may stand between them. `a|b` is either word, and in `a|b_c` the second
choice is two words. `<name>` is any phrase of that concept, `#` any number, `~` up to three unknown words (`~5`: up to
five), `^` and `$` the begin and the end of a clause, `!<name>` that no phrase of the concept follows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from corpus.errors import SpinewiseError

NUMBER, BEGIN, END = "#", "^", "$"

Spelt = Callable[[str], tuple[str, ...]]
_GAP = re.compile(r"~(\d*)")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a phrase: one of `words`, or a phrase of `concept`; before it up to `gap` unknown words.

    With `absent` it stands for nothing: the phrase goes on only where the concept does not begin.
    """

    words: frozenset[str] = frozenset()
    concept: str | None = None
    gap: int = 0
    absent: bool = False


def parse(phrase: str, concept: str, spelt: Spelt) -> Iterator[tuple[Part, ...]]:
    """The phrase's parts, once for each choice of more than one word; `spelt` spells as a visitor's words will be."""
    for chosen in product(*(_choices(piece, spelt) for piece in phrase.split())):
        parts: list[Part] = []
        gap = 0
        for piece in chosen:
            if match := _GAP.fullmatch(piece[0]):
                gap = int(match[1] or 3)
                continue
            if piece[0].startswith(("<", "!<")):
                parts.append(Part(concept=piece[0].strip("!<>"), gap=gap, absent=piece[0].startswith("!")))
            elif piece[0] in (NUMBER, BEGIN, END):
                parts.append(Part(frozenset(piece), gap=gap))
            else:
                ways = [spelt(way) for way in piece]
                words = [frozenset(way) for way in zip(*ways, strict=True)]
                parts += (Part(word, gap=0 if number else gap) for number, word in enumerate(words))
            gap = 0
        if not parts or gap or parts[0].words == {END} or parts[-1].words == {BEGIN}:
            raise SpinewiseError(f"concept {concept}: the phrase {phrase!r} has no end", "end it with a word")
        yield tuple(parts)


def _choices(piece: str, spelt: Spelt) -> list[list[str]]:
    """The choices of a piece: its single words together, and each choice that is no single word alone."""
    ways = [way.replace("_", " ") for way in piece.split("|")]
    single = [way for way in ways if way[:1] not in "<!#^$~" and len(spelt(way)) == 1]
    return [single] * bool(single) + [[way] for way in ways if way not in single]


def lines(text: str | Iterable[str]) -> tuple[str, ...]:
    """The lines of a block of text that are neither empty nor comments."""
    rows = text.splitlines() if isinstance(text, str) else text
    return tuple(row.strip() for row in rows if row.strip() and not row.lstrip().startswith("#"))
