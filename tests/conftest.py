"""One browser and one server a test file, for the tests of the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from live import Live, live
from playwright.sync_api import Browser, Page, sync_playwright
from scripted_answers import assistant
from visitors import CHROMIUM, DESK, FLAGS

from app.scripted import ScriptedAssistant


@pytest.fixture(scope="module")
def scripted() -> ScriptedAssistant:
    return assistant()


@pytest.fixture(scope="module")
def server(tmp_path_factory, scripted) -> Iterator[Live]:
    with live(scripted, tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser, server, scripted):
    """Opens the page; afterwards checks that the browser asked no other server and had nothing to complain about."""
    contexts, asked, complaints = [], set(), []

    def open_page(size=DESK, query="", script="", address=server.address, ready=".examples", **options) -> Page:
        contexts.append(browser.new_context(viewport=size, reduced_motion="reduce", **options))
        page = contexts[-1].new_page()
        page.set_default_timeout(15_000)
        page.on("request", lambda request: asked.add(urlsplit(request.url)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if script:
            page.add_init_script(script)
        page.goto(f"{address}/{query}")
        page.wait_for_selector(ready)
        return page

    open_page.complaints = complaints
    yield open_page
    scripted.queue.clear()
    scripted.gate = None
    for context in contexts:
        context.close()
    hosts = {address.netloc for address in asked if address.scheme not in ("data", "blob")}
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+", host) for host in hosts)
    assert len(hosts) <= 1
    assert complaints == []
