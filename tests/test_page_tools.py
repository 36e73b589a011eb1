"""What a visitor does before and with an answer: topics, terms, reading aloud, copying, text size, colours, documents."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from live import until
from playwright.sync_api import Route, expect
from scripted_answers import ANSWERED, DRIVE, NOT_FOUND, TEXT
from visitors import DESK, PHONE, VOICE, ask, windows

from app.ui.topics import main_language, topics
from corpus.reader import read_folder
from corpus.settings import CorpusSettings

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


def test_a_table_of_facts_is_one_topic_and_comes_last(tmp_path) -> None:
    """Its sections are halves of sentences: "Knee can", "Knee has"."""
    (tmp_path / "a.tsv").write_text("knee\tcan\tbend\nknee\thas\ta cap\n", encoding="utf-8")
    (tmp_path / "b.md").write_text("# Knees\n\n## What bends?\n\nThe knee bends.\n", encoding="utf-8")
    documents = {one.id: one for one in read_folder([tmp_path], CorpusSettings()).documents}
    assert [[entry.title for entry in topic.entries] for topic in topics(documents)] == [["What bends?"], ["Knee"]]


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


@pytest.mark.parametrize("size", [PHONE, DESK])
def test_an_explanation_opens_beside_its_word_and_closes_by_a_tap_elsewhere(visit, scripted, size) -> None:
    sentences = [f"Sentence {number} takes a line or more of the whole answer." for number in range(12)]
    scripted.queue.append(
        replace(ANSWERED, text=" ".join(["Chronic pain.", *sentences, "A pedicle."]), sentences=(), citations=(),
                terms={"Chronic": "Lasting for months or longer. " * 3, "pedicle": "A strong bridge of bone. " * 3})
    )  # fmt: skip
    page = visit(size)
    ask(page, "When can I drive?", ".answered")
    for name in ("Chronic", "pedicle"):
        term, shown = page.get_by_role("button", name=name), page.locator(".explanation:popover-open")
        term.click()
        expect(shown).to_have_count(1)
        word, box = term.bounding_box(), shown.bounding_box()
        assert word
        assert box
        below, above = box["y"] - (word["y"] + word["height"]), word["y"] - (box["y"] + box["height"])
        assert 0 <= max(below, above) <= 16  # a finger's breadth away, and never over the word
        assert 0 <= box["x"] <= word["x"] + word["width"]
        assert box["x"] + box["width"] <= size["width"]
        assert 0 <= box["y"] <= box["y"] + box["height"] <= size["height"]
        page.locator(".question").last.click() if name == "pedicle" else page.keyboard.press("Escape")
        expect(shown).to_have_count(0)
        expect(term).to_have_attribute("aria-expanded", "false")


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


@pytest.mark.parametrize("ours", [["es"], []], ids=["the server speaks it", "nobody does"])
def test_each_language_is_read_by_a_voice_of_its_own_or_by_none(browser, server, scripted, ours) -> None:
    """The browser's Spanish voice is one of the network: left to choose, it could send the text away."""
    spoken: list[str] = []

    def speak(route: Route) -> None:
        spoken.append(route.request.post_data_json["language"])
        route.fulfill(body=SILENCE)

    with windows(browser) as opened:
        page = opened.open(script=VOICE)
        page.route("**/api/voices", lambda route: route.fulfill(json={"languages": ours}))
        page.route("**/api/speak", speak)
        page.goto(f"{server.address}/?lang=es")
        page.wait_for_selector(".examples")
        scripted.queue.append(NOT_FOUND)
        ask(page, "When can I fly?", ".not_found")
        page.locator("[data-tool=aloud]").click()
        until(lambda: page.wait_for_timeout(20) or page.locator(".speaking").count() == 0)
        assert page.evaluate("speechSynthesis.said.filter(one => !one.voice).length") == 0
    assert set(spoken) == set(ours)


NO_VOICE = VOICE.replace("localService: true", "localService: false")


def test_where_nothing_can_speak_there_is_no_button(browser, server) -> None:
    with windows(browser) as opened:
        page = opened.open(script=NO_VOICE)
        page.route("**/api/voices", lambda route: route.fulfill(json={"languages": []}))
        page.goto(server.address)
        page.wait_for_selector(".examples")
        ask(page, "When can I drive?", ".answered")
        expect(page.get_by_role("button", name="Copy")).to_be_visible()
        expect(page.get_by_role("button", name="Read aloud")).to_have_count(0)


def test_the_server_speaks_where_the_browser_cannot(browser, server) -> None:
    spoken: list[str] = []

    def speak(route: Route) -> None:
        spoken.append(route.request.post_data_json["text"])
        route.fulfill(body=SILENCE)

    with windows(browser) as opened:
        page = opened.open(script=NO_VOICE)
        page.route("**/api/voices", lambda route: route.fulfill(json={"languages": ["en"]}))
        page.route("**/api/speak", speak)
        page.goto(server.address)
        page.wait_for_selector(".examples")
        ask(page, "When can I drive?", ".answered")
        page.get_by_role("button", name="Read aloud").click()
        until(lambda: page.wait_for_timeout(20) or len(spoken) > 2)
        expect(page.locator(".speaking")).to_have_count(0)  # it has come to its end
        expect(page.locator("audio")).to_have_count(0)
    assert spoken[:2] == [
        "Most people drive again once they can make an emergency stop.",
        "For many that is after 4 to 6 weeks.",
    ]


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
    page.fill("#box textarea", "A question that is long enough for two lines")
    page.get_by_role("button", name="Text and colours").click()
    page.get_by_role("button", name="Largest").click()
    page.get_by_role("button", name="High contrast").click()
    expect(page.get_by_role("button", name="High contrast")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("button", name="Text and colours")).to_be_focused()
    after = page.locator("#box textarea").evaluate("node => parseFloat(getComputedStyle(node).fontSize)")
    assert page.locator("#box textarea").evaluate(
        "node => node.scrollHeight <= node.clientHeight"
    )  # no line is cut off
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
