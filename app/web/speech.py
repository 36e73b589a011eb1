"""Text to speech by this machine's own voice, for browsers that have none: espeak-ng, where it is installed.

Knows nothing of answers. The text goes to the program through a pipe and is kept nowhere; no shell sees it.
"""

from __future__ import annotations

import asyncio
import shutil
from functools import cache
from subprocess import PIPE

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from app.settings import AppSettings
from app.web.api import address, unless_gone
from app.web.cap import Cap, CappedError
from app.web.problems import Problem

PROGRAM = "espeak-ng"
LANGUAGES = {"en": "en-gb", "es": "es", "hi": "hi"}  # ours to its voices
WORDS_A_MINUTE = "150"  # slower than its own 175: for old ears, and for listeners in a second language
SECONDS = 20.0
VOICES, LINE = 2, 8  # texts that are spoken at once, and that wait for it
SENTENCES = 20  # of an answer, each spoken alone


class Spoken(BaseModel):
    """The body of POST /api/speak."""

    model_config = ConfigDict(extra="forbid")
    text: str = Field(min_length=1, max_length=4000)
    language: str = Field(default="en", pattern="^[a-z]{2}$")


@cache
def program() -> str | None:
    """Where the voice is, or None."""
    return shutil.which(PROGRAM)


def speech_routes(settings: AppSettings) -> APIRouter:
    """GET /api/voices and POST /api/speak, which takes as many sentences from one address as its answers may have."""
    router = APIRouter()
    voices_free, cap = asyncio.Semaphore(VOICES), Cap(SENTENCES * settings.questions_per_minute)
    speaking = 0

    @router.get("/api/voices")
    async def voices() -> dict[str, list[str]]:
        return {"languages": sorted(LANGUAGES) if program() else []}

    @router.post("/api/speak")
    async def speak(body: Spoken, request: Request) -> Response:
        nonlocal speaking
        path = program()
        if path is None or body.language not in LANGUAGES:
            raise Problem(404, "This server has no voice for that language.")
        try:
            cap.take(address(request))
        except CappedError as capped:
            raise Problem(429, "Too much to say for one address.", retry_after=capped.retry_after) from None
        if speaking >= VOICES + LINE:
            raise Problem(503, "Too many are being read to.", retry_after=5)

        async def said(path: str) -> bytes:
            async with voices_free:
                return await sound(path, body.text, LANGUAGES[body.language])

        speaking += 1
        try:
            return Response(await unless_gone(request, said(path)), media_type="audio/wav")
        finally:
            speaking -= 1

    return router


async def sound(path: str, text: str, voice: str) -> bytes:
    """WAV, 22 kHz mono."""
    process = await asyncio.create_subprocess_exec(
        path, "-v", voice, "-s", WORDS_A_MINUTE, "--stdin", "--stdout", stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    try:
        spoken, _ = await asyncio.wait_for(process.communicate(text.encode("utf-8")), SECONDS)
    except TimeoutError:
        raise Problem(503, "Speaking took too long.", retry_after=5) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode or not spoken:
        raise Problem(503, "The voice failed.", retry_after=5)
    return spoken
