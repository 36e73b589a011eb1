"""Search among many vectors: how fast, and how many of the true nearest are found. Knows nothing of texts' meaning.

The vectors are real ones, of sentences, and from some size on copies of them with noise: real texts of that number are not
at hand, and random vectors would be far too easy to tell apart or far too hard.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from eval.statistics import quantiles

if TYPE_CHECKING:
    from index.dense import Vectors
    from index.search import Index

QUERIES, K = 50, 10
SPREAD = 0.6  # length of the noise on a copied unit vector: a copy's cosine with its original is about 0.86
CHUNK = 50_000  # rows at a time, so that a million vectors are held once and not four times


def real_vectors(index: Index, file: Path | None, count: int) -> Vectors:
    """Unit vectors of `count` sentences of a question-answer file, else of the index's own passages."""
    if file is None:
        return index.content.dense.vectors()
    from corpus.sentences import split
    from eval.at_scale import read_entries

    entries = random.Random(0).sample(read_entries(file), k=min(count, 4000))
    texts = [span.of(one.answer) for one in entries for span in split(one.answer[:2000])][:count]
    return index.encode(texts, kind="passage")


def searching(real: Vectors, size: int, note: Callable[[str], None]) -> dict[str, Any]:
    """Nearest neighbours among `size` vectors: real ones, then perturbed copies; HNSW's recall@10 is against exact
    search.
    """
    from index.dense import Dense

    note(f"search among {size:,} vectors")
    draw = np.random.default_rng(size)
    vectors = copies(real, size, draw)
    queries = perturbed(real[draw.integers(0, len(real), QUERIES)], draw)
    truth: list[set[int]] = []
    result: dict[str, Any] = {"vectors": size, "dimensions": int(real.shape[1])}
    for method in ("exact", "hnsw"):
        began = time.perf_counter()
        dense = Dense.build(vectors, method)
        built = time.perf_counter() - began
        took, rows = [], []
        for query in queries:
            began = time.perf_counter()
            rows.append(set(dense.nearest(query, K).tolist()))
            took.append((time.perf_counter() - began) * 1000)
        truth = truth or rows
        recall = float(np.mean([len(one & other) / K for one, other in zip(truth, rows, strict=True)]))
        result[method] = {"build_seconds": round(built, 2), "query_ms": quantiles(took), "recall@10": round(recall, 4)}
        del dense  # a million vectors are 1.5 GB: never three times over
    return result


def copies(real: Vectors, size: int, draw: np.random.Generator) -> Vectors:
    """`size` unit vectors: as many real ones as there are, then real ones with noise."""
    made = np.empty((size, real.shape[1]), dtype=np.float32)
    kept = min(size, len(real))
    made[:kept] = real[draw.permutation(len(real))[:kept]] if size <= len(real) else real
    for start in range(kept, size, CHUNK):
        end = min(size, start + CHUNK)
        made[start:end] = perturbed(real[draw.integers(0, len(real), end - start)], draw)
    return made


def perturbed(rows: Vectors, draw: np.random.Generator) -> Vectors:
    """Each row with noise of length `SPREAD`, made a unit vector again."""
    noise = draw.standard_normal(rows.shape, dtype=np.float32)
    noise *= SPREAD / np.linalg.norm(noise, axis=1, keepdims=True)
    noise += rows
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    return noise
