"""Scores of many answers together: abstaining, ranking by confidence, calibration, agreement. Knows nothing of texts.

Every function returns None where it has no meaning (no positives, no answers), never 0 in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Table:
    """A 2×2 table: what should be (rows) against what was done."""

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int

    @classmethod
    def of(cls, wanted: Sequence[bool], done: Sequence[bool]) -> Table:
        """Counts of pairs (wanted, done)."""
        pairs = list(zip(wanted, done, strict=True))
        return cls(*(pairs.count(pair) for pair in ((True, True), (False, True), (True, False), (False, False))))

    @property
    def precision(self) -> float | None:
        """TP / (TP + FP): of those done, how many should have been. None where none was done."""
        done = self.true_positive + self.false_positive
        return self.true_positive / done if done else None

    @property
    def recall(self) -> float | None:
        """TP / (TP + FN): of those that should be, how many were done. None where none should be."""
        wanted = self.true_positive + self.false_negative
        return self.true_positive / wanted if wanted else None


def risk_coverage(
    confidence: Sequence[float], right: Sequence[bool], total: int | None = None
) -> list[tuple[float, float]]:
    """(coverage, risk) when only the most confident are answered, one point for each distinct confidence (El-Yaniv and
    Wiener 2010). Risk is the share of wrong answers among those given; `total` counts questions that got no answer too.
    """
    values, wrong = np.asarray(confidence, dtype=np.float64), 1.0 - np.asarray(right, dtype=np.float64)
    total = total or len(values)
    points: list[tuple[float, float]] = []
    for threshold in sorted(set(values.tolist()), reverse=True):
        kept = values >= threshold
        points.append((float(kept.sum()) / total, float(wrong[kept].mean())))
    return points


def area_under_risk(confidence: Sequence[float], right: Sequence[bool]) -> float | None:
    """AURC: mean risk over all coverages (Geifman et al. 2019), each answer weighted alike; ties share one risk. None
    for none.
    """
    n = len(confidence)
    if not n:
        return None
    points, area, before = risk_coverage(confidence, right), 0.0, 0.0
    for coverage, risk in points:
        area, before = area + (coverage - before) * risk, coverage
    return area


def brier(probability: Sequence[float], outcome: Sequence[bool]) -> float | None:
    """Mean of (p - o)² (Brier 1950); 0 is perfect, 0.25 is what p = 0.5 always gets. None for no forecasts."""
    if not len(probability):
        return None
    return float(np.mean((np.asarray(probability) - np.asarray(outcome, dtype=np.float64)) ** 2))


@dataclass(frozen=True, slots=True)
class Bin:
    """Forecasts of one range: their mean, how often they came true, how many."""

    forecast: float
    observed: float
    n: int


def bins(probability: Sequence[float], outcome: Sequence[bool], count: int = 10) -> list[Bin]:
    """Forecasts in `count` ranges of equal width, empty ones left out; 1.0 belongs to the last."""
    values, seen = np.asarray(probability, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
    place = np.minimum((values * count).astype(int), count - 1)
    return [
        Bin(float(values[place == one].mean()), float(seen[place == one].mean()), int((place == one).sum()))
        for one in range(count)
        if (place == one).any()
    ]


def calibration_error(probability: Sequence[float], outcome: Sequence[bool], count: int = 10) -> float | None:
    """ECE: Σ n_b/n · |observed_b - forecast_b| over ten ranges (Naeini et al. 2015). None for no forecasts.

    It grows with fewer forecasts even when they are right: read it with its interval.
    """
    if not len(probability):
        return None
    return sum(one.n * abs(one.observed - one.forecast) for one in bins(probability, outcome, count)) / len(probability)


def area_under_roc(score: Sequence[float], positive: Sequence[bool]) -> float | None:
    """Chance that a positive scores above a negative, ties one half (Mann and Whitney 1947). None without both."""
    labels, values = np.asarray(positive, dtype=bool), np.asarray(score, dtype=np.float64)
    plus, minus = int(labels.sum()), int((~labels).sum())
    if not plus or not minus:
        return None
    ranks = mean_ranks(values)
    return float((ranks[labels].sum() - plus * (plus + 1) / 2) / (plus * minus))


def mean_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 1, equal values sharing their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    shared: NDArray[np.float64] = (last - (counts - 1) / 2)[inverse]
    return shared


def kappa(one: Sequence[object], other: Sequence[object]) -> float | None:
    """Cohen's kappa: (agreed - chance) / (1 - chance) (Cohen 1960). None for none, and where both always say the same
    one.
    """
    n = len(one)
    if not n:
        return None
    agreed = sum(a == b for a, b in zip(one, other, strict=True)) / n
    chance = sum(list(one).count(label) * list(other).count(label) for label in set(one) | set(other)) / n**2
    return None if chance == 1 else (agreed - chance) / (1 - chance)
