"""Warnings about what a document says: instructions to the program, stuffed keywords, advice to stop medicines.

It only reports; the text stays as it is. It finds known shapes and no cleverly worded lie: people review documents.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from corpus.document import Dropped
from corpus.layout import Layout
from corpus.rules import Rules

STUFFED_WORDS, STUFFED_SHARE = 20, 0.3  # a paragraph this long, of which one word makes up this share
MOST = 20  # warnings of one document; a longer list is summed up
_REPEATED = re.compile(r"\b([^\W\d_]{3,})\b(?:\W+\1\b){3,}", re.IGNORECASE)


def suspicions(layout: Layout, dropped: tuple[Dropped, ...], rules: Rules) -> tuple[str, ...]:
    """One line for each suspect sentence, its words quoted; hidden text that was dropped is looked at too."""
    found = [*_in_text(layout, rules), *_in_hidden(dropped, rules)]
    more = [f"and {len(found) - MOST} more like these"] if len(found) > MOST else []
    return tuple(found[:MOST] + more)


def _in_text(layout: Layout, rules: Rules) -> Iterator[str]:
    for section in layout.sections:
        for rule in rules.suspects:
            if rule.matches(section.title):
                yield f"{rule.reason}: {shortened(section.title)!r}"
        for block in section.blocks:
            for sentence in block.sentences:
                text = sentence.of(layout.text)
                yield from (f"{rule.reason}: {shortened(text)!r}" for rule in rules.suspects if rule.matches(text))
            if block.kind != "statement":
                yield from _stuffed(block.of(layout.text))


def _in_hidden(dropped: tuple[Dropped, ...], rules: Rules) -> Iterator[str]:
    for item in dropped:
        if item.reason == "hidden text":
            reasons = [rule.reason.split(",")[0] for rule in rules.suspects if rule.matches(item.text)]
            yield f"hidden text was dropped{f' ({reasons[0]})' if reasons else ''}: {shortened(item.text)!r}"


def _stuffed(text: str) -> Iterator[str]:
    repeated = _REPEATED.search(text)
    words = re.findall(r"[^\W\d_]{4,}", text.casefold())
    if repeated:
        yield f"the word {repeated[1]!r} stands many times in a row: {shortened(text)!r}"
    elif len(words) >= STUFFED_WORDS:
        word, count = Counter(words).most_common(1)[0]
        if count >= STUFFED_SHARE * len(words):
            yield f"the word {word!r} makes up {count} of {len(words)} longer words: {shortened(text)!r}"


def shortened(text: str, letters: int = 90) -> str:
    """The beginning of a text, for a message."""
    text = " ".join(text.split())
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "…"
