"""The FAQ's own answer: for a question in its words, and never for one with another figure or of another time."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.approved import match
from app.site import vocabulary_of
from index.build import build
from index.search import Index
from index.settings import IndexSettings

HASHING = IndexSettings(embedder="hashing")
FAQ = """# Frequently asked questions

## When may I lift 5 kg?

After six weeks.

## May I eat before the operation?

Not for six hours.

## Who takes the stitches out?

The nurse does.
"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Index:
    home: Path = tmp_path_factory.mktemp("home")
    (home / "faq.md").write_text(FAQ, encoding="utf-8")
    build(home, [home / "faq.md"], HASHING)
    return Index.open(home, HASHING)


@pytest.mark.parametrize(
    ("question", "number", "fires"),
    [
        ("when may i lift 5 kg", 0, True),
        ("When may I lift 5 kg then?", 0, True),
        ("When may I lift five kg?", 0, True),
        ("When may I lift 20 kg?", 0, False),
        ("May I eat just before the operation?", 1, True),
        ("May I eat after the operation?", 1, False),
    ],
)
def test_the_same_question_and_no_other(opened: Index, question: str, number: int, fires: bool) -> None:
    vector = opened.pair_vectors[number]  # however near it may lie
    found = match(question, vector, opened, vocabulary_of(opened))
    assert (found is not None) == fires
