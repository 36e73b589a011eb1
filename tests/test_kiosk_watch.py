"""The kiosk's watch: what is kept running, and when it is started again. No browser, and a clock that a test moves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from live import Time, until

from app.kiosk import Look, Watch, browser_command, find_browser
from app.kiosk.kept import WAITS, Kept
from app.settings import KioskSettings
from corpus.errors import SpinewiseError

SLEEPER = [sys.executable, "-S", "-c", "import time; time.sleep(60)"]


@pytest.fixture
def kept():
    notes: list[str] = []
    clock = Time()
    one = Kept("server", lambda: SLEEPER, notes.append, clock=clock)
    yield one, clock, notes
    one.stop()


def test_what_ends_is_started_again_sooner_than_ten_seconds_every_time(kept) -> None:
    one, clock, notes = kept
    assert one.keep()
    for wait in (*WAITS, WAITS[-1]):
        one.restart()
        assert not one.running
        started = one.keep()
        if wait:
            assert not started
            clock.now += wait - 0.01
            assert not one.keep()
            clock.now += 0.02
            started = one.keep()
        assert started
    assert max(WAITS) < 10
    assert "the server ended (-9)" in notes


def test_after_a_steady_time_the_first_wait_is_none_again(kept) -> None:
    one, clock, _ = kept
    one.keep()
    for _ in range(3):
        one.restart()
        clock.now += 10
        one.keep()
        clock.now += 10
        assert one.keep() or one.running
    clock.now += 60
    one.restart()
    assert one.keep()


def test_what_does_not_start_is_tried_again(kept) -> None:
    one, clock, notes = kept
    one._command = lambda: ["/no/such/program"]
    one.keep()
    assert not one.running
    assert "does not start" in notes[0]
    one._command = lambda: SLEEPER
    clock.now += 10
    assert one.keep()
    assert one.running


def test_a_child_dies_with_its_parent(tmp_path) -> None:
    """Also when the parent is killed: else the next kiosk would find its port taken."""

    program = f"""
import sys, time
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from app.kiosk.kept import Kept
one = Kept("server", lambda: {SLEEPER!r}, print)
one.keep()
print(one.pid, flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()

    def gone() -> bool:
        try:
            return "Z" in Path(f"/proc/{child}/stat").read_text().split(")")[1][:3]
        except OSError:
            return True

    until(gone)


# -- when the watch restarts


class Doll:
    """A process that is there when told so: what Watch knows of Kept."""

    def __init__(self, clock: Time) -> None:
        self.clock, self.running, self.started, self.restarts = clock, False, 0.0, 0

    @property
    def up_seconds(self) -> float | None:
        return self.clock() - self.started if self.running else None

    def keep(self) -> bool:
        if self.running:
            return False
        self.running, self.started = True, self.clock()
        return True

    def restart(self) -> None:
        self.running, self.restarts = False, self.restarts + 1


class Scene:
    """A watch over two dolls, whose server says what the test wants, every half second."""

    def __init__(self) -> None:
        self.clock = Time()
        self.server, self.browser = Doll(self.clock), Doll(self.clock)
        self.says: Look | None = None
        self.notes: list[str] = []
        settings = KioskSettings()
        self.watch = Watch(self.server, self.browser, settings, lambda: self.says, self.notes.append, self.clock)  # type: ignore[arg-type]  # dolls

    def run(self, seconds: float, page_from: float | None = None) -> None:
        """Time goes by; `page_from` is when the page last called."""
        end = self.clock.now + seconds
        while self.clock.now < end:
            if self.says is not None:
                self.says = Look(None if page_from is None else self.clock.now - page_from, False)
            self.watch.step()
            self.clock.now += 0.5


def test_the_browser_waits_for_the_server() -> None:
    scene = Scene()
    scene.run(5)
    assert scene.server.running
    assert not scene.browser.running
    scene.says = Look(None, False)
    scene.run(1)
    assert scene.browser.running


def test_a_page_that_stops_calling_is_restarted_within_ten_seconds() -> None:
    scene = Scene()
    scene.says = Look(None, False)
    scene.run(1)
    called = scene.clock.now
    scene.run(5, page_from=called)
    assert scene.browser.restarts == 0
    scene.run(3, page_from=called)
    assert scene.browser.restarts == 1
    assert scene.clock.now - called < 10


def test_a_page_gets_longer_to_load() -> None:
    scene = Scene()
    scene.says = Look(None, False)
    scene.run(KioskSettings().start_seconds - 5)
    assert scene.browser.restarts == 0
    scene.run(10)
    assert scene.browser.restarts == 1


def test_a_server_that_stops_answering_is_restarted_within_ten_seconds() -> None:
    scene = Scene()
    scene.says = Look(None, False)
    scene.run(1)
    scene.says = None
    scene.run(8)
    assert scene.server.restarts == 1


def test_a_new_servers_page_gets_time_to_come_back() -> None:
    scene = Scene()
    scene.says = Look(None, False)
    scene.run(2, page_from=scene.clock.now)
    scene.server.running = False
    scene.says = None
    scene.run(3)
    scene.says = Look(None, False)  # a new one, which has not heard of any page
    scene.run(20)
    assert scene.browser.restarts == 0


def test_one_late_call_is_forgiven() -> None:
    scene = Scene()
    scene.says = Look(None, False)
    scene.run(4, page_from=scene.clock.now + 1)
    scene.says = Look(6.2, False)
    scene.watch.step()
    scene.says = Look(0.1, False)
    scene.watch.step()
    assert scene.browser.restarts == 0


# -- the browser


def test_the_browser_is_started_as_a_kiosk(tmp_path) -> None:
    command = browser_command("/usr/bin/chromium", KioskSettings(), tmp_path, "http://127.0.0.1:7860")
    wanted = {
        "--kiosk", "--incognito", "--noerrdialogs", "--no-first-run", "--disable-session-crashed-bubble",
        "--disable-extensions", "--disable-pinch", "--overscroll-history-navigation=0",
    }  # fmt: skip
    assert wanted <= set(command)
    assert command[-1] == "http://127.0.0.1:7860/kiosk"


def test_a_missing_browser_is_explained() -> None:
    with pytest.raises(SpinewiseError, match="apt-get install chromium"):
        find_browser(KioskSettings(browser="/no/such/browser"))
