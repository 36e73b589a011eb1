"""What was asked and not answered: counts by day and topic in unanswered.sqlite; the words only where the site said so.

A topic is the documents' own question that lies nearest, or the rule that declined: never a visitor's words. Knows
nothing of who asked. Urgent questions are never kept, whatever the site set.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from app.answer import Answer
from corpus.home import damaged, make_folder

KINDS = ("not_found", "declined")
COUNTED_DAYS = 365
MAX_STORED = 10_000
SCHEMA = """
CREATE TABLE IF NOT EXISTS counts (day TEXT, kind TEXT, topic TEXT, times INTEGER, PRIMARY KEY (day, kind, topic));
CREATE TABLE IF NOT EXISTS questions (day TEXT, kind TEXT, topic TEXT, question TEXT);
"""


@dataclass(frozen=True, slots=True)
class Count:
    """How often a topic was asked about and not answered, and when last."""

    kind: str
    topic: str
    times: int
    last: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A stored question."""

    day: str
    kind: str
    topic: str
    question: str


def utc_today() -> date:
    """The day that things are filed under."""
    return datetime.now(UTC).date()


class Unanswered:
    """The unanswered questions of one home. `days` is how long their words are kept; 0 keeps none, and drops old ones."""

    def __init__(self, home: Path, days: int, today: Callable[[], date] = utc_today) -> None:
        self.path, self.days, self._today = home / "unanswered.sqlite", days, today
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="unanswered")
        self._tidied: date | None = None
        self.tidy()

    def tidy(self) -> None:
        """Once a day drops what is past its day, whatever was asked since."""
        if self._tidied != (today := self._today()):
            self._tidied = today
            if self.path.exists():
                self._writer.submit(self._write, None)

    def heard(self, answer: Answer) -> None:
        """Counts an answer that was none; returns at once. A full disk is no visitor's concern: then it isn't counted."""
        self.tidy()
        if answer.kind in KINDS:
            self._writer.submit(self._write, answer)

    def _write(self, answer: Answer | None) -> None:
        with self._open() as database:
            if answer:
                day, kind, topic = self._today().isoformat(), answer.kind, topic_of(answer)
                add = "INSERT INTO counts VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET times = times + 1"
                database.execute(add, (day, kind, topic))
                if self.days:
                    database.execute("INSERT INTO questions VALUES (?, ?, ?, ?)", (day, kind, topic, answer.question))
            self._forget(database)

    def _forget(self, database: sqlite3.Connection) -> None:
        """Drops what is past its day. Stored words fade from the file's bytes, too (secure_delete)."""
        kept = (self._today() - timedelta(days=self.days)).isoformat() if self.days else "9999"
        database.execute("DELETE FROM questions WHERE day <= ?", (kept,))
        last = "DELETE FROM questions WHERE rowid <= (SELECT max(rowid) FROM questions) - ?"
        database.execute(last, (MAX_STORED,))
        database.execute("DELETE FROM counts WHERE day <= ?", ((self._today() - timedelta(COUNTED_DAYS)).isoformat(),))

    def counts(self) -> list[Count]:
        """By topic, the most frequent first."""
        query = "SELECT kind, topic, sum(times) AS n, max(day) FROM counts GROUP BY kind, topic ORDER BY n DESC, topic"
        return [Count(kind, topic, times, last) for kind, topic, times, last in self._rows(query)]

    def questions(self) -> list[Asked]:
        """The stored questions, newest first; none where the site stores none."""
        query = "SELECT day, kind, topic, question FROM questions ORDER BY rowid DESC LIMIT 500"
        return [Asked(day, kind, topic, question) for day, kind, topic, question in self._rows(query)]

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        if not self.path.exists():
            return []
        try:
            with self._open() as database:
                self._forget(database)
                return database.execute(query).fetchall()
        except sqlite3.DatabaseError as problem:
            raise damaged(self.path, problem) from problem

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        make_folder(self.path.parent)
        with closing(sqlite3.connect(self.path, timeout=10)) as database, database:
            database.execute("PRAGMA secure_delete = ON")
            database.executescript(SCHEMA)
            yield database

    def close(self) -> None:
        """Writes what waits, and takes no more."""
        self._writer.shutdown(wait=True)


def topic_of(answer: Answer) -> str:
    """What it was about, in the documents' or the rules' words; "" where nothing is near."""
    if answer.kind == "declined" and answer.rule:
        return answer.rule
    return answer.suggestions[0] if answer.suggestions else ""
