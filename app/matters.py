"""Which matter a question is about, by its meaning, and whether the sources name it: a linear classifier over its embedding.

    python -m app.matters

"Does the metal ache come winter?" lies near much that is said of metal; but where no source names the weather there is no answer.
"Will I hear them hammering?" lies near nothing that is said of anaesthetics; but a sentence that names them answers it. The
patterns of [matters] and [aspects] in language.toml see that in the usual words, this in others. What no source names is one of
the signals of the decision to answer; what one names comes first. Taught with matter_examples.tsv, plain wishes and what practice
clinics answer. Knows nothing of documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
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
LIKELY = 0.2  # probability from which on a question is taken to be about a matter, when sentences are chosen
SURELY_NOT = 0.1  # probability below which it isn't about a matter that the story before it names


@dataclass(frozen=True, slots=True)
class Matters:
    """The classifier of matters: its labels are names in [matters] and [aspects], and NONE."""

    classifier: Classifier

    @classmethod
    def load(cls, path: Path = FILE) -> Matters:
        """Reads the weights; a file that is damaged, or knows other matters than language.toml, is refused."""
        classifier = Classifier.load(path)
        if unknown := set(classifier.labels) - named().keys() - {NONE}:
            raise SpinewiseError(f"{path.name} knows the matter {min(unknown)}", "run python -m app.matters")
        return cls(classifier)

    def about(self, vector: Vector, checksum: str) -> About:
        """What the question with this embedding is about."""
        return About(self.classifier.chances(vector, checksum))


@dataclass(frozen=True, slots=True)
class About:
    """What a question is about: the probability of each label; None where another embedder made its vector."""

    chances: Mapping[str, float] | None

    @property
    def meant(self) -> tuple[re.Pattern[str], ...]:
        """What a text must hold to answer it, for each matter and aspect that it is likely about."""
        patterns = named()
        return tuple(
            patterns[name] for name, chance in (self.chances or {}).items() if name != NONE and chance >= LIKELY
        )

    def unnamed(self, text: str) -> float | None:
        """The greatest probability of a matter that `text` never names."""
        if self.chances is None:
            return None
        matters = ((name, chance) for name, chance in self.chances.items() if name in english().matters)
        return max((chance for name, chance in matters if not names_matter(name, text)), default=0.0)

    def passes_by(self, name: str) -> bool:
        """Whether a matter that only the story before the question names is surely not what it is about."""
        if self.chances is None:
            return False
        others = max((chance for other, chance in self.chances.items() if other not in (name, NONE)), default=0.0)
        return self.chances.get(name, 1 - others) < SURELY_NOT


@cache
def named() -> dict[str, re.Pattern[str]]:
    """What a text must hold to name each matter and each aspect."""
    return {name: held for table in (english().matters, english().aspects) for name, (_, held) in table.items()}


def examples() -> Iterator[tuple[str, str]]:
    """(label, question) of everything that it is taught with."""
    yield from labelled(EXAMPLES)
    plain = (question for label, question in labelled(WISHES) if label == PLAIN)
    yield from ((NONE, question) for question in (*plain, *practised()) if not asks_matter(question))


def practised() -> Iterator[str]:
    """What practice clinics answer without naming any matter or aspect: of the others most are about one, in words that no
    pattern sees.
    """
    from app.reader.practice import clinics, wishes

    patterns = named().values()
    for folder in clinics():
        for wish in wishes(folder):
            evidence = " ".join(wish.evidence)
            if wish.kind != "abstain" and not any(pattern.search(evidence) for pattern in patterns):
                yield from (wish.question, wish.other)


def main() -> None:
    """Teaches it anew for the embedder of the settings, and writes matters.npz."""
    from index.embed import embedder_of
    from index.settings import IndexSettings

    taught = list(examples())
    made = teach(taught, [1.0] * len(taught), embedder_of(IndexSettings.load("index")), DECAY)
    made.save(FILE, taught)
    print(f"{len(taught)} examples of {len(made.labels) - 1} matters and aspects, and of none: wrote {FILE.name}")


if __name__ == "__main__":
    main()
