"""Which passages meet a case's needs, and how well a ranking of passages does. Knows nothing of how rankings are
made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from eval.cases import Needs, Place
from eval.metrics import hit_at, ndcg_at, overlap, recall_at, reciprocal_rank
from index.passage import Hit, Passage

if TYPE_CHECKING:
    from index.search import Index, Stage

ENOUGH = 0.6  # share of an evidence sentence that a passage must hold
MEASURES = ("hit@1", "hit@5", "recall@5", "recall@10", "mrr@10", "ndcg@10")
STAGES: tuple[Stage, ...] = ("fused", "dense", "words")
DEPTH = 10

Relevance = Mapping[int, frozenset[int]]
"""Passage number -> the needs that it meets; passages that meet none are left out."""


def relevance(needs: Needs, passages: Sequence[Passage]) -> Relevance:
    """Which needs each passage meets: it holds 60 % of an evidence sentence, or says the same words elsewhere."""
    places = [(number, place) for number, need in enumerate(needs) for place in need]
    texts = {passage.document.id: passage.document.text for passage in passages}
    found: dict[int, set[int]] = {}
    for number, place in places:
        words = squeezed(texts.get(place.document, "")[place.start : place.end])
        for passage in passages:
            if holds(passage, place) or (words and words in squeezed(passage.text)):
                found.setdefault(passage.number, set()).add(number)
    return {passage: frozenset(met) for passage, met in found.items()}


def holds(passage: Passage, place: Place) -> bool:
    """Whether the passage covers enough of the place."""
    same = passage.document.id == place.document
    return same and overlap(place.start, place.end, passage.start, passage.end) >= ENOUGH


def squeezed(text: str) -> str:
    """The text in lower case with single spaces and without its last stop, so that layout makes no difference."""
    return " ".join(text.casefold().split()).rstrip(".")


def measure(ranking: Sequence[int], relevant: Relevance, needs: Needs) -> dict[str, float | None]:
    """Every measure for passage numbers, best first. All are None where none of the evidence is in this index."""
    count = sum(bool(need) for need in needs)
    found = [relevant.get(number, frozenset()) for number in ranking[:DEPTH]]
    if not relevant:
        return dict.fromkeys(MEASURES)
    return {
        "hit@1": hit_at(found, count, 1),
        "hit@5": hit_at(found, count, 5),
        "recall@5": recall_at(found, count, 5),
        "recall@10": recall_at(found, count, 10),
        "mrr@10": reciprocal_rank(found, count),
        "ndcg@10": ndcg_at(found, len(relevant)),
    }


def rankings(index: Index, question: str, depth: int = DEPTH) -> dict[str, list[Hit]]:
    """What the question gets from all stages together ("fused") and from each alone, best first."""
    return {stage: index.search(question, depth, by=stage) for stage in STAGES}
