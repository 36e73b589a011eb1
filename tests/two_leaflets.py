"""Two small leaflets, for the tests of building an index and of what it leaves on disk; every sentence of one. Not a test."""

from __future__ import annotations

from pathlib import Path

from app.evidence import Evidence
from index.search import Index
from index.settings import IndexSettings

HASHING = IndexSettings(embedder="hashing")
WALKING = "# Walking\n\n## First days\n\nMost people walk on the first day.\nA nurse helps with the first steps.\n"
EATING = "# Eating\n\n## Frequently asked questions\n\n### When can I eat?\n\nYou may eat on the same day.\n"


def written(folder: Path) -> Path:
    """`folder`, made, with both leaflets in it."""
    folder.mkdir()
    (folder / "walking.md").write_text(WALKING, encoding="utf-8")
    (folder / "eating.md").write_text(EATING, encoding="utf-8")
    return folder


def files(folder: Path) -> dict[str, bytes]:
    """Every file below the folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def every_sentence(index: Index) -> list[Evidence]:
    """Every sentence of an index that can be quoted, in its order."""
    return [
        Evidence(passage, sentence, vector)
        for passage in index.passages
        for sentence, vector in zip(passage.sentences, index.sentence_vectors(passage), strict=True)
    ]
