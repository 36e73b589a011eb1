"""What the page's tests share: a browser's windows, how a question is asked in them, what axe-core finds. Not a test."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from live import Live
from playwright.sync_api import Browser, BrowserContext, Page, expect

CHROMIUM = "/usr/bin/chromium"
BROWSER = shutil.which("chromium-headless-shell") or CHROMIUM  # the same without windows: half the work for a page
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
TALL = {"width": 1080, "height": 1920}
VOICE = """Object.defineProperty(window, 'speechSynthesis', { value: {
  said: [], getVoices: () => [{ localService: true, lang: 'en-US', name: 'own' }, { localService: false, lang: 'es-ES' }],
  speak(one) { this.said.push(one); one.onstart?.(); }, cancel() { this.cancelled = true; }, addEventListener() {} } });
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };"""  # a machine that can speak
CANARY = "canary-7431"
STORED = """async () => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie,
    await indexedDB.databases(), await caches.keys(), history.state, location.href])"""
PATIENCE = 60_000  # milliseconds: a machine that does other work, too, is slow and not wrong
# What Gradio and the browser say of a request that ended before its time: a page left, a chat wiped, a server killed.
CUT_OFF = ("AbortError", "errored out", "net::ERR_", "Failed to fetch", "network error")
expect.set_options(timeout=PATIENCE)


class Windows:
    """Windows of a browser, each a visitor of its own, with all that they asked for and complained about."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.hosts: set[str] = set()
        self.complaints: list[str] = []

    def open(self, size: dict[str, int] = DESK, script: str = "", clock: bool = False, **options: Any) -> Page:
        """An empty page; `script` runs before any of the page's, `clock` lets the test move the page's time."""
        self._contexts.append(self._browser.new_context(viewport=size, reduced_motion="reduce", **options))
        page = self._contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        page.on("request", lambda request: self._asked(request.url))
        page.on("console", lambda line: self.complaints.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        if script:
            page.add_init_script(script)
        if clock:
            page.clock.install()
        return page

    def _asked(self, url: str) -> None:
        address = urlsplit(url)
        if address.scheme not in ("data", "blob"):
            self.hosts.add(address.netloc)

    def close(self) -> None:
        """Closes them all."""
        for context in self._contexts:
            context.close()


@contextmanager
def windows(browser: Browser, servers: int = 1, forgiven: Sequence[str] = ()) -> Iterator[Windows]:
    """Windows that at the end have asked this machine alone, and complained of nothing but what is `forgiven`.

    `servers` is how many addresses of this machine they may have asked.
    """
    opened = Windows(browser)
    try:
        yield opened
    finally:
        opened.close()
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+", host) for host in opened.hosts)
    assert len(opened.hosts) <= servers
    excused = (*CUT_OFF, *forgiven)
    complaints = [line for line in opened.complaints if not any(words in line for words in excused)]
    assert complaints == [], complaints


def ask(page: Page, question: str, shown: str) -> None:
    """Types a question, sends it, and waits for `shown` in the last turn."""
    before = page.evaluate("document.querySelector('.turn:last-child')?.id ?? 'none'")
    page.fill("#box textarea", question)
    page.click("#send")
    page.wait_for_selector(f".turn:last-child:not(#{before}) {shown}")


# All that is serious or critical, as rule and element; a frame on another origin is looked into, too.
FIND = """async (rules) => {
  const options = { resultTypes: ['violations'], ...(rules.length ? { runOnly: rules } : {}) };
  const { violations } = await axe.run(options);
  return violations.filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 120)}`)); }"""
COLOURS = ("color-contrast", "link-in-text-block", "target-size")  # all that another theme of the same page can change


def serious(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """What axe-core finds of serious or critical impact, by all its rules or those named: rule and element."""
    for frame in page.frames:
        if not frame.evaluate("'axe' in window"):
            frame.evaluate(AXE_SCRIPT)
            frame.evaluate("axe.configure({ allowedOrigins: ['<unsafe_all_origins>'] })")
    found = page.evaluate(FIND, list(rules))
    assert isinstance(found, list)
    return found


def sessions(server: Live) -> str:
    """All that Gradio holds of its visitors' sessions and of messages not yet fetched, as text."""
    blocks = next(
        route.app.get_blocks() for route in server.app.routes if hasattr(getattr(route, "app", 0), "get_blocks")
    )
    held = [
        str(session.state_data) + str(session.config_values) for session in blocks.state_holder.session_data.values()
    ]
    waiting = [str(queue._queue) for queue in blocks._queue.pending_messages_per_session.values()]
    return " ".join([*held, *waiting, str(blocks._queue.event_ids_to_events)])
