"""Practice clinics to training items: folders of documents with questions that they do or don't answer.

    python -m app.reader.practice FOLDER... --out FILE

Each folder is indexed and searched as a clinic's own would be, so that what a model is shown while it learns is what it will be
shown. A question that is answered makes a second item, which must abstain: what is found once every sentence that holds the
answer is taken away. Knows nothing of how a model learns.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from app.evidence import Evidence, Vector
from app.reader import Doubter
from app.reader.prompt import ABSTENTION, posed
from app.select import HITS, candidates
from app.shown import texts, windows
from app.site import vocabulary_of
from app.vocabulary import Vocabulary
from corpus.home import replacing
from index.build import build
from index.lessons import Asked, Leaflet, read_rows
from index.passage import Hit
from index.passages import sentence_text
from index.search import Index
from index.settings import IndexSettings

PRACTICE = Path(__file__).parents[1] / "training" / "practice"  # in a clone; an installed package has none
DOCUMENTS = (".txt", ".md", ".tsv")
MOST = 3  # sentences of an ideal reply; items of a list may be more
ITEMS = 6
SHOWN = 3  # hits beside a passage that was not found but holds the answer
NO_VECTOR: Vector = np.zeros(0, dtype=np.float32)  # where only the words are compared


class Wish(BaseModel):
    """A row of a practice clinic's questions.jsonl: one wish in two wordings, and every sentence that answers it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    question: str = Field(min_length=1)
    other: str = Field(min_length=1)
    kind: Literal["answer", "list", "abstain"]
    evidence: tuple[str, ...]
    note: str = ""

    def holds(self, one: Evidence) -> bool:
        """Whether a sentence is evidence for the answer, or a part of it, or holds it."""
        return self.answered_by(one.quote)

    def answered_by(self, sentence: str) -> bool:
        """The same, of its words."""
        quote = f" {plain(sentence)} "
        return any(quote in each or each in quote for each in (f" {plain(text)} " for text in self.evidence))


def plain(text: str) -> str:
    """As sentences are compared: single spaces, small letters."""
    return " ".join(text.split()).casefold()


def clinics(below: Path | None = None) -> list[Path]:
    """The practice clinics below a folder; without one, those of the clone."""
    return sorted(path.parent for path in (below or PRACTICE).glob("*/questions.jsonl"))


def wishes(folder: Path) -> list[Wish]:
    """The rows of the folder's questions.jsonl; one that is none is named."""
    return read_rows(folder / "questions.jsonl", Wish)


@dataclass(frozen=True, slots=True)
class Clinic:
    """The index of a folder's documents, and its vocabulary."""

    index: Index
    vocabulary: Vocabulary

    @classmethod
    def open(cls, folder: Path, home: Path) -> Clinic:
        """Builds the index below `home`."""
        documents = [path for path in sorted(folder.iterdir()) if path.suffix in DOCUMENTS]
        settings = IndexSettings.load("index")
        build(home, documents, settings)
        index = Index.open(home, settings)
        return cls(index, vocabulary_of(index))


@dataclass(frozen=True, slots=True)
class Search:
    """A wording as it is searched for: as in `Assistant.stream`, but for what is done with the hits."""

    clinic: Clinic
    asked: str
    vector: Vector
    hits: tuple[Hit, ...]

    @classmethod
    def of(cls, clinic: Clinic, wording: str) -> Search:
        """Finds passages for a wording."""
        asked = clinic.vocabulary.corrected(wording)
        vector = clinic.index.encode([asked])[0]
        return cls(clinic, asked, vector, tuple(clinic.index.search(asked, HITS, vector=vector)))

    @property
    def posed(self) -> str:
        """The question as the reader is asked it."""
        return posed(self.asked, self.clinic.index.glossary.meant(self.asked))

    @property
    def ranked(self) -> list[Evidence]:
        """The sentences of the hits, best first."""
        return candidates(self.asked, self.vector, self.hits, self.clinic.index, self.clinic.vocabulary)

    def put_to(self, reader: Doubter) -> list[Evidence]:
        """Has a reader read it; the sentences that it was shown, in order."""
        shown = windows(self.ranked)
        said = [one for window in shown for one in window]
        reader.doubt(self.posed, texts(shown), [one.quote for one in said])
        return said

    def given(self, wish: Wish) -> Search | None:
        """The best three hits and, as a fourth, the passage that holds the answer best; None where no passage does."""
        index = self.clinic.index
        holding = [
            (float(self.vector @ row), passage)
            for passage in index.passages
            for sentence, row in zip(passage.sentences, index.sentence_vectors(passage), strict=True)
            if wish.holds(Evidence(passage, sentence, row))
        ]
        if not holding:
            return None
        best = max(holding, key=lambda pair: pair[0])[1]
        return replace(self, hits=(*self.hits[:SHOWN], Hit(best, SHOWN + 1, {})))


def item(name: str, wish: Wish, question: str, ranked: Sequence[Evidence]) -> dict[str, Any]:
    """One training item: what the reader is shown of the sentences, and what it should say."""
    shown = windows(ranked)
    telling = [(one, number) for number, window in enumerate(shown, 1) for one in window if wish.holds(one)]
    order = {one.key: place for place, one in enumerate(ranked)}
    best = sorted(telling, key=lambda pair: order[pair[0].key])[: ITEMS if wish.kind == "list" else MOST]
    said = [f"{one.quote.rstrip('.')}. [{number}]" for one, number in best]
    return {
        "id": name,
        "passages": texts(shown),
        "question": question,
        "answer": " ".join(said) or ABSTENTION,
        "kind": wish.kind if said else "abstain",
    }


def items(folder: Path, home: Path) -> Iterator[dict[str, Any]]:
    """The folder's items. For every wording what is found, and if that lacks the answer, what is found with it; for one of
    the two wordings also what is found without it.
    """
    clinic = Clinic.open(folder, home)
    for number, wish in enumerate(wishes(folder)):
        for place, wording in enumerate((wish.question, wish.other)):
            search, name = Search.of(clinic, wording), f"{wish.id}{'ab'[place]}"
            put, ranked = search.posed, search.ranked
            first = item(name, wish, put, ranked)
            yield first
            if wish.evidence and first["kind"] == "abstain" and (given := search.given(wish)):
                yield item(f"{name}-given", wish, put, given.ranked)
            without = [one for one in ranked if not wish.holds(one)]
            if number % 2 == place and len(without) < len(ranked):
                yield item(f"{name}-without", wish, put, without)


def leaflet(folder: Path, home: Path) -> Leaflet:
    """The folder as a leaflet: every sentence as an index embeds it, and both wordings of what is asked. A wish whose evidence
    is no whole sentence is left out.
    """
    index = Clinic.open(folder, home).index
    found = [Evidence(passage, sentence, NO_VECTOR) for passage in index.passages for sentence in passage.sentences]
    asked = []
    for wish in wishes(folder):
        places = tuple(place for place, one in enumerate(found) if wish.holds(one))
        if bool(places) == (wish.kind != "abstain"):
            asked += [Asked(question=wording, answered_by=places) for wording in (wish.question, wish.other)]
    texts = (sentence_text(one.passage, one.sentence) for one in found)
    return Leaflet(title="", sentences=tuple(texts), asked=tuple(asked))


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m app.reader.practice", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument(
        "--as-leaflets", action="store_true", help="a line a folder, for python -m index.train --leaflets"
    )
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    with replacing(options.out) as stream:
        for folder in options.folders:
            with tempfile.TemporaryDirectory() as home:
                made = [leaflet(folder, Path(home)).model_dump()] if options.as_leaflets else items(folder, Path(home))
                for one in made:
                    stream.write((json.dumps(one | {"license": "Apache-2.0"}, ensure_ascii=False) + "\n").encode())


if __name__ == "__main__":
    main()
