"""Pages of a collection as training items: the page's own part first, nothing beside it that would answer too."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from corpus.errors import SpinewiseError
from index.embed import open_embedder
from index.pages import STEP, WORDS, Page, items, read_pages
from index.train import plain_tensors

ROOT = Path(__file__).parents[1]
ASKED = ROOT / "app" / "training" / "page_questions.jsonl"
PAIRS = [
    Page("a", "Gout", "treatment", "How is gout treated?", "Rest the joint and cool it. Drink plenty of water."),
    Page("b", "Gout", "causes", "What causes gout?", "Crystals of uric acid settle in a joint."),
    Page("c", "Gout", "treatment", "What helps against gout?", "Rest the joint and cool it, says another page."),
    Page("d", "Mumps", "treatment", "How is mumps treated?", "Rest and drink."),
]


def test_the_page_comes_first_and_one_that_answers_too_does_not_stand_beside_it() -> None:
    pages = {page.doc_id: page for page in PAIRS}
    row = {"page": "a", "question": "my toe is red hot, do I rest the joint", "use": "learn"}
    (item,) = items(pages, [row], open_embedder("hashing", False, False))
    assert item["passages"] == [*PAIRS[0].parts(), *PAIRS[1].parts()]
    assert (item["question"], item["answer"]) == (row["question"], "See [1]")


def test_a_question_for_no_page_is_named() -> None:
    with pytest.raises(SpinewiseError, match="no pair has the doc_id z"):
        list(items({}, [{"page": "z", "question": "?", "use": "learn"}], open_embedder("hashing", False, False)))


def test_parts_overlap_and_hold_all_words(tmp_path: Path) -> None:
    words = [f"w{number}" for number in range(150)]
    row = {"doc_id": "p", "focus": "F", "qtype": "causes", "question": "Q?", "answer": " ".join(words), "url": "x"}
    (tmp_path / "pairs.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    parts = read_pages(tmp_path / "pairs.jsonl")["p"].parts()
    assert len(parts) == 3
    assert parts[1].split()[1] == f"w{STEP}"
    assert len(parts[0].split()) == WORDS + 1
    assert set(words) <= set(" ".join(parts).split())


def test_the_shipped_questions_are_on_pages_that_no_evaluation_asks_for() -> None:
    rows = [json.loads(line) for line in ASKED.read_text(encoding="utf-8").splitlines()]
    cases = (ROOT / "eval" / "cases" / "medquad_questions.jsonl").read_text(encoding="utf-8").splitlines()
    tested = {json.loads(line)["page"] for line in cases}
    assert len({row["id"] for row in rows}) == len(rows) > 900
    assert {row["use"] for row in rows} == {"learn", "choose"}
    assert not tested & {row["page"] for row in rows}
    chosen, learnt = ({row["page"] for row in rows if row["use"] == use} for use in ("choose", "learn"))
    assert not chosen & learnt


def test_a_share_of_what_was_learnt_scales_one_factor() -> None:
    state = {
        "base_model.model.q.lora_A.default.weight": torch.ones(2, 3),
        "base_model.model.q.lora_B.default.weight": torch.ones(4, 2),
        "base_model.model.q.weight": torch.ones(4, 3),
    }
    model = [SimpleNamespace(auto_model=SimpleNamespace(state_dict=lambda: state))]
    whole, half = plain_tensors(model), plain_tensors(model, kept=0.5)
    assert set(whole) == {"q.lora_A", "q.lora_B"}
    assert torch.equal(half["q.lora_A"], whole["q.lora_A"])
    assert torch.equal(half["q.lora_B"] * 2, whole["q.lora_B"])
