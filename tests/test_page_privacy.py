"""Nothing of a visitor is left behind, and nothing that is injected runs. In a real browser."""

from __future__ import annotations

import threading
from dataclasses import replace

from live import until
from playwright.sync_api import expect
from scripted_answers import DRIVE, NOT_FOUND
from visitors import CANARY, STORED, ask, sessions


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


def test_new_chat_ends_an_answer_that_is_still_being_written(visit, server, scripted) -> None:
    scripted.gate = threading.Event()
    page = visit()
    held = []  # the browser's own word that the answer is to end: late, as on a slow line
    page.route("**/gradio_api/cancel", lambda route: held.append(route))
    page.fill("#box textarea", CANARY)
    page.click("#send")
    page.wait_for_selector(".working")
    page.get_by_role("button", name="New chat").click()
    page.wait_for_selector(".examples")
    scripted.gate.set()
    page.wait_for_timeout(500)
    assert CANARY not in page.content()
    assert CANARY not in sessions(server)
    held.pop().continue_()
    scripted.gate = None
    ask(page, "drive", ".answered")  # the next visitor is answered as ever


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
        "kiosk.json",  # how loud it is
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


# -- nothing gets in


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

    def blocked() -> int:
        page.wait_for_timeout(20)  # so that what the browser says is heard
        return sum("Content Security Policy" in complaint for complaint in visit.complaints)

    until(lambda: blocked() == 2)  # the script and the handler
    assert page.evaluate("window.hit") is None
    visit.complaints.clear()
