"""A document cut into passages: whole sentences under one heading. Knows nothing of vectors, words or files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from corpus.document import Document, Section, Sentence, Span
from index.passage import Passage

# What a cut costs, next to 1 for a passage without any words (a short passage costs its share of missing words). Only
# the order matters: between paragraphs rather than items rather than sentences, and almost never between a list and the
# line that introduces it.
CUT_PARAGRAPH, CUT_STATEMENT, CUT_ITEM, CUT_SENTENCE, CUT_LEAD = 0.2, 0.3, 0.4, 0.6, 3.0


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence, its words, and what a cut before it costs."""

    sentence: Sentence
    words: int
    cut: float


def cut(document: Document, least: int = 40, most: int = 120, first: int = 0) -> tuple[Passage, ...]:
    """The document's passages in order, numbered from `first`.

    A passage has `least` to `most` words; fewer only where its section (or approved answer) has fewer, more only where
    one sentence has. It never crosses a heading. Sections of kind "about" are left out.
    """
    passages: list[Passage] = []
    for section in document.sections:
        if section.kind == "about":
            continue
        for path, sentences in _topics(document, section):
            for group in _group(_pieces(document, section, sentences), least, most):
                passages.append(
                    Passage(first + len(passages), document, group[0].start, group[-1].end, path, tuple(group))
                )
    return tuple(passages)


def embedded_text(passage: Passage) -> str:
    """What is embedded and searched for words: headings, the line that introduces a list, and the sentences."""
    text, first = passage.document.text, passage.sentences[0]
    parts = [*passage.path, *(sentence.of(text) for sentence in passage.sentences)]
    if first.lead is not None and first.lead.start < passage.start and (lead := introduction(passage, first)):
        parts.insert(len(passage.path), lead)
    return "\n".join(parts)


def sentence_text(passage: Passage, sentence: Sentence) -> str:
    """What is embedded for one sentence: its heading, the line that introduces its list, and the sentence.

    Alone, an item ("Infection or bleeding.") or a sentence that leans on its heading is near to no question.
    """
    lead = introduction(passage, sentence)
    return f"{passage.section}\n{lead}{' ' if lead else ''}{sentence.of(passage.document.text)}"


def introduction(passage: Passage, sentence: Sentence) -> str:
    """The line that introduces the sentence's list; "" where there is none but the heading."""
    lead = sentence.introduction(passage.document.text)
    return "" if lead.rstrip(":").rstrip() == passage.section else lead


def _topics(document: Document, section: Section) -> Iterator[tuple[tuple[str, ...], list[Sentence]]]:
    """The section's sentences with the headings above them; each approved pair is a topic, its question a heading."""
    path = _path(document.title, *section.path)
    sentences = [sentence for block in section.blocks for sentence in block.sentences]
    pairs = [pair for pair in document.pairs if section.start <= pair.answer.start < section.end]
    loose: list[Sentence] = []
    answers: dict[int, list[Sentence]] = {}
    for sentence in sentences:
        number = next((n for n, pair in enumerate(pairs) if _within(sentence, pair.answer)), None)
        if number is not None:
            answers.setdefault(number, []).append(sentence)
        elif not any(_within(sentence, pair.question) for pair in pairs):
            loose.append(sentence)
    if loose:
        yield path, loose
    for number, answer in answers.items():
        yield _path(*path, pairs[number].question.of(document.text)), answer


def _path(*headings: str) -> tuple[str, ...]:
    """Headings without empty ones and without one that repeats the one above it."""
    kept: list[str] = []
    for heading in headings:
        if heading and (not kept or heading.casefold() != kept[-1].casefold()):
            kept.append(heading)
    return tuple(kept)


def _within(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _pieces(document: Document, section: Section, sentences: Sequence[Sentence]) -> list[_Piece]:
    kinds = {sentence.start: (block.start, block.kind) for block in section.blocks for sentence in block.sentences}
    predicates = {statement.start: statement.predicate for statement in document.statements}
    pieces: list[_Piece] = []
    for number, sentence in enumerate(sentences):
        before = sentences[number - 1] if number else None
        block, kind = kinds[sentence.start]
        if before is None or (kind == "statement" and predicates.get(before.start) != predicates.get(sentence.start)):
            price = 0.0
        elif sentence.lead is not None and _within(sentence.lead, before):
            price = CUT_LEAD
        elif kinds[before.start][0] == block:
            price = CUT_SENTENCE
        else:
            price = {"item": CUT_ITEM, "statement": CUT_STATEMENT, "paragraph": CUT_PARAGRAPH}[kind]
        pieces.append(_Piece(sentence, len(sentence.of(document.text).split()), price))
    return pieces


def _group(pieces: Sequence[_Piece], least: int, most: int) -> list[list[Sentence]]:
    """The cheapest way to cut `pieces` (as TeX breaks a paragraph into lines, Knuth and Plass 1981)."""
    total = [0, *accumulate(piece.words for piece in pieces)]
    cost, start = [0.0], [0]
    for end in range(1, len(pieces) + 1):
        choices = []
        for begin in range(end - 1, -1, -1):
            words = total[end] - total[begin]
            if words > most and end - begin > 1:
                break
            choices.append((cost[begin] + pieces[begin].cut + max(0, least - words) / least, begin))
        best = min(choices)
        cost.append(best[0])
        start.append(best[1])
    groups: list[list[Sentence]] = []
    end = len(pieces)
    while end:
        groups.append([piece.sentence for piece in pieces[start[end] : end]])
        end = start[end]
    return groups[::-1]
