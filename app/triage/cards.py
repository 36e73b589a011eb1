"""The fixed texts: a card for a report, a notice for a question about it. Knows nothing of how a red flag is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from string import Formatter
from typing import Any

from app.triage.rules import Rule
from corpus.errors import SpinewiseError

PHONES = ("emergency_number", "crisis_line", "clinic_phone")


@dataclass(frozen=True, slots=True)
class SiteTexts:
    """What a site puts on its cards; an empty text leaves a sentence that still works."""

    country: str = ""
    emergency_number: str = ""
    crisis_line: str = ""
    clinic_phone: str = ""
    clinic_name: str = ""

    def __post_init__(self) -> None:
        for name in PHONES:
            number = getattr(self, name)
            if number and not any(letter.isdigit() for letter in number):
                raise SpinewiseError(
                    f"setting site.{name} is {number!r}, which holds no digit", "write the number to dial"
                )


@dataclass(frozen=True, slots=True)
class Cards:
    """Texts with `{names}`. `fields`: ways to say each name, the first whose own site texts are all set is said."""

    fields: Mapping[str, tuple[str, ...]]
    cards: Mapping[str, str]
    notices: Mapping[str, str]

    @classmethod
    def parse(cls, table: Mapping[str, Any], rules: Mapping[str, Rule], tables: Mapping[str, Any]) -> Cards:
        """`table`: `fields` and, per tier, `action` and `notice`; a rule's own table holds its `why` and may replace both."""
        fields = {name: tuple(ways) for name, ways in table.get("fields", {}).items()}
        cards, notices = {}, {}
        for name, rule in rules.items():
            texts = {**table.get(rule.tier, {}), **tables[name]}
            for part in ("action", "why", "notice"):
                if not texts.get(part):
                    raise SpinewiseError(
                        f"rule {name}: no {part}", f"write it in the rule or under [cards.{rule.tier}]"
                    )
            cards[name] = f"{texts['action']}\n{texts['why']}"
            notices[name] = texts["notice"]
        made = cls(fields, cards, notices)
        made._check()
        return made

    def card(self, rule: str, site: SiteTexts) -> str:
        """The whole card: the action, then why."""
        return self._fill(self.cards[rule], site)

    def notice(self, rule: str, site: SiteTexts) -> str:
        """One line beside an answer about the complication."""
        return self._fill(self.notices[rule], site)

    def _fill(self, text: str, site: SiteTexts) -> str:
        given = {name: value for name, value in asdict(site).items() if value}
        said = {
            name: next(way for way in ways if names_in(way) <= given.keys()).format(**given)
            for name, ways in self.fields.items()
        }
        return text.format(**said)

    def _check(self) -> None:
        known = frozenset(asdict(SiteTexts()))
        for name, ways in self.fields.items():
            if unknown := set().union(*map(names_in, ways)) - known:
                raise SpinewiseError(
                    f"cards.fields.{name} uses {{{min(unknown)}}}", f"the site's texts are {', '.join(sorted(known))}"
                )
            if not ways or names_in(ways[-1]):
                raise SpinewiseError(
                    f"cards.fields.{name}: its last way needs a site text", "end with words that always work"
                )
        for name, text in [*self.cards.items(), *self.notices.items()]:
            if unknown := names_in(text) - self.fields.keys():
                raise SpinewiseError(
                    f"rule {name}: {{{min(unknown)}}} is no field", f"the fields are {', '.join(sorted(self.fields))}"
                )


def names_in(text: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
