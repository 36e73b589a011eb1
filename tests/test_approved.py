"""The FAQ's own answer: for a question in its words, and never for one with another figure or of another time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.approved import MOST_WORDS, Faq
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


class Says:
    """Takes for the same what `same` says, and half believes the rest."""

    least = 0.9

    def __init__(self, same: Callable[[str, str], bool]) -> None:
        self.same = same

    def probability(self, asked: str, known: str) -> float:
        return 0.95 if self.same(asked, known) else 0.5

    def worth(self, cosine: float, checksum: str) -> float:
        return 0.0


def known(opened: Index, number: int) -> str:
    document, pair = opened.pairs[number]
    return pair.question.of(document.text)


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
    wanted = known(opened, number)
    found = Faq(opened, Says(lambda asked, other: other == wanted)).match(question, opened.pair_vectors[number])
    assert (found is not None and found.question == wanted) == fires


def test_without_a_model_only_the_same_words_are_the_same(opened: Index) -> None:
    vector = opened.pair_vectors[2]
    found = Faq(opened).match("who takes the stitches out", vector)
    assert found is not None
    assert found.probability == 1.0
    assert Faq(opened).match("Who removes the stitches?", vector) is None


def test_what_means_two_of_its_questions_means_neither(opened: Index) -> None:
    vector = np.mean(opened.pair_vectors, axis=0)  # near to all
    found = Faq(opened, Says(lambda asked, other: "stitches" in other)).match("Who?", vector)
    assert found is not None
    assert found.probability == pytest.approx(0.95)
    assert Faq(opened, Says(lambda asked, other: True)).match("Who?", vector) is None


def test_a_question_that_stands_in_two_documents_is_one(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    for name in ("east", "west"):
        (folder / f"{name}.md").write_text(
            FAQ.replace("The nurse does.", f"The nurse of ward {name} does."), encoding="utf-8"
        )
    build(tmp_path / "home", [folder], HASHING)
    twice = Index.open(tmp_path / "home", HASHING)
    vector = twice.encode(["Who takes the stitches out?"])[0]
    assert Faq(twice).match("Who takes the stitches out?", vector) is not None
    assert (
        Faq(twice, Says(lambda asked, other: "stitches" in other)).match("Who removes the stitches?", vector)
        is not None
    )


@pytest.mark.parametrize(
    ("tiers", "said"),
    [
        (("promotional", "clinician-reviewed"), "No driving for six weeks."),
        (("promotional", "unreviewed"), "No driving for six weeks."),
        (("unreviewed", "unreviewed"), None),
    ],
)
def test_of_two_documents_that_answer_it_the_more_trusted_one_does(tmp_path: Path, tiers, said) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    answers = ("You may drive the next day.", "No driving for six weeks.")
    for name, tier, answer in zip(("advert", "ward"), tiers, answers, strict=True):
        text = f"---\ntier: {tier}\n---\n# Frequently asked questions\n\n## When can I drive?\n\n{answer}\n"
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    build(tmp_path / "home", [folder], HASHING)
    both = Index.open(tmp_path / "home", HASHING)
    found = Faq(both).match("When can I drive?", both.encode(["When can I drive?"])[0])
    assert (found and found.answer) == said


def test_what_lies_far_off_or_is_a_long_story_is_not_even_read(opened: Index) -> None:
    def never(asked: str, other: str) -> bool:
        raise AssertionError

    near = np.mean(opened.pair_vectors, axis=0)
    assert Faq(opened, Says(never)).match("Who?", -near) is None
    assert Faq(opened, Says(never)).match("and then " * MOST_WORDS, near) is None
