"""The rules of rules.toml: what to set aside, what a heading opens, what is suspect. Knows no format of file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

SHIPPED_RULES = Path(__file__).parent / "rules.toml"
LETTERS = 20  # a word; bounds the time that a pattern takes on a line without spaces
NAMED = re.compile(r"disclaimer\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern with its examples; `reason` is the reason, role, field or warning that it stands for."""

    name: str
    reason: str
    pattern: re.Pattern[str]
    hit: tuple[str, ...]
    miss: tuple[str, ...]
    scope: str = "line"
    words: int = 40
    section: bool = False
    opens: bool = False

    def matches(self, text: str) -> bool:
        """Whether the pattern is found in a text that is not too long for it."""
        if self.scope == "line" and (
            len(text) > self.words * LETTERS or len(text.split(None, self.words)) > self.words
        ):
            return False
        return self.pattern.search(text) is not None


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules of a file. `of_line` and `of_sentence` return the rule that sets a text aside, or None."""

    keep: tuple[Rule, ...]
    drop: tuple[Rule, ...]
    headings: tuple[Rule, ...]
    bylines: tuple[Rule, ...]
    suspects: tuple[Rule, ...]

    def of_line(self, text: str) -> Rule | None:
        """The rule that sets a whole line, heading or item aside."""
        return self._first(text, "line")

    def of_sentence(self, text: str) -> Rule | None:
        """The rule that sets a sentence aside."""
        return self._first(text, "sentence")

    def role(self, heading: str) -> str | None:
        """faq, about or generic, when the heading opens such a part."""
        plain = heading.strip().rstrip(":")
        return next((rule.reason for rule in self.headings if rule.matches(plain)), None)

    def byline(self, text: str) -> dict[str, str]:
        """The metadata that a byline holds: {"reviewed_by": "Dr. ..."}."""
        found = ((rule.reason, rule.pattern.search(text)) for rule in self.bylines)
        return {field: match.group(1).strip() for field, match in found if match}

    def _first(self, text: str, scope: str) -> Rule | None:
        found = next((rule for rule in self.drop if rule.scope == scope and rule.matches(text)), None)
        return None if found and self.must_keep(text) else found

    def must_keep(self, text: str) -> bool:
        """Whether it tells readers what to do, and stays whatever else it says."""
        return not NAMED.match(text) and any(rule.matches(text) for rule in self.keep)

    def __iter__(self) -> Iterator[Rule]:
        yield from (*self.keep, *self.drop, *self.headings, *self.bylines, *self.suspects)


@cache
def load_rules(path: Path = SHIPPED_RULES) -> Rules:
    """Reads and compiles the rules; KeyError or re.error for a file that doesn't hold together."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return Rules(
        keep=tuple(_rule(table, "name", words=10**5) for table in tables["keep"]),
        drop=tuple(_rule(table, "reason") for table in tables["drop"]),
        headings=tuple(_rule(table, "role", words=12) for table in tables["heading"]),
        bylines=tuple(_rule(table, "field") for table in tables["byline"]),
        suspects=tuple(_rule(table, "warning", words=10**5) for table in tables["suspect"]),
    )


def _rule(table: dict[str, Any], reason: str, words: int = 40) -> Rule:
    return Rule(
        name=table.get("name", table[reason]),
        reason=table[reason],
        pattern=re.compile(table["pattern"], re.IGNORECASE | re.MULTILINE),
        hit=tuple(table["hit"]),
        miss=tuple(table["miss"]),
        scope=table.get("scope", "line"),
        words=table.get("words", words),
        section=table.get("section", False),
        opens=table.get("opens", False),
    )
