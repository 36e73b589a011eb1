"""An FAQ's own answer for a question that means the same as one of its questions. Knows nothing of models.

Precision before recall: a wrong match answers another question with a clinic's authority. Word for word the same is the same;
else both must be of one type and one time with the same figures, share their rare words (by stem, and by glossary synonym), and
lie close together as embeddings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.evidence import Evidence, Vector
from app.language import asks_for_list, figures, kind_asked, negations, other_phase, words
from app.vocabulary import Vocabulary, rarest
from corpus.document import Document, Pair
from index.search import Index


@dataclass(frozen=True, slots=True)
class Match:
    """A pair whose question means the same, and the cosine of the two questions."""

    document: Document
    pair: Pair
    cosine: float


@dataclass(frozen=True, slots=True)
class Sameness:
    """What two questions in different words need to be the same; measured on development pairs (DECISIONS.md).

    Their cosine, its lead over the next best pair's (a question near to two is neither), and no word in one alone that is
    rarer than `common`.
    """

    cosine: float = 0.925
    lead: float = 0.25
    common: float = 4.0


def match(
    question: str, vector: Vector, index: Index, vocabulary: Vocabulary, sameness: Sameness = Sameness()
) -> Match | None:
    """The FAQ pair whose question means the same, or None; `vector` is the question's embedding."""
    if not index.pairs:
        return None
    cosines = index.pair_vectors @ vector
    best = int(np.argmax(cosines))
    document, pair = index.pairs[best]
    found = Match(document, pair, float(cosines[best]))
    known = pair.question.of(document.text)
    if words(known) == words(question):
        return found
    next_best = float(np.max(np.delete(cosines, best), initial=-1.0))
    if (
        found.cosine < sameness.cosine
        or found.cosine - next_best < sameness.lead
        or negations(known) != negations(question)
        or kind_asked(known) != kind_asked(question)
        or asks_for_list(known) != asks_for_list(question)
        or figures(known) != figures(question)
        or other_phase(question, known)
    ):
        return None
    differing = [*vocabulary.missing(question, known), *vocabulary.missing(known, question)]
    return None if rarest(differing) > sameness.common else found


def evidence_of(found: Match, index: Index) -> list[Evidence]:
    """The sentences of the pair's answer, in order."""
    span, zero = found.pair.answer, np.zeros(index.pair_vectors.shape[1], np.float32)
    inside = {
        (sentence.start, sentence.end): Evidence(passage, sentence, zero)
        for passage in index.passages_of(found.document.id)
        if passage.start < span.end and span.start < passage.end
        for sentence in passage.sentences
        if span.start <= sentence.start and sentence.end <= span.end
    }
    return [inside[place] for place in sorted(inside)]
