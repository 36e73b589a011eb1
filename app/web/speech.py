"""Text to speech by this machine's own voice, for browsers that have none: espeak-ng, where it is installed.

Knows nothing of answers. The text goes to the program through a pipe and is kept nowhere; no shell sees it.
"""

from __future__ import annotations

import asyncio
import shutil
from functools import cache
from subprocess import PIPE

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from app.web.problems import Problem

PROGRAM = "espeak-ng"
LANGUAGES = {"en": "en-gb", "es": "es", "hi": "hi"}  # ours to its voices
WORDS_A_MINUTE = "150"  # slower than its own 175: for old ears, and for listeners in a second language
SECONDS = 20.0


class Spoken(BaseModel):
    """The body of POST /api/speak."""

    model_config = ConfigDict(extra="forbid")
    text: str = Field(min_length=1, max_length=4000)
    language: str = Field(default="en", pattern="^[a-z]{2}$")


@cache
def program() -> str | None:
    """Where the voice is, or None."""
    return shutil.which(PROGRAM)


def speech_routes() -> APIRouter:
    """GET /api/voices and POST /api/speak."""
    router = APIRouter()
    one_at_a_time = asyncio.Semaphore(2)

    @router.get("/api/voices")
    async def voices() -> dict[str, list[str]]:
        return {"languages": sorted(LANGUAGES) if program() else []}

    @router.post("/api/speak")
    async def speak(body: Spoken) -> Response:
        path = program()
        if path is None or body.language not in LANGUAGES:
            raise Problem(404, "This server has no voice for that language.")
        async with one_at_a_time:
            return Response(await sound(path, body.text, LANGUAGES[body.language]), media_type="audio/wav")

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
