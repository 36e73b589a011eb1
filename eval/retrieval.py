"""Which passages meet a case's needs, and how well a ranking of passages does. Knows nothing of how rankings are
made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from eval.cases import Needs, Place
from eval.metrics import hit_at, ndcg_at, nuggets_hit, overlap, recall_at, reciprocal_rank
from index.passage import Hit, Passage

if TYPE_CHECKING:
    from index.embed import Embedder, Kind
    from index.search import Index, Stage

ENOUGH = 0.6  # share of an evidence sentence that a passage must hold
MEASURES = ("hit@1", "hit@5", "recall@5", "recall@10", "mrr@10", "ndcg@10")
STAGES: tuple[Stage, ...] = ("fused", "dense", "words")
DEPTH = 10

Vector = NDArray[np.float32]
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


def holding(facts: Sequence[Sequence[str]], passages: Sequence[Passage]) -> Relevance:
    """Which facts (each with the patterns that find it) each passage holds."""
    found = {passage.number: nuggets_hit(passage.text, facts) for passage in passages}
    return {
        number: frozenset(fact for fact, hit in enumerate(hits) if hit) for number, hits in found.items() if any(hits)
    }


def measure(ranking: Sequence[int], relevant: Relevance, count: int) -> dict[str, float | None]:
    """Every measure for passage numbers, best first; `count` needs in all. All are None where no passage is relevant."""
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


@dataclass(frozen=True)
class Remembering:
    """An embedder that embeds no question twice: ranking by every stage asks for the same vectors again."""

    real: Embedder
    known: dict[str, Vector] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def encode(self, texts: Sequence[str], kind: Kind) -> Any:
        """As the real one."""
        if kind != "query":
            return self.real.encode(texts, kind)
        new = [text for text in dict.fromkeys(texts) if text not in self.known]
        self.known.update(zip(new, self.real.encode(new, kind), strict=True))
        return np.array([self.known[text] for text in texts]) if texts else self.real.encode([], kind)


def remembering(index: Index) -> Index:
    """The same index over an embedder that remembers."""
    return replace(index, embedder=cast("Embedder", Remembering(index.embedder)))


def rankings(index: Index, question: str, depth: int = DEPTH) -> dict[str, list[Hit]]:
    """What the question gets from all stages together ("fused") and from each alone, best first."""
    return {stage: index.search(question, depth, by=stage) for stage in STAGES}
