"""What kind of wish a question is, by its meaning: a linear classifier over the question's embedding.

    python -m app.intent

It adds to the patterns of scope.toml what their words don't see: how like it is to the questions that a leaflet answers is one
of the signals of the decision to answer, and where no answer is given it may choose the sentence that says why. It never
answers, and declines alone only what is surely an attempt at misuse or another topic. Taught with intent_examples.tsv and the
practice clinics. Knows nothing of documents.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.answerability import log_odds
from app.classifier import Classifier, Taught, Vector, labelled
from app.classifier import teach as taught_with

if TYPE_CHECKING:
    from index.embed import Embedder

HERE = Path(__file__).parent
FILE, EXAMPLES = HERE / "intent.npz", HERE / "intent_examples.tsv"
PLAIN, UNSAID = "plain", "unsaid"  # what leaflets answer; what is asked as often and they leave out
MISUSE, OTHER = "misuse", "other"
NO_RULE = (PLAIN, UNSAID, OTHER)
OUTSIDE = 0.68  # probability of misuse or another topic from which on nothing is searched for (DECISIONS.md)
SURE = 0.65  # probability from which a kind of wish is named, given that it is none that leaflets answer
RARE = 3.0  # what an example of a wish to decline counts for: there are few beside the practice clinics' questions
DECAY = 1.0


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
    """The classifier of wishes."""

    classifier: Classifier

    @classmethod
    def load(cls, path: Path = FILE) -> Intents:
        """Reads the weights; a file that is damaged is refused."""
        return cls(Classifier.load(path))

    def of(self, vector: Vector, checksum: str) -> Intent | None:
        """The intent of the question with this embedding; None where another embedder made it."""
        chances = self.classifier.chances(vector, checksum)
        if chances is None:
            return None
        plain = chances[PLAIN]
        best = max((label for label in chances if label != PLAIN), key=chances.__getitem__)
        named = best not in NO_RULE and chances[best] >= SURE * (1 - plain)
        outside = sum(chances.get(label, 0.0) for label in (MISUSE, OTHER))
        return Intent(ordinary=log_odds(plain), rule=best if named else None, outside=outside >= OUTSIDE)


def examples() -> Iterator[tuple[str, str]]:
    """(label, question) of everything that it is taught with."""
    yield from labelled(EXAMPLES)
    yield from practised()


def practised() -> Iterator[tuple[str, str]]:
    """(PLAIN or UNSAID, question) of the practice clinics, in both wordings."""
    from app.reader.practice import clinics, wishes

    for folder in clinics():
        for wish in wishes(folder):
            for wording in (wish.question, wish.other):
                yield (UNSAID if wish.kind == "abstain" else PLAIN), wording


def teach(taught: Taught, embedder: Embedder, decay: float = DECAY) -> Intents:
    """The classifier of these examples."""
    counts = [1.0 if label in (PLAIN, UNSAID) else RARE for label, _ in taught]
    return Intents(taught_with(taught, counts, embedder, decay))


def main() -> None:
    """Teaches it anew for the embedder of the settings, and writes intent.npz."""
    from index.embed import embedder_of
    from index.settings import IndexSettings

    taught = list(examples())
    made = teach(taught, embedder_of(IndexSettings.load("index"))).classifier
    made.save(FILE, taught)
    print(f"{len(taught)} examples, labels {', '.join(made.labels)}: wrote {FILE.name}")


if __name__ == "__main__":
    main()
