"""The page in a real browser: what a visitor sees, taps and hears; nothing goes out, and nothing is left behind."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from live import Live, live, until
from playwright.sync_api import expect
from scripted_answers import ANSWERED, DECLINED, DRIVE, NOT_FOUND, QUOTED, TEXT, assistant
from visitors import CHROMIUM, DESK, PHONE, VOICE, ask, serious

CANARY = "canary-7431"


# -- the way of a visit


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
    metrics = httpx.get(server.address + "/metrics").text
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


def test_thumbs_keep_a_choice_and_no_text(visit, server) -> None:
    page = visit()
    ask(page, CANARY, ".answered")
    page.get_by_role("button", name="No, this answer did not help").click()
    page.get_by_role("button", name="It seems wrong").click()
    expect(page.locator(".thanks")).to_be_visible()
    expect(page.locator("[data-thumb=down]").first).to_have_attribute("aria-pressed", "true")
    stored = (server.home / "feedback.sqlite").read_bytes()
    assert b"seems_wrong" in stored
    assert CANARY.encode() not in stored


# -- nothing is left, nothing gets in


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


STORED = """async () => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie,
    await indexedDB.databases(), await caches.keys(), history.state, location.href])"""


def test_new_chat_wipes_page_and_server(visit, server) -> None:
    page = visit()
    ask(page, f"{CANARY} drive", ".answered")
    assert CANARY in sessions(server)
    page.fill("#box textarea", f"{CANARY} half typed")
    page.get_by_role("button", name="New chat").click()
    page.wait_for_selector(".examples")
    expect(page.locator("#box textarea")).to_have_value("")
    assert CANARY not in page.content()
    assert CANARY not in page.evaluate(STORED)
    assert CANARY not in sessions(server)


def test_new_chat_ends_an_answer_that_is_still_being_written(visit, scripted) -> None:
    scripted.gate = threading.Event()
    page = visit()
    page.fill("#box textarea", CANARY)
    page.click("#send")
    page.wait_for_selector(".working")
    page.get_by_role("button", name="New chat").click()
    page.wait_for_selector(".examples")
    scripted.gate.set()
    page.wait_for_timeout(500)
    assert CANARY not in page.content()


def test_closing_the_tab_forgets_the_session(visit, server) -> None:
    page = visit()
    ask(page, f"{CANARY} drive", ".answered")
    assert CANARY in sessions(server)
    page.context.close()
    until(lambda: CANARY not in sessions(server))


def test_what_a_visitor_typed_is_in_no_file_no_log_and_no_storage(visit, server, caplog, capfd) -> None:
    page = visit()
    ask(page, f"{CANARY} drive", ".answered")
    page.get_by_role("button", name="Yes, this answer helped").click()
    page.wait_for_selector(".thanks")
    ask(page, f"{CANARY} numb", ".urgent")
    page.reload()
    page.wait_for_selector(".examples")
    assert CANARY not in page.evaluate(STORED)
    files = [file for file in server.home.rglob("*") if file.is_file()]
    assert {file.name.split("-")[0] for file in files} <= {
        "feedback.sqlite",
        "unanswered.sqlite",
    }  # no cache, no flagged answers
    assert not any(CANARY.encode() in file.read_bytes() for file in files)
    printed = capfd.readouterr()
    assert CANARY not in printed.out + printed.err + caplog.text


def test_two_visitors_do_not_meet(visit) -> None:
    first, second = visit(), visit()
    ask(first, f"{CANARY} drive", ".answered")
    ask(second, "When can I work?", ".answered")
    assert CANARY not in second.content()
    expect(first.locator(".turn")).to_have_count(1)


def test_injected_markup_is_text(visit, scripted) -> None:
    evil = "<img src=x onerror='window.hit=1'><script>window.hit=1</script> ![x](http://evil.example/i.png)"
    hostile = replace(
        NOT_FOUND, text=evil, notice=evil, suggestions=(evil,), citations=(replace(DRIVE, title=evil, quote=evil),)
    )
    scripted.queue.append(hostile)
    page = visit()
    ask(page, evil, ".not_found")
    expect(page.locator("#log .text")).to_contain_text("<img src=x")
    page.locator(".follow-ups .chip").click()
    page.wait_for_selector(".turn:last-child .answered")
    assert page.evaluate("window.hit") is None
    assert page.locator("#log img, #sources img, #log script").count() == 0


def test_the_policy_stops_a_script_that_got_in(visit) -> None:
    page = visit()
    page.evaluate(
        """() => { const box = document.createElement('div');
             box.innerHTML = '<img src="/page/icon.svg" onload="window.hit=1">';
             const script = document.createElement('script'); script.textContent = 'window.hit=1';
             document.body.append(box, script); }"""
    )
    page.wait_for_timeout(200)
    assert page.evaluate("window.hit") is None
    blocked = [complaint for complaint in visit.complaints if "Content Security Policy" in complaint]
    assert len(blocked) == 2  # the script and the handler
    visit.complaints.clear()


# -- before it is ready, and when it can't


def test_the_page_waits_for_the_assistant(browser, tmp_path) -> None:
    with live(None, tmp_path) as running:
        context = browser.new_context()
        page = context.new_page()
        page.goto(running.address)
        expect(page.get_by_role("heading", name="Getting ready")).to_be_visible()
        expect(page.locator(".emergency")).to_contain_text("911")
        expect(page.locator("#send")).to_be_disabled()
        running.loading.assistant = assistant()
        page.wait_for_selector(".examples")
        expect(page.locator("#send")).to_be_enabled()
        ask(page, "When can I drive?", ".answered")
        context.close()


def test_a_full_queue_and_a_place_in_line_are_said_kindly(browser, tmp_path) -> None:
    gate = threading.Event()
    with live(assistant(gate=gate), tmp_path, queue=1) as running:
        pages = [browser.new_context().new_page() for _ in range(3)]
        shown = (".working", ".status:has-text('number 1 in line')", ".trouble:has-text('Many people are asking')")
        for page, expected in zip(pages, shown, strict=True):
            page.goto(running.address)
            page.wait_for_selector(".examples")
            ask(page, "When can I drive?", expected)
        ask(pages[2], "I am numb down there", ".urgent")
        gate.set()
        for page in pages[:2]:
            page.wait_for_selector(".answered")
        for page in pages:
            page.context.close()


def test_too_long_a_question_is_explained(visit, server) -> None:
    page = visit()
    assert page.locator("#box textarea").get_attribute("maxlength") == "2000"
    page.evaluate("document.querySelector('#box textarea').removeAttribute('maxlength')")
    ask(page, "a" * 2001, ".trouble")
    expect(page.locator(".trouble")).to_contain_text("2000 characters or fewer")


# -- for every eye, ear and hand

STATES = {
    "empty": (None, ".examples"),
    "answered": (ANSWERED, ".answered"),
    "quoted": (QUOTED, ".quoted"),
    "not_found": (NOT_FOUND, ".not_found"),
    "declined": (DECLINED, ".declined"),
    "urgent": (None, ".urgent"),
}


LOOKS = {"light": ("", "light"), "dark": ("", "dark"), "contrast": ("?theme=contrast&size=large", "light")}


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_serious(visit, scripted, look) -> None:
    query, scheme = LOOKS[look]
    page = visit(query=query, color_scheme=scheme, script=VOICE)
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
        found[state] = serious(page)
    assert found == {state: [] for state in STATES}


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_serious_in_what_opens_over_the_chat(visit, server, look) -> None:
    query, scheme = LOOKS[look]
    page = visit(PHONE, query=query, color_scheme=scheme)
    page.locator("[data-show=display]").click()
    found = {"display": serious(page)}
    page.keyboard.press("Escape")
    ask(page, "When can I drive?", ".answered")
    for name, opener, shown in (
        ("document", ".open", "dialog.reader mark"),
        ("sheet", "[data-tool=take]", "dialog.take[open]"),
    ):
        page.locator(opener).first.click()
        page.wait_for_selector(shown)
        found[name] = serious(page)
        page.keyboard.press("Escape")
    page.goto(f"{server.address}/source/leaflet{query}#{DRIVE.start}-{DRIVE.end}")
    page.wait_for_selector("mark")
    found["page"] = serious(page)
    assert found == {"display": [], "document": [], "sheet": [], "page": []}


@pytest.mark.parametrize("size", [PHONE, DESK, {"width": 1080, "height": 1920}, {"width": 320, "height": 640}])
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


def test_focus_can_be_seen(visit) -> None:
    page = visit()
    for _ in range(3):
        page.keyboard.press("Tab")
        assert page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 3


def test_the_tests_browser_is_the_one_that_is_set_up() -> None:
    assert Path(CHROMIUM).exists(), "run scripts/test: it installs the browser"
