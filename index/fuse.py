"""Several stages' scores to one order, without items that say the same. Knows nothing of what the items are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]


# Measured on 112 development questions over two corpora (DECISIONS.md). BM25 has no upper end, so it is bent into 0 to 1:
# a score of HALF counts half. SHARE is what the best words can add to a cosine.
HALF, SHARE = 6.0, 0.2


def fused(meaning: Scores, words: Scores) -> Scores:
    """Cosines and BM25 scores to one score each, shape (n,).

    A sum of scores, not of ranks: it does not depend on which other items were found, and says how near the best is.
    """
    return meaning + np.float32(SHARE) * words / (words + np.float32(HALF))


def without_repeats(order: Sequence[int], same: Callable[[int, int], bool], trust: Callable[[int], int]) -> list[int]:
    """The items of `order`, best first, without those that are the `same` as an earlier one.

    The one that stays is the one of more `trust`, in the better place of the two.
    """
    kept: list[int] = []
    for item in order:
        twin = next((place for place, other in enumerate(kept) if same(item, other)), None)
        if twin is None:
            kept.append(item)
        elif trust(item) > trust(kept[twin]):
            kept[twin] = item
    return kept
