"""What the documents cover, section by section, for the start screen. Knows no questions but the documents' own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from corpus.document import Document


@dataclass(frozen=True, slots=True)
class Entry:
    """A section: a title that is a question can be asked; any other is read where it stands, at [start, end)."""

    title: str
    start: int
    end: int

    @property
    def asks(self) -> bool:
        """Whether the title is a question."""
        return self.title.endswith("?")


@dataclass(frozen=True, slots=True)
class Topic:
    """A document with the sections that it covers."""

    document: Document
    entries: tuple[Entry, ...]


def topics(documents: Mapping[str, Document]) -> tuple[Topic, ...]:
    """The documents that have titled sections, in their order but tables of facts last; without what they say of themselves."""
    found = [Topic(document, tuple(_entries(document))) for document in documents.values()]
    return tuple(sorted((topic for topic in found if topic.entries), key=lambda topic: bool(topic.document.statements)))


def _entries(document: Document) -> list[Entry]:
    faq = [pair.question for pair in document.pairs]
    titled = [each for each in document.sections if each.title and each.blocks and each.kind == "body"]
    entries = [Entry(question.of(document.text), question.start, question.end) for question in faq]
    entries += [Entry(section.title, section.start, section.end) for section in titled]
    if document.statements and titled:  # its sections are halves of sentences: it is read from the top
        return [Entry(document.title, titled[0].start, titled[0].end)]
    unique = {entry.title: entry for entry in entries if entry.title != document.title}
    return sorted(unique.values(), key=lambda entry: entry.start)


def main_language(documents: Mapping[str, Document]) -> str:
    """The language of most documents, "en" where there are none."""
    counted = Counter(document.source.language for document in documents.values())
    return counted.most_common(1)[0][0] if counted else "en"
