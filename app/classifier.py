"""A linear classifier over a question's embedding: taught, kept, asked. Knows nothing of what it tells apart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from corpus.errors import DAMAGED_ARRAYS, SpinewiseError
from corpus.home import replacing

if TYPE_CHECKING:
    from index.embed import Embedder

Vector = NDArray[np.float32]
Taught = Sequence[tuple[str, str]]  # (label, question)


@dataclass(frozen=True, slots=True)
class Classifier:
    """`weights` (labels, d), `bias` (labels,), for vectors of the embedder with this `checksum`."""

    labels: tuple[str, ...]
    weights: Vector
    bias: Vector
    checksum: str

    @classmethod
    def load(cls, path: Path) -> Classifier:
        """What `save` wrote; a file that is damaged is refused."""
        try:
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as table:
                return cls(
                    tuple(table["labels"].tolist()), table["weights"], table["bias"], str(table["checksum"].item())
                )
        except DAMAGED_ARRAYS as problem:
            raise SpinewiseError(f"can't read {path}: {problem}", "restore it from the release") from problem

    def save(self, path: Path, taught: Taught) -> None:
        """Writes it, with the checksum of what it was taught, whole or not at all."""
        digest = hashlib.sha256("\n".join(map("\t".join, taught)).encode()).hexdigest()
        with replacing(path) as stream:
            np.savez(
                stream, labels=np.array(self.labels), weights=self.weights, bias=self.bias,
                checksum=np.array(self.checksum), examples_sha256=np.array(digest),
            )  # fmt: skip

    def chances(self, vector: Vector, checksum: str) -> dict[str, float] | None:
        """The probability of each label; None where another embedder made the vector."""
        if checksum != self.checksum:
            return None
        scores = self.weights @ vector + self.bias
        powers = np.exp(scores - scores.max())
        return dict(zip(self.labels, map(float, powers / powers.sum()), strict=True))


def labelled(path: Path) -> Iterator[tuple[str, str]]:
    """(label, question) of each line of a file of label<TAB>question."""
    for line in path.read_text(encoding="utf-8").splitlines():
        label, question = line.split("\t")
        yield label, question


def teach(taught: Taught, counts: Sequence[float], embedder: Embedder, decay: float) -> Classifier:
    """Multinomial logistic regression with a ridge on the weights, by L-BFGS. `counts`: how often each example counts; `decay` is
    of the penalty on squared weights, summed over all examples (scikit-learn's C = 1 / decay).
    """
    import torch

    labels = tuple(sorted({label for label, _ in taught}))
    vectors = torch.from_numpy(embedder.encode([question for _, question in taught], "query")).double()
    wanted = torch.tensor([labels.index(label) for label, _ in taught])
    often = torch.tensor(counts, dtype=torch.float64)
    weights = torch.zeros(len(labels), vectors.shape[1], dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(len(labels), dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([weights, bias], max_iter=500, line_search_fn="strong_wolfe")

    def loss() -> float:
        optimiser.zero_grad()
        fit = torch.nn.functional.cross_entropy(vectors @ weights.T + bias, wanted, reduction="none")
        whole = (fit * often).sum() + 0.5 * decay * (weights**2).sum()
        whole.backward()  # type: ignore[no-untyped-call]
        return float(whole.detach())

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    return Classifier(labels, numbers(weights), numbers(bias), embedder.checksum)


def numbers(tensor: object) -> Vector:
    """A tensor as float32."""
    result: Vector = tensor.detach().numpy().astype(np.float32)  # type: ignore[attr-defined]
    return result
