"""A visit at the kiosk in a real browser: the first touch, typing on the screen, the wiping, and no way out."""

from __future__ import annotations

import re
import threading
from urllib.parse import urlsplit

import pytest
from live import until
from playwright.sync_api import Page, expect
from visitors import CANARY, sessions
from waiting_room import ask, attract, found_nothing


def test_the_first_screen_says_what_it_is_and_whom_to_call(kiosk) -> None:
    page = kiosk(start=False)
    screen = page.get_by_role("dialog", name="Questions about your surgery?")
    expect(screen).to_be_visible()
    expect(screen).to_contain_text("911")
    page.touchscreen.tap(540, 1200)  # anywhere
    expect(screen).to_be_hidden()
    expect(page.locator(".example").first).to_be_visible()


def test_another_language_and_back_for_the_next(kiosk) -> None:
    page = kiosk(start=False)
    page.locator("#kiosk-attract").get_by_role("button", name="Español").tap()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    page.locator("#box textarea").tap()
    expect(page.locator('#kiosk-keyboard [data-skbtn="ñ"]')).to_be_visible()
    page.get_by_role("button", name="Terminar").tap()
    attract(page)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert urlsplit(page.url).query == ""


def test_a_document_opens_over_the_chat_and_closes(kiosk) -> None:
    page = kiosk()
    ask(page, "When can I drive?")
    page.locator("a.open").first.tap()
    reader = page.locator("dialog.reader")
    expect(reader.locator("mark")).to_be_visible()
    reader.get_by_role("button", name="Back to your chat").tap()
    expect(reader).to_have_count(0)
    assert page.url.endswith("/kiosk")


# -- keys on the screen


def test_typing_on_the_screen(kiosk, scripted) -> None:
    page = kiosk()
    page.locator("#box textarea").tap()
    keyboard = page.get_by_role("group", name="Keyboard on the screen")
    expect(keyboard).to_be_visible()
    type_on(page, "{shift}Can i driv{bksp}ve?")
    expect(page.locator("#box textarea")).to_have_value("Can i drive?")
    box, send, keys = (page.locator(each).bounding_box() for each in ("#box textarea", "#send", "#kiosk-keyboard"))
    assert box
    assert send
    assert keys
    assert box["y"] + box["height"] <= keys["y"]  # never covered
    assert send["y"] + send["height"] <= keys["y"]
    assert page.locator("#box textarea").get_attribute("inputmode") == "none"
    page.get_by_role("group", name="Keyboard on the screen").get_by_role("button", name="Ask", exact=True).tap()
    page.wait_for_selector(".reply.answered")
    assert scripted.asked[-1][0] == "Can i drive?"
    expect(keyboard).to_be_hidden()


def type_on(page: Page, text: str) -> None:
    """Taps the keys; {name} is a key with a name."""
    for key in re.findall(r"\{\w+\}|.", text):
        name = "{space}" if key == " " else key
        page.locator(f'#kiosk-keyboard [data-skbtn="{name}"]').tap()


def test_letters_go_in_where_the_caret_is(kiosk) -> None:
    page = kiosk()
    page.fill("#box textarea", "can drive")
    page.locator("#box textarea").tap()
    page.locator("#box textarea").evaluate("box => box.setSelectionRange(4, 4)")
    type_on(page, "i ")
    expect(page.locator("#box textarea")).to_have_value("can i drive")
    page.locator("#box textarea").evaluate("box => { box.value = 'a👍🏽'; box.setSelectionRange(5, 5); }")
    type_on(page, "{bksp}")
    expect(page.locator("#box textarea")).to_have_value("a")


@pytest.mark.parametrize("size", [{"width": 1280, "height": 800}, {"width": 1024, "height": 600}])
def test_the_keys_never_cover_the_box_on_a_lower_screen(kiosk, size) -> None:
    page = kiosk(size)
    page.locator("#box textarea").tap()
    box, keys = page.locator("#box textarea").bounding_box(), page.locator("#kiosk-keyboard").bounding_box()
    assert box
    assert keys
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= keys["y"]
    assert keys["y"] + keys["height"] <= size["height"] + 1


# -- nothing is left


def test_finish_leaves_nothing(kiosk, server) -> None:
    page = kiosk()
    ask(page, f"{CANARY} drive")
    page.evaluate(
        """name => { localStorage.x = name; sessionStorage.x = name; document.cookie = `x=${name}`;
             return new Promise(done => {
               indexedDB.open(name).onsuccess = (event) => { event.target.result.close(); done(); } }); }""",
        CANARY,
    )
    page.fill("#box textarea", f"{CANARY} half typed")
    assert CANARY in sessions(server)
    page.get_by_role("button", name="Finish").tap()
    attract(page)
    found_nothing(page, server)
    expect(page.locator("#box textarea")).to_have_value("")
    page.go_back()
    page.wait_for_timeout(200)
    assert CANARY not in page.content()


def test_finish_in_the_middle_of_an_answer(kiosk, server, scripted) -> None:
    scripted.gate = threading.Event()
    page = kiosk()
    page.fill("#box textarea", CANARY)
    page.locator("#send").tap()
    page.wait_for_selector(".working")
    page.get_by_role("button", name="Finish").tap()
    attract(page)
    scripted.gate.set()
    page.wait_for_timeout(300)
    found_nothing(page, server)


# -- no way out


def test_no_way_out(kiosk) -> None:
    page = kiosk()
    ask(page, "When can I drive?")
    here = page.url
    page.evaluate("""() => { const link = document.createElement('a'); link.href = 'https://evil.example/'; link.id = 'out';
        link.target = '_blank'; link.textContent = 'out'; document.querySelector('#log').append(link); link.click();
        location.assign('/'); window.open('/'); }""")
    page.wait_for_timeout(300)
    assert page.url == here
    assert len(page.context.pages) == 1
    blocked = page.evaluate("""() => ['contextmenu', 'dragstart', 'selectstart'].map(kind =>
        document.querySelector('#log').dispatchEvent(new Event(kind, {bubbles: true, cancelable: true})))""")
    assert blocked == [False, False, False]  # each was prevented
    wheel = "window.dispatchEvent(new WheelEvent('wheel', {ctrlKey: true, cancelable: true}))"
    assert page.evaluate(wheel) is False  # no pinch, no zoom
    assert page.evaluate("getComputedStyle(document.querySelector('#log')).userSelect") == "none"
    assert page.evaluate("getComputedStyle(document.documentElement).touchAction") in ("pan-x pan-y", "pan-y pan-x")
    page.fill("#box textarea", "select me")
    page.locator("#box textarea").dblclick()
    selected = "(box => box.selectionEnd - box.selectionStart)(document.querySelector('#box textarea'))"
    until(lambda: page.evaluate(selected) == 0)
