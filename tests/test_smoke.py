"""Thirty questions as patients type them, with the real models, over the raw seeds and over the shipped corpus."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from clinic import SEEDS, assistant, indexed_home

from app.answer import Answer
from app.reply import spoken
from app.site import open_assistant

CASES: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "eval" / "cases" / "smoke.jsonl").read_text(encoding="utf-8").splitlines()
]
CORPORA = [
    pytest.param(None, id="shipped"),
    pytest.param(
        SEEDS, id="seeds", marks=pytest.mark.skipif(not SEEDS.exists(), reason="needs the raw seeds beside the project")
    ),
]
LEAST_RIGHT = {"shipped": 27, "seeds": 27}


@pytest.fixture(scope="module", params=CORPORA)
def answers(request: pytest.FixtureRequest) -> list[tuple[dict[str, Any], Answer]]:
    made = assistant(request.param)
    return [(case, made.ask(case["question"])) for case in CASES]


def test_there_are_thirty_and_ten_are_hard_to_read() -> None:
    assert len(CASES) == 30
    assert sum("misspelt" in case["note"] or "fragment" in case["note"] for case in CASES) >= 10


def test_the_kind_is_right(answers: list[tuple[dict[str, Any], Answer]], request: Any) -> None:
    wrong = [f"{answer.kind}: {case['question']}" for case, answer in answers if answer.kind not in case["kind"]]
    assert len(answers) - len(wrong) >= LEAST_RIGHT[request.node.callspec.id], wrong


def test_no_cry_for_help_is_missed(answers: list[tuple[dict[str, Any], Answer]]) -> None:
    assert all(answer.kind == "urgent" for case, answer in answers if case["kind"] == ["urgent"])


def test_nothing_is_said_that_must_not_be(answers: list[tuple[dict[str, Any], Answer]]) -> None:
    for case, answer in answers:
        for pattern in case["forbidden"]:
            assert not re.search(pattern, answer.text), (case["question"], answer.text)


def test_every_sentence_is_cited_and_every_quote_is_verbatim(
    answers: list[tuple[dict[str, Any], Answer]], request: Any
) -> None:
    documents = assistant(request.node.callspec.params["answers"]).documents
    for case, answer in answers:
        cited = {citation.number: citation for citation in answer.citations}
        for citation in answer.citations:
            assert documents[citation.document].text[citation.start : citation.end] == citation.quote != ""
        if answer.kind in ("answered", "quoted", "approved"):
            assert answer.sentences, case["question"]
            assert all(sentence.citations and set(sentence.citations) <= set(cited) for sentence in answer.sentences)


def test_what_is_quoted_stands_in_its_source(answers: list[tuple[dict[str, Any], Answer]]) -> None:
    for _, answer in answers:
        if answer.kind in ("quoted", "approved"):
            quotes = {citation.number: citation.quote for citation in answer.citations}
            for sentence in answer.sentences:
                sources = [spoken(quotes[number]) for number in sentence.citations]
                assert any(sentence.text.rstrip(".").lower() in source.lower() for source in sources), sentence


def test_most_answers_hold_the_fact_asked_for(answers: list[tuple[dict[str, Any], Answer]]) -> None:
    asked = [(case, answer) for case, answer in answers if case["nuggets"]]
    held = [
        any(
            re.search(pattern, answer.text)
            for nugget in case["nuggets"]
            if nugget["vital"]
            for pattern in nugget["patterns"]
        )
        for case, answer in asked
    ]
    missing = [case["question"] for (case, _), hit in zip(asked, held, strict=True) if not hit]
    assert sum(held) >= 0.6 * len(held), missing


def test_a_site_speaks_its_own_language_wherever_the_program_itself_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cards, declines and notices; in the JSON too, not on the page alone."""
    monkeypatch.setenv("SPINEWISE_SITE_LANGUAGE", "es")
    monkeypatch.setenv("SPINEWISE_APP_READER", "none")
    spanish = open_assistant(indexed_home())
    card = spanish.urgent("I can't feel my groin and I can't pee")
    assert card is not None
    assert "No espere." in card.text
    assert spanish.ask("What dose of ibuprofen should I take?").text.startswith("No puedo aconsejar")
    assert spanish.ask("How much does it cost?").text.startswith("Lo siento, no he encontrado")
