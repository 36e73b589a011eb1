"""The server and a browser, kept running: whichever dies or hangs is started again. Knows processes, and no page.

Signs of life: the server answers `GET /kiosk/watch`; the browser's page calls the server every two seconds, and the same
reply says when it last did. So a browser whose window lives while its page hangs is found out, too.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from app.here import ask_here
from app.kiosk.kept import Kept
from app.settings import KioskSettings
from corpus.errors import SpinewiseError
from corpus.home import make_folder

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LOOK_SECONDS, REPLY_SECONDS = 0.5, 2.0
TIMES_MISSING = 2  # looks in a row without a sign of life: one can be late because this machine is busy


@dataclass(frozen=True, slots=True)
class Look:
    """What the server said: seconds since its page's last sign of life (None: none yet), and whether staff wish a restart."""

    page_seconds: float | None
    restart: bool


def look(address: str) -> Look | None:
    """One look at the server; None where it does not answer in two seconds."""
    try:
        with ask_here(f"{address}/kiosk/watch", REPLY_SECONDS) as reply:
            said = json.load(reply)
            return Look(said["page_seconds"], bool(said["restart"]))
    except (OSError, ValueError, KeyError, HTTPException):  # a server killed in mid-reply breaks off its HTTP
        return None


class Watch:
    """Looks twice a second, and restarts what gave no sign of life for too long. `look` is how it asks the server."""

    def __init__(
        self,
        server: Kept,
        browser: Kept,
        settings: KioskSettings,
        look: Callable[[], Look | None],
        note: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.server, self.browser, self.settings = server, browser, settings
        self._look, self._note, self._clock = look, note, clock
        self._since: float | None = None  # when this server first answered
        self._last_answer = clock()
        self._missing = 0

    def step(self) -> None:
        """One look, and what follows from it."""
        if self.server.keep():
            self._since, self._last_answer = None, self._clock()
        seen = self._look() if self.server.running else None
        now = self._clock()
        if seen is None:
            limit = self.settings.start_seconds if self._since is None else self.settings.hung_seconds
            if self.server.running and now - self._last_answer > limit:
                self._note(f"the server gave no answer for {limit:.0f} s: restarting it")
                self.server.restart()
            return
        self._since, self._last_answer = self._since or now, now
        if seen.restart:
            self._note("staff asked for a restart")
            self.browser.restart()
            self.server.restart()
            return
        self.browser.keep()  # only now: a browser without a server shows an error page of its own
        self._check_page(seen, now)

    def _check_page(self, seen: Look, now: float) -> None:
        """Restarts the browser when its page has been silent; a page that is being loaded gets longer."""
        if self.browser.up_seconds is None or self._since is None:
            return
        both = min(self.browser.up_seconds, now - self._since)  # how long there has been a page and a server to call
        loaded = seen.page_seconds is not None and seen.page_seconds < both
        silent = seen.page_seconds if loaded and seen.page_seconds is not None else both
        limit = self.settings.hung_seconds if loaded else self.settings.start_seconds
        self._missing = self._missing + 1 if silent > limit else 0
        if self._missing >= TIMES_MISSING:
            self._missing = 0
            self._note(f"the page gave no sign of life for {silent:.0f} s: restarting the browser")
            self.browser.restart()


def run(home: Path, port: int, settings: KioskSettings, note: Callable[[str], None]) -> None:
    """Runs the kiosk until it is told to stop (SIGTERM, Ctrl+C). Raises SpinewiseError where there is no browser."""
    address, profile = f"http://127.0.0.1:{port}", make_folder(home / "kiosk") / "browser"
    browser_path = find_browser(settings)
    serve = [
        sys.executable,
        "-m",
        "app",
        "serve",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--home",
        str(home),
        "--stay",
    ]
    server = Kept("server", lambda: serve, note, folder=Path(__file__).parents[2])
    browser = Kept("browser", lambda: fresh(browser_command(browser_path, settings, profile, address), profile), note)
    watch = Watch(server, browser, settings, lambda: look(address), note)
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
    tell_systemd("READY=1")
    try:
        while not stopping:
            watch.step()
            tell_systemd("WATCHDOG=1")
            time.sleep(LOOK_SECONDS)
    finally:
        browser.stop()
        server.stop()
        shutil.rmtree(profile, ignore_errors=True)


def find_browser(settings: KioskSettings) -> str:
    """The browser's path."""
    names = [settings.browser] if settings.browser else BROWSERS
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        what = settings.browser or "Chromium"
        raise SpinewiseError(f"no browser: {what} is not installed", "apt-get install chromium, or set kiosk.browser")
    return found


def browser_command(path: str, settings: KioskSettings, profile: Path, address: str) -> list[str]:
    """How the browser is started."""
    printing = ["--kiosk-printing"] if settings.printing else []  # straight to the printer: a dialog would be a way out
    return [path, *settings.browser_flags, *printing, f"--user-data-dir={profile}", f"{address}/kiosk"]


def fresh(command: Sequence[str], profile: Path) -> Sequence[str]:
    """The same command, once the last browser's folder is gone: no trace of a visitor, no bubble about a crash."""
    shutil.rmtree(profile, ignore_errors=True)
    return command


def tell_systemd(message: str) -> None:
    """READY=1 or WATCHDOG=1 (sd_notify) where systemd asked for it; so that a watch that hangs is restarted, too."""
    target = os.environ.get("NOTIFY_SOCKET")
    if not target:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as speaking, suppress(OSError):  # systemd will see for itself
        speaking.connect("\0" + target[1:] if target.startswith("@") else target)
        speaking.sendall(message.encode())
