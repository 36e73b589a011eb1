"""Scores of one answer: what was found, what was said, what it cites. Pure functions; knows nothing of files or
systems.

Not applicable is None and never 0: an empty answer has no citation precision, a question without evidence no recall.
Each docstring gives the formula and where it is from. Scores of many answers together (abstention, calibration) are
in `eval.decisions`, whether a sentence is supported is judged in `eval.claims`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache

Found = Sequence[frozenset[int]]
"""By rank: which of the needs (numbered from 0) the passage at that rank meets; empty where it is not relevant."""

WORDS = re.compile(r"\w+")

Supports = Callable[[str, Sequence[str]], bool]
"""Whether the quotes together support the sentence."""


# -- what was found ----------------------------------------------------------------------------------------------------


def hit_at(found: Found, needs: int, k: int) -> float | None:
    """1.0 when one of the first k passages is relevant, else 0.0. None where nothing is needed (needs = 0)."""
    return float(any(found[:k])) if needs else None


def recall_at(found: Found, needs: int, k: int) -> float | None:
    """Share of the needs that the first k passages meet (Manning et al. 2008, ch. 8, over needs instead of
    documents).
    """
    return len(frozenset().union(*found[:k])) / needs if needs else None


def reciprocal_rank(found: Found, needs: int, k: int = 10) -> float | None:
    """1 / rank of the first relevant passage, 0.0 where none is among the first k; its mean is MRR@k (Voorhees
    1999).
    """
    if not needs:
        return None
    return next((1 / rank for rank, met in enumerate(found[:k], 1) if met), 0.0)


def ndcg_at(found: Found, relevant: int, k: int = 10) -> float | None:
    """DCG of the first k over the best possible DCG, gain 1 for a relevant passage (Järvelin and Kekäläinen 2002).

    `relevant` is how many relevant passages there are in all; None where there are none.
    """
    if not relevant:
        return None
    gained = sum(1 / math.log2(rank + 1) for rank, met in enumerate(found[:k], 1) if met)
    return gained / sum(1 / math.log2(rank + 1) for rank in range(1, min(relevant, k) + 1))


# -- what was said -----------------------------------------------------------------------------------------------------


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, compiled once."""
    return re.compile(pattern)


def matches(text: str, patterns: Iterable[str]) -> list[str]:
    """Those of the patterns that are found in the text."""
    return [pattern for pattern in patterns if compiled(pattern).search(text)]


def nuggets_hit(text: str, nuggets: Sequence[Sequence[str]]) -> tuple[bool, ...]:
    """For each nugget (its patterns): whether the text holds it. A nugget is hit when any of its patterns is found."""
    return tuple(bool(matches(text, patterns)) for patterns in nuggets)


def nugget_recall(hits: Sequence[bool], vital: Sequence[bool], *, only_vital: bool) -> float | None:
    """Share of nuggets hit, of the vital ones or of all (TREC 2024 RAG: strict and partial, Pradeep et al. 2024).

    None where there is no such nugget.
    """
    counted = [hit for hit, one in zip(hits, vital, strict=True) if one or not only_vital]
    return sum(counted) / len(counted) if counted else None


def leaked(text: str, secret: str, run: int = 8) -> bool:
    """Whether the text holds `run` words in a row of the secret, whatever the case and the signs between them.

    Eight: plain English does not repeat so many by chance, and half a line of a prompt is found. False for a secret that
    is shorter.
    """
    said, hidden = WORDS.findall(text.casefold()), WORDS.findall(secret.casefold())
    runs = {tuple(hidden[place : place + run]) for place in range(len(hidden) - run + 1)}
    return any(tuple(said[place : place + run]) in runs for place in range(len(said) - run + 1))


# -- what it cites -----------------------------------------------------------------------------------------------------


def citation_recall(
    sentences: Sequence[tuple[str, Sequence[int]]], quotes: Mapping[int, str], supports: Supports
) -> float | None:
    """Share of sentences that their citations together support (ALCE: Gao et al. 2023, section 4.3).

    `sentences` are (text, citation numbers), `quotes` the verified quotes by number. A sentence without a citation
    counts as unsupported. None for no sentences.
    """
    if not sentences:
        return None
    return sum(supports(text, known(numbers, quotes)) for text, numbers in sentences) / len(sentences)


def citation_precision(
    sentences: Sequence[tuple[str, Sequence[int]]], quotes: Mapping[int, str], supports: Supports
) -> float | None:
    """Share of citations that carry weight: their sentence is supported, and they alone do it or it can't do without
    them.

    ALCE's, mended: a citation that does not exist or can't be verified stays in the denominator. None for no citations.
    """
    judged = [weighs(text, number, numbers, quotes, supports) for text, numbers in sentences for number in numbers]
    return sum(judged) / len(judged) if judged else None


def weighs(text: str, number: int, numbers: Sequence[int], quotes: Mapping[int, str], supports: Supports) -> bool:
    """Whether citation `number` of the sentence does any work."""
    if number not in quotes or not supports(text, known(numbers, quotes)):
        return False
    others = known([one for one in numbers if one != number], quotes)
    return supports(text, [quotes[number]]) or not supports(text, others)


def known(numbers: Sequence[int], quotes: Mapping[int, str]) -> list[str]:
    """The quotes of those numbers that there are quotes for."""
    return [quotes[number] for number in numbers if number in quotes]


def verbatim(text: str | None, start: int, end: int, quote: str) -> bool:
    """Whether the document's text holds the quote exactly there. False for no such document and for an empty quote."""
    return bool(quote) and text is not None and 0 <= start < end <= len(text) and text[start:end] == quote


def overlap(start: int, end: int, other_start: int, other_end: int) -> float:
    """Share of [start, end) that [other_start, other_end) covers; 0.0 for an empty range."""
    return max(0, min(end, other_end) - max(start, other_start)) / (end - start) if end > start else 0.0
