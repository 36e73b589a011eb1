"""How like a text is to examples of each red flag: a linear model over its words, letters and concepts.

It stands behind the rules for wordings that no rule foresaw. It may add an alarm, never take one away. Its weights are made
by `python -m app.triage.train`. Knows nothing of conversations or cards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from app.triage.lexicon import Reading
from app.triage.stance import ROLES, Stance
from corpus.errors import DAMAGED_ARRAYS, SpinewiseError
from corpus.home import replacing

BUCKETS = 1 << 14  # hashed features; collisions cost less than a dictionary of pieces would
PIECES = (3, 4, 5)  # letters in a row: what a misspelt word still shares with the right one
SHORT = 3  # words; less is too little to compare
LONG = 30  # words; a longer text is also read in parts, or a story drowns what it tells
NONE = "none"

EXCLUDING = "but-"  # begins the name of a concept that only says what a phrase is not followed by

Features = NDArray[np.int64]


def features(reading: Reading, stance: Stance, places: Sequence[int]) -> Features:
    """Sorted bucket numbers of what stands at the places: words, pairs, pieces, and concepts with how they are said."""
    words: list[str] = []
    for before, place in zip([None, *places], places, strict=False):
        token = reading.tokens[place]
        if before is None or reading.tokens[before].sentence != token.sentence:
            words.append(".")
        words.append("#" if token.word[0].isdecimal() else token.word)
    found = {f"w{word}" for word in words}
    found.update(f"b{one} {two}" for one, two in pairwise(words))
    found.update(f"s{one} {two}" for one, two in zip(words, words[2:], strict=False))
    for word in set(words):
        whole = f"<{word}>"
        found.update(f"c{whole[i : i + size]}" for size in PIECES for i in range(len(whole) - size + 1))
    inside = frozenset(places)
    for name, spans in reading.found.items():
        if name not in ROLES and not name.startswith(EXCLUDING):
            found.update(f"k{stance.said(span)}{name}" for span in spans if span[0] in inside)
    return np.array(sorted({crc32(one.encode()) % BUCKETS for one in found}), dtype=np.int64)


def stretches(reading: Reading, turn: int) -> Iterator[tuple[int, ...]]:
    """The places of the turn; of a long one also every two sentences in a row, or as many words of one that has no stops."""
    whole = tuple(place for place, token in enumerate(reading.tokens) if token.turn == turn)
    if len(whole) >= SHORT:
        yield whole
    if len(whole) > LONG:
        first, last = reading.tokens[whole[0]].sentence, reading.tokens[whole[-1]].sentence
        for sentence in range(first, last + 1):
            part = tuple(place for place in whole if sentence <= reading.tokens[place].sentence <= sentence + 1)
            if part != whole:
                yield part
            alone = [place for place in part if reading.tokens[place].sentence == sentence]
            if len(alone) > LONG:
                yield from (tuple(alone[at : at + LONG]) for at in range(0, len(alone) - LONG // 2, LONG // 2))


@dataclass(frozen=True, slots=True)
class Likeness:
    """`weights`: float32 of shape (BUCKETS, labels); `labels`: the rules' ids and NONE.

    `threshold`: the least probability of a report that alarms where this model stands alone; `joint`: the least mean of both
    models' where meaning.py judges too.
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    labels: tuple[str, ...]
    threshold: float
    joint: float

    @classmethod
    def load(cls, path: Path) -> Likeness:
        """The model that `save` wrote."""
        try:
            with np.load(path) as stored:
                weights = stored["weights"].astype(np.float32) * stored["scale"]
                made = cls(
                    weights,
                    stored["bias"],
                    tuple(str(one) for one in stored["labels"]),
                    float(stored["threshold"]),
                    float(stored["joint"]),
                )
        except DAMAGED_ARRAYS as problem:
            raise SpinewiseError(f"can't read {path.name}: {problem}", "run python -m app.triage.train") from problem
        if made.weights.shape != (BUCKETS, len(made.labels)) or NONE not in made.labels:
            raise SpinewiseError(f"{path.name} was made by another version", "run python -m app.triage.train")
        return made

    def save(self, path: Path) -> None:
        """Writes the model with weights in steps of 1/127 of the largest: small, and as good (measured)."""
        scale = np.abs(self.weights).max() / 127
        stored: dict[str, Any] = {
            "weights": np.rint(self.weights / scale).astype(np.int8),
            "scale": np.float32(scale),
            "bias": self.bias,
            "labels": np.array(self.labels),
            "threshold": np.float32(self.threshold),
            "joint": np.float32(self.joint),
        }
        with replacing(path) as stream:
            np.savez_compressed(stream, **stored)

    def probabilities(self, found: Features) -> NDArray[np.float32]:
        """One probability per label, from `features`."""
        scores = self.bias + self.weights[found].sum(axis=0) / np.sqrt(max(1, len(found)))
        powers = np.exp(scores - scores.max())
        return np.asarray(powers / powers.sum(), dtype=np.float32)

    def likest(self, reading: Reading, stance: Stance, turn: int) -> dict[str, float]:
        """The probability of each label for the stretch of the turn that is most like a report; {} for a very short turn."""
        judged = [
            dict(zip(self.labels, map(float, self.probabilities(features(reading, stance, places))), strict=True))
            for places in stretches(reading, turn)
        ]
        return min(judged, key=lambda one: one[NONE], default={})
