"""`[index]`: how passages are cut, embedded, found and kept. Knows nothing of how any of it is done."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, model_validator

from corpus.settings import Table


class IndexSettings(Table):
    """The site's choices; those that change what is in an index are part of its fingerprint (see `build`)."""

    embedder: str = Field(default="all-mpnet-base-v2", description="all-MiniLM-L6-v2, a folder, a hub name, or hashing")
    adapter: bool = Field(default=True, description="put what we taught it on an embedder of ours")
    allow_download: bool = Field(default=False, description="let a build fetch an embedder that is not on this machine")
    passage_words_min: int = Field(default=40, ge=1, description="shorter passages only where a section is shorter")
    passage_words_max: int = Field(default=120, ge=1, description="longer passages only where a sentence is longer")
    exact_below: int = Field(
        default=50_000, ge=1, description="from this many passages on, search is approximate (HNSW)"
    )
    keep_snapshots: int = Field(default=3, ge=1, description="how many index snapshots are kept for a rollback")
    near_duplicate: float = Field(default=0.97, gt=0, le=1, description="hits with a higher cosine say the same")
    glossary: Path | None = Field(default=None, description="the clinic's glossary; none is the shipped one")
    expansion_weight: float = Field(default=0.5, ge=0, le=1, description="how much a glossary word counts; 0 is off")

    @model_validator(mode="after")
    def _ordered(self) -> IndexSettings:
        if self.passage_words_min > self.passage_words_max:
            raise ValueError("passage_words_min is above passage_words_max")
        return self
