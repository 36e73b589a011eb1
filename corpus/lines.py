"""Lines of pasted text or of a PDF's pages joined to paragraphs and items, as they were before they were cut.

Joins what a page break, blank lines or a fixed line width cut in two, and takes running heads and page numbers out
first. Knows nothing of headings or titles.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from corpus.document import Dropped
from corpus.rules import Rules

NARROWEST, WIDEST = 40, 140  # letters of a line that a fixed width cut; text with longer lines has one a paragraph
FULL = 0.85  # of the width: a line that leaves less room than the next word takes was cut by the width
RUNNING_HEAD = 3  # pages that a line must stand on to be a running head
EDGE = 3  # lines at the top and at the foot of a page where one may stand
KEEP_HYPHEN = frozenset(
    "anti follow high intra long low mid multi non pain post pre self short single two three well x".split()
)
# A line that ends with one of these is not at its end.
UNFINISHED = frozenset(
    "a an and are as at by can for from has have in into is may of on or that the their to under was with within "
    "your".split()
)

_MARKER = re.compile(
    r"(?P<marker>[•●▪◦‣⁃∙◆◇■□▶►➢➤✓✔❖\uf0a7\uf0b7·*+–—-](?=\s)|o(?=\t| {2,})|\(?\d{1,2}[.)](?=\s)|\(?[a-z]\)(?=\s))"
    r"\s+(?=\S)"
)
# A page number: "Page 3 of 7", "3 / 7", "3", "Going home | 3".
_PAGED = re.compile(
    r"\bpage\W*\d|\A\W*\d+(?:\s*(?:/|of)\s*\d+)?\W*\Z|\s[|·–—-]\s*\d+\W*\Z|\A\W*\d+\s*[|·–—-]\s", re.IGNORECASE
)
_TERMINAL = re.compile(r"[.!?:;…]['\"”’»)\]]*\Z")
_HYPHEN = re.compile(r"([^\W\d_]+)-\Z")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank. `gap` counts the blank lines above it; a page break counts as one."""

    text: str
    number: int | None
    indent: int = 0
    gap: int = 0
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A paragraph, heading or item after joining: `first` and `last` are the lines that it is from."""

    text: str
    first: Line
    last: Line
    marker: str = ""

    @property
    def single(self) -> bool:
        """Whether it stood on one line."""
        return self.first is self.last


def to_lines(text: str, page: int | None = None, numbered: bool = True) -> list[Line]:
    """The lines that are not blank; a form feed is a page break."""
    found: list[Line] = []
    gap = 1
    for number, raw in enumerate(text.split("\n"), start=1):
        for place, piece in enumerate(re.split("[\f\v]", raw)):
            gap += bool(place)
            stripped = piece.strip()
            if stripped:
                indent = len(piece.expandtabs()) - len(piece.expandtabs().lstrip())
                found.append(Line(stripped, number if numbered else None, indent, gap, page))
                gap = 0
        gap += not raw.strip()
    return found


def join(lines: Sequence[Line], rules: Rules) -> tuple[list[Chunk], list[Dropped], int]:
    """The chunks in order, the page furniture that was taken out, and how many words cut by a hyphen were joined."""
    kept, dropped = _without_furniture(lines, rules)
    width = _width(kept)
    joiner = _Joiner(width, " ".join(line.text for line in kept))
    for place, line in enumerate(kept):
        joiner.take(line, kept[place + 1] if place + 1 < len(kept) else None)
    joiner.close()
    return joiner.chunks, dropped, joiner.hyphens


def is_terminal(text: str) -> bool:
    """Whether it ends as a sentence or a lead-in ends."""
    return _TERMINAL.search(text[-8:]) is not None


def _without_furniture(lines: Sequence[Line], rules: Rules) -> tuple[list[Line], list[Dropped]]:
    """Takes out running heads, page numbers and lone navigation lines; they would keep a cut sentence apart."""
    pages: dict[str, set[int | None]] = {}
    edges = _edges(lines)
    for line in edges:
        pages.setdefault(_without_page(line.text), set()).add(line.page)
    kept: list[Line] = []
    dropped: list[Dropped] = []
    gap = 0
    for place, line in enumerate(lines):
        below = lines[place + 1].gap if place + 1 < len(lines) else 1
        repeated = len(pages.get(_without_page(line.text), ())) >= RUNNING_HEAD and len(line.text) < WIDEST
        running = repeated and line in edges
        rule = rules.of_line(line.text) if line.gap and below and not _MARKER.match(line.text) else None
        if running or (rule and rule.reason == "navigation" and not (rule.section or rule.opens)):
            dropped.append(Dropped("navigation", line.text, line.number))
            gap = max(gap, line.gap, 1)
        else:
            kept.append(replace(line, gap=max(line.gap, gap)))
            gap = 0
    return kept, dropped


def _edges(lines: Sequence[Line]) -> set[Line]:
    """The first and the last lines of each page: what stands between is never a running head, however alike."""
    found: set[Line] = set()
    for page, group in groupby(lines, key=lambda line: line.page):
        if page is not None:
            inside = list(group)
            found.update(inside[:EDGE], inside[-EDGE:])
    return found


def _without_page(text: str) -> str:
    """A page number as "#"; other figures stay: "Week 1" and "Week 2" are not the same line."""
    return re.sub(r"\d+", "#", text) if _PAGED.search(text) else text


def _width(lines: Sequence[Line]) -> int:
    """The fixed width that the lines were cut at, or 0 where each line is a paragraph."""
    lengths = sorted(len(line.text) + line.indent for line in lines)
    width = lengths[int(len(lengths) * 0.95)] if lengths else 0
    pairs = [(a, b) for a, b in pairwise(lines) if b.gap == 0 and not _MARKER.match(b.text)]
    full = sum(_is_full(a, b, width) for a, b in pairs)
    return width if NARROWEST <= width <= WIDEST and len(pairs) >= 3 and full >= 0.4 * len(pairs) else 0


def _is_full(line: Line, following: Line, width: int) -> bool:
    return line.indent + len(line.text) + 1 + len(following.text.split()[0]) > FULL * width


class _Joiner:
    """Holds the chunk that is open as the pieces of its lines; looks at its last line only, however long it grows."""

    def __init__(self, width: int, text: str) -> None:
        self.width = width
        self.vocabulary = Counter(re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", text.casefold()))
        self.chunks: list[Chunk] = []
        self.pieces: list[str] = []
        self.lines: list[Line] = []
        self.words = 0
        self.marker = ""
        self.hyphens = 0

    def take(self, line: Line, following: Line | None) -> None:
        marked = _MARKER.match(line.text)
        if marked:
            self.close()
            self.marker = "•" if marked["marker"] in "o\uf0a7\uf0b7" else marked["marker"]
            self.add(line, line.text[marked.end() :])
        elif self.lines and self._continues(line, following):
            self._glue(line.text)
            self.add(line, line.text)
        else:
            self.close()
            self.add(line, line.text)

    def add(self, line: Line, text: str) -> None:
        self.pieces.append(text)
        self.lines.append(line)
        self.words += len(text.split())

    def close(self) -> None:
        """Ends the chunk that is open."""
        if self.lines:
            self.chunks.append(Chunk("".join(self.pieces), self.lines[0], self.lines[-1], self.marker))
        self.pieces, self.lines, self.words, self.marker = [], [], 0, ""

    def _continues(self, line: Line, following: Line | None) -> bool:
        """Whether the line goes on with the open chunk's last sentence or paragraph."""
        above, lower = self.pieces[-1], line.text[0].islower()
        if not is_terminal(above):
            if lower and _HYPHEN.search(above[-40:]):
                return True
            if lower and (self.words >= 4 or self.marker) and not (len(self.lines) == 1 and _title_case(above)):
                return True
            last = above.split()[-1].casefold()
            if self.words >= 6 and (last in UNFINISHED or last.endswith(",")):
                return True
        if line.gap:
            return False
        if self.marker and line.indent >= self.lines[0].indent + 2:
            return bool(self.width) or not (line.text[0].isupper() and is_terminal(above))
        return bool(self.width) and _is_full(self.lines[-1], line, self.width) and not self._stands_out(line, following)

    def _stands_out(self, line: Line, following: Line | None) -> bool:
        """A short line that neither ends a sentence nor goes on below: a heading under a full last line."""
        goes_on = following is not None and following.gap == 0 and following.text[0].islower()
        short = len(line.text) < 0.6 * self.width
        return short and line.text[0].isupper() and not is_terminal(line.text) and not goes_on

    def _glue(self, below: str) -> None:
        """Sets a space, or for a word that was cut by a hyphen nothing, behind the last piece."""
        above = self.pieces[-1]
        cut = _HYPHEN.search(above[-40:])
        if not cut or not below[0].islower():
            self.pieces[-1] += " "
            return
        tail = re.match(r"[^\W\d_]*", below.casefold())
        head, rest = cut[1].casefold(), tail.group() if tail else ""
        compound = self.vocabulary[f"{head}-{rest}"] or (head in KEEP_HYPHEN and not self.vocabulary[head + rest])
        if rest and not compound:
            self.pieces[-1] = above[:-1]
            self.hyphens += 1


def _title_case(text: str) -> bool:
    """Whether most longer words begin with a capital, as in a heading."""
    words = [word for word in re.findall(r"[^\W\d_]+", text) if len(word) > 3]
    return len(words) > 1 and sum(word[0].isupper() for word in words) > 0.7 * len(words)
