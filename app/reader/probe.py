"""Whether a language model that has read a question with its passages knows of an answer there: a linear model over its states.

What a small model writes can't be trusted to say so, but whether a question is answerable can be read off its inner states
(Slobodkin et al. 2023). Fitted by `python -m eval calibrate`. Knows nothing of any model library.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.reader.attention import Array, beside
from corpus.home import replacing

FILE = "probe.npz"


@dataclass(frozen=True, slots=True)
class Probe:
    """`layers`: whose states count; `weights`: float32 of shape (layers, hidden size); fitted on the model with `adapter`."""

    layers: tuple[int, ...]
    weights: Array
    bias: float
    adapter: str

    @classmethod
    def load(cls, folder: Path, adapter: str) -> Probe | None:
        """What `save` wrote beside an adapter; see `beside`."""
        found = beside(folder / FILE, ("layers", "weights", "bias"), adapter, "run python -m eval calibrate")
        if found is None:
            return None
        layers, weights, bias = found
        return cls(tuple(map(int, layers)), weights.astype(np.float32), float(bias), adapter)

    def save(self, folder: Path) -> None:
        """Writes what `load` reads, whole or not at all."""
        with replacing(folder / FILE) as stream:
            np.savez_compressed(
                stream, layers=np.array(self.layers), weights=self.weights, bias=np.float32(self.bias),
                adapter=np.array(self.adapter),
            )  # fmt: skip

    @property
    def checksum(self) -> str:
        """Of what it is made of; the decision that was fitted with it names it (app/answerability.json)."""
        layers = np.array(self.layers, dtype="<i8").tobytes()
        return hashlib.sha256(
            layers + self.weights.astype("<f4").tobytes() + np.float32(self.bias).tobytes()
        ).hexdigest()

    def log_odds(self, states: Sequence[Array]) -> float | None:
        """That the sources hold an answer, from what each of `layers` made of the question; None where it is another model's."""
        if tuple(one.shape for one in states) != ((self.weights.shape[-1],),) * len(self.layers):
            return None
        return float((np.stack(states) * self.weights).sum() + self.bias)
