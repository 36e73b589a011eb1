"""The kiosk without a browser: signs of life, the staff corner's PIN, what is kept running and when it is restarted."""

from __future__ import annotations

import sys
from pathlib import Path

import httpx
import pytest
from live import live, until
from scripted_answers import assistant

from app.kiosk import Look, Watch, browser_command, find_browser
from app.kiosk.kept import WAITS, Kept
from app.settings import KioskSettings
from app.web.secret import FREE_TRIES, Tries, hashed, matches
from app.web.server import Rooms
from corpus.errors import SpinewiseError

PIN = "271828"
ELSEWHERE = {"X-Forwarded-For": "203.0.113.9"}  # uvicorn believes a proxy on this machine


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    rooms = Rooms(kiosk=KioskSettings(pin_hash=hashed(PIN)))
    with live(assistant(), tmp_path_factory.mktemp("home"), rooms) as running:
        yield running


@pytest.fixture
def client(server):
    with httpx.Client(base_url=server.address, timeout=20) as client:
        yield client


class Time:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


# -- secrets


def test_a_hash_holds_only_for_its_secret() -> None:
    stored = hashed(PIN)
    assert matches(PIN, stored)
    assert not matches("271829", stored)
    assert PIN not in stored
    assert hashed(PIN) != stored  # salted


def test_a_damaged_hash_is_explained() -> None:
    for stored in ("", "plain", "scrypt:1:2", "scrypt:16384:8:1:!:!", "scrypt:9999999999:8:1:YQ==:YQ=="):
        with pytest.raises(SpinewiseError, match="python -m app secret"):
            matches(PIN, stored)


def test_guessing_gets_slow() -> None:
    clock = Time()
    tries = Tries(clock=clock)
    for _ in range(FREE_TRIES):
        assert tries.wait("a") == 0
        tries.wrong("a")
    assert tries.wait("a") == 30
    assert tries.wait("b") == 0
    clock.now += 31
    assert tries.wait("a") == 0
    tries.wrong("a")
    assert tries.wait("a") == 60
    tries.right("a")
    assert tries.wait("a") == 0


def test_many_guessers_wait_together() -> None:
    tries = Tries(everyone=10, clock=Time())
    for guesser in range(10):
        tries.wrong(str(guesser))
    assert tries.wait("another") > 0


# -- what the server says


def test_the_watcher_hears_of_the_page(client) -> None:
    assert client.get("/kiosk/watch").json() == {"page_seconds": None, "restart": False}
    instance = client.post("/kiosk/beat").json()["instance"]
    assert instance
    assert client.get("/kiosk/watch").json()["page_seconds"] < 5


def test_nobody_else_hears_it_or_counts_as_the_page(client) -> None:
    before = client.get("/kiosk/watch").json()["page_seconds"]
    assert client.post("/kiosk/beat", headers=ELSEWHERE).status_code == 200
    after = client.get("/kiosk/watch").json()["page_seconds"]
    assert after is None if before is None else after >= before
    assert client.get("/kiosk/watch", headers=ELSEWHERE).status_code == 404


def test_staff_need_the_pin(client) -> None:
    wrong = client.post("/kiosk/staff", json={"pin": "000000"})
    assert wrong.status_code == 403
    right = client.post("/kiosk/staff", json={"pin": PIN}).json()
    assert [row["good"] for row in right["rows"]][:3] == [True, True, True]


def test_staff_set_the_volume_and_it_outlives_the_server(client, server) -> None:
    reply = client.post("/kiosk/staff", json={"pin": PIN, "action": "volume", "volume": 0.4})
    assert reply.json()["volume"] == 0.4
    assert '"volume": 0.4' in (server.home / "kiosk.json").read_text(encoding="utf-8")
    with live(assistant(), server.home) as again:
        assert "&#34;volume&#34;: 0.4" in httpx.get(again.address + "/kiosk").text
    assert client.post("/kiosk/staff", json={"pin": PIN, "action": "volume", "volume": 7}).status_code == 422


def test_a_wished_restart_reaches_the_watcher_once(client) -> None:
    client.get("/kiosk/watch")
    assert client.post("/kiosk/staff", json={"pin": PIN, "action": "restart"}).status_code == 200
    assert client.get("/kiosk/watch").json()["restart"] is True
    assert client.get("/kiosk/watch").json()["restart"] is False


def test_guessing_the_pin_is_stopped(tmp_path) -> None:
    rooms = Rooms(kiosk=KioskSettings(pin_hash=hashed(PIN)))
    with live(assistant(), tmp_path, rooms) as running, httpx.Client(base_url=running.address) as client:
        codes = [client.post("/kiosk/staff", json={"pin": str(guess)}).status_code for guess in range(FREE_TRIES + 1)]
        assert codes == [403] * FREE_TRIES + [429]
        reply = client.post("/kiosk/staff", json={"pin": PIN})
        assert reply.status_code == 429  # even the right one has to wait
        assert int(reply.headers["retry-after"]) > 0


def test_without_a_pin_there_is_no_staff_corner(tmp_path) -> None:
    with live(assistant(), tmp_path) as running:
        assert httpx.post(running.address + "/kiosk/staff", json={"pin": ""}).status_code == 404
        assert "kiosk-staff" not in httpx.get(running.address + "/kiosk").text


def test_the_page_allows_no_frame_and_no_outside_script(client) -> None:
    headers = client.get("/kiosk").headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"


def test_the_vendored_keyboard_is_the_one_written_down() -> None:
    import hashlib

    folder = Path(__file__).parents[1] / "app" / "web" / "static" / "simple-keyboard"
    digest = hashlib.sha256((folder / "keyboard.js").read_bytes()).hexdigest()
    assert digest in (folder / "README").read_text(encoding="utf-8")
    assert "MIT" in (folder / "LICENSE").read_text(encoding="utf-8")


# -- kept running

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


def test_a_child_dies_with_its_parent(tmp_path) -> None:
    """Also when the parent is killed: else the next kiosk would find its port taken."""
    import subprocess

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
