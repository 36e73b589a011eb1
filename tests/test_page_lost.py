"""The server goes away under the page: it says so kindly, keeps what was read, and comes back. In a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from live import Live, live
from playwright.sync_api import Browser, Page, expect
from scripted_answers import assistant
from visitors import PHONE, ask, serious, windows

HURRY = """{ const later = window.setTimeout.bind(window);
  window.setTimeout = (run, wait, ...rest) => later(run, wait === 10000 ? 300 : wait, ...rest); }"""  # looks more often


IMPATIENT = """() => { const timeout = AbortSignal.timeout.bind(AbortSignal);
  window.impatient = true; AbortSignal.timeout = (wait) => timeout(window.impatient ? 100 : wait); }"""


@contextmanager
def without_server(
    browser: Browser, home: Path, query: str = "", question: str = "", typed: str = "", script: str = HURRY
) -> Iterator[tuple[Page, Live]]:
    """A page whose server is gone, after an answer to `question` and with `typed` in the box; and what that server was."""
    with windows(browser, forgiven=["404", "Connection"]) as opened:  # Gradio looks for the session that is gone
        page = opened.open(PHONE, script=script)
        with live(assistant(), home) as running:
            page.goto(f"{running.address}/{query}")
            page.wait_for_selector(".examples")
            if question:
                ask(page, question, ".answered")
            page.fill("#box textarea", typed)
        yield page, running


def again(was: Live) -> object:
    """Another server at the same address."""
    return live(assistant(), was.home, port=urlsplit(was.address).port or 0)


def test_an_answer_stays_to_be_read_and_one_starts_again(browser, tmp_path) -> None:
    with without_server(browser, tmp_path, "?lang=es&theme=dark", "When can I drive?") as (page, was):
        notice = page.locator(".lost[role=alert]")
        expect(notice).to_contain_text("no hay conexión")
        expect(notice).to_contain_text("llame al 911")
        expect(notice).to_be_in_viewport()
        expect(page.locator("#box textarea")).to_be_hidden()
        expect(page.locator(".reply.answered")).to_be_visible()  # still there to read
        expect(page.get_by_text("Attempting reconnection")).to_be_hidden()
        assert serious(page) == []
        with again(was):
            expect(notice).to_contain_text("La conexión ha vuelto.")
            expect(notice.locator(".gone")).to_be_hidden()
            assert serious(page) == []
            page.get_by_role("button", name="Empezar de nuevo").click()
            page.wait_for_selector(".examples")
            expect(page.locator("html")).to_have_attribute("lang", "es")
            expect(page.locator(".lost")).to_be_hidden()
            ask(page, "When can I drive?", ".answered")


def test_a_server_that_is_only_slow_takes_nothing_away(visit) -> None:
    page = visit(script=HURRY)
    ask(page, "When can I drive?", ".answered")
    page.evaluate(IMPATIENT)
    page.route("**/health", lambda route: None)  # it never answers
    expect(page.locator(".lost .gone")).to_be_visible()
    page.evaluate("window.impatient = false")
    page.unroute("**/health")
    expect(page.locator(".lost")).to_be_hidden()
    ask(page, "And work?", ".answered")
    expect(page.locator(".turn")).to_have_count(2)


def test_where_nothing_was_read_it_comes_back_by_itself(browser, tmp_path) -> None:
    with without_server(browser, tmp_path) as (page, was):
        expect(page.locator(".lost .gone")).to_be_visible()
        with again(was):
            expect(page.locator(".lost")).to_be_hidden()
            page.wait_for_selector(".examples")
            ask(page, "When can I drive?", ".answered")


def test_whoever_asks_a_dead_server_is_told_at_once(browser, tmp_path) -> None:
    never = HURRY.replace("? 300", "? 2 ** 30")  # so that it is the question alone that finds out
    with without_server(browser, tmp_path, typed="When can I drive?", script=never) as (page, _):
        page.click("#send")
        expect(page.locator(".lost .gone")).to_be_visible()
