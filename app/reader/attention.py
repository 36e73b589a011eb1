"""Which sentences of its prompt a language model looks at while it reads the question: a linear model over its attention heads.

Some heads of a model find what a question is about, whatever the model then writes (in-context re-ranking, Chen et al. 2025;
query-focused retrieval heads, Zhang et al. 2025). Which ones, and how far to trust each, is fitted by `python -m eval attend`.
Knows nothing of any model library.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.errors import DAMAGED_ARRAYS, SpinewiseError
from corpus.home import replacing

Array = NDArray[np.float32]
FLOOR = 1e-5  # attention below which heads don't differ
FILE = "attention.npz"


@dataclass(frozen=True, slots=True)
class Places:
    """Where a prompt's parts lie, in tokens: each sentence, and where the question begins and ends. All ends are exclusive."""

    sentences: tuple[tuple[int, int], ...]
    question: tuple[int, int]


def looks(given: Array, places: Places) -> Array:
    """How much more each head gives a sentence than the prompt's others, float32 of shape (sentences, 3 * heads), in logarithms.

    `given`: what every head of every layer gives each sentence, shape (heads, tokens from the question on, sentences). The three
    parts: from the question's tokens, from the prompt's last token, from all behind the question.
    """
    asked = places.question[1] - places.question[0]
    parts = np.concatenate([given[:, :asked].mean(1), given[:, -1], given[:, asked:].mean(1)])
    found = np.log(parts.T + FLOOR)
    return np.asarray(found - found.mean(0), dtype=np.float32)


def lengths(words: Sequence[int]) -> Array:
    """The logarithms of the sentences' lengths in words, their mean taken off: a long one gets more looks."""
    found = np.log(np.array(words, dtype=np.float32) + 1)
    return np.asarray(found - found.mean(), dtype=np.float32)


def beside(path: Path, names: Sequence[str], adapter: str, mend: str) -> list[NDArray[Any]] | None:
    """The arrays of a file beside an adapter, None where there is no file. One made for another adapter (SHA-256) is refused."""
    if not path.exists():
        return None
    try:
        with path.open("rb") as stream, np.load(stream) as stored:
            found, made_for = [stored[name] for name in names], str(stored["adapter"])
    except DAMAGED_ARRAYS as problem:
        raise SpinewiseError(f"can't read {path}: {problem}", mend) from problem
    if made_for != adapter:
        raise SpinewiseError(f"{path} was fitted on another adapter", mend)
    return found


@dataclass(frozen=True, slots=True)
class Attention:
    """`weights`: float32 of shape (3 * heads,); `length`: that of the sentence's length; fitted on the model with `adapter`."""

    weights: Array
    length: float
    adapter: str

    @classmethod
    def load(cls, folder: Path, adapter: str) -> Attention | None:
        """What `save` wrote beside an adapter; see `beside`."""
        found = beside(folder / FILE, ("weights", "length"), adapter, "run python -m eval attend")
        if found is None:
            return None
        weights, length = found
        return cls(weights.astype(np.float32), float(length), adapter)

    def save(self, folder: Path) -> None:
        """Writes what `load` reads, whole or not at all."""
        with replacing(folder / FILE) as stream:
            np.savez_compressed(
                stream, weights=self.weights, length=np.float32(self.length), adapter=np.array(self.adapter)
            )

    def log_odds(self, given: Array, places: Places, words: Sequence[int]) -> tuple[float, ...]:
        """For each sentence how likely it is the one that answers, beside the prompt's others: log-odds but for a constant.

        `given` as in `looks`; () where it is of another model's heads.
        """
        if 3 * len(given) != len(self.weights):
            return ()
        scores = looks(given, places) @ self.weights + self.length * lengths(words)
        return tuple(float(one) for one in scores)
