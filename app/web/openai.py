"""The same answers in the shape of OpenAI's chat completions, for clients that speak it. Knows no other of their APIs.

What those clients don't show must not be lost: the notice that a patient must see is part of the text. Citations, kind
and rule are in extra fields.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response, StreamingResponse

from app.answer import Answer, AnswerSentence, Turn, joint
from app.settings import AppSettings
from app.web.api import Items, address, begun, check_length, new_id, payload, unless_gone, whole_answer
from app.web.desk import Desk, Waiting
from app.web.problems import Problem

MODEL = "spinewise"
EXTRA = ("kind", "citations", "sentences", "confidence", "suggestions", "notice", "rule")


class Part(BaseModel):
    """A piece of a message; only text is understood."""

    type: Literal["text"]
    text: str


class ChatMessage(BaseModel):
    """A message of any role; system messages and the like are read by nobody."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | Annotated[list[Part], Field(max_length=100)] | None = None

    @property
    def text(self) -> str:
        """The message's text in one piece."""
        if isinstance(self.content, list):
            return " ".join(part.text for part in self.content)
        return self.content or ""


class ChatRequest(BaseModel):
    """What is used of a chat completion request; temperature and the like have no meaning here."""

    model_config = ConfigDict(extra="ignore")
    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    model: str = MODEL
    stream: bool = False


def openai_routes(desk: Desk, settings: AppSettings) -> APIRouter:
    """The two routes over one desk."""
    router = APIRouter(prefix="/v1")

    @router.get("/models")
    async def models() -> dict[str, Any]:
        return {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": "site"}]}

    @router.post("/chat/completions")
    async def completions(body: ChatRequest, request: Request) -> Response:
        question, history = conversation(body)
        check_length(question, settings)
        answer_id = new_id()
        if body.stream:
            items = await unless_gone(request, begun(desk, question, history, address(request)))
            return StreamingResponse(_chunks(items, answer_id), media_type="text/event-stream")
        answer = await unless_gone(request, whole_answer(desk, question, history, address(request)))
        return JSONResponse(_completion(answer, answer_id))

    return router


def conversation(body: ChatRequest) -> tuple[str, tuple[Turn, ...]]:
    """The last user message is the question, the user messages before it the history."""
    asked = [message.text.strip() for message in body.messages if message.role == "user"]
    if not asked or not asked[-1]:
        raise Problem(422, "messages: the last user message is missing or empty", field="messages")
    return asked[-1], tuple(Turn("user", text) for text in asked[:-1])


def spoken(answer: Answer) -> str:
    """The text with the notice below it."""
    return f"{answer.text}\n\n{answer.notice}" if answer.notice else answer.text


def marked(sentence: AnswerSentence) -> str:
    """A sentence with its markers, as it stands in the answer's text."""
    missing = (f"[{number}]" for number in sentence.citations if f"[{number}]" not in sentence.text)
    return " ".join((sentence.text, "".join(missing))).rstrip()


def _completion(answer: Answer, answer_id: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": spoken(answer)}
    return {
        "id": f"chatcmpl-{answer_id}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
        **_extra(answer),
    }


def _extra(answer: Answer) -> dict[str, Any]:
    whole = payload(answer)
    return {name: whole[name] for name in EXTRA}


async def _chunks(items: Items, answer_id: str) -> AsyncIterator[bytes]:
    """The chunks of a stream: the role, the sentences, what the text has beyond them, the end with the citations."""
    said = ""
    before: AnswerSentence | None = None
    yield _chunk(answer_id, {"role": "assistant", "content": ""})
    async for item in items:
        match item:
            case Waiting():
                yield b": working\n\n"
            case AnswerSentence():
                piece = joint(before, item) + marked(item)
                said, before = said + piece, item
                yield _chunk(answer_id, {"content": piece})
            case Answer():
                whole = spoken(item)
                rest = whole.removeprefix(said) if whole.startswith(said) else f"\n\n{whole}"
                if rest:
                    yield _chunk(answer_id, {"content": rest})
                yield _chunk(answer_id, {}, finish="stop", extra=_extra(item))
            case Problem():
                yield f"data: {json.dumps({'error': item.payload()})}\n\n".encode()
    yield b"data: [DONE]\n\n"


def _chunk(
    answer_id: str, delta: dict[str, Any], finish: str | None = None, extra: dict[str, Any] | None = None
) -> bytes:
    chunk = {
        "id": f"chatcmpl-{answer_id}",
        "object": "chat.completion.chunk",
        "created": int(time.time()),
        "model": MODEL,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        **(extra or {}),
    }
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode()
