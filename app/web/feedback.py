"""Thumbs in feedback.sqlite: an answer's random id, yes or no, a reason off a list. No column can hold a text."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from corpus.home import damaged, make_folder, unwritable

MAX_ROWS = 100_000
SCHEMA = """
CREATE TABLE IF NOT EXISTS feedback (
    answer_id TEXT PRIMARY KEY,
    given_on TEXT NOT NULL,
    helpful INTEGER NOT NULL,
    reason TEXT
)"""


class Feedback:
    """The thumbs of one home. A second one for the same answer takes the first one's place."""

    def __init__(self, home: Path) -> None:
        self.path = home / "feedback.sqlite"
        self._lock = threading.Lock()

    def add(self, answer_id: str, helpful: bool, reason: str | None) -> None:
        """Keeps one thumb, with the day and not the minute; the oldest go when there are 100,000."""
        make_folder(self.path.parent)
        row = (answer_id, datetime.now(UTC).date().isoformat(), helpful, reason)
        try:
            with self._lock, closing(sqlite3.connect(self.path, timeout=10)) as database, database:
                database.execute(SCHEMA)
                database.execute("INSERT OR REPLACE INTO feedback VALUES (?, ?, ?, ?)", row)
                database.execute(
                    "DELETE FROM feedback WHERE rowid <= (SELECT max(rowid) FROM feedback) - ?", (MAX_ROWS,)
                )
        except sqlite3.Error as problem:
            raise unwritable(self.path, OSError(0, str(problem))) from problem

    def rows(self) -> list[tuple[str, str, bool, str | None]]:
        """All thumbs: answer id, day, helpful, reason. A damaged file is a SpinewiseError."""
        if not self.path.exists() or not self.path.stat().st_size:  # empty: the disk was full at the first thumb
            return []
        try:
            with closing(sqlite3.connect(self.path)) as database:
                found = database.execute("SELECT answer_id, given_on, helpful, reason FROM feedback ORDER BY rowid")
                return [(answer_id, day, bool(helpful), reason) for answer_id, day, helpful, reason in found]
        except sqlite3.DatabaseError as problem:
            raise damaged(self.path, problem) from problem
