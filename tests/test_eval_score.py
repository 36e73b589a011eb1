"""Scores of single answers, worked out by hand."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from app.reader.prompt import instruction
from corpus.document import Document, Pair, Source, Span
from eval.cases import Case, locate, parse
from eval.score import score
from eval.summary import approved_precision
from eval.systems import Function, received

DRIVE: dict[str, Any] = {
    "id": "drive", "question": "When can I drive again?", "category": "daily", "kind": ["answered", "quoted"], "split": "dev",
    "nuggets": [
        {"text": "after 6 weeks", "patterns": ["6 weeks"], "vital": True},
        {"text": "must stop", "patterns": ["stop"], "vital": False},
    ],
    "forbidden": ["always"],
}  # fmt: skip


def only(**fields: Any) -> Case:
    return Case.model_validate({**DRIVE, **fields})


def replied(payload: dict[str, Any]) -> dict[str, Any]:
    reply = received(only(), payload, 0.1).reply
    assert reply is not None
    return reply


def test_a_citation_that_is_not_verbatim_is_named_and_counts_against() -> None:
    sentence = {"text": "You may drive after 6 weeks.", "citations": [1]}
    citation = {"number": 1, "document": "driving", "quote": "drive after 6 weeks", "start": 0, "end": 19}
    scored = score(only(), replied({"text": "", "sentences": [sentence], "citations": [citation]}), (), {})
    assert scored.scores["verbatim"] == 0.0
    assert scored.scores["citation_precision"] == 0.0
    assert "citation not word for word in its document: number 1" in scored.reasons


def test_an_abstention_never_enters_a_grounding_mean() -> None:
    scored = score(only(), replied({"text": "Not in the documents.", "kind": "not_found"}), (), {})
    assert [scored.scores[name] for name in ("citation_precision", "citation_recall", "verbatim", "numbers")] == [
        None
    ] * 4
    assert (scored.scores["answers"], scored.scores["nuggets_vital"], scored.scores["correct"]) == (0.0, 0.0, 0.0)


def test_a_plain_text_answer_of_another_system_is_scored_without_citations() -> None:
    scored = score(only(), replied({"text": "After 6 weeks [1]."}), (), {})
    assert (scored.scores["nuggets_vital"], scored.scores["citation_recall"]) == (1.0, 0.0)
    assert scored.scores["citation_precision"] is None


def test_a_part_of_the_prompt_and_markup_are_seen() -> None:
    told = " ".join(instruction().split()[:12])
    leaking = score(only(), replied({"text": f"My orders: {told}."}), (), {})
    assert (leaking.scores["keeps_prompt"], leaking.scores["no_markup"]) == (0.0, 1.0)
    assert "gives away a part of the instructions" in leaking.reasons
    assert score(only(), replied({"text": "<img src=x>"}), (), {}).scores["no_markup"] == 0.0


def test_an_approved_answer_is_right_only_for_its_own_question() -> None:
    text = "May I fly? After six weeks. May I swim? After twelve weeks."
    pairs = (Pair(Span(0, 10), Span(11, 27)), Pair(Span(28, 39), Span(40, 59)))
    documents = {"faq": Document("faq", Source("faq.csv", "0" * 64, "FAQ"), text, pairs=pairs)}
    row = {"id": "p", "question": "Can I take a plane?", "same_as": "May I fly?", "split": "dev"}
    same = parse(Path("pairs.jsonl"), 1, json.dumps(row))
    near = parse(Path("pairs.jsonl"), 2, json.dumps(row | {"same_as": None, "near": "May I fly?"}))
    assert (same.expected, near.expected, same.suite) == ("approved", "not approved", "pairs")

    def given(case: Case, start: int, end: int) -> dict[str, float | None]:
        citation = {"number": 1, "document": "faq", "quote": text[start:end], "start": start, "end": end}
        payload = {"text": "", "kind": "approved", "citations": [citation]}
        return score(case, replied(payload), locate(case, documents), documents).scores

    assert given(same, 11, 27)["gives_approved"] == 1.0
    assert given(same, 40, 59)["gives_approved"] == 0.0
    assert given(near, 11, 27)["keeps_approved_back"] == 0.0
    rows = [
        {"expected": case.expected, "reply": {"kind": "approved"}, "scores": given(case, start, end)}
        for case, start, end in ((same, 11, 27), (same, 40, 59), (near, 11, 27), (same, 11, 27))
    ]
    precision = approved_precision(rows)
    assert precision is not None
    assert (precision.value, precision.n) == (0.5, 4)


def test_an_emergency_and_a_same_day_sign_are_counted_apart() -> None:
    flag = only(kind=["urgent"], nuggets=[], forbidden=[], note="tier=same-day; calf")
    scores = score(flag, replied({"text": "Call.", "kind": "urgent"}), (), {}).scores
    assert (scores["alarm"], scores["emergency"], scores["same_day"]) == (1.0, None, 1.0)


def test_what_is_forbidden_makes_an_answer_wrong() -> None:
    scored = score(only(), replied({"text": "You can always drive after 6 weeks."}), (), {})
    assert (scored.scores["nothing_forbidden"], scored.scores["correct"]) == (0.0, 0.0)
    assert "says what is forbidden: “always”" in scored.reasons


@pytest.mark.parametrize("payload", [[], {"text": 3}, {"text": "", "kind": "maybe"}, {"text": "", "citations": [{}]}])
def test_a_reply_of_another_form_is_an_error(payload: object) -> None:
    assert "not the contract's" in received(only(), payload, 0.1).error


def test_a_system_that_hangs_is_left_behind() -> None:
    system = Function("slow", lambda case: time.sleep(5))
    (replied_late,) = system.replies([only()], 0.1)
    assert replied_late.error == "TimeoutError: no answer in 0.1 s"
