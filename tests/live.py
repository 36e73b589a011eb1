"""A real server on a free port, in a thread of the test's process, so that a test can look inside it too."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI

from app.settings import AppSettings, SiteSettings
from app.web.loading import Answering, Loading
from app.web.server import Rooms, configuration, create_app, listen

SITE = SiteSettings(emergency_number="911", clinic_name="Hill Clinic", clinic_phone="555-0100")


@dataclass
class Live:
    """A running server: its address, its app, and its loading, which a test can finish."""

    address: str
    app: FastAPI
    loading: Loading
    home: Path

    def client(self) -> httpx.Client:
        """Someone who asks this server, and has patience: a machine that does other work, too, is slow and not wrong."""
        return httpx.Client(base_url=self.address, timeout=60)


@contextmanager
def live(
    assistant: Answering | None,
    home: Path,
    rooms: Rooms | None = None,
    site: SiteSettings = SITE,
    port: int = 0,
    **settings: object,
) -> Iterator[Live]:
    """Serves `assistant`, or one that is still being loaded, until the block ends."""
    loading = Loading.done(assistant) if assistant else Loading(lambda: (_ for _ in ()).throw(RuntimeError))
    listener = listen("127.0.0.1", port)
    running: list[uvicorn.Server] = []

    async def run() -> None:
        app = create_app(loading, AppSettings.model_validate(settings), site, home, rooms or Rooms())
        os.environ["GRADIO_HEARTBEAT_INTERVAL"] = "0.3"  # so that a closed tab is noticed within a test
        running.append(uvicorn.Server(configuration(app)))
        await running[0].serve(sockets=[listener])

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    until(lambda: running and running[0].started, 200)  # the first start imports Gradio
    app = running[0].config.app
    assert isinstance(app, FastAPI)
    try:
        yield Live(f"http://127.0.0.1:{listener.getsockname()[1]}", app, loading, home)
    finally:
        running[0].should_exit = True
        thread.join(timeout=20)
        listener.close()


def until(condition, seconds: float = 60) -> None:  # type: ignore[no-untyped-def]  # any callable
    """Waits for a condition; fails when it doesn't come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


class Time:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now
