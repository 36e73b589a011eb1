"""The FAQ's own answer: for a question in its words, and never for one with another figure or of another time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.approved import Faq
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
        ("Mayn't I eat before the operation?", 1, False),
    ],
)
def test_a_figure_a_time_or_a_negation_keeps_it_back(opened: Index, question: str, number: int, fires: bool) -> None:
    """However sure the model is."""
    known = opened.pairs[number][1].question.of(opened.pairs[number][0].text)
    found = Faq(opened, lambda asked, other: other == known).match(question, opened.pair_vectors[number])
    assert (found is not None and found.question == known) == fires


def test_without_a_model_only_the_same_words_are_the_same(opened: Index) -> None:
    vector = opened.pair_vectors[2]
    assert Faq(opened).match("who takes the stitches out", vector) is not None
    assert Faq(opened).match("Who removes the stitches?", vector) is None


def test_what_means_two_of_its_questions_means_neither(opened: Index) -> None:
    vector = np.mean(opened.pair_vectors, axis=0)  # near to all
    assert Faq(opened, lambda asked, known: "stitches" in known).match("Who?", vector) is not None
    assert Faq(opened, lambda asked, known: True).match("Who?", vector) is None


def test_what_lies_far_off_is_not_even_read(opened: Index) -> None:
    def never(asked: str, known: str) -> bool:
        raise AssertionError

    assert Faq(opened, never).match("Who?", -np.mean(opened.pair_vectors, axis=0)) is None
