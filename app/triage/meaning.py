"""How like the meaning of a text is to reports of each red flag: a linear model over the encoder's vector.

It stands beside likeness.py, which sees words and letters: this one knows words that no example holds, but needs the packaged
sentence model. It may add an alarm; of those of likeness.py alone, never of a rule's, it takes away what it is sure means none.
Made by `python -m app.triage.teach`. Knows nothing of rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.encoder import Array, Encoder
from app.triage.likeness import NONE
from corpus.errors import DAMAGED_ARRAYS, SpinewiseError
from corpus.home import replacing

LONG = 40  # words; a longer text is also read in parts, or a story drowns what it tells
MOST = 8  # excerpts of one text; the first and the last ones, where people say what is wrong
TURN_BREAK = " / "  # between what was said before and now, in examples and in what is compared
_SENTENCES = re.compile(r"(?<=[.!?])\s+|\s*\n\s*")
_MEND = "run python -m app.triage.teach"


def excerpts(text: str) -> Iterator[str]:
    """The text; of a long one also every two sentences in a row, where one without stops counts as many."""
    yield text
    parts = [part for sentence in _SENTENCES.split(text.strip()) for part in _parts(sentence)]
    if len(text.split()) > LONG and len(parts) > 2:
        pairs = [" ".join(parts[at : at + 2]) for at in range(len(parts) - 1)]
        yield from pairs if len(pairs) <= MOST else pairs[: MOST // 2] + pairs[-MOST // 2 :]


def _parts(sentence: str) -> Iterator[str]:
    """The sentence, or pieces of one that is too long to be read whole."""
    words = sentence.split()
    size = LONG if len(words) <= LONG else LONG // 2
    yield from (" ".join(words[at : at + size]) for at in range(0, len(words), size))


@dataclass(frozen=True, slots=True)
class Meaning:
    """`weights`: float32 of shape (hidden size, labels); `labels`: the rules' ids and the one for no report."""

    encoder: Encoder
    weights: Array
    bias: Array
    labels: tuple[str, ...]

    @classmethod
    def load(cls, path: Path) -> Meaning | None:
        """The model that `save` wrote; None where the packaged sentence model is missing or another one."""
        changes, weights, bias, labels = cls.read(path)
        encoder = Encoder.load(changes)
        if encoder and weights.shape != (encoder.size, len(labels)):
            raise SpinewiseError(f"{path.name} was made by another version", _MEND)
        return cls(encoder, weights, bias, labels) if encoder else None

    @staticmethod
    def read(path: Path) -> tuple[dict[str, Array], Array, Array, tuple[str, ...]]:
        """(changes, weights, bias, labels), as `save` was given them, with half the digits."""
        try:
            with np.load(path) as stored:
                found = {name: stored[name] for name in stored.files}
            labels = tuple(str(one) for one in found.pop("labels"))
            changes = {name: one.astype(np.float32) for name, one in found.items()}
            return changes, changes.pop("weights"), changes.pop("bias"), labels
        except DAMAGED_ARRAYS as problem:
            raise SpinewiseError(f"can't read {path.name}: {problem}", _MEND) from problem

    @staticmethod
    def save(path: Path, changes: Mapping[str, Array], weights: Array, bias: Array, labels: tuple[str, ...]) -> None:
        """Writes the encoder's changes and the linear model, with half the digits: as good (measured), half the size."""
        stored: dict[str, Any] = {name: one.astype(np.float16) for name, one in changes.items()}
        stored |= {"weights": weights.astype(np.float16), "bias": bias.astype(np.float16), "labels": np.array(labels)}
        with replacing(path) as stream:
            np.savez_compressed(stream, **stored)

    def likest(self, text: str) -> dict[str, float]:
        """The probability of each label for the excerpt of the text that is most like a report."""
        return min(map(self.probabilities, excerpts(text)), key=lambda one: one[NONE])

    def probabilities(self, text: str) -> dict[str, float]:
        """One probability per label."""
        scores = self.encoder.encode(text) @ self.weights + self.bias
        powers = np.exp(scores - scores.max())
        return dict(zip(self.labels, map(float, powers / powers.sum()), strict=True))
