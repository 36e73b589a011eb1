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

from app.reader.attention import Array
from corpus.errors import DAMAGED_ARRAYS, SpinewiseError
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
        """What lies beside an adapter, None where nothing does. One made for another adapter (by its SHA-256) is refused."""
        path = folder / FILE
        if not path.exists():
            return None
        try:
            with path.open("rb") as stream, np.load(stream) as stored:
                layers = tuple(int(one) for one in stored["layers"])
                made = cls(layers, stored["weights"].astype(np.float32), float(stored["bias"]), str(stored["adapter"]))
        except DAMAGED_ARRAYS as problem:
            raise SpinewiseError(f"can't read {path}: {problem}", "run python -m eval calibrate") from problem
        if made.adapter != adapter:
            raise SpinewiseError(f"{path} was fitted on another adapter", "run python -m eval calibrate")
        return made

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
