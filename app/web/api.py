"""The contract's JSON routes: ask, ask/stream, feedback, health, ready, metrics. Knows nothing of the page."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Awaitable
from contextlib import aclosing
from dataclasses import asdict
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints
from starlette.responses import JSONResponse, Response, StreamingResponse

from app.answer import Answer, AnswerSentence, Turn
from app.legible import whole_characters
from app.settings import AppSettings
from app.web.cap import CappedError
from app.web.desk import Desk, NotReadyError, QueueFullError, Waiting
from app.web.feedback import Feedback
from app.web.problems import Problem, unforeseen
from corpus.errors import SpinewiseError

# Half a character (a client that cut an emoji in two) must not keep a cry for help from triage.
Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1),
    BeforeValidator(lambda text: whole_characters(text) if isinstance(text, str) else text),
]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
Result = TypeVar("Result")
COMMENT = b": working\n\n"


class Message(BaseModel):
    """An earlier message. Only user messages are believed."""

    model_config = ConfigDict(extra="forbid")
    role: Literal["user", "assistant"]
    content: str

    def turn(self) -> Turn:
        """The message inside."""
        return Turn(self.role, self.content)


class Question(BaseModel):
    """The body of /api/ask. `id` comes back with the answer, when one is given."""

    model_config = ConfigDict(extra="forbid")
    question: Text
    history: list[Message] = []
    id: Id | None = None


class Thumb(BaseModel):
    """The body of /api/feedback. `reason` is one of the codes of the texts' [feedback.reasons], so it holds no text."""

    model_config = ConfigDict(extra="forbid")
    answer_id: Id
    helpful: bool
    reason: str | None = None


def api_routes(desk: Desk, feedback: Feedback, settings: AppSettings, reasons: tuple[str, ...]) -> APIRouter:
    """The routes over one desk."""
    router = APIRouter()

    @router.post("/api/ask")
    async def ask(body: Question, request: Request) -> Response:
        check_length(body.question, settings)
        answer = await unless_gone(request, whole_answer(desk, body.question, turns(body), address(request)))
        answer_id = body.id or new_id()
        return JSONResponse(payload(answer, body.id), headers={"X-Answer-Id": answer_id})

    @router.post("/api/ask/stream")
    async def ask_stream(body: Question, request: Request) -> Response:
        check_length(body.question, settings)
        items = await unless_gone(request, begun(desk, body.question, turns(body), address(request)))
        headers = {"X-Answer-Id": body.id or new_id()}
        return StreamingResponse(_events(items, body.id), headers=headers, media_type="text/event-stream")

    @router.post("/api/feedback", status_code=204)
    async def thumb(body: Thumb) -> Response:
        if not settings.feedback:
            raise Problem(404, "This site keeps no feedback.")
        if body.reason is not None and body.reason not in reasons:
            raise Problem(422, f"reason: one of {', '.join(reasons)}, or null", field="reason")
        try:
            await asyncio.to_thread(feedback.add, body.answer_id, body.helpful, body.reason)
        except SpinewiseError as problem:
            raise unforeseen(problem) from None
        desk.metrics.feedback.labels(str(body.helpful).lower()).inc()
        return Response(status_code=204)

    @router.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/ready")
    async def ready() -> dict[str, str]:
        if not desk.ready:
            raise not_ready(desk)
        return {"status": "ready"}

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(desk.metrics.text(), media_type=desk.metrics.content_type)

    return router


def payload(answer: Answer, given_id: str | None = None) -> dict[str, Any]:
    """The contract's Answer, with `id` only when one was given."""
    return ({"id": given_id} if given_id else {}) | answer.to_json()


def turns(body: Question) -> tuple[Turn, ...]:
    """The history of a request."""
    return tuple(message.turn() for message in body.history)


def address(request: Request) -> str | None:
    """The asker's address, as the connection or a trusted proxy says it."""
    return request.client.host if request.client else None


def new_id() -> str:
    """A random id that a thumb can name."""
    return uuid.uuid4().hex


def check_length(question: str, settings: AppSettings) -> None:
    """413 for a question longer than the site allows."""
    if len(question) > settings.max_question_chars:
        raise Problem(413, f"question: longer than {settings.max_question_chars} characters", field="question")


def not_ready(desk: Desk) -> Problem:
    """503 while the assistant loads, or for good when it can't be."""
    if desk.failure is None:
        return Problem(503, "Models and index are being loaded.", retry_after=5)
    reason = str(desk.failure) if isinstance(desk.failure, SpinewiseError) else type(desk.failure).__name__
    return Problem(503, f"The assistant could not be loaded: {reason}")


def as_problem(desk: Desk, problem: Exception) -> Problem:
    """What the desk raises, in HTTP's words."""
    if isinstance(problem, CappedError):
        return Problem(429, "Too many questions from one address. Try again later.", retry_after=problem.retry_after)
    if isinstance(problem, QueueFullError):
        return Problem(503, "The queue is full. Try again later.", retry_after=problem.retry_after)
    if isinstance(problem, NotReadyError):
        return not_ready(desk)
    if isinstance(problem, TimeoutError):
        return Problem(503, "The answer took too long and was given up.", retry_after=30)
    return unforeseen(problem)


async def whole_answer(desk: Desk, question: str, history: tuple[Turn, ...], address: str | None = None) -> Answer:
    """The Answer alone, or a Problem."""
    try:
        async with aclosing(desk.stream(question, history, address)) as items:
            async for item in items:
                if isinstance(item, Answer):
                    return item
    except Exception as problem:
        raise as_problem(desk, problem) from None
    raise Problem(500, "The assistant ended without an answer.")


async def unless_gone(request: Request, work: Awaitable[Result]) -> Result:
    """`work`'s result; cancels it when the client goes away, so that nobody is answered who has left."""
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            await asyncio.wait([task], timeout=0.5)
            if not task.done() and await request.is_disconnected():
                raise Problem(503, "The client has gone.")
        return task.result()
    finally:
        task.cancel()


Items = AsyncIterator[Waiting | AnswerSentence | Answer | Problem]


async def begun(desk: Desk, question: str, history: tuple[Turn, ...], address: str | None = None) -> Items:
    """A stream whose first item is there, so that a refusal is still a status and not an event.

    A failure after that becomes the last item.
    """
    stream = desk.stream(question, history, address)
    try:
        first = await anext(stream)
    except Exception as problem:
        raise as_problem(desk, problem) from None

    async def rest() -> Items:
        async with aclosing(stream):
            yield first
            try:
                async for item in stream:
                    yield item
            except Exception as problem:
                yield as_problem(desk, problem)

    return rest()


async def _events(items: Items, given_id: str | None) -> AsyncIterator[bytes]:
    """Server-sent events: `sentence`…, then `answer`; a place in line is a comment; a failure is an `error` event."""
    async for item in items:
        match item:
            case Waiting():
                yield COMMENT
            case AnswerSentence():
                yield event("sentence", asdict(item))
            case Answer():
                yield event("answer", payload(item, given_id))
            case Problem():
                yield event("error", item.payload())


def event(name: str, data: Any) -> bytes:
    """One server-sent event."""
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
