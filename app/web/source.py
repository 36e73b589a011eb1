"""The page of one source document, whole and as it was read. Knows Document; the marking is done by page/source.js.

Every piece carries the code points it covers, so that `#start-end` can mark exactly what an answer cited: the fragment
never reaches the server.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from fastapi import APIRouter, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from app.strings import Strings, day, grade
from app.web.api import not_ready
from app.web.desk import Desk
from app.web.frontpage import chosen_in, looks
from app.web.problems import Problem
from corpus.document import Document


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the text as it is shown: `role` is heading, item, statement, paragraph or aside."""

    role: str
    start: int
    text: str


def pieces(document: Document) -> Iterator[Piece]:
    """The whole text in order: blocks and headings, and what stands between them, so that nothing is left out."""
    headings = {section.title: section for section in document.sections if section.title}
    position = 0
    blocks = sorted((block for section in document.sections for block in section.blocks), key=lambda block: block.start)
    for block in blocks:
        if block.start < position:
            continue
        yield from _between(document.text, position, block.start, headings)
        yield Piece(block.kind, block.start, block.of(document.text))
        position = block.end
    yield from _between(document.text, position, len(document.text), headings)


def _between(text: str, start: int, end: int, headings: object) -> Iterator[Piece]:
    """The lines of a gap: headings where they are one; bullets and blank lines are dropped."""
    position = start
    for line in text[start:end].splitlines(keepends=True):
        words = line.strip()
        if any(character.isalnum() for character in words):
            title = words.lstrip("#").strip()
            is_heading = isinstance(headings, dict) and title in headings
            shown = title if is_heading else words
            yield Piece("heading" if is_heading else "aside", position + line.index(shown), shown)
        position += len(line)


def source_routes(desk: Desk, texts: Mapping[str, Strings]) -> APIRouter:
    """GET /source/{document}: around the document the page speaks the language that `?lang=` names, else the first one."""
    router = APIRouter()
    folder = Path(__file__).parent / "templates"
    templates = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    templates.trim_blocks = templates.lstrip_blocks = True
    page = templates.get_template("source.html")

    @router.get("/source/{document}")
    async def source(document: str, request: Request) -> HTMLResponse:
        if not desk.ready:
            raise not_ready(desk)
        found = desk.assistant.documents.get(document)
        if found is None:
            raise Problem(404, "There is no document of this name.")
        chosen = chosen_in(request.url.query)
        t = texts.get(chosen.get("lang", ""), next(iter(texts.values())))
        shown = list(pieces(found))
        return HTMLResponse(
            page.render(
                document=found,
                source=found.source,
                pieces=shown,
                sections=[piece for piece in shown if piece.role == "heading" and piece.text != found.title],
                t=t,
                day=lambda when: day(when, t),
                grade=lambda origin: grade(origin, t),
                today=date.today(),
                choices=Markup(looks(chosen)),
                query="?" + request.url.query if request.url.query else "",
            )
        )

    return router
