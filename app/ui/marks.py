"""A reply's text as HTML with markers that lead to its sources and terms that explain themselves.

The only place where `Markup` is made: `Markup.format` escapes all that is put in. Knows nothing of the page around it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup, escape

from app.answer import Answer
from app.strings import Strings
from app.ui.conversation import Exchange

MARKER = re.compile(r"\s*\[(\d{1,3})\]")
LIST_MARK = re.compile(r"^- ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Link:
    """What makes the markers and terms of one exchange clickable; a term is taken out when it has been explained."""

    exchange: str
    titles: dict[int, str]
    terms: dict[str, str]


@dataclass(frozen=True, slots=True)
class Shown:
    """A paragraph's sentences, or a list's items."""

    listed: bool
    texts: list[Markup]


class Marks:
    """Makes the blocks of a reply in the page's language."""

    def __init__(self, strings: Strings) -> None:
        self._t = strings

    def blocks(self, exchange: Exchange, answer: Answer | None) -> list[Shown]:
        """The reply as paragraphs and lists: of `answer`, or of the sentences that have come so far.

        Sentence by sentence where the sentences are the whole text; else the text's own lines.
        """
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
        """`text` escaped, with the first use of each term as something to tap that opens its explanation.

        Not a <button>: that is a box of its own, which can't wrap with the line that it stands in.
        """
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
                '<span class="term" role="button" tabindex="0" aria-expanded="false" aria-describedby="{0}"'
                ' data-term="{0}">{1}</span>'
                '<span class="explanation" popover="auto" id="{0}"><b>{1}</b> {2}</span>'
            ).format(name, text[start:end], explanation)
            position = end
        return done + escape(text[position:])


def _same(answer: Answer) -> bool:
    """Whether the sentences are all of the text, markers and spaces aside."""
    return _bare(" ".join(sentence.text for sentence in answer.sentences)) == _bare(answer.text)


def _bare(text: str) -> str:
    return "".join(LIST_MARK.sub("", MARKER.sub("", text)).split())
