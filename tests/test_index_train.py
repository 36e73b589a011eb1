"""What the embedder is taught from an item: which text answers, and what stands beside it. No model is loaded."""

from __future__ import annotations

import random

from index.train import Triplet, batches, of_passages, of_sentences

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


def test_no_question_stands_twice_in_a_batch() -> None:
    found = [Triplet(f"q{number % 20}", f"t{number}", ()) for number in range(60)]
    made = list(batches(found, 8, random.Random(1)))
    assert all(len({one.question for one in batch}) == len(batch) for batch in made)
    texts = [one.text for batch in made for one in batch]
    assert len(texts) == len(set(texts)) >= 50
