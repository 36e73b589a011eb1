"""Headings, paragraphs, items and statements set into one frozen text, and what stands where in it.

Every reader of a format makes `Part`s; only this module counts offsets. Knows nothing of formats or rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from corpus.document import Block, BlockKind, Dropped, Pair, Section, Sentence, Span, Statement
from corpus.sentences import announces, forbids, quotable, sets_condition

Role = Literal["body", "faq", "about"]
GAP = "\n\n"  # between blocks
LONGEST = 300  # characters of a heading and the paragraphs below it that introduce a list together


@dataclass(frozen=True, slots=True)
class Part:
    """One heading, paragraph, list item or statement as a format's reader found it.

    `level` is the depth of a heading (1 is the top) or of a nested item (0 is not nested). `marker` ("1. ", "– ") is
    printed before the text and belongs to no block. `line` counts in the file from 1. `asks` marks the heading that is
    the question of a question-answer pair.
    """

    kind: Literal["heading", "paragraph", "item", "statement"]
    text: str
    line: int | None = None
    level: int = 0
    marker: str = ""
    page: int | None = None
    role: Role = "body"
    asks: bool = False
    triple: tuple[str, str, str] | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a format's reader found in a file; `metadata` has the names of `Source`'s fields.

    `pasted` says that the page around the text came along, so that its menus and adverts are to be set aside.
    """

    parts: tuple[Part, ...]
    title: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    dropped: tuple[Dropped, ...] = ()
    warnings: tuple[str, ...] = ()
    pasted: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """The frozen text with its sections, statements and question-answer pairs."""

    text: str
    sections: tuple[Section, ...]
    statements: tuple[Statement, ...]
    pairs: tuple[Pair, ...]


def assemble(parts: Iterable[Part]) -> Layout:
    """Sets the parts one below the other: a blank line between blocks, none between the items of a list."""
    setter = _Setter()
    for part in parts:
        text = " ".join(part.text.split())
        if text:
            setter.add(part, text)
    return setter.finish()


class _Setter:
    """Collects the text and, for the section that is open, its blocks."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.length = 0
        self.before: Part | None = None
        self.sections: list[Section] = []
        self.statements: list[Statement] = []
        self.open: tuple[Span, str, tuple[str, ...], Part] | None = None  # heading, title, path, part
        self.pairs: list[Pair] = []
        self.blocks: list[Block] = []
        self.told: list[Block] = []  # those that a table gives as the answer, when text follows the table
        self.above: list[tuple[int, str, Span]] = []  # the headings on the way down: level, title, place
        self.leads: dict[int, Span] = {}  # depth of a list -> the line that introduces it

    def add(self, part: Part, text: str) -> None:
        span = self._put(part, text)
        if part.kind == "heading":
            self._open(part, text, span)
        else:
            self._block(part, text, span)
        self.before = part

    def _put(self, part: Part, text: str) -> Span:
        tight = self.before is not None and part.kind == self.before.kind and part.kind in ("item", "statement")
        gap = "" if not self.pieces else "\n" if tight else GAP
        marker = " ".join(part.marker.split())
        start = self.length + len(gap) + len(marker) + bool(marker)
        self.pieces.append(gap + (f"{marker} " if marker else "") + text)
        self.length = start + len(text)
        return Span(start, self.length)

    def _open(self, part: Part, text: str, span: Span) -> None:
        self._close()
        title = text.rstrip(":").rstrip() or text
        self.above = [entry for entry in self.above if entry[0] < part.level] + [(part.level, title, span)]
        self.open = (span, title, tuple(name for _, name, _ in self.above), part)
        heading = self._heading(forbids) or self._heading(sets_condition)
        self.leads = {0: heading} if heading else {}

    def _block(self, part: Part, text: str, span: Span) -> None:
        kind: BlockKind = part.kind if part.kind != "heading" else "paragraph"
        lead = None
        if kind == "item":
            depth = min(part.level, max(self.leads, default=0))
            lead = self.leads.get(depth)
            self.leads = {known: line for known, line in self.leads.items() if known <= depth}
        sentences = self._sentences(text, span, kind, lead)
        last = Span(sentences[-1].start, sentences[-1].end)
        if kind == "item" and not text.endswith((".", "!", "?")):
            self.leads[part.level + 1] = last
        elif kind == "paragraph":
            self.leads = self._introduction(text, text[last.start - span.start :], last)
        self.blocks.append(Block(span.start, span.end, kind, sentences, part.page))
        if part.role == "faq":
            self.told.append(self.blocks[-1])
        if part.triple:
            self.statements.append(Statement(span.start, span.end, *part.triple, line=part.line or 0))

    def _heading(self, turns: Callable[[str], bool]) -> Span | None:
        """The headings of the section, from the outermost on that turns round what stands below it, if there is nothing else
        between them; None where none does.
        """
        found, below = None, self.above[-1][2]
        for _, title, place in reversed(self.above):
            if below.start - place.end > len(GAP):
                break
            if turns(title):
                found = Span(place.start, self.above[-1][2].end)
            below = place
        return found

    def _introduction(self, text: str, line: str, last: Span) -> dict[int, Span]:
        """What introduces a list right below the paragraph `text`, whose last sentence, `line`, is at `last`.

        A line with a colon, or one that itself says not to. Under a heading that turns round what stands below it ("Do not")
        heading and paragraph are said together: the paragraph may set limits ("In the first week:") or allow what follows.
        """
        introduces = not text.endswith((".", "!", "?"))
        if forbids(line) and (introduces or text.endswith("?") or announces(line)):
            return {0: last}
        turns = self.open is not None and forbids(self.open[1])
        if self.open and turns and all(block.kind == "paragraph" for block in self.blocks):
            whole = Span(self.open[0].start, last.end)
            return {0: whole if whole.end - whole.start <= LONGEST else last}
        if introduces or turns:
            return {0: last}
        return {0: self.open[0]} if self.open and sets_condition(self.open[1]) else {}

    def _sentences(self, text: str, span: Span, kind: BlockKind, lead: Span | None) -> tuple[Sentence, ...]:
        spans = (Span(0, len(text)),) if kind == "statement" else quotable(text)
        return tuple(Sentence(span.start + found.start, span.start + found.end, lead) for found in spans)

    def _close(self) -> None:
        if self.open is None:
            if self.blocks:  # text above the first heading
                self.sections.append(Section(self.blocks[0].start, self.blocks[-1].end, "", (), tuple(self.blocks)))
        else:
            heading, title, path, part = self.open
            end = self.blocks[-1].end if self.blocks else heading.end
            self.sections.append(Section(heading.start, end, title, path, tuple(self.blocks), part.role))
            answer = self.told or self.blocks
            if part.asks and answer and part.role != "about":  # what is never cut could not be cited
                self.pairs.append(Pair(heading, Span(answer[0].start, answer[-1].end)))
        self.blocks, self.told = [], []

    def finish(self) -> Layout:
        self._close()
        return Layout("".join(self.pieces), tuple(self.sections), tuple(self.statements), tuple(self.pairs))
