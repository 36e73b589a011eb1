"""Markdown with YAML front matter: the canonical form of a document. Knows nothing of files.

Understood: headings (# and underlined), paragraphs, lists (nested too), tables, quotes, emphasis, links, comments.
Code, footnotes and raw HTML are read as plain text. What an author wrote here is kept: no advert is looked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from corpus.document import Dropped
from corpus.layout import Part, Reading
from corpus.metadata import parse_metadata
from corpus.tables import inside_text

_FRONT = re.compile(r"\A\s*---[ \t]*\n(.*?)(?:^|\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*\Z")
_ITEM = re.compile(r"([ \t]*)([-*+•–]|\d{1,3}[.)])[ \t]+(.*)\Z")
_RULE = re.compile(r" {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})\Z")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*\Z")
_ROW = re.compile(r"[ \t]*\|.*\|[ \t]*\Z")
_DIVIDER = re.compile(r"[ \t]*\|?[ \t]*:?-{2,}:?[ \t]*(?:\|[ \t]*:?-{2,}:?[ \t]*)*\|?[ \t]*\Z")
_FENCE = re.compile(r" {0,3}(?:```|~~~)")

_INLINE = (
    (re.compile(r"!\[([^\]\[]{0,300})\]\([^()\s]{0,500}\)"), r"\1"),  # an image is its description
    (re.compile(r"\[([^\]\[]{1,500})\]\((?:[^()\s]|\([^()\s]{0,100}\)){0,500}(?:\s+\"[^\"]{0,200}\")?\)"), r"\1"),
    (re.compile(r"<(https?://[^>\s]{1,500})>"), r"\1"),
    (re.compile(r"(?<![\w*\\])(\*\*\*|\*\*|\*)(?=\S)([^*\n]{1,500}?)(?<=[^\s\\])\1(?![\w*])"), r"\2"),
    (re.compile(r"(?<![\w_\\])(__|_)(?=\S)([^_\n]{1,500}?)(?<=[^\s\\])\1(?![\w_])"), r"\2"),
    (re.compile(r"`([^`]{1,300})`"), r"\1"),
    (re.compile(r"</?(?:b|i|em|strong|u|sub|sup|span|br|p|div|a|small)(?:\s[^<>]{0,200})?/?>", re.IGNORECASE), " "),
    (re.compile(r"\\([\\`*_{}\[\]()#+.!|<>~-])"), r"\1"),
)


def read(text: str, name: str) -> Reading:
    """Reads a Markdown text of the file `name`. Raises Unreadable for front matter that can't be true."""
    metadata: dict[str, Any] = {}
    warnings: list[str] = []
    front = _FRONT.match(text)
    begin = 0
    if front:
        metadata, warnings = parse_metadata(front[1], f"{name}: front matter")
        begin = text.count("\n", 0, front.end())
        text = text[front.end() :]
    else:
        warnings.append(f"{name}: no front matter (title, publisher, tier, ...); a sidecar {name}.yaml can give it")
    text, dropped = _without_comments(text, begin)
    walker = _Walker(begin)
    for number, line in enumerate(text.split("\n"), start=begin + 1):
        walker.take(line.rstrip(), number)
    parts = walker.finish()
    dropped += walker.dropped
    heading = next((part.text for part in parts[:1] if part.kind == "heading" and part.level == 1), None)
    title = metadata.get("title") or heading
    if heading and (title == heading or heading.casefold() == str(title).casefold()):
        parts = parts[1:]
    return Reading(tuple(parts), title, metadata, tuple(dropped), tuple(warnings))


def inline(text: str) -> str:
    """A line's text without the marks of emphasis, links and code."""
    for pattern, instead in _INLINE:
        text = pattern.sub(instead, text)
    return " ".join(text.split())


def _without_comments(text: str, begin: int) -> tuple[str, list[Dropped]]:
    """Comments show on no page: hidden text. Line ends in them stay, so that later lines keep their number."""
    dropped = []
    for match in _COMMENT.finditer(text):
        line = begin + text.count("\n", 0, match.start()) + 1
        dropped.append(Dropped("hidden text", " ".join(match.group().strip("<!->").split()), line))
    return _COMMENT.sub(lambda match: "\n" * match.group().count("\n"), text), dropped


@dataclass
class _Walker:
    """Collects the lines of the block that is open."""

    begin: int
    parts: list[Part] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    first: int = 0
    item: tuple[int, str] | None = None  # depth and marker of the item that is open
    indents: list[int] = field(default_factory=list)
    fenced: bool = False

    def take(self, line: str, number: int) -> None:
        if _FENCE.match(line):
            self.fenced = not self.fenced
            return self.close()
        line = re.sub(r"\A {0,3}(?:> ?)+", "", line) if not self.fenced else line
        if self.rows and not _ROW.match(line):
            self.close()
        if not line.strip():
            return self.close()
        if self.fenced:
            return self.extend(line, number)
        return self.block(line, number)

    def block(self, line: str, number: int) -> None:
        heading, item = _HEADING.match(line), _ITEM.match(line)
        if _UNDERLINE.match(line) and len(self.lines) == 1 and not self.item:
            text, self.lines = self.lines[0], []
            return self.heading(text, 1 if "=" in line else 2, self.first)
        if heading and heading[2]:
            self.close()
            return self.heading(heading[2], len(heading[1]), number)
        if _RULE.match(line):
            return self.close()
        if item:
            self.close()
            return self.open_item(len(item[1].expandtabs(4)), item[2], item[3], number)
        if _ROW.match(line) or (self.rows and _DIVIDER.match(line)):
            if not self.rows:
                self.close()
                self.first = number
            return self.rows.append(line)
        if not self.lines and not self.item and not line.startswith((" ", "\t")):
            self.indents = []
        return self.extend(line, number)

    def heading(self, text: str, level: int, number: int) -> None:
        self.indents = []
        self.parts.append(Part("heading", inline(text), number, level))

    def open_item(self, indent: int, marker: str, text: str, number: int) -> None:
        while self.indents and self.indents[-1] > indent:
            self.indents.pop()
        if not self.indents or self.indents[-1] < indent:
            self.indents.append(indent)
        self.item = (len(self.indents) - 1, marker if marker[0].isdigit() else "–")
        self.lines, self.first = [re.sub(r"\A\[[ xX]\][ \t]+", "", text)], number

    def extend(self, line: str, number: int) -> None:
        if not self.lines:
            self.first = number
        self.lines.append(line)

    def close(self) -> None:
        """Ends the block that is open."""
        if self.rows:
            self.table()
        text = inline(" ".join(self.lines))
        if text and self.item:
            self.parts.append(Part("item", text, self.first, self.item[0], self.item[1]))
        elif text:
            self.parts.append(Part("paragraph", text, self.first))
        self.lines, self.item = [], None

    def table(self) -> None:
        """A table under a header that tables.py knows becomes statements or questions; another one, items."""
        rows = [[inline(cell) for cell in row.strip().strip("|").split("|")] for row in self.rows]
        numbered = [(self.first + place, row) for place, row in enumerate(rows) if not _DIVIDER.match(self.rows[place])]
        depth = next((part.level for part in reversed(self.parts) if part.kind == "heading"), 1)
        table = inside_text(numbered, True, depth + 1)
        self.parts += table.parts
        self.dropped += table.dropped
        self.rows = []

    def finish(self) -> list[Part]:
        self.close()
        return self.parts
