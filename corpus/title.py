"""Which of the lines at the top of a pasted text is its title, and which are the page's own. Knows nothing of adverts.

A site's name and a picture's caption stand at the top as the title does. The title's words come back in the text, it is
written like a title, and it often stands twice.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from corpus.lines import Chunk
from corpus.rules import Rules

FIRST = 0.3  # what standing first adds to a line's score; less than any other sign
MENU = 4  # short lines in a row at the top: a menu, not headings
_SMALL = frozenset("about after and are before for from how into over that the their this what when with your".split())


def choose_title(chunks: Sequence[Chunk], heads: set[int], rules: Rules) -> tuple[int | None, dict[int, str]]:
    """The title's place, if there is one, and the places of the lines at the top to set aside, with reasons."""
    top: list[int] = []
    while len(top) in heads:
        top.append(len(top))
    choices = [place for place in top if _may_be_title(chunks[place].text, rules, alone=heads == {place})]
    if not choices:
        return None, {}
    body = [chunk for place, chunk in enumerate(chunks) if place >= len(top) and rules.of_line(chunk.text) is None]
    counts = Counter(word for chunk in body for word in set(_words(chunk.text)))
    folded = [chunk.text.casefold() for chunk in chunks]
    scores = {place: _score(chunks[place].text, counts, folded[: len(top)]) for place in choices}
    scores[choices[0]] += FIRST
    best = max(choices, key=lambda place: (scores[place], -place))
    above, below, later = top[:best], top[best + 1 :], set(folded[len(top) :])
    set_aside = {}
    for place in [*above, *below]:
        menu = len(below) >= MENU and place != below[-1]
        if folded[place] == folded[best]:
            set_aside[place] = "repeated title"
        elif place < best or menu or folded[place] in later or folded[place] in folded[:best]:
            set_aside[place] = "navigation"
    return best, set_aside


def _may_be_title(text: str, rules: Rules, alone: bool) -> bool:
    if rules.of_line(text) is not None or rules.role(text) in ("generic", "about"):
        return False
    return alone or not text.endswith("?")


def _score(text: str, counts: Counter[str], texts: Sequence[str]) -> float:
    """How much like a title: the share of its words that stand in the text below, capitals, length, standing twice."""
    words = _words(text)
    if not words:
        return 0.0
    copies = sum(other == text.casefold() for other in texts)
    back = sum(counts[word] > 0 for word in words) / len(words)
    capitals = [word for word in re.findall(r"[^\W\d_]+", text) if len(word) > 3]
    titled = len(capitals) > 1 and all(word[0].isupper() for word in capitals)
    return back + 0.5 * titled + 0.5 * (copies > 1) + 0.5 * (len(words) >= 3)


def _words(text: str) -> list[str]:
    return [word for word in re.findall(r"[^\W\d_]{4,}", text.casefold()) if word not in _SMALL]
