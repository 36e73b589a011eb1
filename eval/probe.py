"""Fits whether the reader knows of an answer (app/reader/probe.py), on development cases and practice clinics.

On cases alone it would learn what the cases' documents lack, and judge other documents worse than without it (DECISIONS.md);
questions of many clinics, each asked of its own documents, teach it to look.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from app.reader.attention import Array
from corpus.errors import SpinewiseError

if TYPE_CHECKING:
    from app.reader.local import LocalReader
    from app.reader.probe import Probe

LAYERS = (15, 18, 21)  # of 30; the middle of the model tells most (DECISIONS.md)
STRENGTH = 0.003  # inverse regularisation


@dataclass(frozen=True, slots=True)
class Known:
    """A question's states, float32 of shape (layers * hidden size,), and whether its documents hold an answer."""

    states: Array
    answerable: bool


class Listening:
    """Stands where the fitted probe would and keeps the states."""

    layers = LAYERS

    def __init__(self) -> None:
        self.heard: list[Array] = []

    def log_odds(self, states: Sequence[Array]) -> float:
        """Notes the states."""
        self.heard.append(np.concatenate(states))
        return 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """z = weights · states + bias; `weights` of shape (layers * hidden size,)."""

    weights: Array
    bias: float

    def of(self, rows: Array) -> NDArray[np.float64]:
        """z of each row."""
        return np.asarray(rows @ self.weights + self.bias, dtype=np.float64)

    def probe(self, adapter: str) -> Probe:
        """As the reader uses it."""
        from app.reader.probe import Probe

        return Probe(LAYERS, self.weights.reshape(len(LAYERS), -1).astype(np.float32), self.bias, adapter)


def of_practice(folders: Sequence[Path], each: int, reader: LocalReader, seed: int = 7) -> Iterator[Known]:
    """Up to `each` wishes of every practice clinic, in one of their two wordings, asked of the clinic's documents. Which ones
    does not depend on the other clinics.
    """
    from app.reader.practice import Clinic, Search, wishes

    listening = Listening()
    reader.probe = cast("Probe", listening)
    for folder in folders:
        wanted, chance = wishes(folder), random.Random(f"{seed} {folder.name}")
        with tempfile.TemporaryDirectory() as home:
            clinic = Clinic.open(folder, Path(home))
            for wish in chance.sample(wanted, min(each, len(wanted))):
                listening.heard.clear()
                Search.of(clinic, chance.choice((wish.question, wish.other))).put_to(reader)
                if listening.heard:
                    yield Known(listening.heard[0], wish.kind != "abstain")


def require_scikit_learn() -> None:
    """Says so before anything long is begun."""
    if find_spec("sklearn") is None:
        raise SpinewiseError("scikit-learn is missing", "pip install -e '.[test]'")


def fit(known: Sequence[Known]) -> Line:
    """The line of all of them. (With scikit-learn: Newton's method, as in eval/logistic.py, is slow with so many columns.)"""
    from sklearn.linear_model import LogisticRegression

    rows = np.stack([one.states for one in known])
    means, scales = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-6)
    model = LogisticRegression(C=STRENGTH, max_iter=300)
    model.fit((rows - means) / scales, [one.answerable for one in known])
    weights = model.coef_[0] / scales
    return Line(weights, float(model.intercept_[0] - means @ weights))


def out_of_fold(known: Sequence[Known], fold: NDArray[np.int64], practice: Sequence[Known]) -> NDArray[np.float64]:
    """What a line gives each that has not seen its fold; all lines have seen the practice."""
    given, rows = np.full(len(known), float("nan")), np.stack([one.states for one in known])
    for one in np.unique(fold):
        held = fold == one
        line = fit([row for row, out in zip(known, held, strict=True) if not out] + [*practice])
        given[held] = line.of(rows[held])
    return given
