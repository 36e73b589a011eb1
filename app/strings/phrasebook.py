"""What the program itself says in an answer, said in another language: one fixed text for another.

A text is known by its very words, so no card can get another card's words; what isn't known stays as it is. Knows no
rule, no kind and no page.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

from app.answer import Answer
from app.settings import SiteSettings
from app.strings import SITE_NAMES, Strings
from app.triage.cards import Cards, SiteTexts, names_in

APP = Path(__file__).parents[1]
PARTS = ("action", "why", "notice")  # of a card
OURS = ("urgent", "declined", "not_found")  # kinds of answer whose text is the program's own
VALUES = {"numbers": r"\[\d+\](?:, \[\d+\])*"}  # what a value looks like, where it could run into the text before it


class Phrasebook:
    """From any language of the site to one of them."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        longest_first = sorted(dict(pairs).items(), key=lambda pair: -len(pair[0]))
        self._pairs = [(_pattern(said), meant) for said, meant in longest_first if said != meant]

    @classmethod
    def into(cls, language: str, texts: Mapping[str, Strings], site: SiteSettings) -> Phrasebook:
        """Every fixed text of answers, in each language of `texts` and in the originals, to the one in `language`."""
        meant = dict(phrases(texts[language], site)) if language in texts else {}
        nameless = SiteSettings()  # the originals also as they are where no names and numbers are known
        books = [originals(site), originals(nameless), *(phrases(each, site) for each in texts.values())]
        spoken = [dict(book) for book in books]
        return cls((said, meant[name]) for book in spoken for name, said in book.items() if name in meant)

    def retold(self, answer: Answer) -> Answer:
        """The answer with the program's own sentences in this language; what documents say is left alone."""
        text = self.say(answer.text) if answer.kind in OURS else answer.text
        return replace(answer, text=text, notice=answer.notice and self.say(answer.notice))

    def say(self, text: str) -> str:
        """`text` with every fixed text in it in this language."""
        for said, meant in self._pairs:
            text = said.sub(lambda found, meant=meant: meant.format(**found.groupdict()), text)  # type: ignore[misc]
        return text


def originals(site: SiteSettings) -> Iterator[tuple[str, str]]:
    """The English originals by name, as cards and scope say them."""
    triage, scope = _tables()
    rules = triage["rules"] | {name: triage["cards"][name] for name in triage["cards"] if name != "fields"}
    yield from _cards(triage["cards"]["fields"], rules, site)
    yield "scope.default", _plain(scope["default_reply"])
    yield from ((f"scope.{rule['id']}", _plain(rule["reply"])) for rule in scope["rule"])


def phrases(t: Strings, site: SiteSettings) -> Iterator[tuple[str, str]]:
    """The fixed texts of one language by name, site's names and numbers filled in, values that change as `{name}`.

    Where a language has no cards or scope replies of its own, it has none here either: the originals are said.
    """
    for name, text in t.table("answer").items():
        values = names_in(text) - SITE_NAMES
        yield f"answer.{name}", t(f"answer.{name}", **{each: f"{{{each}}}" for each in values})
    if "cards" in t.sections:
        cards = t.table("cards")
        yield from _cards(cards["fields"], {name: cards[name] for name in cards if name != "fields"}, site)
    if "scope" in t.sections:
        yield from ((f"scope.{name}", _plain(text)) for name, text in t.table("scope").items())


def _cards(ways: Mapping[str, Any], tables: Mapping[str, Any], site: SiteSettings) -> Iterator[tuple[str, str]]:
    units = {f"cards.{name}.{part}": one[part] for name, one in tables.items() for part in PARTS if part in one}
    cards = Cards({name: tuple(listed) for name, listed in ways.items()}, units, {})
    texts = SiteTexts(**{field.name: getattr(site, field.name) for field in fields(SiteTexts)})
    yield from ((name, _plain(cards.card(name, texts))) for name in units)


def _plain(text: str) -> str:
    """A text without values of its own, as a template."""
    return text.replace("{", "{{").replace("}", "}}")


def _pattern(template: str) -> re.Pattern[str]:
    """What finds a filled-in template and its values."""
    pieces = re.split(r"(\{\w+\})", template.replace("{{", "\0").replace("}}", "\1"))

    def found(piece: str) -> str:
        name = piece[1:-1]
        return f"(?P<{name}>{VALUES.get(name, '.+')})" if piece[:1] == "{" else re.escape(piece)

    return re.compile("".join(map(found, pieces)).replace("\0", r"\{").replace("\1", r"\}"), re.DOTALL)


@cache
def _tables() -> tuple[dict[str, Any], dict[str, Any]]:
    triage, scope = (tomllib.loads((APP / name).read_text(encoding="utf-8")) for name in ("triage.toml", "scope.toml"))
    return triage, scope
