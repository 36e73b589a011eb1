"""The server's voice: text in, sound out; no shell, no file, and a plain word where there is no voice."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from live import live
from scripted_answers import assistant

from app.web import speech

VOICE = """#!/bin/sh
printf 'RIFF'
printf '%s|' "$@"
cat
"""  # a voice that says what it was asked to say, and how


@pytest.fixture
def client(tmp_path) -> Iterator[httpx.Client]:
    speech.program.cache_clear()
    with live(assistant(), tmp_path / "home") as running, running.client() as client:
        yield client
    speech.program.cache_clear()


@pytest.fixture
def voice(tmp_path, monkeypatch) -> Path:
    program = tmp_path / "bin" / speech.PROGRAM
    program.parent.mkdir()
    program.write_text(VOICE, encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return program


@pytest.fixture
def no_voice(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


def test_it_speaks_in_the_language_asked_for_and_no_shell_sees_the_text(voice, client, tmp_path) -> None:
    assert client.get("/api/voices").json() == {"languages": ["en", "es", "hi"]}
    text = "$(touch hit); `touch hit` --help ¿Cuándo?"
    reply = client.post("/api/speak", json={"text": text, "language": "es"})
    assert reply.headers["content-type"] == "audio/wav"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.content.decode() == f"RIFF-v|es|-s|{speech.WORDS_A_MINUTE}|--stdin|--stdout|{text}"


def test_a_voice_that_fails_is_a_503(voice, client) -> None:
    voice.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    assert client.post("/api/speak", json={"text": "hello"}).status_code == 503


def test_a_line_that_is_full_is_a_503_and_who_leaves_is_not_spoken_for(voice, client, tmp_path) -> None:
    began = tmp_path / "began"
    voice.write_text(f"#!/bin/sh\necho >> {began}\nsleep 0.5\ncat\n", encoding="utf-8")

    def status(_: int) -> int:
        return client.post("/api/speak", json={"text": "hello"}).status_code

    with ThreadPoolExecutor(speech.VOICES + speech.LINE + 4) as visitors:
        said = list(visitors.map(status, range(speech.VOICES + speech.LINE + 4)))
    assert said.count(503) >= 1
    assert said.count(200) >= speech.VOICES + speech.LINE
    spoken = began.read_text().count("\n")
    assert spoken == said.count(200)


def test_without_a_voice_the_page_is_told_so(no_voice, client) -> None:
    assert client.get("/api/voices").json() == {"languages": []}
    assert client.post("/api/speak", json={"text": "hello"}).status_code == 404


@pytest.mark.parametrize("body", [{"text": ""}, {"text": "a" * 4001}, {"text": "a", "language": "e;n"}, {}])
def test_what_cannot_be_spoken_is_refused(voice, client, body) -> None:
    assert client.post("/api/speak", json=body).status_code == 422


def test_a_language_without_a_voice_is_said_to_have_none(voice, client) -> None:
    assert client.post("/api/speak", json={"text": "a", "language": "fr"}).status_code == 404


@pytest.mark.skipif(shutil.which(speech.PROGRAM) is None, reason="no espeak-ng: run scripts/test, which installs it")
def test_the_real_voice_makes_a_sound(client) -> None:
    for language, text in (("en", "Most people go home soon."), ("es", "Hola."), ("hi", "नमस्ते")):
        sound = client.post("/api/speak", json={"text": text, "language": language}).content
        assert sound.startswith(b"RIFF")
        assert len(sound) > 5000
