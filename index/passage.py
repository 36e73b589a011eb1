"""A passage, and a passage found for a question. Knows nothing of how passages are cut, stored or found."""

from __future__ import annotations

from dataclasses import dataclass, field

from corpus.document import Document, Sentence


@dataclass(frozen=True, slots=True)
class Passage:
    """Whole sentences of one section: `document.text[start:end]` is the passage.

    `path` is the headings above it (the document's title first). `number` is its row in the index. `sentences` are the
    spans that can be quoted alone, in order.
    """

    number: int
    document: Document = field(repr=False)
    start: int
    end: int
    path: tuple[str, ...]
    sentences: tuple[Sentence, ...] = field(repr=False)

    @property
    def text(self) -> str:
        """The passage verbatim."""
        return self.document.text[self.start : self.end]

    @property
    def under_headings(self) -> str:
        """The passage with the headings above it: all that it speaks of."""
        return f"{' '.join(self.path)} {self.text}"

    @property
    def section(self) -> str:
        """The nearest heading, or the document's title."""
        return self.path[-1]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found. `scores` holds each stage's score: dense (cosine), words (BM25), fused; `rank` counts from 1."""

    passage: Passage
    rank: int
    scores: dict[str, float]
