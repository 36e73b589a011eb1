"""The page for every eye, ear and hand: what axe-core finds, what a screen reader hears, keys, targets, small screens."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from scripted_answers import ANSWERED, APPROVED, DECLINED, DRIVE, NOT_FOUND, QUOTED
from visitors import CHROMIUM, COLOURS, DESK, PHONE, TALL, VOICE, ask, serious

STATES = {
    "empty": (None, ".examples"),
    "answered": (ANSWERED, ".answered"),
    "quoted": (QUOTED, ".quoted"),
    "approved": (APPROVED, ".approved"),
    "not_found": (NOT_FOUND, ".not_found"),
    "declined": (DECLINED, ".declined"),
    "urgent": (None, ".urgent"),
}
LANGUAGES = ("en", "es", "hi")
THEMES = (("", "dark"), ("contrast", "light"))  # besides the light one: the same page in other colours


def looked_at(page: Page, language: str) -> list[str]:
    """What axe-core finds by all its rules; and, the texts being the same, by its rules on colours in the other themes."""
    found = serious(page)
    for theme, scheme in THEMES if language == "en" else ():
        page.emulate_media(color_scheme=scheme)
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme or scheme)
        found += [f"{theme or scheme}: {each}" for each in serious(page, COLOURS)]
    page.emulate_media(color_scheme="light")
    page.evaluate("delete document.documentElement.dataset.theme")
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_serious(visit, scripted, language) -> None:
    page = visit(query=f"?lang={language}", color_scheme="light", script=VOICE)
    found = {}
    for state, (answer, shown) in STATES.items():
        if state == "empty":
            page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        else:
            if answer:
                scripted.queue.append(answer)
            ask(page, "I am numb" if state == "urgent" else "When can I drive?", shown)
        if state == "answered":
            page.locator("[data-thumb=down]").click()
            page.wait_for_selector(".why")
            page.locator("[data-tool=aloud]").click()
            page.locator(".marker").first.click()
            page.locator(".term").first.click()
        found[state] = looked_at(page, language)
    assert found == {state: [] for state in STATES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_serious_in_what_opens_over_the_chat(visit, server, language) -> None:
    page = visit(PHONE, query=f"?lang={language}", color_scheme="light")
    page.locator("[data-show=display]").click()
    found = {"display": looked_at(page, language)}
    page.keyboard.press("Escape")
    ask(page, "When can I drive?", ".answered")
    for name, opener, shown in (
        ("document", ".open", "dialog.reader mark"),
        ("sheet", "[data-tool=take]", "dialog.take[open]"),
    ):
        page.locator(opener).first.click()
        page.wait_for_selector(shown)
        found[name] = looked_at(page, language)
        page.keyboard.press("Escape")
    page.goto(f"{server.address}/source/leaflet?lang={language}#{DRIVE.start}-{DRIVE.end}")
    page.wait_for_selector("mark")
    found["page"] = looked_at(page, language)
    assert found == {"display": [], "document": [], "sheet": [], "page": []}


def test_colours_come_from_the_device_and_from_the_address(visit) -> None:
    """What the tests above set by hand: dark where the device is, and any theme with the largest type by the address."""
    paper = "getComputedStyle(document.body).backgroundColor"
    page = visit(color_scheme="dark", query="?size=largest")
    assert page.evaluate(paper) == "rgb(16, 25, 29)"
    assert serious(page, COLOURS) == []
    page.evaluate("document.documentElement.dataset.theme = 'contrast'")
    assert page.evaluate(paper) == "rgb(0, 0, 0)"
    assert serious(page, COLOURS) == []


# -- what is heard


# A heard line goes after 20 s, which is soon on a busy machine: here it stays.
KEPT = """{ const later = window.setTimeout.bind(window);
  window.setTimeout = (run, wait, ...rest) => later(run, wait === 20000 ? 2 ** 30 : wait, ...rest); }"""


def test_each_sentence_is_announced_once_and_the_tools_are_not(visit, scripted) -> None:
    scripted.queue.extend([ANSWERED, NOT_FOUND])
    page = visit(script=KEPT)
    ask(page, "When can I drive?", ".answered .tools")
    page.locator("[data-thumb=up]").click()  # the answer is patched, and not read again
    page.wait_for_selector(".thanks")
    assert page.locator("#voice[aria-live=polite] p").all_text_contents() == [
        "Most people drive again once they can make an emergency stop.",
        "For many that is after 4 to 6 weeks.",
        "From the documents",
        "Please note: Ask your own team before you drive.",
    ]
    expect(page.get_by_role("log")).to_have_attribute("aria-live", "off")
    tree = page.locator("[role=log]").aria_snapshot()
    assert tree.count("Most people drive again") == 1
    assert "Braking as hard" not in tree
    ask(page, "And skiing?", ".not_found .tools")
    heard = page.locator("#voice p").all_text_contents()
    said = ["The documents do not say anything about this.", "They cover driving and going back to work."]
    assert heard[4:7] == [*said, "Not in the documents"]
    assert heard[-1] == "What should make me call you, and on which number?"


# -- by keyboard


FUNCTIONS = {
    "English", "Español", "हिन्दी", "Aa Text and colours", "New chat", "emergency stop", "Source 1: After your operation",
    "Source 2: After your operation", "Copy", "Print or save", "Yes, this answer helped", "No, this answer did not help",
    "When can I go back to work?", "Can I travel by plane?", "Read it in the document", "Back to the answer",
    "Your question", "Ask",
}  # fmt: skip
FOCUSED = """() => { const one = document.activeElement, style = getComputedStyle(one);
  return [one.getAttribute('aria-label') || one.labels?.[0]?.innerText || one.innerText || one.tagName,
    parseFloat(style.outlineWidth) >= 3 && style.outlineStyle !== 'none', one === document.body]; }"""


def test_every_function_is_reached_by_keyboard_with_focus_to_be_seen(visit) -> None:
    page = visit()
    ask(page, "When can I drive?", ".answered")
    page.locator(".header h1").click()  # from the top
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        name, seen, over = page.evaluate(FOCUSED)
        if over:
            break
        assert seen or name in reached, name
        reached.add(" ".join(name.split()))
    assert reached >= FUNCTIONS, FUNCTIONS - reached


def writing(visit, scripted) -> Page:
    """A page whose answer is being written and won't end by itself."""
    scripted.gate = threading.Event()
    page = visit()
    page.fill("#box textarea", "A long one")
    page.click("#send")
    page.wait_for_selector(".working")
    return page


def test_axe_finds_nothing_serious_while_an_answer_is_written_and_when_it_was_stopped(visit, scripted) -> None:
    page = writing(visit, scripted)
    found = {"working": serious(page)}
    page.locator("#stop").click()
    page.wait_for_selector(".reply.stopped")
    found["stopped"] = serious(page)
    page.evaluate("document.querySelector('#box textarea').removeAttribute('maxlength')")
    ask(page, "a" * 2001, ".trouble")
    found["trouble"] = serious(page)
    assert found == {state: [] for state in found}


def test_nothing_moves_for_who_asked_for_that(visit, scripted) -> None:
    page = writing(visit, scripted)
    moving = "getComputedStyle(document.querySelector('.working .kind'), '::before').animationName"
    assert page.evaluate(moving) == "none"
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(moving) == "breathe"


def test_focus_can_be_seen(visit) -> None:
    page = visit()
    for _ in range(3):
        page.keyboard.press("Tab")
        assert page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 3


# -- sizes


@pytest.mark.parametrize("size", [PHONE, DESK, TALL, {"width": 320, "height": 640}])
def test_large_targets_large_type_and_nothing_wider_than_the_screen(visit, size) -> None:
    page = visit(size)
    sizes = "nodes => nodes.map(node => [node.getBoundingClientRect(), node.textContent.trim()])"
    for _ in range(2):
        for box, name in page.locator("button:visible, a.open:visible, summary:visible").evaluate_all(sizes):
            assert box["height"] >= 44, name
            assert box["width"] >= 44, name
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        ask(page, "When can I drive?", ".answered")
    for part in (".reply .text", ".question", "#box textarea", ".chip"):
        assert page.locator(part).first.evaluate("node => parseFloat(getComputedStyle(node).fontSize)") >= 18


@pytest.mark.parametrize("query", ["", "?size=largest"])
def test_on_a_screen_on_its_side_the_sources_stand_below_the_answer(visit, query) -> None:
    page = visit(TALL, query=query)
    ask(page, "When can I drive?", ".answered")
    log, sources = page.locator("#log").bounding_box(), page.locator("#sources").bounding_box()
    assert log
    assert sources
    assert sources["y"] >= log["y"] + log["height"]
    assert min(log["width"], sources["width"]) > 0.8 * TALL["width"]
    expect(page.locator(".source blockquote").last).to_be_visible()  # there is room for all of them


@pytest.mark.parametrize("query", ["", "?size=largest"])
def test_the_boxs_focus_ring_is_whole(visit, query) -> None:
    page = visit(query=query)
    page.focus("#box textarea")
    ring = "node => { const it = getComputedStyle(node); return [parseFloat(it.outlineWidth), parseFloat(it.outlineOffset)]; }"
    width, offset = page.locator("#box textarea").evaluate(ring)
    assert width >= 3
    assert offset <= -width  # inside the box: Gradio's frame around it cuts off what is outside


@pytest.mark.parametrize("size", [{"width": 320, "height": 256}, {"width": 320, "height": 640}])
def test_nothing_is_wider_than_a_small_screen_or_four_hundred_percent(visit, scripted, size) -> None:
    page = visit(size, query="?lang=hi")

    def fits(window: Page) -> None:
        assert window.evaluate("document.documentElement.scrollWidth") <= size["width"]

    fits(page)
    scripted.queue.append(DECLINED)
    ask(page, "How much may I take?", ".declined")
    fits(page)
    ask(page, "When can I drive?", ".answered")
    fits(page)
    page.locator("[data-tool=take]").last.click()
    dialog = page.locator("dialog.take")
    assert dialog.evaluate("node => node.scrollWidth <= node.clientWidth")
    page.keyboard.press("Escape")
    page.set_viewport_size(DESK)
    fits_wide = page.evaluate("document.documentElement.scrollWidth")
    assert fits_wide <= DESK["width"]


def test_the_tests_browser_is_the_one_that_is_set_up() -> None:
    assert Path(CHROMIUM).exists(), "run scripts/test: it installs the browser"
