"""What the kiosk's tests in a browser share: a visitor at its screen, and a clock that a test moves. Not a test."""

from __future__ import annotations

import httpx
from live import Live, until
from playwright.sync_api import Page
from visitors import CANARY, STORED, sessions

PIN = "271828"
IDLE, WARNING = 90, 30


def ask(page: Page, question: str, shown: str = ".answered") -> None:
    """Types a question, taps Ask, and waits for `shown` in the last turn."""
    page.fill("#box textarea", question)
    page.locator("#send").tap()
    page.wait_for_selector(f".turn:last-child {shown}")


def sign_in(page: Page) -> None:
    """Types the PIN into the staff corner that is open."""
    for digit in PIN:
        page.locator(f'[data-digit="{digit}"]').tap()
    page.locator("#kiosk-pin-form [type=submit]").tap()
    page.wait_for_selector("#kiosk-staff-open:visible")


def attract(page: Page) -> None:
    """Waits until the first screen is there again, over a page that is ready."""
    page.wait_for_selector("#kiosk-attract[open]")
    page.wait_for_selector("#log .example", state="attached")


def pass_time(page: Page, seconds: float) -> None:
    """The page's clock jumps by `seconds`; what is due is done once, as after a laptop's lid was closed."""
    page.clock.fast_forward(int(seconds * 1000))
    page.wait_for_timeout(50)


def found_nothing(page: Page, server: Live) -> None:
    """Neither on the page nor in the browser's storage, the server's memory, Gradio's history or on the disk."""
    assert CANARY not in page.content()
    assert CANARY not in page.evaluate(STORED)
    assert page.locator(".turn, .source").count() == 0
    until(lambda: CANARY not in sessions(server))
    files = [file for file in server.home.rglob("*") if file.is_file()]
    assert not any(CANARY.encode() in file.read_bytes() for file in files)
    runs = httpx.get(server.address + "/gradio_api/runs", timeout=60)
    assert runs.status_code == 404
