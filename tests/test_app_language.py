"""Content words, quantities, negation and hedges, counted by hand."""

from __future__ import annotations

from collections import Counter

import pytest

from app.language import content, hedges, lacks_matter, leans_back, negations, quantities, question_type, words


def test_words_keep_numbers_and_split_hyphens() -> None:
    assert words("X-rays, 14.3 % and can’t") == ["x", "rays", "14.3 %", "and", "can't"]


def test_content_leaves_out_what_only_changes_a_claim() -> None:
    assert content("Screws are often not used within a few weeks") == ["screw", "use", "week"]


def test_quantities() -> None:
    assert quantities("two to 3 months, or several days") == Counter(
        {"2": 1, "3": 1, "month": 1, "several": 1, "day": 1}
    )
    assert quantities("1,000 people, 14.3 %") == Counter({"1000": 1, "14.3%": 1})


@pytest.mark.parametrize(
    ("text", "count"), [("can't", 1), ("It does not and never will", 2), ("It will", 0), ("without pain", 1)]
)
def test_negations(text: str, count: int) -> None:
    assert negations(text) == count


def test_hedges_are_groups_of_one_strength() -> None:
    assert hedges("It may often help") == {"possible", "often"}
    assert hedges("It usually helps") == hedges("It often helps")
    assert hedges("It will always help") == {"certain"}


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("how long til desk job", "duration"),
        ("What are the risks?", "list"),
        ("how much does it cost", "cost"),
        ("whats a cage for", "why"),
        ("Is it dangerous?", "yesno"),
        ("what percentage of fusions fail", "quantity"),
    ],
)
def test_question_types(question: str, kind: str) -> None:
    assert question_type(question) == kind


def test_a_sentence_that_leans_on_the_one_before() -> None:
    assert leans_back("They help the surgeon plan.")
    assert not leans_back("X-rays help the surgeon plan.")


@pytest.mark.parametrize(
    ("question", "text", "lacks"),
    [
        ("When can I drive again?", "Many go back to desk work within weeks.", True),
        ("When can I drive again?", "You may drive once you can brake hard.", False),
        ("My sister gets a new knee. How long is her recovery?", "Recovery takes months.", True),
        ("Is it worse than a hip replacement?", "It hurts less than a hip replacement.", False),
        ("They took bone from my hip. Will it hurt?", "Bone graft can be the patient's own.", False),
        ("How long is recovery?", "Recovery takes months.", False),
    ],
)
def test_a_matter_that_no_source_names_is_missed(question: str, text: str, lacks: bool) -> None:
    assert lacks_matter(question, text) is lacks
