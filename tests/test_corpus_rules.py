"""Every rule of rules.toml against its own examples, and none against another's."""

from __future__ import annotations

import pytest

from corpus.rules import Rule, load_rules

RULES = load_rules()
HITS = [(rule, text) for rule in RULES for text in rule.hit]
MISSES = [(rule, text) for rule in RULES for text in rule.miss]


def named(value: object) -> str:
    return value.name if isinstance(value, Rule) else str(value)[:40]


@pytest.mark.parametrize(("rule", "text"), HITS, ids=named)
def test_hit(rule: Rule, text: str) -> None:
    assert rule.matches(text)


@pytest.mark.parametrize(("rule", "text"), MISSES, ids=named)
def test_miss(rule: Rule, text: str) -> None:
    assert not rule.matches(text)


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule in RULES.drop for text in rule.miss], ids=named)
def test_what_one_rule_spares_no_other_takes(rule: Rule, text: str) -> None:
    assert RULES.of_line(text) is None
    assert RULES.of_sentence(text) is None


def test_every_rule_has_examples_of_both_kinds() -> None:
    assert all(rule.hit and rule.miss for rule in RULES)


def test_what_to_do_in_need_is_never_set_aside() -> None:
    assert RULES.of_sentence("Call us today to book.") is not None
    assert RULES.of_sentence("Call us today to book, and call an ambulance at once if you can't breathe.") is None


def test_a_long_line_is_not_a_menu() -> None:
    assert RULES.of_line("Home") is not None
    assert RULES.of_line("Home " * 500) is None
