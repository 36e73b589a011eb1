"""Who is answered now, who waits, who is asked to come back. Knows nothing of HTTP or pages.

One answer keeps both cores of a small machine busy, so few run at once, few wait, and the rest hear so at once. The
red-flag check stands before all that: it never waits and is never refused.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass

from app.answer import Answer, AnswerSentence, Turn
from app.legible import whole_characters
from app.settings import AppSettings
from app.web.cap import Cap
from app.web.loading import Answering, Loading
from app.web.metrics import Metrics

MAX_TURNS, MAX_HISTORY_CHARS = 8, 4000


@dataclass(frozen=True, slots=True)
class Waiting:
    """A visitor's place in line, from 1."""

    place: int


class QueueFullError(Exception):
    """The line is full; `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"come back in {retry_after} s")


class NotReadyError(Exception):
    """The assistant is still loading, or could not be loaded."""


def believed(history: Sequence[Turn]) -> tuple[Turn, ...]:
    """What is kept of a history that a client sent: the last 8 user turns, and of those the last 4,000 characters.

    Assistant turns are dropped: a client can write anything into them, and nothing may be answered from that.
    """
    kept: list[Turn] = []
    room = MAX_HISTORY_CHARS
    for turn in reversed([turn for turn in history if turn.role == "user"][-MAX_TURNS:]):
        if room <= 0:
            break
        kept.append(Turn("user", whole_characters(turn.content)[-room:]))
        room -= len(turn.content)
    return tuple(reversed(kept))


class Desk:
    """The one way to an answer, for the page and the API alike. Lives in one event loop."""

    def __init__(
        self,
        loading: Loading,
        settings: AppSettings,
        metrics: Metrics,
        heard: Callable[[Answer], None] = lambda answer: None,
    ) -> None:
        self._loading, self._settings, self.metrics, self._heard = loading, settings, metrics, heard
        self._cap = Cap(settings.questions_per_minute)
        self._readers = ThreadPoolExecutor(settings.concurrent, thread_name_prefix="answer")
        self._triage = ThreadPoolExecutor(2, thread_name_prefix="triage")
        self._running = 0
        self._line: deque[object] = deque()
        self._changed = asyncio.Event()  # set, and replaced, whenever someone leaves the desk or the line
        self._stops: set[threading.Event] = set()
        self._usual_seconds = 5.0
        metrics.watch("spinewise_running", "Answers being written", lambda: self._running)
        metrics.watch("spinewise_waiting", "Visitors in line", lambda: len(self._line))
        metrics.watch("spinewise_ready", "Models and index loaded", lambda: loading.assistant is not None)

    @property
    def ready(self) -> bool:
        """Whether questions can be answered."""
        return self._loading.assistant is not None

    @property
    def failure(self) -> Exception | None:
        """Why the assistant could not be loaded, or None."""
        return self._loading.failure

    @property
    def assistant(self) -> Answering:
        """The assistant; NotReadyError while it loads."""
        if self._loading.assistant is None:
            raise NotReadyError
        return self._loading.assistant

    async def stream(
        self, question: str, history: Sequence[Turn] = (), address: str | None = None
    ) -> AsyncGenerator[Waiting | AnswerSentence | Answer, None]:
        """Places in line, then sentences, then the Answer. Raises CappedError, NotReadyError, QueueFullError, TimeoutError.

        `address` is the asker's, of which only so many questions a minute are taken; a red flag is always answered.

        Closing it stops the reading after the sentence at hand; only then is the place at the desk free again.
        """
        started = time.monotonic()
        question, history = whole_characters(question), believed(history)
        loop = asyncio.get_running_loop()
        card = await loop.run_in_executor(self._triage, self._loading.urgent, question, history)
        if card is not None:
            self._count(card, started)
            yield card
            return
        self._cap.take(address)
        assistant = self.assistant
        async with aclosing(self._enter()) as line:
            async for place in line:
                yield place
        async with aclosing(self._read(assistant, question, history)) as items:
            first = True
            async for item in items:
                if first:
                    self.metrics.first_sentence.observe(time.monotonic() - started)
                    first = False
                if isinstance(item, Answer):
                    self._count(item, started)
                yield item

    async def _enter(self) -> AsyncGenerator[Waiting, None]:
        """Yields the places in line, and ends with one of the desk's places taken."""
        if self._running < self._settings.concurrent and not self._line:
            self._running += 1
            return
        if len(self._line) >= self._settings.queue:
            self.metrics.refused.inc()
            raise QueueFullError(self._retry_after())
        ticket = object()
        self._line.append(ticket)
        try:
            while self._line[0] is not ticket or self._running >= self._settings.concurrent:
                changed = self._changed
                yield Waiting(self._line.index(ticket) + 1)
                await changed.wait()
            self._running += 1
        finally:
            self._line.remove(ticket)
            self._announce()

    async def _read(
        self, assistant: Answering, question: str, history: Sequence[Turn]
    ) -> AsyncGenerator[AnswerSentence | Answer, None]:
        """Reads in a thread. The place taken by `_enter` is given back when that thread is done, not before."""
        loop, stop, started = asyncio.get_running_loop(), threading.Event(), time.monotonic()
        items: asyncio.Queue[AnswerSentence | Answer | BaseException | None] = asyncio.Queue()

        def tell(callback: Callable[..., None], *arguments: object) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(callback, *arguments)

        def work() -> None:
            outcome: BaseException | None = None
            try:
                _pump(assistant, question, history, stop, lambda item: tell(items.put_nowait, item))
            except Exception as problem:
                outcome = problem
            finally:
                tell(self._leave, stop, time.monotonic() - started)
                tell(items.put_nowait, outcome)

        self._stops.add(stop)
        self._readers.submit(work)
        deadline, finished = loop.time() + self._settings.answer_seconds, False
        try:  # wait_for each item, not one asyncio.timeout: a generator may be advanced by one task after another
            while (item := await asyncio.wait_for(items.get(), deadline - loop.time())) is not None:
                if isinstance(item, BaseException):
                    raise item
                finished = finished or isinstance(item, Answer)
                yield item
        except (asyncio.CancelledError, GeneratorExit):  # the visitor left
            if not finished:
                self.metrics.stopped.inc()
            raise
        except Exception:  # a deadline, too
            self.metrics.failed.inc()
            raise
        finally:
            stop.set()

    def _leave(self, stop: threading.Event, seconds: float) -> None:
        self._stops.discard(stop)
        self._running -= 1
        self._usual_seconds += (seconds - self._usual_seconds) / 8
        self._announce()

    def _announce(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _retry_after(self) -> int:
        """Seconds until half of the line is through, at the usual pace."""
        ahead = (len(self._line) + self._running) / (2 * self._settings.concurrent)
        return max(5, min(120, round(ahead * self._usual_seconds)))

    def _count(self, answer: Answer, started: float) -> None:
        self.metrics.answers.labels(answer.kind).inc()
        self.metrics.seconds.observe(time.monotonic() - started)
        self._heard(answer)

    def close(self) -> None:
        """Stops what is being read and takes no more."""
        for stop in tuple(self._stops):
            stop.set()
        self._readers.shutdown(wait=False, cancel_futures=True)
        self._triage.shutdown(wait=False, cancel_futures=True)


def _pump(
    assistant: Answering,
    question: str,
    history: Sequence[Turn],
    stop: threading.Event,
    put: Callable[[AnswerSentence | Answer], None],
) -> None:
    """Passes on what the assistant says until it has said all or `stop` is set; then its generator is closed."""
    stream = assistant.stream(question, history)
    try:
        for item in stream:
            if stop.is_set():
                return
            put(item)
    finally:
        close = getattr(stream, "close", None)
        if close:
            close()
