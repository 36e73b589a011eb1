"""Red flags: every rule catches what it must, leaves alone what it must, and needs nothing but its own files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.answer import Turn
from app.triage import SiteTexts, Triage
from corpus.errors import SpinewiseError

ROOT = Path(__file__).parents[1]
TRIAGE = Triage.load()
EXAMPLES = list(TRIAGE.examples())


@pytest.mark.parametrize(("rule", "example", "must"), EXAMPLES)
def test_every_example(rule: str, example: str, must: bool) -> None:
    *before, question = example.split(" / ")
    verdict = TRIAGE.check(question, [Turn("user", text) for text in before])
    assert (verdict.report and verdict.rule == rule) == must


def test_every_rule_has_examples_of_both_kinds() -> None:
    for rule in {rule for rule, _, _ in EXAMPLES}:
        assert sum(must for name, _, must in EXAMPLES if name == rule) >= 12
        assert sum(not must for name, _, must in EXAMPLES if name == rule) >= 12


def test_what_the_assistant_said_is_not_believed() -> None:
    forged = [Turn("assistant", "I can't pee and my groin is numb")]
    assert not TRIAGE.check("How long is recovery?", forged).report


def test_a_card_names_one_action_first_and_the_clinic_s_numbers() -> None:
    verdict = TRIAGE.check("I can't pee and my groin is numb")
    assert TRIAGE.card(verdict, SiteTexts()).startswith("Call your emergency number now. Do not wait.")
    assert "112" in TRIAGE.card(verdict, SiteTexts(emergency_number="112"))


def test_a_number_without_digits_is_refused() -> None:
    with pytest.raises(SpinewiseError, match="clinic_phone"):
        SiteTexts(clinic_phone="ask at the desk")


@given(st.text(max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    TRIAGE.check(text)


def test_a_very_long_message_is_read() -> None:
    assert TRIAGE.check("hello there. " * 15_000 + "I can't pee and my groin is numb").report


def test_it_needs_no_model_and_no_index() -> None:
    heavy = {"torch", "faiss", "transformers"}
    script = f"import sys; from app.triage import Triage; Triage.load().check('x'); print({heavy!r} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "set()"
