"""A question to its passages: dense and word search, fused. Knows nothing of answers, nor how an index is built.

An open index is read-only and holds its snapshot: any number of threads may search it while a build makes the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from corpus.document import Document, Pair, Tier
from corpus.errors import SpinewiseError
from corpus.glossary import SHIPPED_GLOSSARY, Glossary
from index.content import Content
from index.embed import Embedder, Kind, embedder_of
from index.fuse import fused, without_repeats
from index.passage import Hit, Passage
from index.settings import IndexSettings
from index.snapshot import Manifest, Snapshots
from index.words import stems, telling

Vectors = NDArray[np.float32]
Stage = Literal["fused", "dense", "words"]

TRUST: dict[Tier, int] = {"clinician-reviewed": 3, "educational": 2, "unreviewed": 1, "promotional": 0}
POOL = 100  # how many passages each stage proposes
MOST_WORDS = 12  # of the glossary that are embedded with a question; more would drown it


@dataclass(frozen=True)
class Index:
    """An open snapshot. `Index.open` makes one."""

    manifest: Manifest
    content: Content
    embedder: Embedder
    glossary: Glossary
    settings: IndexSettings

    @classmethod
    def open(cls, home: Path, settings: IndexSettings) -> Index:
        """Opens the current snapshot below `home`, with its embedder loaded.

        Raises SpinewiseError where there is no index, its files have changed, or another embedder built it.
        """
        glossary = Glossary.load(settings.glossary or SHIPPED_GLOSSARY)

        def read(manifest: Manifest, folder: Path) -> Index:
            embedder = embedder_of(settings)
            _check_embedder(manifest, embedder)
            return cls(manifest, Content.read(folder), embedder, glossary, settings)

        return Snapshots(home).opened(read)

    @property
    def snapshot(self) -> str:
        """The snapshot's id."""
        return self.manifest.id

    @property
    def documents(self) -> dict[str, Document]:
        """The documents by their id."""
        return self.content.documents

    @property
    def passages(self) -> tuple[Passage, ...]:
        """Every passage; `passages[n].number == n`."""
        return self.content.passages

    def passages_of(self, document: str) -> tuple[Passage, ...]:
        """The passages of the document with this id, in its order."""
        return self._by_document.get(document, ())

    @cached_property
    def _by_document(self) -> dict[str, tuple[Passage, ...]]:
        of = attrgetter("document.id")
        return {name: tuple(found) for name, found in groupby(sorted(self.passages, key=of), key=of)}

    @cached_property
    def pairs(self) -> tuple[tuple[Document, Pair], ...]:
        """Every approved question–answer pair with its document."""
        return self.content.pairs

    @property
    def pair_vectors(self) -> Vectors:
        """Unit vectors of the pairs' questions, embedded as questions; shape (len(pairs), d)."""
        return self.content.questions

    def encode(self, texts: Sequence[str], kind: Kind = "query") -> Vectors:
        """Unit vectors of `texts`, shape (len(texts), d), by the embedder that built the index."""
        return self.embedder.encode(texts, kind)

    def real_words(self) -> frozenset[str]:
        """Words that the embedder knows whole: they are no misspellings, whether or not the documents hold them."""
        return self.embedder.whole_words()

    def sentence_vectors(self, passage: Passage) -> Vectors:
        """Unit vectors of the passage's sentences, embedded with heading and lead; shape (len(passage.sentences), d)."""
        return self.content.sentences[self._offsets[passage.number] : self._offsets[passage.number + 1]]

    def search(self, question: str, k: int = 5, by: Stage = "fused", vector: Vectors | None = None) -> list[Hit]:
        """The (up to) `k` best passages, best first; none where the question has no words.

        `vector` is the question's own, where the caller has it already: embedding costs more than the rest of a search.
        `by` ranks by one stage alone, for comparison. Each hit says all scores: dense (cosine of the passage), sentence
        (cosine of its nearest sentence), words (BM25), fused; all of them with the glossary's words.
        """
        if k < 1 or not question.strip():
            return []
        expansion = self.expanded(question)
        vector = self._asked(question, expansion, vector)
        words = self._word_scores(question, expansion)
        pool = np.union1d(self.content.dense.nearest(vector, max(POOL, 2 * k)), _best(words, max(POOL, 2 * k)))
        vectors = self.content.dense.rows(pool)
        scores = {"dense": vectors @ vector, "sentence": self._sentence_scores(pool, vector), "words": words[pool]}
        scores["fused"] = fused(np.float32(0.5) * (scores["dense"] + scores["sentence"]), scores["words"])
        order = [int(place) for place in np.argsort(-scores[by], kind="stable") if scores[by][place] > 0]
        kept = self._without_repeats(order[: 2 * k + 10], pool, vectors)
        return [
            Hit(
                self.passages[pool[place]],
                rank,
                {stage: round(float(all_[place]), 6) for stage, all_ in scores.items()},
            )
            for rank, place in enumerate(kept[:k], start=1)
        ]

    def expanded(self, question: str) -> tuple[str, ...]:
        """The glossary's words that are searched for beside the question's own."""
        return self.glossary.expand(question) if self.settings.expansion_weight else ()

    def _asked(self, question: str, expansion: Sequence[str], vector: Vectors | None) -> Vectors:
        """What is searched for: halfway between the question alone and the question with the glossary's words."""
        wider = [f"{question} ({', '.join(expansion[:MOST_WORDS])})"] if expansion else []
        own = self.encode([question]) if vector is None else vector[None, :]
        found = np.vstack([own, self.encode(wider)])
        middle: Vectors = found.sum(axis=0)
        middle /= np.float32(np.linalg.norm(middle) or 1.0)
        return middle

    def _word_scores(self, question: str, expansion: Sequence[str]) -> Vectors:
        asked = stems(question)
        extra = [stem for stem in dict.fromkeys(stems(" ".join(expansion))) if stem not in asked]
        own, others = self.content.words.scores(asked), self.content.words.scores(extra)
        return own + np.float32(self.settings.expansion_weight) * others

    def _without_repeats(self, order: Sequence[int], pool: NDArray[np.int64], vectors: Vectors) -> list[int]:
        """The places in `pool` that say something new, best first.

        An approved answer and a section that it repeats are kept apart, and so are passages that differ in a number or
        a "not": where sources disagree, both have to be seen.
        """
        passages = {place: self.passages[pool[place]] for place in order}
        plain = {place: " ".join(passage.text.casefold().split()) for place, passage in passages.items()}

        def same(one: int, other: int) -> bool:
            if (pool[one] in self._answers) != (pool[other] in self._answers):
                return False
            alike = float(vectors[one] @ vectors[other]) > self.settings.near_duplicate
            return plain[one] == plain[other] or (alike and telling(plain[one]) == telling(plain[other]))

        return without_repeats(order, same, trust=lambda one: TRUST[passages[one].document.source.tier])

    @cached_property
    def _answers(self) -> frozenset[int]:
        """Numbers of the passages that are (part of) an approved answer."""
        return frozenset(
            passage.number
            for passage in self.passages
            if any(pair.answer.start <= passage.start < pair.answer.end for pair in passage.document.pairs)
        )

    def _sentence_scores(self, rows: NDArray[np.int64], vector: Vectors) -> Vectors:
        """The best cosine of each passage's sentences; shape (len(rows),)."""
        places = [np.arange(self._offsets[row], self._offsets[row + 1]) for row in rows]
        starts = np.cumsum([0, *(len(one) for one in places[:-1])])
        best: Vectors = np.maximum.reduceat(self.content.sentences[np.concatenate(places)] @ vector, starts)
        return best

    @cached_property
    def _offsets(self) -> NDArray[np.int64]:
        return self.content.offsets


def _best(scores: Vectors, k: int) -> NDArray[np.int64]:
    """Rows of the `k` highest scores above 0, in no order."""
    rows = np.flatnonzero(scores > 0)
    return rows if len(rows) <= k else rows[np.argpartition(-scores[rows], k)[:k]]


def _check_embedder(manifest: Manifest, embedder: Embedder) -> None:
    built = manifest.embedder
    if built.name != embedder.name:
        raise SpinewiseError(
            f"index was built with {built}, settings ask for {embedder.name} ({embedder.dimensions} dimensions)",
            "run python -m index build",
        )
    if built.checksum != embedder.checksum or built.dimensions != embedder.dimensions:
        raise SpinewiseError(
            f"index was built with another version of {built.name} than the one on this machine (checksums differ)",
            "run python -m index build",
        )
