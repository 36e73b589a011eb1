"""The way of a visit in a real browser: ask, read, open the source, stop, go on, and what is said when it is not ready."""

from __future__ import annotations

import re
import threading

import httpx
from live import Live, live, until
from playwright.sync_api import expect
from scripted_answers import ANSWERED, NOT_FOUND, QUOTED, TEXT, assistant
from visitors import PHONE, ask, windows


def test_an_example_is_asked_with_a_tap_and_its_marker_leads_to_the_source(visit) -> None:
    page = visit()
    examples = page.locator(".example")
    assert 4 <= examples.count() <= 6
    examples.first.click()
    expect(page.locator(".question")).to_have_text("You asked: When can I drive again?")
    expect(page.locator(".reply.answered .kind")).to_have_text("From the documents")
    expect(page.locator(".notice")).to_contain_text("Ask your own team before you drive.")
    page.locator(".marker").nth(1).click()
    card = page.locator(".source:focus")
    expect(card).to_have_attribute("aria-label", "Source 2")
    expect(card).to_have_class(re.compile("chosen"))
    expect(card.locator("mark")).to_have_text("For many that is after 4 to 6 weeks 🚗.")
    expect(card).to_be_in_viewport()
    expect(card.locator(".tier")).to_contain_text("Promotional article · No review date")


def test_a_marker_works_from_the_keyboard_on_a_phone(visit) -> None:
    page = visit(PHONE)
    page.locator(".example").first.click()
    page.locator(".marker").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".source:focus")).to_be_in_viewport()
    log, sources = page.locator("#log").bounding_box(), page.locator("#sources").bounding_box()
    assert log
    assert sources
    assert sources["y"] >= log["y"] + log["height"]  # below, on a phone


def test_the_document_opens_at_the_very_words(visit) -> None:
    page = visit()
    page.locator(".example").first.click()
    page.locator(".open").nth(1).click()
    reader = page.get_by_role("dialog")
    expect(reader.locator("mark")).to_have_text("For many that is after 4 to 6 weeks 🚗.")
    expect(reader.get_by_role("heading", level=1)).to_have_text("After your operation")
    page.get_by_role("button", name="Back to your chat").click()
    expect(reader).to_have_count(0)
    expect(page.locator(".open").nth(1)).to_be_focused()
    expect(page.locator(".turn")).to_have_count(1)  # the chat is still there


def test_the_documents_own_page_marks_code_points(visit, server) -> None:
    page = visit()
    start = TEXT.index("Ask us first.")  # after an emoji, which is two units of UTF-16
    page.goto(f"{server.address}/source/leaflet#{start}-{start + 13}")
    expect(page.locator("mark")).to_have_text("Ask us first.")
    page.get_by_role("link", name="Back to the chat").click()
    page.wait_for_selector(".examples")


def test_sentences_come_one_by_one_and_the_earlier_ones_stay(visit, scripted) -> None:
    scripted.gate = threading.Event()
    page = visit()
    page.fill("#box textarea", "When can I drive?")
    page.click("#send")
    expect(page.locator(".working .status")).to_have_text("Reading the documents…")
    expect(page.locator("#send")).to_have_count(0)
    expect(page.locator("#stop")).to_be_visible()
    page.evaluate(
        """() => { window.removed = 0; new MutationObserver(all => all.forEach(change => change.removedNodes.forEach(
             node => { if (node.textContent.includes('Most people drive')) window.removed++; })))
             .observe(document.querySelector('[role=log]'), {childList: true, subtree: true}); }"""
    )
    scripted.gate.set()
    expect(page.locator(".reply.answered .text span").first).to_contain_text("Most people drive again")
    assert page.evaluate("window.removed") == 0  # a screen reader hears each sentence once


def test_stop_ends_the_reading_and_leaves_no_half_answer(visit, scripted, server) -> None:
    scripted.gate, closed = threading.Event(), scripted.closed
    page = visit()
    page.fill("#box textarea", "A long one")
    before = len(scripted.asked)
    page.click("#send")
    until(lambda: len(scripted.asked) > before)  # stopped any sooner, there would be nothing to close
    page.locator("#stop").click()
    expect(page.locator(".reply.stopped")).to_contain_text("You stopped this answer")
    expect(page.locator("#send")).to_be_visible()
    scripted.gate.set()
    until(lambda: scripted.closed == closed + 1)
    page.get_by_role("button", name="Ask it again").click()
    page.wait_for_selector(".reply.answered")


def stopped(server: Live) -> float:
    """How many answers were stopped, as Prometheus sees it."""
    metrics = httpx.get(server.address + "/metrics", timeout=60).text
    return float(re.findall(r"^spinewise_stopped_total (\S+)$", metrics, re.MULTILINE)[0])


def test_closing_the_tab_stops_the_reading(visit, scripted, server) -> None:
    scripted.gate, closed, before = threading.Event(), scripted.closed, stopped(server)
    page = visit()
    page.fill("#box textarea", "I leave")
    page.click("#send")
    page.wait_for_selector(".working")
    page.context.close()
    until(lambda: stopped(server) == before + 1)
    scripted.gate.set()
    until(lambda: scripted.closed == closed + 1)


def test_a_follow_up_is_asked_with_the_history(visit, scripted) -> None:
    page = visit()
    ask(page, "When can I drive?", ".answered")
    page.get_by_role("button", name="Can I travel by plane?").click()
    expect(page.locator(".turn")).to_have_count(2)
    page.wait_for_selector(".turn:last-child .answered")
    question, history = scripted.asked[-1]
    assert question == "Can I travel by plane?"
    assert [turn.content for turn in history] == ["When can I drive?"]
    expect(page.locator(".turn:first-child .follow-ups")).to_have_count(0)  # only the last answer offers more
    expect(page.locator("#box textarea")).to_have_value("")


def test_enter_sends(visit) -> None:
    page = visit()
    page.fill("#box textarea", "When can I drive?")
    page.keyboard.press("Enter")
    page.wait_for_selector(".reply.answered")


def test_an_earlier_answers_marker_opens_its_own_sources(visit, scripted) -> None:
    scripted.queue.extend([ANSWERED, QUOTED, NOT_FOUND])
    page = visit()
    ask(page, "one", ".answered")
    ask(page, "two", ".quoted")
    expect(page.locator("#sources .group:visible .for")).to_have_text("Sources for: two")
    ask(page, "three", ".not_found")
    expect(page.locator("#sources .group:visible")).to_have_count(0)
    page.locator(".turn:first-child .marker").nth(1).click()
    expect(page.locator("#sources .group:visible .for")).to_have_text("Sources for: one")
    expect(page.locator(".source:focus .number")).to_have_text("2")


def test_a_term_explains_itself(visit) -> None:
    page = visit()
    ask(page, "When can I drive?", ".answered")
    page.get_by_role("button", name="emergency stop").click()
    expect(page.locator(".explanation")).to_be_visible()
    expect(page.locator(".explanation")).to_contain_text("Braking as hard as you can")
    page.keyboard.press("Escape")
    expect(page.locator(".explanation")).to_be_hidden()


def test_urgent_is_alone_on_the_page(visit) -> None:
    page = visit()
    ask(page, "When can I drive?", ".answered")
    ask(page, "I am numb down there", ".urgent")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Call your emergency number now. Do not wait.")
    expect(alert).to_be_in_viewport()
    expect(page.locator(".turn")).to_have_count(1)
    expect(page.locator(".sources, .chip, .thumb, .example, main a")).to_have_count(0)
    assert alert.evaluate("card => getComputedStyle(card).borderTopWidth") == "5px"


# -- before it is ready, and when it can't


def test_the_page_waits_for_the_assistant(browser, tmp_path) -> None:
    with live(None, tmp_path) as running, windows(browser, forgiven=["503"]) as opened:
        page = opened.open()
        page.goto(running.address)
        expect(page.get_by_role("heading", name="Getting ready")).to_be_visible()
        expect(page.locator(".emergency")).to_contain_text("911")
        expect(page.locator("#send")).to_be_disabled()
        running.loading.assistant = assistant()
        page.wait_for_selector(".examples")
        expect(page.locator("#send")).to_be_enabled()
        ask(page, "When can I drive?", ".answered")


def test_a_full_queue_and_a_place_in_line_are_said_kindly(browser, tmp_path) -> None:
    gate = threading.Event()
    with live(assistant(gate=gate), tmp_path, queue=1) as running, windows(browser) as opened:
        pages = [opened.open() for _ in range(3)]
        shown = (".working", ".status:has-text('number 1 in line')", ".trouble:has-text('Many people are asking')")
        for page, expected in zip(pages, shown, strict=True):
            page.goto(running.address)
            page.wait_for_selector(".examples")
            ask(page, "When can I drive?", expected)
        ask(pages[2], "I am numb down there", ".urgent")
        gate.set()
        for page in pages[:2]:
            page.wait_for_selector(".answered")


def test_too_long_a_question_is_explained(visit, server) -> None:
    page = visit()
    assert page.locator("#box textarea").get_attribute("maxlength") == "2000"
    page.evaluate("document.querySelector('#box textarea').removeAttribute('maxlength')")
    ask(page, "a" * 2001, ".trouble")
    expect(page.locator(".trouble")).to_contain_text("2000 characters or fewer")
