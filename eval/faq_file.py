"""A clinic's FAQ from the file that it is kept in. Knows nothing of documents, indexes or cases.

Whoever gives a file says that it is an FAQ, so that less is asked of its form than of a document in the corpus: a
table's columns may have any names or none, and any heading with a question mark is a question.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.decode import decode
from corpus.document import Document
from corpus.errors import SpinewiseError
from eval.frozen import numbered

QUESTION, ANSWER, OTHERS = "question", "answer", "in other words"
FORM = "write the questions in the first column and the answers in the second, or as Markdown with a heading for each question"
JSON_FORM = 'write {"question": "…", "answer": "…", "in other words": ["…"]} on each line, the last if you have any'


@dataclass(frozen=True, slots=True)
class Entry:
    """A question with its reference answer, and other wordings of it; `document` holds it where it is the corpus's own."""

    question: str
    answer: str
    document: str | None = None
    others: tuple[str, ...] = ()


def read_entries(path: Path) -> list[Entry]:
    """The FAQ of a file, in order, each question once. Raises SpinewiseError, which names the file, where there is none."""
    try:
        reading = READERS.get(path.suffix.lower(), from_document)
        entries = {one.question: one for one in reversed(reading(path)) if one.question and one.answer}
    except SpinewiseError as problem:
        named = problem.problem if path.name in problem.problem else f"{path}: {problem.problem}"
        raise SpinewiseError(named, problem.mend) from None
    if not entries:
        raise SpinewiseError(f"{path}: no question with an answer was found in it", FORM)
    return list(reversed(entries.values()))


def from_lines(path: Path) -> list[Entry]:
    """JSONL."""
    return [from_row(f"{path.name}, line {number}", line) for number, line in numbered(path)]


def from_row(where: str, line: str) -> Entry:
    """One line of it."""
    try:
        row: Mapping[str, Any] = json.loads(line)
        question, answer, others = row[QUESTION], row[ANSWER], row.get(OTHERS, [])
        if not isinstance(others, list) or not all(isinstance(one, str) for one in (question, answer, *others)):
            raise TypeError("question and answer are texts, other words a list of them")
        return Entry(question.strip(), answer.strip(), None, tuple(others))
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        missing = f"no {problem}" if isinstance(problem, KeyError) else f"not an object of that form: {problem}"
        raise SpinewiseError(f"{where}: {missing}", JSON_FORM) from None


def from_table(path: Path) -> list[Entry]:
    """Comma, semicolon or tab, in whatever encoding spreadsheets write. Without a known heading the first column asks."""
    rows = rows_of(decode(bytes_of(path)).text)
    if not rows:
        return []
    names = [cell.casefold() for cell in rows[0]]
    if QUESTION in names and ANSWER in names:
        asks, tells = names.index(QUESTION), names.index(ANSWER)
        others = [place for place, name in enumerate(names) if name.startswith(OTHERS)]
        return [Entry(cell(row, asks), cell(row, tells), None, tuple(told(row, others))) for row in rows[1:]]
    if 2 * sum(map(asking, rows)) < len(rows) - 1:  # a heading apart, fewer than half ask anything: some other table
        return []
    return [Entry(cell(row, 0), cell(row, 1)) for row in rows[0 if asking(rows[0]) else 1 :]]


def rows_of(text: str) -> list[list[str]]:
    """The cells of each row that isn't blank, cut as most questions come out whole, else into most columns."""
    first, _, rest = text.lstrip("\n").partition("\n")
    text = rest if first.startswith("sep=") else text  # Excel's own first line
    tables = [cut(text, delimiter) for delimiter in ",;\t"]
    return max(tables, key=lambda rows: (sum(asking(row) for row in rows), len(rows[0]) if rows else 0))


def cut(text: str, delimiter: str) -> list[list[str]]:
    """The table as that delimiter cuts it; a cell in quotes may hold line ends."""
    try:
        found = [[one.strip() for one in row] for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)]
    except csv.Error:
        return []
    return [row for row in found if any(row)]


def asking(row: Sequence[str]) -> bool:
    """Whether a row is a question with something beside it."""
    return row[0].endswith("?") and any(row[1:])


def cell(row: Sequence[str], place: int) -> str:
    """A cell; "" where the row ends before it."""
    return row[place] if place < len(row) else ""


def told(row: Sequence[str], places: Sequence[int]) -> Iterator[str]:
    """The cells at these places that are filled."""
    return (row[place] for place in places if cell(row, place))


def from_document(path: Path) -> list[Entry]:
    """Whatever `corpus` reads: its question-answer pairs, or else every heading that asks, with the text below it."""
    from corpus.reader import read_file
    from corpus.settings import CorpusSettings

    bytes_of(path)
    document = read_file(path, CorpusSettings.load("corpus"))
    pairs = [Entry(one.question.of(document.text), one.answer.of(document.text)) for one in document.pairs]
    return pairs or list(under_headings(document))


def under_headings(document: Document) -> Iterator[Entry]:
    """A section whose heading asks is a question and its answer."""
    for section in document.sections:
        if section.title.endswith("?") and section.blocks:
            yield Entry(section.title, document.text[section.blocks[0].start : section.blocks[-1].end])


def bytes_of(path: Path) -> bytes:
    """The file's bytes; one that isn't there is said so."""
    try:
        return path.read_bytes()
    except OSError as problem:
        raise SpinewiseError(f"can't read {path}: {problem.strerror}", "name the file that holds your FAQ") from None


READERS = {".jsonl": from_lines, ".csv": from_table, ".tsv": from_table}
