"""Puts a reply together: sentences, the markers behind them, and one citation for each place. Knows no question and no model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rapidfuzz import fuzz

from app.answer import AnswerSentence, Citation, joint
from app.evidence import Evidence
from corpus.document import Span

COPIED = 90  # letters alike, of 100, from which the model's sentence brings nothing but slips


class Reply:
    """Grows by sentence; `written` tells whether the model wrote any that isn't word for word a source's, `partial` the
    citations of lists that have more items than were said."""

    def __init__(self) -> None:
        self.sentences: list[AnswerSentence] = []
        self.citations: list[Citation] = []
        self.evidence: list[Evidence] = []
        self.partial: list[int] = []
        self.written = False

    def write(self, text: str, evidence: Evidence, support: float) -> Iterator[AnswerSentence]:
        """A sentence of the model, which `evidence` was found to support. What is nearly a copy is said as the source does."""
        if fuzz.ratio(text, evidence.quote) >= COPIED:
            yield from self.quote(evidence)
            return
        self.written = True
        yield self._add(text, evidence, evidence.sentence, support)

    def quote(self, evidence: Evidence) -> Iterator[AnswerSentence]:
        """The evidence itself as a sentence; where it is half of one, behind the question that it answers."""
        if question := evidence.question:
            place = Span(question.start, evidence.sentence.end)
            yield self._add(question.of(evidence.document.text), evidence, place, 1.0)
            yield self._add(spoken(evidence.quote), evidence, place, 1.0)
        else:
            yield self.verbatim(evidence)

    def verbatim(self, evidence: Evidence) -> AnswerSentence:
        """The evidence as it stands, whatever it leans on."""
        return self._add(spoken(evidence.quote), evidence, evidence.sentence, 1.0)

    def quote_list(self, items: Sequence[Evidence], *, more: bool = False) -> Iterator[AnswerSentence]:
        """Items of lists, each under its lead-in, with one citation for lead-in and items; `more`: they are not all."""
        for _, group in groupby(items, key=lambda item: (item.document.id, item.sentence.lead, item.passage.path)):
            # the list's own order, whatever the items' rank
            listed = sorted(group, key=lambda item: item.sentence.start)
            first, last = listed[0], listed[-1]
            lead = first.sentence.lead
            near = lead is not None and lead.end <= first.sentence.start
            place = Span(lead.start if lead and near else first.sentence.start, last.sentence.end)
            if lead:
                yield self._add(first.lead, first, place, 1.0)
            for item in listed:
                yield self._add(spoken(item.quote), item, place, 1.0, item=True)
            if more:
                self.partial.append(self._number(first, place))

    def _add(self, text: str, evidence: Evidence, place: Span, support: float, *, item: bool = False) -> AnswerSentence:
        self.evidence.append(evidence)
        sentence = AnswerSentence(text, (self._number(evidence, place),), round(support, 3), item)
        self.sentences.append(sentence)
        return sentence

    def _number(self, evidence: Evidence, place: Span) -> int:
        for citation in self.citations:
            if (citation.document, citation.start, citation.end) == (evidence.document.id, place.start, place.end):
                return citation.number
        self.citations.append(evidence.cite(len(self.citations) + 1, place))
        return len(self.citations)

    @property
    def text(self) -> str:
        """The whole reply as plain text with markers; list items on lines of their own."""
        pairs = zip([None, *self.sentences], self.sentences, strict=False)
        return "".join(joint(before, one) + marked(one) for before, one in pairs)


def marked(sentence: AnswerSentence) -> str:
    """The sentence with its markers behind it."""
    return " ".join([sentence.text, *(f"[{number}]" for number in sentence.citations)])


def spoken(quote: str) -> str:
    """A quote as a sentence: a capital first, a full stop last; no word is touched."""
    text = quote[:1].upper() + quote[1:]
    return text if text.endswith((".", "!", "?", ":", "”", '"')) else f"{text}."
