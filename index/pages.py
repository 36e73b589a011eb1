"""Pages of a question–answer collection to training items: a patient's question, the nearest part of its page, and others.

    python -m index.pages PAIRS --asked app/training/page_questions.jsonl --out FILE

For the embedder alone: a page says what it is about in its title and spreads its answer over many parts, of which the one
nearest to the question by the untaught embedder is taken for the answer. Beside it stand the nearest parts of pages on the
same matter that were written for another question. Knows nothing of how a model learns.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from corpus.errors import SpinewiseError
from corpus.home import replacing
from index.lessons import lines_of

if TYPE_CHECKING:
    from index.embed import Embedder

WORDS, STEP, LONGEST = (
    60,
    56,
    480,
)  # of a part, between the beginnings of two, and of a page: batches of long texts are slow
BESIDE = 5
LEARN = "learn"  # the questions that are learnt from; the others are kept to choose with


@dataclass(frozen=True, slots=True)
class Page:
    """A pair of the collection: its id, the disease or topic it is about, the kind of question, the question, the answer."""

    doc_id: str
    focus: str
    qtype: str
    question: str
    answer: str

    def parts(self) -> list[str]:
        """Its text in overlapping parts, each under its focus."""
        words = self.answer.split()[:LONGEST]
        return [f"{self.focus}\n{' '.join(words[at : at + WORDS])}" for at in range(0, len(words), STEP)]

    def answers_too(self, other: Page) -> bool:
        """Whether the other's question is this one's: by its words, or by what it is about and its kind."""
        alike = self.question.casefold().strip() == other.question.casefold().strip()
        return alike or (self.focus, self.qtype) == (other.focus, other.qtype)


def read_pages(path: Path) -> dict[str, Page]:
    """The collection by `doc_id`."""
    rows = map(json.loads, lines_of(path))
    pages = (Page(*(row.get(name) or "" for name in Page.__dataclass_fields__)) for row in rows)
    return {page.doc_id: page for page in pages}


def items(
    pages: Mapping[str, Page], asked: Sequence[Mapping[str, str]], embedder: Embedder
) -> Iterator[dict[str, object]]:
    """One item a question, as `index.train` reads them: `passages`, the first of which answers.

    Raises SpinewiseError where a question names a page that the collection does not hold.
    """
    gone = {row["page"] for row in asked} - pages.keys()
    if gone:
        raise SpinewiseError(f"no pair has the doc_id {min(gone)}", "name the file that the questions were written for")
    matters = {pages[row["page"]].focus for row in asked}
    owned = [(page, part) for page in pages.values() if page.focus in matters for part in page.parts()]
    vectors = embedder.encode([part for _, part in owned], "passage")
    questions = embedder.encode([row["question"] for row in asked], "query")
    for row, near in zip(asked, questions @ vectors.T, strict=True):
        page = pages[row["page"]]
        order = [owned[place] for place in np.argsort(-near)]
        answering = next(part for owner, part in order if owner == page)
        others = [part for owner, part in order if owner != page and not page.answers_too(owner)]
        # the marker alone: a sentence that a reply was made from can't be told, and so none is learnt
        yield {"question": row["question"], "passages": [answering, *others[:BESIDE]], "answer": "See [1]"}


def main() -> None:
    """Reads the command line."""
    from index.embed import PACKAGED, open_embedder

    parser = argparse.ArgumentParser(prog="python -m index.pages", description=__doc__)
    parser.add_argument("pairs", type=Path, help="JSONL with doc_id, focus, qtype, question, answer (MedQuAD)")
    parser.add_argument("--asked", type=Path, required=True, help="JSONL with page, question, use")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    asked = [json.loads(line) for line in lines_of(options.asked)]
    learnt = [row for row in asked if row["use"] == LEARN]
    made = list(items(read_pages(options.pairs), learnt, open_embedder(PACKAGED, False, False)))
    with replacing(options.out) as stream:
        stream.writelines(json.dumps(item, ensure_ascii=False).encode() + b"\n" for item in made)
    print(f"{len(made)} items")


if __name__ == "__main__":
    main()
