"""Which sentences of its prompt a language model looks at while it reads the question: a linear model over its attention heads.

Some heads of a model find what a question is about, whatever the model then writes (in-context re-ranking, Chen et al. 2025;
query-focused retrieval heads, Zhang et al. 2025). Which ones, and how far to trust each, is fitted by `python -m eval attend`.
Knows nothing of any model library.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.errors import SpinewiseError

Array = NDArray[np.float32]
FLOOR = 1e-5  # attention below which heads don't differ
FILE = "attention.npz"


@dataclass(frozen=True, slots=True)
class Places:
    """Where a prompt's parts lie, in tokens: each sentence, and where the question begins and ends. All ends are exclusive."""

    sentences: tuple[tuple[int, int], ...]
    question: tuple[int, int]


def looks(attention: Array, places: Places) -> Array:
    """What each head gives each sentence, float32 of shape (sentences, 3 * heads), logarithms, the mean over the sentences taken
    off.

    `attention` has shape (heads, tokens from the question on, all tokens): the probabilities of every head of every layer. The
    three parts: by the question's tokens, by the last token, by all that follow the question.
    """
    asked = places.question[1] - places.question[0]
    given = np.stack([attention[:, :, start:end].sum(-1) for start, end in places.sentences])
    parts = (given[:, :, :asked].mean(-1), given[:, :, -1], given[:, :, asked:].mean(-1))
    found = np.log(np.concatenate(parts, axis=1) + FLOOR)
    return np.asarray(found - found.mean(0), dtype=np.float32)


def lengths(words: Sequence[int]) -> Array:
    """The logarithms of the sentences' lengths in words, their mean taken off: a long one gets more looks."""
    found = np.log(np.array(words, dtype=np.float32) + 1)
    return np.asarray(found - found.mean(), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Attention:
    """`weights`: float32 of shape (3 * heads,); `length`: that of the sentence's length; fitted on the model with `adapter`."""

    weights: Array
    length: float
    adapter: str

    @classmethod
    def load(cls, folder: Path, adapter: str) -> Attention | None:
        """What lies beside an adapter, None where nothing does. One made for another adapter (by its SHA-256) is refused."""
        path = folder / FILE
        if not path.exists():
            return None
        try:
            with np.load(path) as stored:
                made = cls(stored["weights"].astype(np.float32), float(stored["length"]), str(stored["adapter"]))
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as problem:
            raise SpinewiseError(f"can't read {path}: {problem}", "run python -m eval attend") from problem
        if made.adapter != adapter:
            raise SpinewiseError(f"{path} was fitted on another adapter", "run python -m eval attend")
        return made

    def save(self, folder: Path) -> None:
        """Writes what `load` reads."""
        np.savez_compressed(
            folder / FILE, weights=self.weights, length=np.float32(self.length), adapter=np.array(self.adapter)
        )

    def log_odds(self, attention: Array, places: Places, words: Sequence[int]) -> tuple[float, ...]:
        """For each sentence how likely it is the one that answers, beside the prompt's others: log-odds but for a constant."""
        scores = looks(attention, places) @ self.weights + self.length * lengths(words)
        return tuple(float(one) for one in scores)
