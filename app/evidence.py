"""A sentence of a document as evidence: what may be quoted, and how it becomes a citation. Knows nothing of questions."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from app.answer import Citation
from app.language import answers_only, leans_back
from corpus.document import Document, Sentence, Span
from index.passage import Passage

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One quotable sentence with its place; `vector` is its unit embedding.

    `cosine` is its likeness to the question, `score` how well it answers it, all signals together.
    """

    passage: Passage = field(repr=False)
    sentence: Sentence
    vector: Vector = field(repr=False, compare=False)
    cosine: float = 0.0
    score: float = 0.0

    @property
    def document(self) -> Document:
        """The document that it stands in."""
        return self.passage.document

    @property
    def quote(self) -> str:
        """The sentence verbatim."""
        return self.sentence.of(self.document.text)

    @property
    def lead(self) -> str:
        """The line that introduces the list it stands in, or ""."""
        return self.sentence.introduction(self.document.text)

    @property
    def introduced(self) -> str:
        """The sentence behind the line that introduces its list: what it says and of what."""
        return f"{self.lead} {self.quote}"

    @property
    def question(self) -> Span | None:
        """The FAQ's question that it answers in half a sentence ("Often, but not always."), None where it stands alone."""
        pairs = (pair for pair in self.document.pairs if pair.answer.start == self.sentence.start)
        return next((pair.question for pair in pairs if leans_back(self.quote) or answers_only(self.quote)), None)

    @property
    def key(self) -> tuple[str, int, int]:
        """What makes it the same evidence: document and place."""
        return (self.document.id, self.sentence.start, self.sentence.end)

    @property
    def promotional(self) -> bool:
        """Whether its document sells something: such a source never carries a claim alone without being named."""
        return self.document.source.tier == "promotional"

    def cite(self, number: int, place: Span) -> Citation:
        """The citation with this number for `place`, the sentence or the list that it stands in."""
        source = self.document.source
        return Citation(
            number=number,
            document=self.document.id,
            title=source.title,
            publisher=source.publisher,
            section=self.passage.section,
            quote=place.of(self.document.text),
            start=place.start,
            end=place.end,
            tier=source.tier,
            reviewed_on=source.reviewed_on,
            url=source.url,
        )
