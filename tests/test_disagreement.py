"""Sources that contradict each other: found where they speak of the same thing, and never where they merely differ."""

from __future__ import annotations

import numpy as np
import pytest

from app.disagreement import contradict, contradicting, contradictory, spans
from app.evidence import Evidence
from corpus.document import Document, Sentence, Source
from index.passage import Passage


def evidence(name: str, text: str) -> Evidence:
    document = Document(name, Source(f"{name}.txt", "", name), text)
    sentence = Sentence(0, len(text))
    return Evidence(Passage(0, document, 0, len(text), (name,), (sentence,)), sentence, np.zeros(3, np.float32))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("You can drive again after 6 weeks.", "Most people can drive again after about 3 months."),
        ("The bone takes 3 to 6 months to heal.", "The bone takes nine to twelve months to heal."),
        ("You may fly after the operation.", "You may not fly after the operation."),
        ("The infection rate is 2% after surgery.", "After surgery the infection rate is 9 percent."),
    ],
)
def test_contradictions_are_found(one: str, other: str) -> None:
    assert contradictory([evidence("a", one), evidence("b", other)])
    assert contradicting([evidence("a", one)], [evidence("b", other)]) == [evidence("b", other)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("You can drive again after 6 weeks.", "You can drive again after a month and a half, or six weeks."),
        ("You can drive again after 6 weeks.", "Heavy work is possible after 3 months."),
        ("The stitches come out after 10 days.", "The stitches come out after 10 to 14 days."),
        ("Screws and rods are often used, but not always.", "Small-cut fusion uses cages, screws and rods."),
        ("The operation takes about 1.5 hours.", "The operation takes about 1,5 hours."),
        ("Recovery takes several weeks.", "Recovery takes several months."),  # vague: nothing to compare by
    ],
)
def test_differences_are_not_contradictions(one: str, other: str) -> None:
    assert not contradictory([evidence("a", one), evidence("b", other)])


def test_one_document_does_not_contradict_itself() -> None:
    first = evidence("a", "You can drive again after 6 weeks.")
    assert not contradictory([first, Evidence(first.passage, first.sentence, first.vector)])


@pytest.mark.parametrize("said", ["2 weeks to 3 months", "between two weeks and three months", "2 weeks or 3 months"])
def test_a_range_may_have_a_unit_at_each_end(said: str) -> None:
    assert spans(f"It takes {said}.") == {"time": [(14, pytest.approx(91.2))]}
    assert not contradict(evidence("a", f"You can drive after {said}."), evidence("b", "You can drive after 6 weeks."))


def test_figures_by_kind() -> None:
    assert spans("Between two and three weeks, 10 % at 1-2 levels") == {
        "time": [(14, 21)],
        "percent": [(10, 10)],
        "level": [(1, 2)],
    }
