"""The page that a visitor prints: answers, sources, questions for the surgeon, and QR codes of public pages.

It is made from the conversation on the screen and kept nowhere. A QR code holds the address of a source or of the
clinic, never a word of the conversation. Knows no Gradio and no server.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app.answer import Answer, Citation
from app.settings import SiteSettings
from app.strings import Strings, day, grade
from app.strings.phrasebook import Phrasebook
from app.ui.view import SILENT, surgeon

MAX_CODES = 3
CITING = ("answered", "quoted", "approved")


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code with the address that it holds, and what opens there."""

    name: str
    url: str
    svg: Markup


@dataclass(frozen=True, slots=True)
class Told:
    """An answer with its citations, by the numbers that they have on the whole sheet."""

    answer: Answer
    about: str  # what its first source's section is called: what stands above it where the question does not
    lines: tuple[tuple[bool, str, tuple[int, ...]], ...]  # whether it is a list item, its words, its sources


class TakeAway:
    """Makes the sheet in one language, with the clinic's name, phone and public page."""

    def __init__(self, strings: Strings, site: SiteSettings, phrasebook: Phrasebook | None = None) -> None:
        folder = Path(__file__).parent / "templates"
        environment = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
        environment.trim_blocks = environment.lstrip_blocks = True
        environment.globals.update(
            t=strings, day=lambda when: day(when, strings), grade=lambda origin: grade(origin, strings), site=site
        )
        self._template = environment.get_template("takeaway.html")
        self._t, self._site, self._phrasebook = strings, site, phrasebook or Phrasebook(())

    def sheet(self, answers: Sequence[Answer], told_in: str = "en", today: date | None = None) -> str:
        """The sheet as a closed <dialog>; "" where there is nothing to take away, or the last answer is an urgent card."""
        if not answers or answers[-1].kind == "urgent":
            return ""
        cited: list[Citation] = []
        told = [self._told(answer, cited) for answer in answers if answer.kind in CITING]
        asked = (question for answer in answers if answer.kind in SILENT for question in surgeon(answer, self._t))
        questions = dict.fromkeys([*asked, *self._t.several("surgeon.general")])
        return self._template.render(
            told=told, cited=cited, questions=list(questions), codes=list(self._codes(cited)), told_in=told_in,
            today=today or date.today(),
        )  # fmt: skip

    def _told(self, answer: Answer, cited: list[Citation]) -> Told:
        """The answer's sentences with the sheet's own numbers; a source that two answers cite is listed once."""
        numbers = {citation.number: _number(citation, cited) for citation in answer.citations}
        lines = tuple(
            (
                sentence.item,
                sentence.text,
                tuple(dict.fromkeys(numbers[one] for one in sentence.citations if one in numbers)),
            )
            for sentence in answer.sentences
        )
        about = next((citation.section or citation.title for citation in answer.citations), "")
        told = self._phrasebook.retold(answer)
        told = replace(told, notice=told.notice and renumbered(told.notice, numbers))
        return Told(told, about, lines or ((False, answer.text, ()),))

    def _codes(self, cited: Iterable[Citation]) -> list[Code]:
        """The public pages of the sources, and the clinic's."""
        named = {citation.url: citation.title for citation in cited if citation.url}
        if self._site.clinic_url:
            named[self._site.clinic_url] = self._site.clinic_name or self._site.clinic_url
        public = [(url, name) for url, name in named.items() if url.startswith(("https://", "http://"))]
        return [Code(name, url, qr(url)) for url, name in public[-MAX_CODES:]]


def _number(citation: Citation, cited: list[Citation]) -> int:
    """The place of the citation's section among those cited so far, from 1; a new one is added."""
    for number, known in enumerate(cited, start=1):
        if (known.document, known.section) == (citation.document, citation.section):
            return number
    cited.append(citation)
    return len(cited)


def renumbered(text: str, numbers: Mapping[int, int]) -> str:
    """The text with its markers, "[2], [3]", as the sheet counts; a notice that names a source has to name the right one."""

    def anew(run: re.Match[str]) -> str:
        known = (numbers.get(int(one), int(one)) for one in re.findall(r"\d+", run[0]))
        return ", ".join(f"[{number}]" for number in dict.fromkeys(known))

    return re.sub(r"\[\d+\](?:, \[\d+\])*", anew, text)


def qr(url: str) -> Markup:
    """The QR code of an address as SVG, black on white whatever the page's colours are."""
    code = segno.make(url, error="m", micro=False)
    return Markup(code.svg_inline(scale=3, border=2, dark="#000", light="#fff", omitsize=True))
