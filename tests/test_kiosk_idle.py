"""Nobody at the kiosk any more: when it asks, what extends the time, and what the next visitor finds."""

from __future__ import annotations

import threading

from live import until
from playwright.sync_api import Page, expect
from visitors import CANARY, serious
from waiting_room import IDLE, WARNING, ask, attract, found_nothing, pass_time

SLACK = 30  # seconds that a busy machine may take over a step


def test_nobody_there(kiosk, server) -> None:
    page = kiosk(clock=True)
    ask(page, f"{CANARY} drive")
    pass_time(page, IDLE - SLACK)
    expect(page.locator("#kiosk-idle")).to_be_hidden()
    pass_time(page, SLACK + 1)
    warning = page.get_by_role("alertdialog", name="Are you still there?")
    expect(warning).to_be_visible()
    left = int(page.locator("#kiosk-left").inner_text())
    assert 0 < left <= WARNING
    assert serious(page) == []
    page.clock.resume()
    pass_time(page, left + 1)
    attract(page)
    found_nothing(page, server)


def test_one_tap_anywhere_extends(kiosk) -> None:
    page = kiosk(clock=True)
    ask(page, "When can I drive?")
    for place in ((540, 100), None):
        pass_time(page, IDLE + 5)
        warning = page.get_by_role("alertdialog", name="Are you still there?")
        expect(warning).to_be_visible()
        if place:
            page.touchscreen.tap(*place)
        else:
            page.get_by_role("button", name="I need more time").tap()
        expect(warning).to_be_hidden()
        pass_time(page, IDLE - SLACK)
        expect(warning).to_be_hidden()
        scroll(page)  # seen again, so that the next round starts at nought
    expect(page.locator(".turn")).to_have_count(1)  # the answer is still there


def test_finish_now(kiosk, server) -> None:
    page = kiosk(clock=True)
    ask(page, f"{CANARY} drive")
    pass_time(page, IDLE + 1)
    page.clock.resume()
    page.get_by_role("button", name="Finish now").tap()
    attract(page)
    found_nothing(page, server)


def test_an_answer_on_its_way_and_a_voice_are_activity(kiosk, scripted) -> None:
    scripted.gate = threading.Event()
    page = kiosk(clock=True)
    page.fill("#box textarea", "A long one")
    page.locator("#send").tap()
    page.wait_for_selector(".working")
    pass_time(page, IDLE + WARNING + 5)
    expect(page.locator("#kiosk-idle")).to_be_hidden()
    page.clock.resume()
    scripted.gate.set()
    page.wait_for_selector(".reply.answered")
    page.evaluate("Object.defineProperty(speechSynthesis, 'speaking', {configurable: true, get: () => true})")
    pass_time(page, IDLE + WARNING + 5)
    expect(page.locator("#kiosk-idle")).to_be_hidden()
    page.evaluate("delete speechSynthesis.speaking")
    pass_time(page, IDLE + 1)
    expect(page.locator("#kiosk-idle")).to_be_visible()


def scroll(page: Page) -> None:
    """Turns the wheel, and waits until the page has noticed."""
    page.evaluate("addEventListener('wheel', () => { window.turned = true; }, { once: true }); window.turned = false;")
    page.mouse.wheel(0, 50)
    until(lambda: page.evaluate("window.turned"))


def test_scrolling_is_activity(kiosk) -> None:
    page = kiosk(clock=True)
    ask(page, "When can I drive?")
    pass_time(page, IDLE - SLACK)
    scroll(page)
    pass_time(page, 2 * SLACK)
    expect(page.locator("#kiosk-idle")).to_be_hidden()


def test_the_first_screen_does_not_count_down(kiosk) -> None:
    page = kiosk(start=False, clock=True)
    pass_time(page, IDLE + WARNING + 60)
    expect(page.locator("#kiosk-idle")).to_be_hidden()
    expect(page.locator("#kiosk-attract")).to_be_visible()
