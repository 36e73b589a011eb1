"""What the embedder is taught from an item: which text answers, and what stands beside it. No model is loaded."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import torch

from corpus.errors import SpinewiseError
from index.lessons import (
    Asked,
    Leaflet,
    Lesson,
    Triplet,
    joined,
    of_leaflets,
    of_passages,
    of_sentences,
    of_triplets,
    read_leaflets,
)
from index.train import blended, loss_of

ITEM = {
    "question": "how long will I be on the table",
    "passages": [
        "The surgeon trims bone. The operation usually takes 1 to 2 hours. You lie face down.",
        "Leg pain often eases within days. Numbness is slower than that.",
    ],
    "answer": "It usually takes 1 to 2 hours. [1]",
}


def test_a_passage_that_is_cited_answers_and_the_others_stand_beside_it() -> None:
    assert of_passages([ITEM]) == [Triplet(ITEM["question"], ITEM["passages"][0], (ITEM["passages"][1],))]


def test_the_sentence_that_the_reply_was_made_from_answers_and_its_neighbours_do_not() -> None:
    (found,) = of_sentences([ITEM])
    assert found.text == "The operation usually takes 1 to 2 hours."
    assert set(found.distractors) == {
        "The surgeon trims bone.", "You lie face down.", "Leg pain often eases within days.", "Numbness is slower than that.",
    }  # fmt: skip


def test_a_reply_that_abstains_teaches_no_text() -> None:
    silent = {**ITEM, "answer": "The sources do not answer this question."}
    assert of_passages([silent]) == of_sentences([silent]) == []


def test_no_question_stands_twice_in_a_lesson() -> None:
    found = [Triplet(f"q{number % 20}", f"t{number}", ()) for number in range(60)]
    made = list(of_triplets(found, 8, random.Random(1)))
    assert all(len(set(lesson.questions)) == len(lesson.questions) for lesson in made)
    texts = [text for lesson in made for text in lesson.texts]
    assert len(texts) == len(set(texts)) >= 50


PAGE = Leaflet(
    title="Plaster casts",
    sentences=("A cast stays on for six weeks.", "Keep a cast dry.", "A saw that cannot cut skin takes it off."),
    asked=(
        Asked(question="how many weeks in it", answered_by=(0,), twin="how many weeks off work"),
        Asked(question="can i shower", answered_by=(1,)),
        Asked(question="which colours are there", answered_by=()),
    ),
)


def test_a_lesson_of_a_leaflet_holds_every_question_once_and_a_twin_beside_its_own() -> None:
    (lesson,) = PAGE.lessons(random.Random(1))
    answers = {
        question: [lesson.texts[place].removeprefix("Plaster casts\n") for place in places]
        for question, places in zip(lesson.questions, lesson.right, strict=True)
    }
    assert answers == {
        "how many weeks in it": ["A cast stays on for six weeks."],
        "how many weeks off work": [],
        "can i shower": ["Keep a cast dry."],
        "which colours are there": [],
    }
    assert len(lesson.texts) == 3


def test_of_leaflets_in_one_lesson_each_question_keeps_its_own_texts() -> None:
    other = Leaflet(
        title="", sentences=("Ice eases swelling.",), asked=(Asked(question="what helps", answered_by=(0,)),)
    )
    (lesson,) = of_leaflets([PAGE, other], random.Random(1))
    assert lesson.texts[next(iter(lesson.right[lesson.questions.index("what helps")]))] == "Ice eases swelling."
    asked, texts = lesson.questions.index("can i shower"), lesson.texts
    assert [texts[place].endswith("Keep a cast dry.") for place in lesson.right[asked]] == [True]
    assert joined([lesson]) == lesson


def test_a_line_that_is_no_leaflet_is_named(tmp_path: Path) -> None:
    path = tmp_path / "pages.jsonl"
    path.write_text(PAGE.model_dump_json() + '\n{"title": "x"}\n')
    with pytest.raises(SpinewiseError, match=r"pages\.jsonl, line 2: Field required"):
        read_leaflets([path])


class Table:
    """Stands where the model would: each text is a number, the angle of its vector."""

    def preprocess(self, texts: list[str]) -> list[float]:
        return [float(text) for text in texts]

    def __call__(self, angles: list[float]) -> dict[str, Any]:
        around = torch.tensor(angles)
        return {"sentence_embedding": torch.stack([around.cos(), around.sin()], dim=1)}


def test_a_question_without_an_answer_costs_where_a_text_is_near_it() -> None:
    """Angles in radians: the answered question lies on its text; the other one first far from both texts, then on one."""
    bound = torch.tensor(0.5)

    def loss(unanswered: str) -> float:
        lesson = Lesson(("0", unanswered), ("0", "1.5"), (frozenset({0}), frozenset()))
        return float(loss_of(Table(), lesson, bound))

    assert loss("3.9") < 0.01
    assert loss("1.5") > 4


def test_a_blend_changes_a_weight_by_a_share_of_both_changes() -> None:
    torch.manual_seed(1)
    old = {"q.lora_A": torch.randn(2, 3), "q.lora_B": torch.randn(4, 2)}
    new = {"q.lora_A": torch.randn(2, 3), "q.lora_B": torch.randn(4, 2)}
    both = {name: value.float() for name, value in blended(old, new, 0.7).items()}
    change = 0.3 * old["q.lora_B"] @ old["q.lora_A"] + 0.7 * new["q.lora_B"] @ new["q.lora_A"]
    assert torch.allclose(both["q.lora_B"] @ both["q.lora_A"], change, atol=0.1)  # bf16
    assert both["q.lora_A"].shape == (4, 3)
