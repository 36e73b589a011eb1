"""The kiosk: the chat page with what a screen in a waiting room needs, the page's sign of life, and the staff corner.

Knows nothing of processes: `app.kiosk` watches and restarts them, and reads here whether the page lives and what staff
wished. Signs of life and wishes are this machine's alone; a kiosk page opened elsewhere works, and counts for nothing.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import time
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal

from fastapi import APIRouter, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel, ConfigDict, Field

from app.settings import KioskSettings
from app.strings import Strings
from app.web.api import new_id
from app.web.cap import local
from app.web.desk import Desk
from app.web.frontpage import Skin
from app.web.problems import Problem
from app.web.secret import Tries, matches
from corpus.errors import SpinewiseError
from corpus.home import replacing

FOLDER = Path(__file__).parent
WATCHED_SECONDS = 15.0  # without a look from `python -m app kiosk`, nobody is there to restart anything
HEAD = """<link rel="stylesheet" href="/page/simple-keyboard/keyboard.css"><link rel="stylesheet" href="/page/kiosk.css">
<script src="/page/simple-keyboard/keyboard.js" defer></script><script src="/page/keys.js" defer></script>
<script src="/page/kiosk.js" defer></script>"""


class Wish(BaseModel):
    """The body of POST /kiosk/staff. Every request brings the PIN: nobody stays signed in on a screen in public."""

    model_config = ConfigDict(extra="forbid")
    pin: str = Field(max_length=64)
    action: Literal["open", "restart", "volume"] = "open"
    volume: float | None = Field(default=None, ge=0, le=1)
    language: str = Field(default="", max_length=8)  # of the screen, in which the state is told


class Kiosk:
    """What the server knows of its kiosk. Lives in one event loop."""

    def __init__(self, desk: Desk, settings: KioskSettings, home: Path, clock: Callable[[], float] = time.monotonic):
        self._desk, self.settings, self._clock = desk, settings, clock
        self._path = home / "kiosk.json"
        self.instance = new_id()  # a page that meets another one knows that its conversation is gone
        self.volume = self._stored_volume()
        self._started, self._beat, self._looked = clock(), None, None  # type: tuple[float, float | None, float | None]
        self._restart = False
        self.tries = Tries()

    def beat(self) -> None:
        """The page lives."""
        self._beat = self._clock()

    def look(self) -> dict[str, object]:
        """For the watcher: seconds since the page's last sign of life (None: none yet), and whether staff wish a restart."""
        self._looked = self._clock()
        wished, self._restart = self._restart, False
        return {"page_seconds": None if self._beat is None else self._clock() - self._beat, "restart": wished}

    @property
    def watched(self) -> bool:
        """Whether `python -m app kiosk` looks after this server."""
        return self._looked is not None and self._clock() - self._looked < WATCHED_SECONDS

    def restart(self) -> None:
        """Asks the watcher for a restart."""
        if not self.watched:
            raise Problem(409, "Nothing here can restart: this server was not started by python -m app kiosk.")
        self._restart = True

    def set_volume(self, volume: float) -> None:
        """Kept over restarts and power cuts; a full disk is no reason to stay loud."""
        self.volume = volume
        with suppress(SpinewiseError), replacing(self._path) as stream:
            stream.write(json.dumps({"volume": volume}).encode())

    def _stored_volume(self) -> float:
        try:
            return min(1.0, max(0.0, float(json.loads(self._path.read_text(encoding="utf-8"))["volume"])))
        except (OSError, ValueError, TypeError, KeyError):
            return 1.0

    def status(self, t: Strings) -> list[dict[str, object]]:
        """What staff see: rows of label, value in words, and whether that is good."""
        documents = self._desk.assistant.documents if self._desk.ready else {}
        free = shutil.disk_usage(self._path.parent).free / 1e9 if self._path.parent.exists() else 0.0
        beat = self.look_age()
        minutes = round((self._clock() - self._started) / 60)
        rows = (
            ("service", t("kiosk.status.ready" if self._desk.ready else "kiosk.status.not_ready"), self._desk.ready),
            ("up", t("kiosk.status.minutes", minutes=minutes), True),
            ("documents", str(len(documents)), bool(documents)),
            ("page", t("kiosk.status.seconds", seconds=round(beat)) if beat is not None else "–", beat is not None),
            ("watched", t("kiosk.status.yes" if self.watched else "kiosk.status.no"), self.watched),
            ("disk", f"{free:.1f} GB", free >= 1),
        )
        return [{"label": t(f"kiosk.status.{name}"), "value": value, "good": good} for name, value, good in rows]

    def look_age(self) -> float | None:
        """Seconds since the page's last sign of life; None before the first."""
        return None if self._beat is None else self._clock() - self._beat


def kiosk_routes(kiosk: Kiosk, texts: Mapping[str, Strings]) -> APIRouter:
    """The page's and the watcher's routes; the page itself is `kiosk_skin` over Gradio's."""
    router = APIRouter()

    @router.post("/kiosk/beat")
    async def beat(request: Request) -> dict[str, str]:
        if here(request):
            kiosk.beat()
        return {"instance": kiosk.instance}

    @router.get("/kiosk/watch")
    async def watch(request: Request) -> dict[str, object]:
        if not here(request):
            raise Problem(404, "There is nothing at this address.")
        return kiosk.look()

    @router.post("/kiosk/staff")
    async def staff(wish: Wish, request: Request) -> dict[str, object]:
        await admit(wish.pin, kiosk.settings.pin_hash, kiosk.tries, request)
        if wish.action == "restart":
            kiosk.restart()
        if wish.action == "volume" and wish.volume is not None:
            kiosk.set_volume(wish.volume)
        return {
            "volume": kiosk.volume,
            "rows": kiosk.status(texts.get(wish.language) or next(iter(texts.values()))),
            "watched": kiosk.watched,
        }

    return router


async def admit(secret: str, stored: str, tries: Tries, request: Request) -> None:
    """Lets the one who knows the secret pass; Problem: 404 none is set, 429 guessed too often, 403 wrong."""
    who = request.client.host if request.client else "?"
    if not stored:
        raise Problem(404, "There is nothing at this address.")
    if wait := tries.wait(who):
        raise Problem(429, "Too many wrong tries. Wait, then try again.", retry_after=wait)
    tries.wrong(who)  # counted before the slow check, so that guesses sent at once count, too
    if not await asyncio.to_thread(matches, secret, stored):
        raise Problem(403, "That is not right.")
    tries.right(who)


def here(request: Request) -> bool:
    """Whether the request is from this machine."""
    return request.client is not None and local(request.client.host)


def kiosk_skin(kiosk: Kiosk, language: str, texts: Mapping[str, Strings]) -> Skin:
    """The kiosk's page over Gradio's, as it is now: the volume can change. It holds every language's words to change over."""
    environment = Environment(loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=StrictUndefined)
    keyboards = {code: keyboard(t) for code, t in texts.items()}
    options = {
        "idle": kiosk.settings.idle_seconds, "warning": kiosk.settings.warning_seconds, "volume": kiosk.volume,
        "instance": kiosk.instance, "printing": kiosk.settings.printing,
        "keyboards": keyboards,
        "words": {code: {name: t(f"kiosk.{name}") for name in words(t)} for code, t in texts.items()},
    }  # fmt: skip
    body = environment.get_template("kiosk.html").render(
        t=texts[language],
        texts=texts,
        options=json.dumps(options, ensure_ascii=False),
        staff=bool(kiosk.settings.pin_hash),
    )
    return Skin("kiosk", HEAD, body)


def words(t: Strings) -> list[str]:
    """The names of the kiosk's own texts."""
    return [name for name, text in t.table("kiosk").items() if isinstance(text, str)]


def keyboard(t: Strings) -> dict[str, object]:
    """The rows of keys for a language, plain and shifted, and the words on those that do something."""
    layouts = tomllib.loads((FOLDER / "keyboards.toml").read_text(encoding="utf-8"))
    chosen = layouts.get(t.language) or next(iter(layouts.values()))
    names = {**t.table("kiosk.keys"), "enter": t("page.send")}
    return {"default": chosen["letters"], "shift": chosen["shifted"], "keys": names}
