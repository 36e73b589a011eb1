"""The assistant while it loads: models take a minute, and the server answers meanwhile. Knows not what is loaded."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol, Self

from app.answer import Answer, AnswerSentence, Citation, Turn
from corpus.document import Document

Urgent = Callable[[str, Sequence[Turn]], Answer | None]


class Answering(Protocol):
    """What the web app asks of an assistant. Every method may be called from several threads at once."""

    @property
    def documents(self) -> Mapping[str, Document]:
        """The documents that answers can cite, by id."""

    def stream(self, question: str, history: Sequence[Turn] = ()) -> Iterator[AnswerSentence | Answer]:
        """Sentences as they are ready, the Answer last; closed early when the visitor leaves."""

    def urgent(self, question: str, history: Sequence[Turn] = ()) -> Answer | None:
        """The red-flag check alone, in well under 200 ms: its card, or None."""

    def examples(self) -> tuple[str, ...]:
        """Questions for the start screen, which the documents answer."""

    def context(self, citation: Citation) -> tuple[str, str, str]:
        """The text around a quote: before, quote, after."""


class Loading:
    """An assistant that is loaded in the background. `assistant` is None until it is there, or when it can't be.

    `urgent` is the red-flag check, which is there from the start.
    """

    def __init__(self, load: Callable[[], Answering], urgent: Urgent | None = None) -> None:
        self._load, self._urgent = load, urgent
        self.assistant: Answering | None = None
        self.failure: Exception | None = None

    def urgent(self, question: str, history: Sequence[Turn] = ()) -> Answer | None:
        """The card for a red flag, also while the rest is loading or could not be loaded."""
        check = self.assistant.urgent if self.assistant else self._urgent
        return check(question, history) if check else None

    @classmethod
    def done(cls, assistant: Answering) -> Self:
        """One that is ready at once."""
        loading = cls(lambda: assistant)
        loading.assistant = assistant
        return loading

    def start(self, when_failed: Callable[[], None] = lambda: None, again_seconds: float | None = None) -> None:
        """Loads in a thread; calls `when_failed` there, with `failure` set, if it can't be done.

        With `again_seconds` it then waits that long and tries anew, until it can be done.
        """
        threading.Thread(target=self._run, args=(when_failed, again_seconds), name="loading", daemon=True).start()

    def _run(self, when_failed: Callable[[], None], again_seconds: float | None) -> None:
        while not self._loaded(when_failed) and again_seconds is not None:
            time.sleep(again_seconds)

    def _loaded(self, when_failed: Callable[[], None]) -> bool:
        try:
            self.assistant = self._load()
        except Exception as problem:
            self.failure = problem
            when_failed()
            return False
        self.failure = None
        return True
