"""Documents to a JSONL file and back, and where the current ones are. Knows nothing of how a document is read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from corpus.document import Document
from corpus.errors import SpinewiseError
from corpus.home import replacing
from corpus.settings import CorpusSettings

SHIPPED = Path(__file__).parent / "documents"
DOCUMENTS = "documents.jsonl"
_ADAPTER = TypeAdapter(Document)


def write_documents(path: Path, documents: Iterable[Document]) -> None:
    """Writes one document a line; the file appears whole or not at all."""
    with replacing(path) as stream:
        for document in documents:
            stream.write(_ADAPTER.dump_json(document) + b"\n")


def read_documents(path: Path) -> list[Document]:
    """The documents of a file of `write_documents`. Raises SpinewiseError naming the line that is broken."""
    documents, number = [], 0
    try:
        with path.open("rb") as stream:
            for line in stream:
                number += 1
                if line.strip():
                    documents.append(_ADAPTER.validate_json(line))
    except OSError as problem:
        raise SpinewiseError(f"can't read {path}: {problem.strerror}", "run python -m index build") from problem
    except ValidationError as problem:
        first = problem.errors()[0]["msg"]
        raise SpinewiseError(f"{path}, line {number}, is no document ({first})", "run python -m index build") from None
    return documents


def find_library(home: Path) -> Path | None:
    """The documents.jsonl of the index snapshot that home/index/CURRENT names, or None where no index is built."""
    try:
        snapshot = (home / "index" / "CURRENT").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    path = home / "index" / snapshot / DOCUMENTS
    return path if snapshot and "/" not in snapshot and path.is_file() else None


def document_folders(settings: CorpusSettings) -> list[Path]:
    """The folders that the settings name, else the shipped corpus."""
    return list(settings.documents) or [SHIPPED]
