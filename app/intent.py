"""What kind of wish a question is, by its meaning: a linear classifier over the question's embedding.

    python -m app.intent

It adds to the patterns of scope.toml what their words don't see: how like it is to the questions that a leaflet answers is one
of the signals of the decision to answer, and where no answer is given it may choose the sentence that says why. It never
answers, and declines alone only what is surely an attempt at misuse or another topic. Taught with intent_examples.tsv and the
practice clinics. Knows nothing of documents.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.answerability import log_odds
from corpus.errors import DAMAGED_ARRAYS, SpinewiseError
from corpus.home import replacing

if TYPE_CHECKING:
    from index.embed import Embedder

HERE = Path(__file__).parent
FILE, EXAMPLES, PRACTICE = HERE / "intent.npz", HERE / "intent_examples.tsv", HERE / "training" / "practice"
PLAIN, UNSAID = "plain", "unsaid"  # what leaflets answer; what is asked as often and they leave out
MISUSE, OTHER = "misuse", "other"
NO_RULE = (PLAIN, UNSAID, OTHER)
OUTSIDE = 0.6  # probability of misuse or another topic from which on nothing is searched for (DECISIONS.md)
SURE = 0.6  # probability from which a kind of wish is named, given that it is none that leaflets answer
RARE = 3.0  # what an example of a wish to decline counts for: there are few beside the practice clinics' questions
DECAY = 1.0  # of the penalty on squared weights, summed over all examples (scikit-learn's C = 1 / DECAY)

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Intent:
    """`ordinary`: log-odds that it is a question of the kind that leaflets answer. `rule`: the rule of scope.toml under which
    it would be declined where there is no answer, or None. `outside`: it is declined whatever the sources say.
    """

    ordinary: float
    rule: str | None
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Intents:
    """The classifier: `weights` (labels, d), `bias` (labels,), for vectors of the embedder with this `checksum`."""

    labels: tuple[str, ...]
    weights: Vector
    bias: Vector
    checksum: str

    @classmethod
    def load(cls, path: Path = FILE) -> Intents:
        """Reads the weights; a file that is damaged is refused."""
        try:
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as table:
                return cls(
                    tuple(table["labels"].tolist()), table["weights"], table["bias"], str(table["checksum"].item())
                )
        except DAMAGED_ARRAYS as problem:
            raise SpinewiseError(f"can't read {path}: {problem}", "restore it from the release") from problem

    def of(self, vector: Vector, checksum: str) -> Intent | None:
        """The intent of the question with this embedding; None where another embedder made it."""
        if checksum != self.checksum:
            return None
        scores = self.weights @ vector + self.bias
        chances = np.exp(scores - scores.max())
        chances /= chances.sum()
        plain = float(chances[self.labels.index(PLAIN)])
        best = max(
            (label for label in self.labels if label != PLAIN), key=lambda label: chances[self.labels.index(label)]
        )
        named = best not in NO_RULE and chances[self.labels.index(best)] >= SURE * (1 - plain)
        outside = sum(float(chances[place]) for place, label in enumerate(self.labels) if label in (MISUSE, OTHER))
        return Intent(ordinary=log_odds(plain), rule=best if named else None, outside=outside >= OUTSIDE)


def examples() -> Iterator[tuple[str, str]]:
    """(label, question) of everything that it is taught with."""
    for line in EXAMPLES.read_text(encoding="utf-8").splitlines():
        label, question = line.split("\t")
        yield label, question
    from app.reader.practice import wishes

    for folder in sorted(PRACTICE.iterdir()):
        for wish in wishes(folder):
            for wording in (wish.question, wish.other):
                yield (UNSAID if wish.kind == "abstain" else PLAIN), wording


def teach(taught: Sequence[tuple[str, str]], embedder: Embedder, decay: float = DECAY) -> Intents:
    """Multinomial logistic regression with a ridge on the weights, by L-BFGS."""
    import torch

    labels = tuple(sorted({label for label, _ in taught}))
    vectors = torch.from_numpy(embedder.encode([question for _, question in taught], "query")).double()
    wanted = torch.tensor([labels.index(label) for label, _ in taught])
    counts = torch.tensor([1.0 if label in (PLAIN, UNSAID) else RARE for label, _ in taught], dtype=torch.float64)
    weights = torch.zeros(len(labels), vectors.shape[1], dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(len(labels), dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([weights, bias], max_iter=500, line_search_fn="strong_wolfe")

    def loss() -> float:
        optimiser.zero_grad()
        fit = torch.nn.functional.cross_entropy(vectors @ weights.T + bias, wanted, reduction="none")
        whole = (fit * counts).sum() + 0.5 * decay * (weights**2).sum()
        whole.backward()  # type: ignore[no-untyped-call]
        return float(whole.detach())

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    return Intents(labels, numbers(weights), numbers(bias), embedder.checksum)


def numbers(tensor: object) -> Vector:
    """A tensor as float32."""
    result: Vector = tensor.detach().numpy().astype(np.float32)  # type: ignore[attr-defined]
    return result


def main() -> None:
    """Teaches it anew for the embedder of the settings, and writes intent.npz."""
    from index.embed import open_embedder
    from index.settings import IndexSettings

    settings = IndexSettings.load("index")
    taught = list(examples())
    made = teach(taught, open_embedder(settings.embedder, settings.allow_download, settings.adapter))
    digest = hashlib.sha256("\n".join(map("\t".join, taught)).encode()).hexdigest()
    with replacing(FILE) as stream:
        np.savez(
            stream, labels=np.array(made.labels), weights=made.weights, bias=made.bias,
            checksum=np.array(made.checksum), examples_sha256=np.array(digest),
        )  # fmt: skip
    print(f"{len(taught)} examples, labels {', '.join(made.labels)}: wrote {FILE.name}")


if __name__ == "__main__":
    main()
