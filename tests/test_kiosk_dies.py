"""When the kiosk's server or browser dies or hangs: kind words, and back within ten seconds. Real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from live import live, until
from playwright.sync_api import expect
from scripted_answers import assistant
from visitors import CANARY, CHROMIUM, FLAGS, serious
from waiting_room import ask

ROOT = Path(__file__).parents[1]
SERVER = """
import sys
from pathlib import Path
sys.path[:0] = [{root!r}, {tests!r}]
from scripted_answers import assistant
from app.settings import AppSettings, KioskSettings, SiteSettings
from app.web.server import Rooms, serve
serve("127.0.0.1", {port}, load=assistant, settings=AppSettings(), site=SiteSettings(), home=Path({home!r}),
      rooms=Rooms(), started=lambda address: None)
"""


def server_command(port: int, home: Path) -> list[str]:
    program = SERVER.format(root=str(ROOT), tests=str(ROOT / "tests"), port=port, home=str(home))
    return [sys.executable, "-c", program, f"server-on-{port}"]


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_dead_server_is_said_kindly_and_the_page_comes_back(kiosk, tmp_path) -> None:
    with live(assistant(), tmp_path) as first:
        page = kiosk(address=first.address)
        ask(page, f"{CANARY} drive")
    away = page.get_by_role("alertdialog", name="This screen is having a short break")
    expect(away).to_be_visible()
    expect(away).to_contain_text("emergency")
    assert serious(page) == []
    with live(assistant(), tmp_path, port=urlsplit(first.address).port):
        page.wait_for_selector("#kiosk-attract[open]")
        expect(away).to_be_hidden()
        assert CANARY not in page.content()
        kiosk.complaints.clear()  # the browser notes what it could not reach


KIOSK = """
import sys
from pathlib import Path
sys.path[:0] = [{root!r}]
import app.kiosk as kiosk
from app.kiosk.kept import Kept
from app.settings import KioskSettings
flags = {flags!r}
server_command = {server!r}
kiosk.Kept = lambda name, command, note, folder=None: Kept(name, (lambda: server_command) if name == "server" else command, note)
kiosk.run(Path({home!r}), {port}, KioskSettings(browser={browser!r}, browser_flags=flags), lambda line: print(line, flush=True))
"""


@pytest.fixture
def running(tmp_path):
    """The whole kiosk as a process: its watch, a server with scripted answers, and a browser without a screen."""
    port = free_port()
    flags = [*FLAGS, "--headless=new", "--incognito"]
    program = KIOSK.format(
        root=str(ROOT),
        flags=flags,
        server=server_command(port, tmp_path),
        home=str(tmp_path),
        port=port,
        browser=CHROMIUM,
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{port}", tmp_path
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        assert process.stdout
        process.stdout.close()
    left = children(f"--user-data-dir={tmp_path}") + children(f"server-on-{port}")
    assert left == []  # nothing is left running, nor on the disk
    assert not (tmp_path / "kiosk" / "browser").exists()


def children(mark: str) -> list[int]:
    """Main processes (browser, server) with an argument that starts with `mark`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
            if any(word.startswith(mark) for word in words) and not any(word.startswith("--type=") for word in words):
                found.append(int(entry.name))
    return found


def one_of(mark: str) -> int:
    """The one such process there has to be."""
    until(lambda: len(children(mark)) == 1)
    return children(mark)[0]


def called(address: str, since: float) -> bool:
    """Whether the page has called the server since that moment of time.monotonic(), as the server tells its watch."""
    try:
        age = httpx.get(address + "/kiosk/watch", timeout=2).json()["page_seconds"]
    except (httpx.HTTPError, ValueError):
        return False
    return age is not None and age < time.monotonic() - since


def test_browser_and_server_killed_or_hung_are_back_within_ten_seconds(running) -> None:
    address, home = running
    server_mark, browser_mark = f"server-on-{urlsplit(address).port}", f"--user-data-dir={home}"
    until(lambda: children(browser_mark), 200)
    begun = time.monotonic()
    until(lambda: called(address, begun), 200)
    loading = time.monotonic() - begun  # which is this machine's affair: on a busy one, ten seconds are not enough
    ten = max(10.0, 3 * loading)

    browser, killed = one_of(browser_mark), time.monotonic()
    os.kill(browser, signal.SIGKILL)
    until(lambda: set(children(browser_mark)) - {browser}, 10)
    until(lambda: called(address, killed + 0.5), ten)

    browser, stopped = one_of(browser_mark), time.monotonic()
    for one in renderers(home):
        os.kill(one, signal.SIGSTOP)  # the window is there, its page hangs
    until(lambda: set(children(browser_mark)) - {browser}, ten)
    until(lambda: called(address, stopped + 4), ten)

    server, killed = one_of(server_mark), time.monotonic()
    os.kill(server, signal.SIGKILL)
    until(lambda: set(children(server_mark)) - {server}, 10)
    until(lambda: called(address, killed), 200)  # how long the server takes to load is this machine's affair


def renderers(home: Path) -> list[int]:
    """The browser's page processes."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().decode()
            except OSError:
                continue
            if str(home) in words and "--type=renderer" in words:
                found.append(int(entry.name))
    return found
