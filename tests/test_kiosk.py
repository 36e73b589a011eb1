"""The kiosk's server without a browser: secrets, signs of life, the staff corner's PIN."""

from __future__ import annotations

import hashlib
from pathlib import Path

import httpx
import pytest
from live import Time, live
from pydantic import ValidationError
from scripted_answers import assistant
from waiting_room import PIN

from app.settings import KioskSettings
from app.web.secret import FREE_TRIES, Tries, hashed, matches
from app.web.server import Rooms
from corpus.errors import SpinewiseError

ELSEWHERE = {"X-Forwarded-For": "203.0.113.9"}  # uvicorn believes a proxy on this machine


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    rooms = Rooms(kiosk=KioskSettings(pin_hash=hashed(PIN)))
    with live(assistant(), tmp_path_factory.mktemp("home"), rooms) as running:
        yield running


@pytest.fixture
def client(server):
    with server.client() as client:
        yield client


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
    told = client.post("/kiosk/staff", json={"pin": PIN, "language": "es"}).json()["rows"]
    assert not {row["label"] for row in told} & {row["label"] for row in right["rows"]}


def test_staff_set_the_volume_and_it_outlives_the_server(client, server) -> None:
    reply = client.post("/kiosk/staff", json={"pin": PIN, "action": "volume", "volume": 0.4})
    assert reply.json()["volume"] == 0.4
    assert '"volume": 0.4' in (server.home / "kiosk.json").read_text(encoding="utf-8")
    with live(assistant(), server.home) as again:
        assert "&#34;volume&#34;: 0.4" in httpx.get(again.address + "/kiosk", timeout=60).text
    assert client.post("/kiosk/staff", json={"pin": PIN, "action": "volume", "volume": 7}).status_code == 422


def test_a_wished_restart_reaches_the_watcher_once(client) -> None:
    client.get("/kiosk/watch")
    assert client.post("/kiosk/staff", json={"pin": PIN, "action": "restart"}).status_code == 200
    assert client.get("/kiosk/watch").json()["restart"] is True
    assert client.get("/kiosk/watch").json()["restart"] is False


def test_guessing_the_pin_is_stopped(tmp_path) -> None:
    rooms = Rooms(kiosk=KioskSettings(pin_hash=hashed(PIN)))
    with live(assistant(), tmp_path, rooms) as running, running.client() as client:
        codes = [client.post("/kiosk/staff", json={"pin": str(guess)}).status_code for guess in range(FREE_TRIES + 1)]
        assert codes == [403] * FREE_TRIES + [429]
        reply = client.post("/kiosk/staff", json={"pin": PIN})
        assert reply.status_code == 429  # even the right one has to wait
        assert int(reply.headers["retry-after"]) > 0


def test_without_a_pin_there_is_no_staff_corner(tmp_path) -> None:
    with live(assistant(), tmp_path) as running:
        assert httpx.post(running.address + "/kiosk/staff", json={"pin": ""}, timeout=60).status_code == 404
        assert "kiosk-staff" not in httpx.get(running.address + "/kiosk", timeout=60).text


def test_the_page_allows_no_frame_and_no_outside_script(client) -> None:
    headers = client.get("/kiosk").headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"


def test_the_vendored_keyboard_is_the_one_written_down() -> None:

    folder = Path(__file__).parents[1] / "app" / "web" / "static" / "simple-keyboard"
    digest = hashlib.sha256((folder / "keyboard.js").read_bytes()).hexdigest()
    assert digest in (folder / "README").read_text(encoding="utf-8")
    assert "MIT" in (folder / "LICENSE").read_text(encoding="utf-8")


def test_the_countdown_can_be_set_no_shorter_than_twenty_seconds() -> None:
    assert KioskSettings(warning_seconds=20).warning_seconds == 20
    with pytest.raises(ValidationError):
        KioskSettings(warning_seconds=19)
