"""A conversation as HTML, in one language. Knows no Gradio and no server. Every text is escaped, with no exception.

Jinja escapes what the templates show. `Markup` is made in `app.ui.marks` alone, and `Markup.format` escapes there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.answer import Answer
from app.strings import Strings, day, grade
from app.strings.phrasebook import Phrasebook
from app.ui.conversation import Conversation
from app.ui.marks import Marks
from app.ui.topics import Topic
from corpus.document import Source
from corpus.sentences import split

NUMBER = re.compile(r"(\+?\d[\d ()/.-]*\d\d)")  # of a telephone: three digits at least, as people write them
NEARBY = 220  # characters of the passage shown on each side of the quote
MAX_EXAMPLES = 6
SILENT = ("declined", "not_found")  # kinds after which the visitor is left with something to ask


class View:
    """Renders the page's changing parts in the language of `strings`; `texts` are all languages that can be chosen."""

    def __init__(
        self,
        strings: Strings,
        feedback: bool = True,
        texts: Mapping[str, Strings] | None = None,
        phrasebook: Phrasebook | None = None,
    ) -> None:
        folder = Path(__file__).parent / "templates"
        environment = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
        environment.trim_blocks = environment.lstrip_blocks = True
        self._templates, self._t = environment, strings
        self._texts, self._phrasebook = texts or {strings.language: strings}, phrasebook or Phrasebook(())
        environment.globals.update(
            t=strings, marks=Marks(strings), nearby=nearby, headline=headline,
            day=lambda when: day(when, strings), grade=lambda origin: grade(origin, strings),
            texts=self._texts, feedback=feedback, reasons=strings.table("feedback.reasons"), today=date.today,
            surgeon=lambda answer: surgeon(answer, strings), own=self._phrasebook.retold, silent=SILENT,
            address=self._address, origin_of=origin_of, dialled=dialled,
        )  # fmt: skip

    def header(self) -> str:
        """The name, the standing line, the languages, and what can be chosen of text size and colours."""
        return self._render("header.html")

    def log(
        self,
        conversation: Conversation,
        examples: Sequence[str] = (),
        topics: Sequence[Topic] = (),
        told_in: str = "en",
    ) -> str:
        """The start screen, or the exchanges. `told_in` is the documents' language."""
        shown = conversation.exchanges[-1:] if conversation.urgent else conversation.exchanges
        return self._render(
            "log.html", exchanges=shown, examples=examples[:MAX_EXAMPLES], topics=topics, told_in=told_in,
            urgent=conversation.urgent, foreign=told_in != self._t.language,
        )  # fmt: skip

    def sources(self, conversation: Conversation, told_in: str = "en") -> str:
        """The sources of every answer, the newest one's shown; "" beside an urgent card and while no answer has any."""
        cited = [each for each in conversation.exchanges if each.answer and each.answer.citations]
        if conversation.urgent or not cited:
            return ""
        return self._render("sources.html", cited=cited, last=conversation.last, told_in=told_in)

    def getting_ready(self, failed: bool) -> str:
        """What stands in the log's place until questions can be answered."""
        return self._render("ready.html", failed=failed)

    def _render(self, template: str, **values: Any) -> str:
        return self._templates.get_template(template).render(**values)

    def _address(self, document: str, start: int, end: int) -> str:
        """Where a place in a document is read, in this language."""
        chosen = "" if self._t.language == next(iter(self._texts)) else f"?lang={self._t.language}"
        return f"{document}{chosen}#{start}-{end}"


def surgeon(answer: Answer, t: Strings) -> tuple[str, ...]:
    """What the visitor might ask the surgeon where the documents don't answer: by the rule that decided, else in general."""
    return t.several(f"surgeon.rules.{answer.rule}") or t.several("surgeon.general")


def origin_of(origins: Sequence[Source | None], place: int) -> Source | None:
    """What the document of a citation says of itself, where that is known."""
    return origins[place] if place < len(origins) else None


def headline(answer: Answer) -> tuple[str, list[str]]:
    """An urgent card's first line, the action; and the rest, the reason. A card of one line is cut after a sentence."""
    lines = [line.strip() for line in answer.text.split("\n") if line.strip()]
    if len(lines) == 1:
        spans = split(lines[0])
        lines = [spans[0].of(lines[0]), lines[0][spans[0].end :].strip()]
    return lines[0], [line for line in lines[1:] if line]


def dialled(text: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces, each with whether it is a telephone number, which a card shows larger and never broken in two."""
    yield from ((piece, bool(NUMBER.fullmatch(piece))) for piece in NUMBER.split(text) if piece)


def nearby(text: str, side: str) -> str:
    """At most NEARBY characters of a quote's surroundings, cut between words, with an ellipsis where it was cut."""
    if len(text) <= NEARBY:
        return text
    if side == "before":
        return "…" + text[-NEARBY:].partition(" ")[2]
    return text[:NEARBY].rpartition(" ")[0] + "…"
