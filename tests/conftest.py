"""What test files share: one server for all tests of the page, one browser a file, two leaflets and a home for the index."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from live import Live, live
from playwright.sync_api import Browser, Page, sync_playwright
from scripted_answers import assistant
from two_leaflets import written
from visitors import BROWSER, DESK, FLAGS, TALL, windows
from waiting_room import PIN

from app.scripted import ScriptedAssistant
from app.settings import KioskSettings
from app.web.secret import hashed
from app.web.server import Rooms


@pytest.fixture
def leaflets(tmp_path: Path) -> Path:
    return written(tmp_path / "leaflets")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture(scope="session")
def scripted() -> ScriptedAssistant:
    return assistant()


@pytest.fixture(scope="session")
def server(tmp_path_factory, scripted) -> Iterator[Live]:
    rooms = Rooms(kiosk=KioskSettings(pin_hash=hashed(PIN)))
    with live(scripted, tmp_path_factory.mktemp("home"), rooms) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One a file: while Playwright runs, its event loop is in the way of tests that run one of their own."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def unscripted(scripted) -> Iterator[None]:
    """After each test the assistant answers as it always does."""
    yield
    scripted.queue.clear()
    if scripted.gate is not None:
        scripted.gate.set()
    scripted.gate = None


@pytest.fixture
def visit(browser, server, unscripted):
    """Opens the page; afterwards checks that the browser asked no other server and had nothing to complain about."""
    with windows(browser) as opened:

        def open_page(size=DESK, query="", ready=".examples", **options) -> Page:
            page = opened.open(size, **options)
            page.goto(f"{server.address}/{query}")
            page.wait_for_selector(ready)
            return page

        open_page.complaints = opened.complaints
        yield open_page


@pytest.fixture
def kiosk(browser, server, unscripted):
    """Opens the kiosk, with a clock that a test can push; afterwards checks that only this server was asked."""
    with windows(browser) as opened:

        def open_page(size=TALL, start=True, address=server.address, query="", **options) -> Page:
            page = opened.open(size, has_touch=True, **options)
            page.goto(f"{address}/kiosk{query}")
            page.wait_for_selector("#log .example", state="attached")
            if start:
                page.locator("[data-kiosk=start]").tap()
            return page

        open_page.complaints = opened.complaints
        yield open_page
