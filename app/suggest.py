"""Questions that the corpus is known to answer: to start with, to go on with, and when the one asked has no answer.

All are the documents' own: questions of their FAQs, then headings put as a question. Knows nothing of answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus.document import Document
from corpus.glossary import Glossary
from index.search import Index

SAME = 0.86  # cosine from which a suggestion only repeats what was asked


@dataclass(frozen=True, slots=True)
class Suggestions:
    """`questions` with their unit `vectors`, one row each; `topics` names what the documents are about."""

    questions: tuple[str, ...]
    vectors: NDArray[np.float32]
    topics: tuple[str, ...]

    @classmethod
    def of(cls, index: Index) -> Suggestions:
        """Gathers them from the index's documents, FAQ questions first."""
        asked = [pair.question.of(document.text) for document, pair in index.pairs]
        headings = [
            section.title
            for document in index.documents.values()
            for section in document.sections
            if section.kind == "body" and section.title.endswith("?") and section.blocks
        ]
        questions = tuple(dict.fromkeys([*asked, *headings]))
        topics = named(index.documents.values(), index.glossary)
        return cls(
            questions, index.encode(questions, kind="query") if questions else np.zeros((0, 1), np.float32), topics[:6]
        )

    @property
    def examples(self) -> tuple[str, ...]:
        """Up to six questions for the start screen."""
        return self.questions[:6]

    def near(self, vector: NDArray[np.float32], most: int = 3) -> tuple[str, ...]:
        """The questions nearest to the one of this embedding that are not the same, nearest first."""
        if not self.questions:
            return ()
        cosines = self.vectors @ vector
        order = [int(place) for place in np.argsort(-cosines) if cosines[place] < SAME]
        return tuple(self.questions[place] for place in order[:most])


def named(documents: Collection[Document], glossary: Glossary) -> tuple[str, ...]:
    """What the headings are about in a word or two: the glossary's terms in them, those of the most documents first.

    Terms of the documents' own titles are left out, for all of it is about those; where no heading names any, the titles
    are given.
    """
    general = {term.term for document in documents for _, term in glossary.explain(document.title)}
    spelled: dict[str, str] = {}
    spread: Counter[str] = Counter()
    headings: Counter[str] = Counter()
    for document in documents:
        titles = [section.title for section in document.sections if section.kind != "about" and section.blocks]
        found = [(term.term, span.of(title)) for title in titles for span, term in glossary.explain(title)]
        headings.update(name for name, _ in found)
        spread.update({name for name, _ in found})
        for name, text in found:
            spelled.setdefault(name, text.lower() if text.istitle() else text)
    order = sorted(spelled.keys() - general, key=lambda name: (-spread[name], -headings[name], name))
    return tuple(spelled[name] for name in order) or tuple(document.title for document in documents)
