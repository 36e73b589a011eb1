"""An FAQ's own answer for a question that means the same as one of its questions. Knows nothing of models.

Precision before recall: a wrong match answers another question with a clinic's authority. Word for word the same is the same;
else both must be of one time with the same figures and negations, and be taken for one by a model that reads them together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from app.evidence import Evidence, Vector
from app.language import figures, negations, other_phase, words
from corpus.document import Document, Pair
from index.search import Index

NEAREST = 3  # questions of the FAQ, by cosine, that are read beside the visitor's
LEAST_COSINE = 0.3  # of two questions that are read beside each other at all; of the same ones 95 in 100 are nearer

Same = Callable[[str, str], bool]  # whether the first question means the second, an FAQ's


@dataclass(frozen=True, slots=True)
class Match:
    """A pair whose question means the same."""

    document: Document
    pair: Pair

    @property
    def question(self) -> str:
        """The FAQ's question."""
        return self.pair.question.of(self.document.text)


@dataclass(frozen=True, slots=True)
class Faq:
    """The questions and answers of an index's documents. Without `same` only a question in the same words is the same."""

    index: Index
    same: Same | None = None

    def match(self, question: str, vector: Vector) -> Match | None:
        """The pair whose question means the same, or None; `vector` is the question's embedding.

        A question that means two of them means neither.
        """
        if not self.index.pairs:
            return None
        cosines = self.index.pair_vectors @ vector
        nearest = [int(place) for place in np.argsort(-cosines, kind="stable")[:NEAREST]]
        found = [Match(*self.index.pairs[place]) for place in nearest]
        for one in found:
            if words(one.question) == words(question):
                return one
        if self.same is None:
            return None
        alike = [
            one for place, one in zip(nearest, found, strict=True)
            if cosines[place] >= LEAST_COSINE and fits(question, one.question) and self.same(question, one.question)
        ]  # fmt: skip
        return alike[0] if len(alike) == 1 else None

    def evidence(self, found: Match) -> list[Evidence]:
        """The sentences of the pair's answer, in order."""
        span, zero = found.pair.answer, np.zeros(self.index.pair_vectors.shape[1], np.float32)
        inside = {
            (sentence.start, sentence.end): Evidence(passage, sentence, zero)
            for passage in self.index.passages_of(found.document.id)
            if passage.start < span.end and span.start < passage.end
            for sentence in passage.sentences
            if span.start <= sentence.start and sentence.end <= span.end
        }
        return [inside[place] for place in sorted(inside)]


def fits(question: str, known: str) -> bool:
    """Whether nothing plain speaks against the two being one: a figure, a negation, a time."""
    return (
        figures(question) == figures(known)
        and negations(question) == negations(known)
        and not other_phase(question, known)
    )
