"""An HTML page as headings, paragraphs, items and tables, and the text of it that no reader sees.

Knows nothing of files, nor of which part of a page is its article (converters.py). What a script, an external
style sheet or a colour hides is not recognised as hidden.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from corpus.document import Dropped
from corpus.layout import Part
from corpus.plain import heading_like
from corpus.tables import inside_text

if TYPE_CHECKING:
    from lxml.etree import _Element

INVISIBLE = frozenset(
    "script style template noscript head title meta link svg math iframe object canvas audio video map select "
    "datalist".split()
)
FURNITURE = frozenset("nav header footer aside form button menu dialog search".split())
ROLES = frozenset("navigation banner contentinfo search dialog alertdialog menu menubar complementary".split())
BLOCKS = frozenset(
    "address article aside blockquote body button caption center dd details dialog div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol p pre search section summary table "
    "tbody td tfoot th thead tr ul".split()
)
DEEPEST = 150  # elements inside one another; deeper is no page that a person wrote

_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0?(?:\.0+)?\s*(?:;|!|$)"
    r"|font-size\s*:\s*(?:0(?:\.0+)?(?:px|pt|em|rem|%)?|1(?:\.\d+)?(?:px|pt|%)|0?\.[0-2]\d*r?em)\s*(?:;|!|$)"
    r"|(?:left|top|text-indent)\s*:\s*-\d{3,}",
    re.IGNORECASE,
)
_AT_RULE = re.compile(r"@[^{};]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")  # what holds for print or small screens only
_STYLE_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_SELECTOR = re.compile(r"\s*[a-z0-9]*([.#])([\w-]+)\s*\Z", re.IGNORECASE)


def parse(text: str) -> _Element:
    """The root of a page. Raises ValueError for a text that holds no element."""
    from lxml import etree, html

    without_declaration = re.sub(r"\A\s*<\?xml[^>]*\?>", "", text)
    parser = html.HTMLParser(encoding="utf-8", remove_pis=True, huge_tree=False)
    try:
        root = html.document_fromstring(without_declaration.encode("utf-8"), parser=parser)
    except (etree.LxmlError, AssertionError) as problem:
        raise ValueError(" ".join(str(problem).split()) or "no element") from None
    return root


def take_hidden(root: _Element) -> list[Dropped]:
    """Removes the elements that a browser doesn't show, and comments, and returns their texts."""
    by_class, by_id = _hiding_selectors(root)
    dropped = []
    for element in list(root.iter()):
        if not isinstance(element.tag, str):
            text = " ".join((element.text or "").split())
            if len(text.split()) >= 3 and not text.startswith("["):
                dropped.append(Dropped("hidden text", text, element.sourceline))
            _remove(element)
        elif element.tag not in INVISIBLE and _is_hidden(element, by_class, by_id):
            text = " ".join("".join(_texts(element)).split())
            if text and element.getparent() is not None:
                dropped.append(Dropped("hidden text", text, element.sourceline))
            _remove(element)
    return dropped


def _is_hidden(element: _Element, by_class: set[str], by_id: set[str]) -> bool:
    classes = set((element.get("class") or "").split())
    return (
        element.get("hidden") is not None
        or _HIDING.search(element.get("style") or "") is not None
        or bool(classes & by_class)
        or element.get("id") in by_id
        or (element.tag == "input" and element.get("type") == "hidden")
    )


def _hiding_selectors(root: _Element) -> tuple[set[str], set[str]]:
    """The classes and ids that the page's own style sheets hide on every medium."""
    found: dict[str, set[str]] = {".": set(), "#": set()}
    for style in root.iter("style"):
        for selectors, body in _STYLE_RULE.findall(_AT_RULE.sub("", style.text or "")):
            if _HIDING.search(body):
                for match in map(_SELECTOR.match, selectors.split(",")):
                    if match:
                        found[match[1]].add(match[2])
    return found["."], found["#"]


def _remove(element: _Element) -> None:
    parent = element.getparent()
    if parent is None:
        return
    before, tail = element.getprevious(), element.tail or ""
    if before is not None:
        before.tail = (before.tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail
    parent.remove(element)


def _texts(element: _Element) -> Iterator[str]:
    for piece in element.iter():
        if isinstance(piece.tag, str) and piece.tag not in INVISIBLE:
            yield piece.text or ""
        if piece is not element:
            yield " " + (piece.tail or "")


# ---------------------------------------------------------------- the page's blocks


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the page; `furniture`: it stands in a menu, a page head or foot, a form or a box at the side."""

    part: Part
    furniture: bool


def walk(root: _Element) -> tuple[list[Piece], list[Dropped]]:
    """The blocks of a page in order, and the table rows that were left out.

    Raises ValueError for a page that is nested too deep.
    """
    walker = _Walker()
    body = root.find("body") if root.find("body") is not None else root
    walker.element(body, 0)
    walker.flush()
    return walker.pieces, walker.dropped


@dataclass
class _Walker:
    """Collects a block's inline text, and knows the heading, list and furniture around it."""

    pieces: list[Piece] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    inline: list[str] = field(default_factory=list)
    strong: int = 0  # letters of `inline` in bold type
    lists: list[int] = field(default_factory=list)  # 0 for bullets, else the next number
    kind: str = "p"
    marker: str = ""
    line: int | None = None
    level: int = 1
    furniture: int = 0
    bold: int = 0
    item_open: bool = False

    def element(self, element: _Element, depth: int) -> None:
        tag = element.tag
        if depth > DEEPEST:
            raise ValueError(f"elements stand more than {DEEPEST} deep in one another")
        if not isinstance(tag, str) or tag in INVISIBLE:
            return
        if tag == "br":
            self.inline.append("\n")
        elif tag in ("sup", "sub") and element.find("a") is not None:
            return  # the number of a footnote
        elif tag == "table" and _is_data(element):
            self.table(element)
        elif tag in BLOCKS:
            self.block(element, tag, depth)
        else:
            self.bold += tag in ("b", "strong")
            self.inside(element, depth)
            self.bold -= tag in ("b", "strong")

    def block(self, element: _Element, tag: str, depth: int) -> None:
        outer = self.kind, self.marker, self.line
        aside = (tag in FURNITURE and not (tag == "header" and _in_article(element))) or element.get("role") in ROLES
        self.flush()
        self.furniture += aside
        self.line = element.sourceline
        if tag in ("ul", "ol", "menu"):
            start = element.get("start") or "1"
            self.lists.append(int(start) if tag == "ol" and start.isdecimal() and len(start) < 4 else tag == "ol")
        elif tag == "li":
            self.item()
        elif tag not in ("p", "div", "span") or self.kind != "li":
            self.kind = tag
        self.inside(element, depth)
        self.flush()
        if tag in ("ul", "ol", "menu"):
            self.lists.pop()
        self.kind, self.marker, self.line = outer
        self.item_open = self.item_open and tag not in ("li", "ul", "ol")
        self.furniture -= aside

    def inside(self, element: _Element, depth: int) -> None:
        self.text(element.text)
        for child in element:
            self.element(child, depth + 1)
            self.text(child.tail)

    def text(self, text: str | None) -> None:
        if text:
            self.inline.append(re.sub(r"\s+", " ", text))
            self.strong += len("".join(text.split())) if self.bold else 0

    def item(self) -> None:
        self.kind, self.marker, self.item_open = "li", "–", False
        if self.lists and self.lists[-1]:
            self.marker = f"{self.lists[-1]}."
            self.lists[-1] += 1

    def flush(self) -> None:
        """Ends the block that is open; two line breaks in a row part paragraphs."""
        text, strong = "".join(self.inline), self.strong
        self.inline, self.strong = [], 0
        for paragraph in re.split(r"\n\s*\n", text):
            paragraph = " ".join(paragraph.split())
            if paragraph:
                self.put(paragraph, strong >= len("".join(text.split())))

    def put(self, text: str, bold: bool) -> None:
        depth = max(len(self.lists) - 1, 0)
        if re.fullmatch("h[1-6]", self.kind):
            self.level = int(self.kind[1])
            part = Part("heading", text, self.line, self.level)
        elif self.kind == "li" and self.item_open and (last := self.pieces[-1]).part.kind == "item":
            self.pieces[-1] = replace(last, part=replace(last.part, text=f"{last.part.text} {text}"))
            return
        elif self.kind == "li" and not self.item_open:
            part, self.item_open = Part("item", text, self.line, depth, self.marker), True
        elif self.kind == "summary" or (self.kind == "dt" and text.endswith("?")) or (bold and heading_like(text)):
            part = Part("heading", text, self.line, self.level + 1)
        else:
            part = Part("paragraph", text, self.line)
        self.pieces.append(Piece(part, bool(self.furniture)))

    def table(self, table: _Element) -> None:
        self.flush()
        rows: list[tuple[int, list[str]]] = []
        headed = False
        for row in table.iter("tr"):
            cells = [cell for cell in row if cell.tag in ("td", "th")]
            headed |= not rows and bool(cells) and all(cell.tag == "th" for cell in cells)
            rows.append((row.sourceline or 0, [" ".join("".join(_texts(cell)).split()) for cell in cells]))
        found = inside_text([row for row in rows if any(row[1])], headed, self.level + 1)
        self.pieces += [Piece(part, bool(self.furniture)) for part in found.parts]
        self.dropped += found.dropped


def _is_data(table: _Element) -> bool:
    """A table of facts and not one that lays a page out: no headings, lists or tables in its cells."""
    layout = ("table", "h1", "h2", "h3", "h4", "ul", "ol", "article", "section")
    return all(table.find(f".//{tag}") is None for tag in layout)


def _in_article(element: _Element) -> bool:
    return any(True for _ in element.iterancestors("article", "main"))
