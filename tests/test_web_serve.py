"""Starting and stopping: the port, the loading, the words on failure. A real process where the process is the point."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from live import live, until
from playwright.sync_api import expect
from scripted_answers import URGENT, assistant
from visitors import windows

from app import doctor, kiosk
from app.settings import AppSettings, SiteSettings
from app.strings import Strings
from app.web.loading import Loading
from app.web.server import serve
from corpus.errors import SpinewiseError

ROOT = Path(__file__).parent.parent


def test_a_taken_port_is_explained_in_one_line(tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SpinewiseError) as refusal:
            serve("127.0.0.1", port, load=assistant, settings=AppSettings(), site=SiteSettings(), home=tmp_path)
    assert f"port {port}" in str(refusal.value)
    assert "--port" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_alive_while_loading_and_ended_when_it_fails(tmp_path) -> None:
    proceed, seen = threading.Event(), []

    def load():
        assert proceed.wait(60)
        raise SpinewiseError("there is no index", "run python -m index build")

    def look(address: str) -> None:
        def visit() -> None:
            until(lambda: _status(address + "/health") == 200)
            seen.append(_status(address + "/ready"))
            proceed.set()

        threading.Thread(target=visit).start()

    settings = AppSettings(port=0)
    with pytest.raises(SpinewiseError, match="python -m index build"):
        serve(load=load, settings=settings, site=SiteSettings(), home=tmp_path, started=look)
    assert seen == [503]


def test_one_that_stays_says_that_it_can_not_answer_and_tries_again(tmp_path, monkeypatch) -> None:
    tries: list[int] = []

    def load():
        tries.append(len(tries))
        if len(tries) < 3:
            raise SpinewiseError("there is no index", "run python -m index build")
        return assistant()

    loading, failed = Loading(load, lambda question, history: URGENT), []
    loading.start(lambda: failed.append(str(loading.failure)), again_seconds=0.1)
    until(lambda: failed)
    assert loading.assistant is None
    assert loading.urgent("numb", ()) is URGENT
    until(lambda: loading.assistant is not None)
    assert loading.failure is None
    assert failed == ["there is no index: run python -m index build"] * 2


def test_a_page_without_an_assistant_says_so_and_is_there_once_it_loads(browser, tmp_path) -> None:
    with live(None, tmp_path) as running, windows(browser) as opened:
        running.loading.failure = SpinewiseError("there is no index", "run python -m index build")
        page = opened.open()
        page.goto(running.address)
        expect(page.get_by_role("heading", name="The service is not running")).to_be_visible()
        running.loading.assistant, running.loading.failure = assistant(), None
        expect(page.locator(".examples")).to_be_visible()


def test_a_process_serves_and_stops_and_prints_nothing_of_a_visitor(tmp_path) -> None:
    program = textwrap.dedent("""
        import sys
        from pathlib import Path
        from app.settings import AppSettings, SiteSettings
        from app.web.server import serve
        from scripted_answers import assistant
        serve(load=assistant, port=0, settings=AppSettings(), site=SiteSettings(), home=Path(sys.argv[1]))
    """)
    path = f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / 'tests')!r}]\n"
    command = [sys.executable, "-c", path + program, str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stderr
        first = process.stderr.readline()
        address = first.split()[-1].strip()
        assert first.startswith("serving on http://localhost:")
        until(lambda: _status(address + "/ready") == 200, 200)
        for question in ("canary-7431", "canary-7431 numb"):
            httpx.post(address + "/api/ask", json={"question": question}, timeout=60)
        httpx.get(address + "/source/canary-7431", timeout=60)
        process.send_signal(signal.SIGTERM)
        printed = "".join(process.communicate(timeout=60))
    assert "canary-7431" not in printed
    assert "Traceback" not in printed
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert not any(b"canary-7431" in file.read_bytes() for file in files)


def test_the_doctor_tells_the_running_service_from_another_program_at_its_port(tmp_path, monkeypatch) -> None:
    with live(assistant(), tmp_path) as running:
        monkeypatch.setenv("SPINEWISE_APP_PORT", str(urlsplit(running.address).port))
        monkeypatch.setattr("app.doctor.MEMORY_GIGABYTES", 1e6)
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # nobody there: a server of this machine needs none
        assert kiosk.look(running.address) is not None
        own, enough = [*doctor.port(tmp_path), *doctor.memory(tmp_path)]
        assert own.ok
        assert "which is running" in own.detail
        assert enough.ok  # its models are in memory already
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setenv("SPINEWISE_APP_PORT", str(other.getsockname()[1]))
        monkeypatch.setattr("app.doctor.PATIENCE_SECONDS", 0.2)
        taken, little = [*doctor.port(tmp_path), *doctor.memory(tmp_path)]
        assert not taken.ok
        assert "another program" in taken.detail
        assert not little.ok


def test_every_text_is_there_and_filled() -> None:
    strings = Strings("en", SiteSettings(emergency_number="112"))
    assert "112" in strings("page.standing")
    assert "your surgical team" in strings("ready.failed_body")  # no phone was set
    with pytest.raises(KeyError):
        strings("page.unknown")
    with pytest.raises(SpinewiseError, match=r"site\.language"):
        Strings("xx")


def _status(address: str) -> int | None:
    try:
        return httpx.get(address, timeout=60).status_code
    except httpx.TransportError:
        return None
