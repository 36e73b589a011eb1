"""What the service declines or answers only in general, decided before search. Knows nothing of answers or models.

The rules stand in scope.toml, each with its own examples. A rule decides by the visitor's words alone, so no text of a
document can change one. Not covered: another topic in plain words, and a wish hidden better than scope.toml's word lists
and patterns see through; for these the passages found decide, and nothing is said that no source holds.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from app.language import english, words
from app.legible import undisguised, unmasked
from corpus.errors import SpinewiseError

FILE = Path(__file__).parent / "scope.toml"
ACTIONS = ("decline", "personal")

_LIST_NAME = re.compile(r"@([a-z]+)")


@dataclass(frozen=True, slots=True)
class Ruling:
    """What scope says of a question: the rule that decided, or None.

    `declines`: the question is not answered. `personal`: the sources' general facts are given where there are some.
    """

    rule: str | None = None
    declines: bool = False
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of scope.toml. `hit` and `miss` are its examples; `unmask` also looks behind disguised letters;
    `languages` (name to function words), where set, hits a question that is not in English."""

    id: str
    action: Literal["decline", "personal"]
    reply: str
    hit: tuple[str, ...]
    miss: tuple[str, ...]
    patterns: tuple[re.Pattern[str], ...] = ()
    unless: tuple[re.Pattern[str], ...] = ()
    unmask: bool = False
    languages: Mapping[str, frozenset[str]] | None = None

    def hits(self, seen: str, bared: str) -> bool:
        """Whether the rule decides, for the cleaned text and the same without disguises."""
        if self.languages is not None and is_foreign(seen, self.languages):
            return True
        texts = [seen, bared] if self.unmask else [seen]
        return any(
            any(pattern.search(text) for pattern in self.patterns)
            and not any(pattern.search(text) for pattern in self.unless)
            for text in texts
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scope:
    """All rules, the strictest first: the first that hits decides."""

    rules: tuple[Rule, ...]
    default_reply: str
    lookalikes: dict[int, int]

    @classmethod
    def load(cls, path: Path = FILE) -> Scope:
        """Reads the rules; a file that is damaged is refused, because a rule that is missing declines nothing."""
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
            lists = {name: "(?:" + "|".join(parts) + ")" for name, parts in table["lists"].items()}
            return cls(
                rules=tuple(_rule(entry, lists) for entry in table["rule"]),
                default_reply=table["default_reply"],
                lookalikes=str.maketrans(table["lookalikes"]["seen"], table["lookalikes"]["meant"]),
            )
        except (OSError, KeyError, TypeError, ValueError, re.error) as problem:
            raise SpinewiseError(f"can't use the scope rules in {path}: {problem!r}", f"mend {path}") from problem

    def check(self, question: str) -> Ruling:
        """The ruling on one question; `Ruling()` where no rule has anything against it."""
        seen = re.sub(r"[^\S\n]+", " ", undisguised(question)).strip()
        bared = unmasked(seen.translate(self.lookalikes))
        for rule in self.rules:
            if rule.hits(seen, bared):
                return Ruling(rule.id, declines=rule.action == "decline", personal=rule.action == "personal")
        return Ruling()

    def reply(self, rule: str | None) -> str:
        """The sentence that says what the service can't do here and what it can; a general one for None."""
        return next((one.reply for one in self.rules if one.id == rule), self.default_reply)


def _rule(entry: dict[str, Any], lists: Mapping[str, str]) -> Rule:
    """A rule of the file with its patterns compiled; raises KeyError, ValueError or re.error where it is wrong."""
    if entry["action"] not in ACTIONS:
        raise ValueError(f"rule {entry['id']}: action must be one of {', '.join(ACTIONS)}")
    languages = {name: frozenset(listed.split()) for name, listed in entry.get("languages", {}).items()}
    return Rule(
        id=entry["id"],
        action=entry["action"],
        reply=entry["reply"],
        hit=tuple(entry["hit"]),
        miss=tuple(entry["miss"]),
        patterns=tuple(_compiled(pattern, lists) for pattern in entry.get("patterns", ())),
        unless=tuple(_compiled(pattern, lists) for pattern in entry.get("unless", ())),
        unmask=entry.get("unmask", False),
        languages=languages or None,
    )


def _compiled(pattern: str, lists: Mapping[str, str]) -> re.Pattern[str]:
    """`@name` in a pattern stands for any entry of that list, a curly apostrophe for one that may be missing."""
    filled = _LIST_NAME.sub(lambda name: lists[name[1]], pattern).replace("’", "'?")
    return re.compile(filled, re.IGNORECASE | re.MULTILINE | re.DOTALL)


def is_foreign(text: str, languages: Mapping[str, frozenset[str]]) -> bool:
    """Whether the text is in another script or language: most letters are not Latin, or a language's function words
    (two different ones at least) outnumber the English ones. A few foreign words in an English question are none."""
    letters = [one for one in text if one.isalpha()]
    if sum("LATIN" not in unicodedata.name(one, "") for one in letters) > max(1, len(letters) / 2):
        return True
    lists, found = english(), set(words(text))
    plain = len(found & (lists.stopwords | lists.negations | lists.hedges.keys()))
    return any(len(found & listed) > max(1, plain) for listed in languages.values())
