"""Which matter a question asks about, by its meaning, and whether the sources name it: a linear classifier over its embedding.

    python -m app.matters

"Does the metal ache come winter?" lies near much that is said of metal; but where no source names the weather there is no answer.
The patterns of [matters] in language.toml see that in the usual words, this in others. What it says is one of the signals of the
decision to answer. Taught with matter_examples.tsv, plain wishes and what practice clinics answer. Knows nothing of documents.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.asked import asks_matter, names_matter
from app.classifier import Classifier, Vector, labelled, teach
from app.intent import EXAMPLES as WISHES
from app.intent import PLAIN
from app.language import english
from corpus.errors import SpinewiseError

HERE = Path(__file__).parent
FILE, EXAMPLES = HERE / "matters.npz", HERE / "matter_examples.tsv"
NONE = "none"
DECAY = 0.1


@dataclass(frozen=True, slots=True)
class Matters:
    """The classifier of matters: its labels are names in [matters] and NONE."""

    classifier: Classifier

    @classmethod
    def load(cls, path: Path = FILE) -> Matters:
        """Reads the weights; a file that is damaged, or knows other matters than language.toml, is refused."""
        classifier = Classifier.load(path)
        if unknown := set(classifier.labels) - english().matters.keys() - {NONE}:
            raise SpinewiseError(f"{path.name} knows the matter {min(unknown)}", "run python -m app.matters")
        return cls(classifier)

    def unnamed(self, vector: Vector, checksum: str, text: str) -> float | None:
        """The greatest probability of a matter that `text` never names, for the question with this embedding; None where another
        embedder made it."""
        chances = self.classifier.chances(vector, checksum)
        if chances is None:
            return None
        likeliest = sorted(chances, key=chances.__getitem__, reverse=True)
        return next((chances[name] for name in likeliest if name != NONE and not names_matter(name, text)), 0.0)


def examples() -> Iterator[tuple[str, str]]:
    """(label, question) of everything that it is taught with."""
    yield from labelled(EXAMPLES)
    plain = (question for label, question in labelled(WISHES) if label == PLAIN)
    yield from ((NONE, question) for question in (*plain, *practised()) if not asks_matter(question))


def practised() -> Iterator[str]:
    """What practice clinics answer without naming any matter: of the others most are about one, in words that no pattern sees."""
    from app.reader.practice import clinics, wishes

    for folder in clinics():
        for wish in wishes(folder):
            evidence = " ".join(wish.evidence)
            if wish.kind != "abstain" and not any(names_matter(name, evidence) for name in english().matters):
                yield from (wish.question, wish.other)


def main() -> None:
    """Teaches it anew for the embedder of the settings, and writes matters.npz."""
    from index.embed import embedder_of
    from index.settings import IndexSettings

    taught = list(examples())
    made = teach(taught, [1.0] * len(taught), embedder_of(IndexSettings.load("index")), DECAY)
    made.save(FILE, taught)
    print(f"{len(taught)} examples of {len(made.labels) - 1} matters and none: wrote {FILE.name}")


if __name__ == "__main__":
    main()
