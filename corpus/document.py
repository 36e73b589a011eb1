"""What a document is once it has been read: frozen text, and what stands where in it.

Every offset here and downstream counts Unicode code points in `Document.text`. Knows nothing of files, passages or models.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Tier = Literal["clinician-reviewed", "educational", "unreviewed", "promotional"]
BlockKind = Literal["paragraph", "item", "statement"]


@dataclass(frozen=True, slots=True)
class Span:
    """The half-open range [start, end) of code points in a document's text."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """The text that the span covers."""
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Sentence(Span):
    """A sentence, list item or statement that can be quoted alone; `lead` is the line that introduces its list."""

    lead: Span | None = None

    def introduction(self, text: str) -> str:
        """The lead in single spaces; "" where there is none."""
        return " ".join(self.lead.of(text).split()) if self.lead else ""


@dataclass(frozen=True, slots=True)
class Block(Span):
    """A paragraph, one list item, or one statement, without its bullet or number."""

    kind: BlockKind
    sentences: tuple[Sentence, ...]
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Section(Span):
    """A heading and what stands below it up to the next heading; text above the first heading has the title "".

    `path` holds the headings from the top down to this one, the document's title not included. `kind` says what
    retrieval does with it: an `about` section (where a page is from, disclaimers) is shown but never retrieved.
    """

    title: str
    path: tuple[str, ...]
    blocks: tuple[Block, ...]
    kind: Literal["body", "faq", "about"] = "body"


@dataclass(frozen=True, slots=True)
class Statement(Span):
    """One line of a table of facts: `text[start:end]` reads "subject predicate object"."""

    subject: str
    predicate: str
    object: str
    line: int


@dataclass(frozen=True, slots=True)
class Pair:
    """A question with its approved answer, both spans of the same text."""

    question: Span
    answer: Span


@dataclass(frozen=True, slots=True)
class Dropped:
    """Text that was read and set aside, with the reason: navigation, advert, disclaimer, hidden text, repeated title."""

    reason: str
    text: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a document is from. `file` is the file's name, `sha256` that of its bytes."""

    file: str
    sha256: str
    title: str
    publisher: str | None = None
    url: str | None = None
    licence: str | None = None
    reviewed_by: str | None = None
    reviewed_on: date | None = None
    review_due: date | None = None
    tier: Tier = "unreviewed"
    language: str = "en"
    facts_from: str | None = None

    def overdue(self, today: date) -> bool:
        """Whether the next review should have happened before `today`."""
        return self.review_due is not None and self.review_due < today


@dataclass(frozen=True, slots=True)
class Document:
    """A document as read. Equal bytes, name and metadata give an equal document, whatever machine reads it."""

    id: str
    source: Source
    text: str
    sections: tuple[Section, ...] = ()
    statements: tuple[Statement, ...] = ()
    pairs: tuple[Pair, ...] = ()
    dropped: tuple[Dropped, ...] = field(default=(), compare=False)
    warnings: tuple[str, ...] = field(default=(), compare=False)

    @property
    def title(self) -> str:
        """The document's title."""
        return self.source.title
