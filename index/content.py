"""What a snapshot holds, and how it lies in a folder. Knows nothing of which snapshot is current or is whole."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.document import Document, Pair, Sentence, Span
from corpus.library import read_documents, write_documents
from index.dense import Dense
from index.passage import Passage
from index.words import Words

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Content:
    """P passages with their vectors and words; S vectors of their sentences, in order; Q of the pairs' questions."""

    documents: dict[str, Document]
    passages: tuple[Passage, ...]
    dense: Dense
    words: Words
    sentences: Vectors  # (S, d)
    questions: Vectors  # (Q, d)

    @property
    def pairs(self) -> tuple[tuple[Document, Pair], ...]:
        """The approved pairs in the order of `questions`."""
        return all_pairs(self.documents.values())

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Sentences of passage p are rows offsets[p] to offsets[p + 1] of `sentences`; shape (P + 1,)."""
        return np.cumsum([0, *(len(passage.sentences) for passage in self.passages)], dtype=np.int64)

    def write(self, folder: Path) -> None:
        """Writes every file; equal content gives equal bytes."""
        write_documents(folder / "documents.jsonl", self.documents.values())
        with (folder / "passages.jsonl").open("w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(_passage_line(passage) for passage in self.passages)
        self.dense.write(folder / "dense.faiss")
        np.save(folder / "sentences.npy", self.sentences)
        np.save(folder / "pairs.npy", self.questions)
        self.words.write(folder / "bm25")

    @classmethod
    def read(cls, folder: Path) -> Content:
        """What `write` wrote. Sentence vectors stay on disk until they are looked at."""
        documents = {document.id: document for document in read_documents(folder / "documents.jsonl")}
        with (folder / "passages.jsonl").open(encoding="utf-8") as stream:
            passages = tuple(_passage(number, line, documents) for number, line in enumerate(stream))
        return cls(
            documents,
            passages,
            Dense.read(folder / "dense.faiss"),
            Words.read(folder / "bm25"),
            np.asarray(np.load(folder / "sentences.npy", mmap_mode="r")),
            np.load(folder / "pairs.npy"),
        )


def all_pairs(documents: Iterable[Document]) -> tuple[tuple[Document, Pair], ...]:
    """Every approved pair with its document, in the order of the documents."""
    return tuple((document, pair) for document in documents for pair in document.pairs)


def _passage_line(passage: Passage) -> str:
    fields = {
        "document": passage.document.id,
        "start": passage.start,
        "end": passage.end,
        "path": passage.path,
        "sentences": [
            [one.start, one.end, *((one.lead.start, one.lead.end) if one.lead else ())] for one in passage.sentences
        ],
    }
    return json.dumps(fields, ensure_ascii=False) + "\n"


def _passage(number: int, line: str, documents: dict[str, Document]) -> Passage:
    fields = json.loads(line)
    sentences = tuple(Sentence(start, end, Span(*lead) if lead else None) for start, end, *lead in fields["sentences"])
    document = documents[fields["document"]]
    return Passage(number, document, fields["start"], fields["end"], tuple(fields["path"]), sentences)
