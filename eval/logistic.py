"""A small logistic regression: numbers in, calibrated probabilities out. Knows nothing of questions.

Newton's method on the log-likelihood with a ridge on the weights (not on the bias), as scikit-learn's `C = 1 /
ridge`. Made for a few hundred rows and a dozen columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Logistic:
    """p = 1 / (1 + exp(-(bias + Σ weight · (value - mean) / scale)))."""

    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float

    def probabilities(self, rows: Floats) -> Floats:
        """Probability of each row, shape (n,)."""
        scaled = (rows - np.array(self.means)) / np.array(self.scales)
        return sigmoid(self.bias + scaled @ np.array(self.weights))


def sigmoid(score: Floats) -> Floats:
    """1 / (1 + e^-score); scores beyond ±35 change nothing in a double."""
    result: Floats = 1 / (1 + np.exp(-np.clip(score, -35, 35)))
    return result


def fit(rows: Floats, labels: Sequence[bool], ridge: float = 1.0, steps: int = 50) -> Logistic:
    """Fits on `rows`, shape (n, d), and n labels of which both kinds occur. A column that never varies gets weight
    0.
    """
    wanted = np.asarray(labels, dtype=np.float64)
    if not 0 < wanted.sum() < len(wanted):
        raise ValueError("both labels have to occur")
    means, scales = rows.mean(axis=0), rows.std(axis=0)
    scales = np.where(scales > 1e-12, scales, 1.0)
    columns = np.hstack([np.ones((len(rows), 1)), (rows - means) / scales])
    penalty = np.diag([0.0, *[ridge] * rows.shape[1]])
    weights = np.zeros(columns.shape[1])
    for _ in range(steps):
        chance = sigmoid(columns @ weights)
        gradient = columns.T @ (chance - wanted) + penalty @ weights
        curvature = (columns * (chance * (1 - chance))[:, None]).T @ columns + penalty
        step = np.linalg.solve(curvature + 1e-12 * np.eye(len(weights)), gradient)
        weights -= step
        if np.abs(step).max() < 1e-10:
            break
    bias, *rest = weights.tolist()
    return Logistic(tuple(means.tolist()), tuple(scales.tolist()), tuple(rest), bias)


def folds(groups: Sequence[str], labels: Sequence[bool], count: int = 10, seed: int = 0) -> NDArray[np.int64]:
    """A fold from 0 to count - 1 for each row: rows of one group together, both labels spread evenly over the folds."""
    of_group: dict[str, bool] = {}
    for group, label in zip(groups, labels, strict=True):
        of_group[group] = of_group.get(group, False) or label
    random, place = np.random.default_rng(seed), {}
    for label in (True, False):
        names = sorted(name for name, one in of_group.items() if one is label)
        for position, number in enumerate(random.permutation(len(names))):
            place[names[int(number)]] = position % count
    return np.array([place[group] for group in groups], dtype=np.int64)


def cross_validated(rows: Floats, labels: Sequence[bool], fold: NDArray[np.int64], ridge: float = 1.0) -> Floats:
    """Each row's probability from a model that has not seen its fold, shape (n,)."""
    wanted, chance = np.asarray(labels, dtype=bool), np.full(len(rows), float("nan"))
    for one in np.unique(fold):
        held = fold == one
        chance[held] = fit(rows[~held], wanted[~held].tolist(), ridge).probabilities(rows[held])
    return chance
