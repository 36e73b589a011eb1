"""Words to BM25 scores. Knows nothing of vectors, passages or the glossary."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from bm25s import BM25

WORD = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+(?:-[^\W_]+)*")
FOLDER = Path(__file__).parent

_stemmer = threading.local()  # PyStemmer keeps state between calls, so each thread has its own


def stems(text: str) -> list[str]:
    """English stems in order, without stop words. "X-rays" gives x, ray and xray, so that all spellings meet."""
    words: list[str] = []
    for word in WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        parts = word.split("-")
        words += parts if len(parts) == 1 else [*parts, "".join(parts)]
    return _stem([word for word in words if word not in _listed("stopwords.txt")])


def telling(text: str) -> Counter[str]:
    """Numbers, and the words that change what is said (telling.txt): texts that differ here don't say the same."""
    words = WORD.findall(unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("n't", " not"))
    return Counter(word for word in words if word in _listed("telling.txt") or any(map(str.isdigit, word)))


@cache
def _listed(name: str) -> frozenset[str]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def _stem(words: Sequence[str]) -> list[str]:
    import Stemmer

    if not hasattr(_stemmer, "english"):
        _stemmer.english = Stemmer.Stemmer("english", 0)  # its cache would keep what visitors type
    stemmed: list[str] = _stemmer.english.stemWords(words)
    return stemmed


class Words:
    """BM25 (Lucene's variant) over texts; row i of the scores is text i."""

    def __init__(self, scorer: BM25) -> None:
        self._scorer = scorer

    @classmethod
    def build(cls, texts: Sequence[str]) -> Words:
        """Indexes `texts`. Equal texts give equal bytes: the vocabulary is sorted, bm25s' own order is not."""
        import bm25s

        tokens = [stems(text) for text in texts]
        vocabulary = {
            stem: number for number, stem in enumerate(sorted({stem for text in tokens for stem in text} | {""}))
        }
        scorer = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
        ids = [[vocabulary[stem] for stem in text] or [vocabulary[""]] for text in tokens]
        scorer.index((ids, vocabulary), show_progress=False)
        return cls(scorer)

    def scores(self, wanted: Sequence[str]) -> NDArray[np.float32]:
        """BM25 of every indexed text for the stems `wanted`, shape (n,); 0 where no stem is shared."""
        ids = self._scorer.get_tokens_ids(list(wanted))
        scores: NDArray[np.float32] = self._scorer.get_scores_from_ids(ids)
        return scores

    def write(self, folder: Path) -> None:
        """Writes the index to `folder`."""
        self._scorer.save(folder, show_progress=False)

    @classmethod
    def read(cls, folder: Path) -> Words:
        """What `write` wrote."""
        import bm25s

        return cls(bm25s.BM25.load(folder, show_progress=False))
