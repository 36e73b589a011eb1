"""An assistant that has never seen the FAQ: the same documents without their question–answer pairs. Knows nothing of
scores.

Masking is real: no passage, pair, statement, vocabulary or suggestion comes from the FAQ's stretches of text. The
documents' text stays as it is, so that citations of the rest keep their places. Not covered: a second copy of the FAQ that
is not read as one, such as running text that repeats it; that counts as the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from corpus.document import Document, Span
from corpus.errors import SpinewiseError
from index.content import Content
from index.dense import Dense
from index.passage import Passage
from index.passages import embedded_text
from index.words import Words

if TYPE_CHECKING:
    from app.assistant import Assistant
    from index.search import Index


def hidden(document: Document) -> list[Span]:
    """The stretches of text that are FAQ: sections of that kind, and each pair from its question to its answer's
    end.
    """
    sections = [Span(one.start, one.end) for one in document.sections if one.kind == "faq"]
    return sections + [Span(min(one.question.start, one.answer.start), one.answer.end) for one in document.pairs]


def touches(start: int, end: int, spans: Sequence[Span]) -> bool:
    """Whether [start, end) shares a character with any of the spans."""
    return any(start < span.end and span.start < end for span in spans)


def without_faq(document: Document) -> Document:
    """The document with the same text and nothing of the FAQ that could be found."""
    spans = hidden(document)
    return replace(
        document,
        pairs=(),
        sections=tuple(one for one in document.sections if one.kind != "faq"),
        statements=tuple(one for one in document.statements if not touches(one.start, one.end, spans)),
    )


def masked_content(content: Content) -> Content:
    """The passages that are free of FAQ, renumbered, with their vectors and words."""
    documents = {name: without_faq(document) for name, document in content.documents.items()}
    kept = [one for one in content.passages if not touches(one.start, one.end, hidden(one.document))]
    if not kept:
        raise SpinewiseError("without the FAQ nothing is left of the documents", "add documents: python -m index build")
    passages: tuple[Passage, ...] = tuple(
        replace(one, number=number, document=documents[one.document.id]) for number, one in enumerate(kept)
    )
    offsets, vectors = content.offsets, content.dense.vectors()
    rows = [np.arange(offsets[one.number], offsets[one.number + 1]) for one in kept]
    return Content(
        documents,
        passages,
        Dense.build(vectors[[one.number for one in kept]], "exact"),
        Words.build([embedded_text(one) for one in passages]),
        content.sentences[np.concatenate(rows)],
        np.zeros((0, vectors.shape[1]), dtype=np.float32),
    )


def masked_index(index: Index) -> Index:
    """The index without the FAQ."""
    return replace(index, content=masked_content(index.content))


def masked(assistant: Assistant) -> Assistant:
    """The assistant over such an index: vocabulary and suggestions are made anew, for they hold words of the FAQ
    too.
    """
    from app.site import vocabulary_of
    from app.suggest import Suggestions

    index = masked_index(assistant.index)
    return replace(assistant, index=index, vocabulary=vocabulary_of(index), suggestions=Suggestions.of(index))


def leaks(rows: Sequence[Mapping[str, Any]], documents: Mapping[str, Document]) -> tuple[str, ...]:
    """Ids of the cases whose reply cites the FAQ: none in a run that is masked."""
    spans = {name: hidden(document) for name, document in documents.items()}
    return tuple(
        row["id"]
        for row in rows
        if row["reply"]
        and any(touches(one["start"], one["end"], spans.get(one["document"], ())) for one in row["reply"]["citations"])
    )
