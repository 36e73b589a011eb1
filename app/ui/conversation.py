"""One visitor's conversation, and how it grows while a question is answered. Knows no Gradio and no HTML."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Literal

from app.answer import Answer, AnswerSentence, Turn
from app.settings import AppSettings
from app.strings import Strings
from app.web.api import new_id
from app.web.desk import Desk, NotReadyError, QueueFullError, Waiting
from app.web.problems import unforeseen

MAX_EXCHANGES = 40  # what one page shows; older ones go


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what has come of it so far. `contexts[i]` is before, quote, after of `answer.citations[i]`."""

    id: str
    question: str
    phase: Literal["working", "done", "stopped", "trouble"] = "working"
    status: str = ""  # the line shown while working or in trouble
    sentences: tuple[AnswerSentence, ...] = ()
    answer: Answer | None = None
    contexts: tuple[tuple[str, str, str], ...] = ()
    helpful: bool | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """All exchanges, oldest first."""

    exchanges: tuple[Exchange, ...] = field(default=())

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

    def turns(self) -> tuple[Turn, ...]:
        """What was asked so far."""
        return tuple(Turn("user", exchange.question) for exchange in self.exchanges)

    def with_last(self, exchange: Exchange) -> Conversation:
        """The same with its newest exchange replaced."""
        return Conversation((*self.exchanges[:-1], exchange))

    def asking(self, question: str, status: str) -> Conversation:
        """The same with a question added."""
        kept = self.exchanges[-(MAX_EXCHANGES - 1) :]
        return Conversation((*kept, Exchange(new_id(), question, status=status)))

    def stopped(self, status: str) -> Conversation:
        """The same with the unfinished answer taken away: half an answer, without its sources, can mislead."""
        if self.last is None or not self.working:
            return self
        return self.with_last(replace(self.last, phase="stopped", status=status, sentences=()))

    def judged(self, exchange_id: str, helpful: bool, reason: str | None) -> Conversation:
        """The same with a thumb for one answer."""
        return Conversation(
            tuple(
                replace(exchange, helpful=helpful, reason=reason) if exchange.id == exchange_id else exchange
                for exchange in self.exchanges
            )
        )


async def grow(
    conversation: Conversation, question: str, desk: Desk, settings: AppSettings, t: Strings
) -> AsyncGenerator[Conversation, None]:
    """The conversation as it stands after each step of answering `question`; never raises for an expected trouble."""
    history = conversation.turns()
    conversation = conversation.asking(question, t("page.working"))
    exchange = conversation.exchanges[-1]
    if len(question) > settings.max_question_chars:
        shortened = replace(exchange, question=question[:200] + "…")
        yield conversation.with_last(troubled(shortened, t("trouble.too_long", limit=settings.max_question_chars)))
        return
    yield conversation
    try:
        async with aclosing(desk.stream(question, history)) as items:
            async for item in items:
                exchange = _after(exchange, item, desk, t)
                yield conversation.with_last(exchange)
    except QueueFullError as problem:
        yield conversation.with_last(troubled(exchange, t("trouble.busy", seconds=problem.retry_after)))
    except NotReadyError:
        yield conversation.with_last(troubled(exchange, t("trouble.not_ready")))
    except Exception as problem:
        unforeseen(problem)  # logs where, not what
        yield conversation.with_last(troubled(exchange, t("trouble.failed")))
    else:
        if exchange.answer is None:
            yield conversation.with_last(troubled(exchange, t("trouble.failed")))


def troubled(exchange: Exchange, status: str) -> Exchange:
    """The exchange with a line that says why there is no answer."""
    return replace(exchange, phase="trouble", status=status, sentences=())


def _after(exchange: Exchange, item: Waiting | AnswerSentence | Answer, desk: Desk, t: Strings) -> Exchange:
    match item:
        case Waiting(place):
            return replace(exchange, status=t("page.waiting", place=place))
        case AnswerSentence():
            return replace(exchange, status=t("page.working"), sentences=(*exchange.sentences, item))
        case Answer():
            contexts = tuple(desk.assistant.context(citation) for citation in item.citations)
            return replace(exchange, phase="done", status="", sentences=(), answer=item, contexts=contexts)
