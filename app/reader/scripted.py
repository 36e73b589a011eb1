"""A reader that says what it was told to: for tests and for trying the page without a model. Knows no language model."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence


class ScriptedReader:
    """Plays a queue of drafts; once it is empty, repeats the first passage. `asked` records every call."""

    name = "scripted"

    def __init__(self, drafts: Iterable[str] = ()) -> None:
        self._drafts = deque(drafts)
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    def read(self, question: str, passages: Sequence[str]) -> Iterator[str]:
        """The next draft, word by word."""
        self.asked.append((question, tuple(passages)))
        draft = self._drafts.popleft() if self._drafts else (passages[0] if passages else "")
        yield from (word + " " for word in draft.split())
