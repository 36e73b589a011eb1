"""Content words, quantities, negation and hedges, counted by hand."""

from __future__ import annotations

from collections import Counter

import pytest

from app.language import (
    asking,
    content,
    hedges,
    holds_kind,
    kind_asked,
    lacks_matter,
    leans_back,
    negations,
    quantities,
    question_type,
    words,
)


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
        ("Can I have an MRI with rods in me?", "CT and MRI help to place implants.", True),
        ("Can I have an MRI with rods in me?", "An MRI is safe with most rods.", False),
    ],
)
def test_a_matter_that_no_source_names_is_missed(question: str, text: str, lacks: bool) -> None:
    assert lacks_matter(question, text) is lacks


@pytest.mark.parametrize(
    ("question", "kind", "held", "not_held"),
    [
        ("How soon can I lift the cat?", "time", "Lifting waits for six weeks.", "Lift nothing heavy."),
        ("how many staples do they put in", "count", "The cut is closed with ten staples.", "Staples close the cut."),
        ("does the side way hurt less than the back way", "comparison", "It hurts less than the other.", "It hurts."),
        ("what is the plate made of", "material", "Plates of titanium are used.", "A plate is put in front."),
        ("why do I have to lie flat", "why", "You lie flat so that the leak closes.", "You lie flat for a day."),
        ("what does it cost", "cost", "It costs £900.", "Ask the desk what it costs."),
    ],
)
def test_the_kind_of_thing_that_alone_would_answer(question: str, kind: str, held: str, not_held: str) -> None:
    assert kind_asked(question) == kind
    assert holds_kind(kind, held)
    assert not holds_kind(kind, not_held)


def test_nothing_in_particular_is_asked_for() -> None:
    assert kind_asked("tell me about the brace") is None


def test_a_story_asks_nothing_but_its_question_does() -> None:
    story = "My uncle waited how long, nobody knows. He is 80! Is the brace heavy?"
    assert asking(story) == "Is the brace heavy?"
    assert kind_asked(story) is None
    assert asking("I had mine in May. and the cat, when") == "and the cat, when"
    assert asking("") == ""
