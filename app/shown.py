"""What of the evidence the language model is shown, and what its looks make of the evidence. Knows nothing of models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from app.evidence import Evidence
from app.taste import ATTENDED, Taste

PASSAGES, WORDS = 4, 60  # that the language model is shown, and of each at most
LOWEST = 1e-3  # a score of zero or less could not be compared by shares


def windows(ranked: Sequence[Evidence], count: int = PASSAGES, most_words: int = WORDS) -> list[list[Evidence]]:
    """For the language model: of each of the best `count` passages the sentences around its best one, at most `most_words`."""
    shown: list[list[Evidence]] = []
    for head in first_of_each_passage(ranked)[:count]:
        inside = sorted((one for one in ranked if one.passage is head.passage), key=lambda one: one.sentence.start)
        first = last = inside.index(head)
        size = len(head.quote.split())
        while True:
            beside = [place for place in (last + 1, first - 1) if 0 <= place < len(inside)]
            fitting = [place for place in beside if size + len(inside[place].quote.split()) <= most_words]
            if not fitting:
                break
            size += len(inside[fitting[0]].quote.split())
            first, last = min(first, fitting[0]), max(last, fitting[0])
        shown.append(inside[first : last + 1])
    return shown


def texts(shown: Sequence[Sequence[Evidence]]) -> list[str]:
    """Each window as the language model reads it: under its heading, items of a list behind the line that introduces them."""
    return [_told(window) for window in shown]


def _told(window: Sequence[Evidence]) -> str:
    parts: list[str] = []
    for lead, items in groupby(window, key=lambda one: one.lead):
        quotes = [one.quote for one in items]
        parts += [lead, "; ".join(quotes)] if lead else quotes
    text, heading = " ".join(parts), window[0].passage.section
    return text if heading in text else headed(heading, text)


def headed(heading: str, text: str) -> str:
    """A text behind its heading, if it has one, in one line."""
    if not heading:
        return text
    return f"{heading} {text}" if heading.endswith(("?", "!", ".", ":")) else f"{heading}: {text}"


def first_of_each_passage(ranked: Sequence[Evidence]) -> list[Evidence]:
    """The best sentence of each passage, in order."""
    best: dict[int, Evidence] = {}
    for evidence in ranked:
        best.setdefault(evidence.passage.number, evidence)
    return list(best.values())


def attended(
    ranked: Sequence[Evidence], shown: Sequence[Sequence[Evidence]], looks: Sequence[float], taste: Taste = ATTENDED
) -> list[Evidence]:
    """The same, best first, by what the reader looks at too: `looks` of each sentence `shown`, in order (`Doubt.attended`).

    One that it was not shown counts as the one that it looks at least.
    """
    found = dict(zip((one.key for window in shown for one in window), looks, strict=True))
    most, least = max(looks), min(looks)

    def score(one: Evidence) -> float:
        return max(LOWEST, one.score - taste.attention * (most - found.get(one.key, least)))

    return sorted((replace(one, score=score(one)) for one in ranked), key=lambda one: -one.score)
