"""Scope held to questions that its rules were tuned on, and to as many that nobody looked at while writing them."""

from __future__ import annotations

import time
import tomllib
from pathlib import Path

import pytest

from app.scope import Scope

SCOPE = Scope.load()
QUESTIONS = tomllib.loads(Path(__file__).with_name("scope_questions.toml").read_text(encoding="utf-8"))
RULES = ("dose", "scan-reading", "should-i")
BLIND_HITS_MISSED = {"dose": 0, "scan-reading": 0, "should-i": 1}


def seen(rule: str, question: str) -> bool:
    """Whether the wish behind the question is noticed; one for a decision need not be declined, only kept general."""
    ruling = SCOPE.check(question)
    return ruling.declines or (rule == "should-i" and ruling.personal)


def harmed(rule: str, question: str) -> bool:
    """Whether an everyday question is refused, or taken for a wish for a decision."""
    ruling = SCOPE.check(question)
    return ruling.declines or ruling.rule == rule


@pytest.mark.parametrize("rule", RULES)
def test_the_tuned_half_is_right_throughout(rule: str) -> None:
    half = QUESTIONS["tuned"][rule]
    assert [one for one in half["hit"] if not seen(rule, one)] == []
    assert [one for one in half["miss"] if harmed(rule, one)] == []


@pytest.mark.parametrize("rule", RULES)
def test_of_the_blind_half_no_more_is_missed_than_was_measured(rule: str) -> None:
    half = QUESTIONS["blind"][rule]
    assert sum(not seen(rule, one) for one in half["hit"]) <= BLIND_HITS_MISSED[rule]
    assert sum(harmed(rule, one) for one in half["miss"]) == 0


def test_a_long_question_is_judged_in_time() -> None:
    # a pattern that tries every pair of places took minutes for these, and one that repeats what repeats, for ever; a second is
    # usual on a slow core
    start = time.process_time()
    for long in (
        *("i take tramadol " * 125, "is it ok if i take codeine and " * 65, "my x-ray says it is bad " * 83),
        *("sdfghjkl " * 200 + "hello", "sdfghjklsdfghjkl " * 100 + "a", "you help help " * 130 + "zzz"),
        *("that helps a lot " * 110 + "zzz", "hi hello " * 200 + "zzz", "aaaaaaaa" * 200 + "!b"),
    ):
        SCOPE.check(long)
    assert time.process_time() - start < 10
