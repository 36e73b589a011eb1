"""Whether two questions mean the same: the packaged sentence model reads them together, a linear model says how likely it is.

A cosine of two vectors can't tell "What are the risks?" from "What are the risks if I smoke?"; reading both at once can. Of two
questions that read alike the one that lies nearer is the likelier, and so a cosine counts beside it. Made by
`python -m app.teach_sameness`. Knows nothing of FAQs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.answerability import chance
from app.encoder import Array, Encoder
from corpus.errors import DAMAGED_ARRAYS, SpinewiseError
from corpus.home import replacing

FILE = Path(__file__).with_suffix(".npz")
NEARNESS = 8.0  # log-odds for a unit of cosine; from 6 to 12 hardly any other (DECISIONS.md)


@dataclass(frozen=True, slots=True)
class Sameness:
    """`weights`: float32 of shape (hidden size,); `least`: the probability from which on two questions count as one; `usual`: the
    cosine that adds nothing to it and takes nothing away, by the embedder with the checksum `embedder`.
    """

    encoder: Encoder
    weights: Array
    bias: float
    least: float
    usual: float
    embedder: str

    @classmethod
    def load(cls, path: Path = FILE) -> Sameness | None:
        """The model that `save` wrote; None where the packaged sentence model is missing or another one."""
        try:
            with path.open("rb") as stream, np.load(stream) as stored:
                found = {name: stored[name] for name in stored.files}
            weights, bias, least, usual = (found.pop(name) for name in ("weights", "bias", "least", "usual"))
            embedder = str(found.pop("embedder"))
            return cls.of(found, weights, float(bias), float(least), float(usual), embedder)
        except DAMAGED_ARRAYS as problem:
            raise SpinewiseError(f"can't read {path.name}: {problem}", f"restore app/{FILE.name}") from problem

    @classmethod
    def of(
        cls, changes: Mapping[str, Array], weights: Array, bias: float, least: float, usual: float, embedder: str
    ) -> Sameness | None:
        """A model with what the encoder has learnt, in half the digits, as it is stored. Weights of another size: ValueError."""
        encoder = Encoder.load({name: one.astype(np.float16).astype(np.float32) for name, one in changes.items()})
        if encoder is None:
            return None
        if weights.shape != (encoder.size,):
            raise ValueError(f"weights of shape {weights.shape}")
        return cls(encoder, weights.astype(np.float32), bias, least, usual, embedder)

    def save(self, path: Path) -> None:
        """Writes what `load` reads, whole or not at all."""
        stored: dict[str, Any] = {name: one.astype(np.float16) for name, one in self.encoder.changes.items()}
        stored |= {"weights": self.weights, "bias": np.float32(self.bias), "least": np.float32(self.least)}
        stored |= {"usual": np.float32(self.usual), "embedder": np.array(self.embedder)}
        with replacing(path) as stream:
            np.savez_compressed(stream, **stored)

    def probability(self, asked: str, known: str) -> float:
        """That who asks the one would be answered by the answer to the other, `known`, which is an FAQ's."""
        return chance(float(self.encoder.encode(asked, known) @ self.weights + self.bias))

    def worth(self, cosine: float, checksum: str) -> float:
        """The log-odds that the cosine of two questions adds, by the embedder with this checksum; none where it is another."""
        return NEARNESS * (cosine - self.usual) if checksum == self.embedder else 0.0
