"""A conversation as HTML. Knows no Gradio and no server. Every text is escaped, with no exception.

Jinja escapes what the templates show. `Markup` is made in `View._linked` alone, and `Markup.format` escapes there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from app.answer import Answer
from app.strings import Strings
from app.ui.conversation import Conversation, Exchange
from corpus.sentences import split

MARKER = re.compile(r"\s*\[(\d{1,3})\]")
LIST_MARK = re.compile(r"^- ", re.MULTILINE)
NEARBY = 220  # characters of the passage shown on each side of the quote
MAX_EXAMPLES = 6


@dataclass(frozen=True, slots=True)
class Link:
    """What makes the markers and terms of one exchange clickable."""

    exchange: str
    titles: dict[int, str]
    terms: dict[str, str]


@dataclass(frozen=True, slots=True)
class Shown:
    """A paragraph's sentences, or a list's items."""

    listed: bool
    texts: list[Markup]


class View:
    """Renders the page's three changing parts: header, log and sources."""

    def __init__(self, strings: Strings, feedback: bool = True) -> None:
        folder = Path(__file__).parent / "templates"
        environment = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
        environment.trim_blocks = environment.lstrip_blocks = True
        environment.globals.update(
            t=strings, blocks=self.blocks, day=self.day, nearby=nearby, headline=headline, feedback=feedback
        )
        environment.globals["reasons"] = strings.table("feedback.reasons")
        self._templates, self._t = environment, strings

    def header(self) -> str:
        """The name and the standing line."""
        return self._templates.get_template("header.html").render()

    def log(self, conversation: Conversation, examples: Sequence[str] = ()) -> str:
        """The start screen, or the exchanges."""
        shown = conversation.exchanges[-1:] if conversation.urgent else conversation.exchanges
        template = self._templates.get_template("log.html")
        return template.render(exchanges=shown, examples=examples[:MAX_EXAMPLES], urgent=conversation.urgent)

    def sources(self, conversation: Conversation) -> str:
        """The sources of every answer, the newest one's shown; "" beside an urgent card and before the first answer."""
        if conversation.urgent or not conversation.exchanges:
            return ""
        cited = [each for each in conversation.exchanges if each.answer and each.answer.citations]
        return self._templates.get_template("sources.html").render(cited=cited, last=conversation.last)

    def getting_ready(self, failed: bool) -> str:
        """What stands in the log's place until questions can be answered."""
        return self._templates.get_template("ready.html").render(failed=failed)

    def day(self, when: date) -> str:
        """A date in words: 3 May 2025."""
        return f"{when.day} {self._t('dates.months').split()[when.month - 1]} {when.year}"

    def blocks(self, exchange: Exchange) -> list[Shown]:
        """The reply as paragraphs and lists, with markers that lead to sources and terms that explain.

        Sentence by sentence where the sentences are the whole text; else the text's own lines.
        """
        answer = exchange.answer
        titles = {citation.number: citation.title for citation in answer.citations} if answer else {}
        link = Link(exchange.id, titles, dict(answer.terms) if answer else {})
        sentences = answer.sentences if answer else exchange.sentences
        if answer and not (sentences and _same(answer)):
            lines = [line.strip() for line in answer.text.split("\n") if line.strip()]
            return [Shown(line.startswith("- "), [self._linked(line.removeprefix("- "), (), link)]) for line in lines]
        grouped = groupby(sentences, key=lambda sentence: sentence.item)
        return [
            Shown(item, [self._linked(sentence.text, sentence.citations, link) for sentence in group])
            for item, group in grouped
        ] or [Shown(False, [])]

    def _linked(self, text: str, citations: Sequence[int], link: Link) -> Markup:
        """`text` escaped; its markers of known sources as links, and those of `citations` that it lacks at its end."""
        known, seen = link.titles.keys() | set(citations), set()
        done, position = Markup(""), 0
        for found in MARKER.finditer(text):
            if (number := int(found[1])) in known:
                done += self._termed(text[position : found.start()], link) + self._marker(number, link)
                position = found.end()
                seen.add(number)
        done += self._termed(text[position:], link)
        return done + Markup("").join(self._marker(number, link) for number in citations if number not in seen)

    def _marker(self, number: int, link: Link) -> Markup:
        title = link.titles.get(number)
        label = self._t("sources.number", number=number) + (f": {title}" if title else "")
        return Markup('<a class="marker" href="#source-{0}-{1}" aria-label="{2}">[{1}]</a>').format(
            link.exchange, number, label
        )

    def _termed(self, text: str, link: Link) -> Markup:
        """`text` escaped, with the first use of each term as a button that opens its explanation."""
        found: list[tuple[int, int, str]] = []
        for term in sorted(link.terms, key=len, reverse=True):
            match = re.search(rf"(?<!\w){re.escape(term)}(?!\w)", text, re.IGNORECASE)
            if match and not any(match.start() < end and start < match.end() for start, end, _ in found):
                found.append((match.start(), match.end(), link.terms.pop(term)))
        done, position = Markup(""), 0
        for start, end, explanation in sorted(found):
            name = f"term-{link.exchange}-{len(link.terms)}-{start}"
            done += escape(text[position:start])
            done += Markup(
                '<span class="keep"><button type="button" class="term" popovertarget="{0}">{1}</button>{3}</span>'
                '<span class="explanation" popover id="{0}"><b>{1}</b> {2}</span>'
            ).format(name, text[start:end], explanation, after := text[end : _clinging(text, end)])
            position = end + len(after)
        return done + escape(text[position:])


def _clinging(text: str, start: int) -> int:
    """Where the punctuation that must not begin a line of its own ends."""
    end = start
    while end < len(text) and not text[end].isspace() and not text[end].isalnum():
        end += 1
    return end


def _same(answer: Answer) -> bool:
    """Whether the sentences are all of the text, markers and spaces aside."""
    return _bare(" ".join(sentence.text for sentence in answer.sentences)) == _bare(answer.text)


def _bare(text: str) -> str:
    return "".join(LIST_MARK.sub("", MARKER.sub("", text)).split())


def headline(answer: Answer) -> tuple[str, list[str]]:
    """An urgent card's first line, the action; and the rest, the reason. A card of one line is cut after a sentence."""
    lines = [line.strip() for line in answer.text.split("\n") if line.strip()]
    if len(lines) == 1:
        spans = split(lines[0])
        lines = [spans[0].of(lines[0]), lines[0][spans[0].end :].strip()]
    return lines[0], [line for line in lines[1:] if line]


def nearby(text: str, side: str) -> str:
    """At most NEARBY characters of a quote's surroundings, cut between words, with an ellipsis where it was cut."""
    if len(text) <= NEARBY:
        return text
    if side == "before":
        return "…" + text[-NEARBY:].partition(" ")[2]
    return text[:NEARBY].rpartition(" ")[0] + "…"
