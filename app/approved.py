"""An FAQ's own answer for a question that means the same as one of its questions. Knows nothing of models.

Precision before recall: a wrong match answers another question with a clinic's authority. Word for word the same is the same;
else both must be of one time with the same figures and negations, and be taken for one by a model that reads them together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from app.answerability import chance, log_odds
from app.asked import other_phase
from app.disagreement import contradictory
from app.evidence import Evidence, Vector
from app.language import figures, negations, words
from corpus.document import Document, Pair
from index.search import TRUST, Index

NEAREST = 3  # questions of the FAQ, by cosine, that are read beside the visitor's
LEAST_COSINE = 0.3  # of two questions that are read beside each other at all; of the same ones 95 in 100 are nearer
MOST_WORDS = 40  # a longer question is a story: it may ask more than one thing, and its end might not be read


class Same(Protocol):
    """Says how likely a question means an FAQ's; from `least` on it counts as the same."""

    @property
    def least(self) -> float:
        """A probability."""
        ...

    def probability(self, asked: str, known: str) -> float:
        """That the second question's answer answers the first."""
        ...

    def worth(self, cosine: float, checksum: str) -> float:
        """The log-odds that the cosine of their vectors adds, by the embedder with this checksum."""
        ...


@dataclass(frozen=True, slots=True)
class Match:
    """A pair, and how likely its question means the same: 1 where it is put in the same words."""

    document: Document
    pair: Pair
    probability: float

    @property
    def question(self) -> str:
        """The FAQ's question."""
        return self.pair.question.of(self.document.text)

    @property
    def answer(self) -> str:
        """Its answer."""
        return self.pair.answer.of(self.document.text)

    @property
    def trust(self) -> int:
        """How far its document can be trusted."""
        return TRUST[self.document.source.tier]


@dataclass(frozen=True, slots=True)
class Faq:
    """The questions and answers of an index's documents. Without `same` only a question in the same words is the same."""

    index: Index
    same: Same | None = None

    def match(self, question: str, vector: Vector) -> Match | None:
        """The pair whose question means the same, or None; `vector` is the question's embedding."""
        return self.chosen(self.near(question, vector))

    def chosen(self, near: Sequence[Match]) -> Match | None:
        """Of what `near` gave the one that means the same. One that means two in different words means neither.

        Where two documents answer the same question, the more trusted one does; where both are and they disagree, neither.
        """
        least = self.same.least if self.same else 1.0
        alike = [one for one in near if one.probability >= least]
        if len({tuple(words(one.question)) for one in alike}) != 1:
            return None
        best = max(one.trust for one in alike)
        trusted = [one for one in alike if one.trust == best]
        return None if any(self._disagree(trusted[0], other) for other in trusted[1:]) else trusted[0]

    def _disagree(self, one: Match, other: Match) -> bool:
        """Whether two answers give different figures, or contradict each other."""
        return figures(one.answer) != figures(other.answer) or contradictory(self.evidence(one) + self.evidence(other))

    def near(self, question: str, vector: Vector) -> list[Match]:
        """The pairs that the question is read beside, the likeliest first; only those in the same words where there are such."""
        asked = words(question)
        verbatim = [pair for pair in self.index.pairs if words(pair[1].question.of(pair[0].text)) == asked]
        if verbatim or self.same is None or not self.index.pairs or len(asked) > MOST_WORDS:
            return [Match(*pair, 1.0) for pair in verbatim]
        cosines = self.index.pair_vectors @ vector
        nearest = [int(place) for place in np.argsort(-cosines, kind="stable")[:NEAREST]]
        near = [(*self.index.pairs[at], float(cosines[at])) for at in nearest if cosines[at] >= LEAST_COSINE]
        read = ((document, pair, cosine, pair.question.of(document.text)) for document, pair, cosine in near)
        made = [
            Match(document, pair, self._probability(question, known, cosine))
            for document, pair, cosine, known in read
            if fits(question, known)
        ]
        return sorted(made, key=lambda one: -one.probability)

    def _probability(self, question: str, known: str, cosine: float) -> float:
        """That both mean the same, by reading them and by how near they lie."""
        assert self.same is not None  # `near` reads none without it
        read = log_odds(self.same.probability(question, known))
        return chance(read + self.same.worth(cosine, self.index.embedder.checksum))

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
