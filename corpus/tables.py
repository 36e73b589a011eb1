"""Tables of facts: subject-predicate-object lines, question-answer rows and two-column tables, each row a part.

Rows with the same subject and predicate stand together, so that one question finds the whole list. Knows nothing of
files or of what the facts are about.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from corpus.decode import Unreadable
from corpus.document import Dropped
from corpus.layout import Part, Reading

TRIPLE, QUESTION = ("subject", "predicate", "object"), ("question", "answer")
MOSTLY = 0.9  # of a text's lines have the same number of tabs: it is a table
CELL = 1_000_000  # letters

_MARKED = re.compile(r"\s*(?:[^\w\s]|\d+[.)]|[a-z][.)])\t", re.IGNORECASE)  # a list's marker, and a tab

Row = tuple[int, list[str]]  # line number in the file, cells


@dataclass(frozen=True, slots=True)
class Table:
    """The parts of a table; what didn't fit is in `dropped`."""

    parts: list[Part]
    dropped: list[Dropped]
    warnings: list[str]


def looks_like_table(text: str) -> bool:
    """Whether nearly every line of a text file has two tabs, or nearly every line one; a list as it is pasted is none."""
    lines = [line.strip("\r\n") for line in text.split("\n") if line.strip()]
    tabs = [line.count("\t") for line in lines]
    items = sum(_MARKED.match(line) is not None for line in lines)
    return len(tabs) >= 2 and 2 * items < len(lines) and any(tabs.count(n) >= MOSTLY * len(tabs) for n in (1, 2))


def read(text: str, comma: bool = False) -> Reading:
    """Reads tab-separated lines, or (`comma`) a CSV with a header. Raises Unreadable when there is no row to read."""
    rows = _csv(text) if comma else _tabbed(text)
    if not rows:
        raise Unreadable("the table has no rows")
    table = from_rows(rows, header=comma or _known([cell.casefold() for cell in rows[0][1]]) is not None)
    if not table.parts:
        why = table.dropped[0].reason if table.dropped else "only a header"
        raise Unreadable(f"no row of the table could be read ({why})")
    subjects = {part.triple[0].casefold(): part.triple[0] for part in table.parts if part.triple}
    title = _humanised(next(iter(subjects.values()))) if len(subjects) == 1 else None
    return Reading(tuple(table.parts), title, {}, tuple(table.dropped), tuple(table.warnings))


def from_rows(rows: Sequence[Row], header: bool) -> Table:
    """Rows of two or three cells as parts. With `header` the first row names the columns.

    Columns named subject, predicate, object or question, answer are found in any order; others are left out with a
    warning. Two columns of other names read "first: second".
    """
    warnings: list[str] = []
    names = [cell.casefold() for cell in rows[0][1]] if header and rows else []
    known = _known(names)
    body = list(rows[1:] if header else rows)
    if known:
        places = [names.index(name) for name in known]
        others = [name for name in names if name and name not in known]
        if others:
            warnings.append(f"columns left out: {', '.join(others)}")
        body = [(line, [cells[place] if place < len(cells) else "" for place in places]) for line, cells in body]
    width = len(known) if known else len(names) if header else _usual_width(body)
    if width not in (2, 3) or (header and width == 3 and not known):
        columns = ", ".join(names) or f"{width} columns"
        raise Unreadable(
            f"the table has {columns}; expected subject, predicate, object or question, answer or two columns"
        )
    good, dropped = _well_formed(body, width)
    if width == 3:
        return Table(_gathered(good), dropped, warnings)
    if known == QUESTION or (not header and _asks(good)):
        return Table(_asked(good), dropped, warnings)
    title = ": ".join(cell for cell in rows[0][1]) if header else None
    return Table(_two_columns(good, title), dropped, warnings)


def inside_text(rows: Sequence[Row], header: bool, level: int) -> Table:
    """A table inside a text, its headings at `level`; one whose columns `from_rows` doesn't know becomes items."""
    known = _known([cell.casefold() for cell in rows[0][1]]) is not None if rows else False
    if known or {len(cells) for _, cells in rows} == {2}:
        table = from_rows(rows, header or known)
        parts = [replace(part, level=level) if part.kind == "heading" else part for part in table.parts]
        return replace(table, parts=parts)
    titles = rows[0][1] if header and rows else []
    items = []
    for line, cells in rows[1 if header else 0 :]:
        named = [
            f"{title}: {cell}" if title and cell else cell for title, cell in zip_longest(titles, cells, fillvalue="")
        ]
        items.append(Part("item", "; ".join(cell for cell in named if cell), line, 0, "–"))
    return Table(items, [], [])


def _known(names: Sequence[str]) -> tuple[str, ...] | None:
    return next((columns for columns in (TRIPLE, QUESTION) if set(columns) <= set(names)), None)


def _tabbed(text: str) -> list[Row]:
    return [
        (number, [" ".join(cell.split()) for cell in line.strip("\n").rstrip("\t ").split("\t")])
        for number, line in enumerate(text.split("\n"), start=1)
        if line.strip()
    ]


def _csv(text: str) -> list[Row]:
    """Comma or semicolon (as some spreadsheets write); a cell may hold line ends, kept as paragraphs of an answer."""
    first = text.lstrip("\n").split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows, before = [], 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((before + 1, [cell.strip() for cell in cells]))
            before = reader.line_num
    except csv.Error as problem:
        raise Unreadable(f"line {reader.line_num} is no CSV: {problem}") from None
    return rows


def _usual_width(rows: Sequence[Row]) -> int:
    widths = [len(cells) for _, cells in rows]
    return max(set(widths), key=widths.count) if widths else 0


def _well_formed(rows: Sequence[Row], width: int) -> tuple[list[Row], list[Dropped]]:
    """Rows with all cells filled, each once."""
    good: list[Row] = []
    dropped: list[Dropped] = []
    seen: set[tuple[str, ...]] = set()
    for line, cells in rows:
        filled = [cell for cell in cells if cell]
        key = tuple(" ".join(cell.casefold().split()) for cell in cells)
        if len(cells) != width or len(filled) != width:
            reason = (
                f"malformed line: {len(filled)} of {width} columns filled"
                if len(filled) <= width
                else "too many columns"
            )
            dropped.append(Dropped(reason, " | ".join(cells), line))
        elif key in seen:
            dropped.append(Dropped("repeated line", " ".join(cells), line))
        else:
            seen.add(key)
            good.append((line, cells))
    return good, dropped


def _gathered(rows: Sequence[Row]) -> list[Part]:
    """A heading for each subject and predicate, in order of first appearance, and its rows below."""
    groups: dict[tuple[str, str], list[Part]] = {}
    for line, cells in rows:
        subject, predicate, thing = (" ".join(cell.split()) for cell in cells)
        group = groups.setdefault((subject.casefold(), predicate.casefold()), [])
        if not group:
            group.append(Part("heading", f"{subject} {predicate}", line, 2))
        group.append(Part("statement", f"{subject} {predicate} {thing}", line, triple=(subject, predicate, thing)))
    return [part for group in groups.values() for part in group]


def _asks(rows: Sequence[Row]) -> bool:
    return sum(cells[0].endswith("?") for _, cells in rows) > len(rows) / 2


def _asked(rows: Sequence[Row]) -> list[Part]:
    found = []
    for line, (question, answer) in rows:
        found.append(Part("heading", question, line, 2, role="faq", asks=True))
        found += [Part("paragraph", piece, line, role="faq") for piece in answer.split("\n") if piece.strip()]
    return found


def _two_columns(rows: Sequence[Row], title: str | None) -> list[Part]:
    found = [Part("heading", title, rows[0][0], 2)] if title and rows else []
    for line, (left, right) in rows:
        subject, thing = " ".join(left.split()).rstrip(":"), " ".join(right.split())
        found.append(Part("statement", f"{subject}: {thing}", line, triple=(subject, "", thing)))
    return found


def _humanised(text: str) -> str:
    return text[:1].upper() + text[1:]
