"""One visitor's conversation, and how it grows while a question is answered. Knows no Gradio, no HTML and no language."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Literal

from app.answer import Answer, AnswerSentence, Turn
from app.settings import AppSettings
from app.web.api import new_id
from app.web.cap import CappedError
from app.web.desk import Desk, NotReadyError, QueueFullError, Waiting
from app.web.problems import unforeseen
from corpus.document import Source

MAX_EXCHANGES = 40  # what one page shows; older ones go


@dataclass(frozen=True, slots=True)
class Line:
    """A text of app/strings by name, with its values: said in whatever language the page is in by then."""

    name: str
    values: Mapping[str, object] = field(default_factory=dict)


WORKING, STOPPED = Line("page.working"), Line("page.stopped")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what has come of it so far.

    `contexts[i]` is before, quote, after of `answer.citations[i]`, and `origins[i]` what its document says of itself.
    """

    id: str
    question: str
    phase: Literal["working", "done", "stopped", "trouble"] = "working"
    status: Line | None = None  # said while working, when stopped, or in trouble
    sentences: tuple[AnswerSentence, ...] = ()
    answer: Answer | None = None
    contexts: tuple[tuple[str, str, str], ...] = ()
    origins: tuple[Source | None, ...] = ()
    helpful: bool | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """All exchanges, oldest first, and the language that the visitor chose for the page ("" is the site's)."""

    exchanges: tuple[Exchange, ...] = field(default=())
    language: str = ""

    @property
    def last(self) -> Exchange | None:
        """The newest exchange."""
        return self.exchanges[-1] if self.exchanges else None

    @property
    def working(self) -> bool:
        """Whether an answer is on its way."""
        return self.last is not None and self.last.phase == "working"

    @property
    def urgent(self) -> bool:
        """Whether the newest answer is an urgent card, beside which nothing else is shown."""
        return bool(self.last and self.last.answer and self.last.answer.kind == "urgent")

    @property
    def answers(self) -> tuple[Answer, ...]:
        """What was answered so far."""
        return tuple(exchange.answer for exchange in self.exchanges if exchange.answer)

    def turns(self) -> tuple[Turn, ...]:
        """What was asked so far."""
        return tuple(Turn("user", exchange.question) for exchange in self.exchanges)

    def with_last(self, exchange: Exchange) -> Conversation:
        """The same with its newest exchange replaced."""
        return replace(self, exchanges=(*self.exchanges[:-1], exchange))

    def asking(self, question: str) -> Conversation:
        """The same with a question added."""
        kept = self.exchanges[-(MAX_EXCHANGES - 1) :]
        return replace(self, exchanges=(*kept, Exchange(new_id(), question, status=WORKING)))

    def stopped(self) -> Conversation:
        """The same with the unfinished answer taken away: half an answer, without its sources, can mislead."""
        if self.last is None or not self.working:
            return self
        return self.with_last(replace(self.last, phase="stopped", status=STOPPED, sentences=()))

    def judged(self, exchange_id: str, helpful: bool, reason: str | None) -> Conversation:
        """The same with a thumb for one answer."""
        judged = (
            replace(exchange, helpful=helpful, reason=reason) if exchange.id == exchange_id else exchange
            for exchange in self.exchanges
        )
        return replace(self, exchanges=tuple(judged))


async def grow(
    conversation: Conversation, question: str, desk: Desk, settings: AppSettings, address: str | None = None
) -> AsyncGenerator[Conversation, None]:
    """The conversation as it stands after each step of answering `question`; never raises for an expected trouble.

    `address` is the visitor's, of which only so many questions a minute are taken.
    """
    history = conversation.turns()
    conversation = conversation.asking(question)
    exchange = conversation.exchanges[-1]
    if len(question) > settings.max_question_chars:
        shortened = replace(exchange, question=question[:200] + "…")
        yield conversation.with_last(
            troubled(shortened, Line("trouble.too_long", {"limit": settings.max_question_chars}))
        )
        return
    yield conversation
    try:
        async with aclosing(desk.stream(question, history, address)) as items:
            async for item in items:
                exchange = _after(exchange, item, desk)
                yield conversation.with_last(exchange)
    except (QueueFullError, CappedError) as problem:
        yield conversation.with_last(troubled(exchange, Line("trouble.busy", {"seconds": problem.retry_after})))
    except NotReadyError:
        yield conversation.with_last(troubled(exchange, Line("trouble.not_ready")))
    except Exception as problem:
        unforeseen(problem)  # logs where, not what
        yield conversation.with_last(troubled(exchange, Line("trouble.failed")))
    else:
        if exchange.answer is None:
            yield conversation.with_last(troubled(exchange, Line("trouble.failed")))


def troubled(exchange: Exchange, status: Line) -> Exchange:
    """The exchange with a line that says why there is no answer."""
    return replace(exchange, phase="trouble", status=status, sentences=())


def _after(exchange: Exchange, item: Waiting | AnswerSentence | Answer, desk: Desk) -> Exchange:
    match item:
        case Waiting(place):
            return replace(exchange, status=Line("page.waiting", {"place": place}))
        case AnswerSentence():
            return replace(exchange, status=WORKING, sentences=(*exchange.sentences, item))
        case Answer():
            contexts = tuple(desk.assistant.context(citation) for citation in item.citations)
            documents = desk.assistant.documents if item.citations else {}
            found = (documents.get(citation.document) for citation in item.citations)
            origins = tuple(document.source if document else None for document in found)
            return replace(
                exchange, phase="done", status=None, sentences=(), answer=item, contexts=contexts, origins=origins
            )
