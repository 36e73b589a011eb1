"""What a visitor does with an answer: terms, reading aloud, copying, text size, colours, printing; by hand and by keyboard."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader
from scripted_answers import ANSWERED, APPROVED, DECLINED, DRIVE, NOT_FOUND, QUOTED, TEXT, URGENT
from test_page_view import EVIL, parsed
from visitors import DESK, PHONE, VOICE, ask

from app.settings import SiteSettings
from app.strings import Strings
from app.ui.takeaway import TakeAway
from app.ui.topics import main_language, topics

SITE = SiteSettings(clinic_name="Hill Clinic", clinic_phone="555-0100", clinic_url="https://hill.example/surgery")
TAKE = TakeAway(Strings("en", SITE), SITE)
TODAY = date(2026, 5, 4)
SILENCE = (
    bytes.fromhex("524946462600000057415645666d74201000000001000100401f0000803e0000020010006461746102000000") + b"\0\0"
)


# -- start


def test_topics_are_the_documents_sections(scripted) -> None:
    (topic,) = topics(scripted.documents)
    assert [entry.title for entry in topic.entries] == ["Driving after surgery", "Getting back to work"]
    assert not any(entry.asks for entry in topic.entries)  # read where they stand
    assert TEXT[topic.entries[1].start :].startswith("Getting back to work")
    assert main_language(scripted.documents) == main_language({}) == "en"


def test_a_topic_opens_the_document_at_its_section(visit) -> None:
    page = visit(PHONE)
    page.get_by_text("More topics").click()
    page.locator(".topic-group summary").click()
    page.get_by_role("link", name="Getting back to work").click()
    expect(page.locator("dialog.reader h2:focus")).to_have_text("Getting back to work")
    expect(page.locator("dialog.reader mark")).to_have_count(0)


def test_the_first_words_are_there_before_any_script_and_go_when_the_page_is(browser, server, visit) -> None:
    plain = browser.new_context(java_script_enabled=False).new_page()
    plain.goto(f"{server.address}/?lang=es")
    expect(plain.get_by_text("¿Qué le gustaría saber?")).to_be_visible()
    assert "Esta página necesita JavaScript. En una emergencia, llame al 911." in plain.content()
    plain.context.close()
    expect(visit().locator(".first")).to_be_hidden()


# -- an answer's tools


def test_a_term_explains_itself_on_keyboard_focus_and_on_tap(visit) -> None:
    page = visit()
    ask(page, "When can I drive?", ".answered")
    term = page.get_by_role("button", name="emergency stop")
    expect(term).to_have_accessible_description(re.compile("Braking as hard as you can"))
    page.locator(".turns").focus()
    page.keyboard.press("Tab")
    expect(term).to_be_focused()
    expect(page.locator(".explanation")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator(".explanation")).to_be_hidden()
    term.click()
    expect(page.locator(".explanation")).to_be_visible()
    term.click()
    expect(page.locator(".explanation")).to_be_hidden()


def test_an_answer_is_read_aloud_sentence_by_sentence_and_stops(visit) -> None:
    page = visit(script=VOICE)
    ask(page, "When can I drive?", ".answered")
    page.get_by_role("button", name="Read aloud").click()
    said = "speechSynthesis.said.map(one => [one.text, one.lang, one.voice?.name])"
    assert page.evaluate(said) == [["Most people drive again once they can make an emergency stop.", "en", "own"]]
    expect(page.locator(".spoken")).to_contain_text("Most people drive again")
    page.evaluate("speechSynthesis.said.at(-1).onend()")
    expect(page.locator(".spoken")).to_contain_text("For many that is after 4 to 6 weeks.")
    page.get_by_role("button", name="Stop reading").click()
    assert page.evaluate("speechSynthesis.cancelled")
    expect(page.locator(".spoken")).to_have_count(0)
    page.get_by_role("button", name="Read aloud").click()
    ask(page, "And work?", ".answered")  # a new question ends the reading of the last answer
    expect(page.locator(".speaking")).to_have_count(0)


NO_VOICE = VOICE.replace("localService: true", "localService: false")


def test_where_nothing_can_speak_there_is_no_button(browser, server) -> None:
    page = browser.new_context().new_page()
    page.add_init_script(NO_VOICE)
    page.route("**/api/voices", lambda route: route.fulfill(json={"languages": []}))
    page.goto(server.address)
    page.wait_for_selector(".examples")
    ask(page, "When can I drive?", ".answered")
    expect(page.get_by_role("button", name="Copy")).to_be_visible()
    expect(page.get_by_role("button", name="Read aloud")).to_have_count(0)
    page.context.close()


def test_the_server_speaks_where_the_browser_cannot(browser, server) -> None:
    page = browser.new_context().new_page()
    spoken: list[str] = []
    page.add_init_script(NO_VOICE)
    page.route("**/api/voices", lambda route: route.fulfill(json={"languages": ["en"]}))
    page.route(
        "**/api/speak", lambda route: spoken.append(route.request.post_data_json["text"]) or route.fulfill(body=SILENCE)
    )
    page.goto(server.address)
    page.wait_for_selector(".examples")
    ask(page, "When can I drive?", ".answered")
    page.get_by_role("button", name="Read aloud").click()
    expect(page.locator(".speaking")).to_have_count(0)  # it has come to its end
    assert spoken[:2] == [
        "Most people drive again once they can make an emergency stop.",
        "For many that is after 4 to 6 weeks.",
    ]
    expect(page.locator("audio")).to_have_count(0)
    page.context.close()


def test_copy_takes_the_answer_with_its_sources(visit) -> None:
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    ask(page, "When can I drive?", ".answered")
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("[data-tool=copy]")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("Most people drive again once they can make an emergency stop. [1]")
    assert "[2] After your operation · Hill Clinic · Promotional article · No review date" in copied
    assert "Braking as hard" not in copied


def test_text_size_and_colours_are_chosen_and_kept_in_the_address_alone(visit) -> None:
    page = visit(PHONE)
    before = page.locator("#box textarea").evaluate("node => parseFloat(getComputedStyle(node).fontSize)")
    page.get_by_role("button", name="Text and colours").click()
    page.get_by_role("button", name="Largest").click()
    page.get_by_role("button", name="High contrast").click()
    expect(page.get_by_role("button", name="High contrast")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("button", name="Text and colours")).to_be_focused()
    after = page.locator("#box textarea").evaluate("node => parseFloat(getComputedStyle(node).fontSize)")
    assert after > 1.4 * before
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(0, 0, 0)"
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    page.reload()
    page.wait_for_selector(".examples")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(0, 0, 0)"


def test_from_a_source_one_comes_back_to_the_very_marker(visit) -> None:
    page = visit(PHONE)
    ask(page, "When can I drive?", ".answered")
    marker = page.locator(".marker").nth(1)
    marker.click()
    expect(page.locator(".source:not(.chosen) blockquote")).to_be_hidden()  # one at a time on a phone
    page.locator(".chosen").get_by_role("button", name="Back to the answer").click()
    expect(marker).to_be_focused()


def test_a_documents_sections_can_be_gone_through(visit, server) -> None:
    page = visit()
    ask(page, "When can I drive?", ".answered")
    page.locator(".open").first.click()
    reader = page.get_by_role("dialog")
    reader.get_by_role("link", name="Getting back to work").click()
    expect(reader.locator("h2:focus")).to_have_text("Getting back to work")
    expect(reader.locator("mark")).to_have_text(DRIVE.quote)  # the quote stays marked
    page.goto(f"{server.address}/source/leaflet?lang=es#{DRIVE.start}-{DRIVE.end}")
    page.locator("nav a").nth(1).click()
    expect(page.locator("h2:focus")).to_have_text("Getting back to work")
    expect(page.locator("mark")).to_have_text(DRIVE.quote)
    expect(page.get_by_role("link", name="Volver a la charla")).to_have_attribute("href", "/?lang=es")


# -- the page to take away


def test_the_sheet_holds_answers_sources_and_questions_for_the_surgeon() -> None:
    asked = replace(ANSWERED, question="When can I drive?"), replace(DECLINED, question="How much may I take?")
    sheet = TAKE.sheet(asked, today=TODAY)
    for text in (
        "Hill Clinic", "555-0100", "Printed on 4 May 2026", "For many that is after 4 to 6 weeks.",
        "Last checked 1 March 2025", "Which of my medicines should I take", "When can I drive?", "https://hill.example/surgery",
    ):  # fmt: skip
        assert text in sheet
    assert "How much may I take?" not in sheet  # a question that was not answered is the surgeon's
    assert DECLINED.text not in sheet


def test_a_source_that_two_answers_cite_is_listed_once() -> None:
    sheet = TAKE.sheet([ANSWERED, QUOTED, APPROVED], today=TODAY)
    assert sheet.count("<li><span lang") == 1  # both quotes stand in one section
    assert set(re.findall(r'class="number">(\[\d\])', sheet)) == {"[1]"}


def test_nothing_to_take_away_beside_an_urgent_card_or_before_an_answer() -> None:
    assert TAKE.sheet([]) == TAKE.sheet([ANSWERED, URGENT]) == ""
    assert "Questions for your surgeon" in TAKE.sheet([NOT_FOUND])


def test_a_qr_code_holds_a_public_address_and_no_word_of_the_conversation(monkeypatch) -> None:
    held = []
    monkeypatch.setattr("app.ui.takeaway.segno.make", lambda text, **_: held.append(text) or _Code())
    public = replace(ANSWERED, question="secret", citations=(replace(DRIVE, url="https://leaflets.example/1"),))
    odd = replace(ANSWERED, citations=(replace(DRIVE, url="javascript:alert(1)"),))
    TAKE.sheet([public, odd])
    assert held == ["https://leaflets.example/1", "https://hill.example/surgery"]


class _Code:
    def svg_inline(self, **_: object) -> str:
        return "<svg></svg>"


def test_hostile_text_is_text_on_the_sheet_too() -> None:
    citation = replace(DRIVE, title=EVIL, publisher=EVIL, section=EVIL, url="https://x.example/<script>")
    sheet = TAKE.sheet([replace(ANSWERED, question=EVIL, text=EVIL, sentences=(), citations=(citation,), notice=EVIL)])
    tags, attributes = parsed(sheet)
    assert not tags & {"img", "script", "iframe", "form", "a"}
    assert not any(name.startswith("on") for name in attributes)


def test_printing_prints_the_sheet_alone_with_questions_only_if_ticked(visit) -> None:
    page = visit()
    ask(page, "When can I drive, canary?", ".answered")
    page.evaluate("window.print = () => { window.printed = true; }")
    page.get_by_role("button", name="Print or save").click()
    expect(page.get_by_role("dialog").get_by_text("canary")).to_be_hidden()
    page.get_by_role("button", name="Print", exact=True).click()
    assert page.evaluate("window.printed")
    page.emulate_media(media="print")
    expect(page.locator("#chat")).to_be_hidden()
    expect(page.locator(".take .bar")).to_be_hidden()
    expect(page.locator(".sheet")).to_contain_text("What I found out")
    expect(page.locator(".sheet .asked")).to_be_hidden()
    page.emulate_media(media="null")
    page.get_by_label("Show my questions on it").check()
    expect(page.locator(".sheet .asked")).to_be_visible()
    for paper in ("A4", "Letter"):
        assert len(PdfReader(BytesIO(page.pdf(format=paper))).pages) == 1
    page.keyboard.press("Escape")
    page.emulate_media(media="print")  # Ctrl+P from the chat prints the same sheet
    expect(page.locator(".sheet h2")).to_be_visible()
    expect(page.locator("#chat")).to_be_hidden()


# -- for every ear and hand


def test_each_sentence_is_announced_once_and_the_tools_are_not(visit, scripted) -> None:
    scripted.queue.extend([ANSWERED, NOT_FOUND])
    page = visit()
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
