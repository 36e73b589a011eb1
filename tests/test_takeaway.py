"""The page to take away: what is on it and what never is, on the screen and on paper."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from io import BytesIO

from playwright.sync_api import expect
from pypdf import PdfReader
from scripted_answers import ANSWERED, APPROVED, DECLINED, DRIVE, NOT_FOUND, QUOTED, URGENT
from test_page_view import EVIL, parsed
from visitors import ask

from app.settings import SiteSettings
from app.strings import Strings
from app.ui.takeaway import TakeAway

SITE = SiteSettings(clinic_name="Hill Clinic", clinic_phone="555-0100", clinic_url="https://hill.example/surgery")
TAKE = TakeAway(Strings("en", SITE), SITE)
TODAY = date(2026, 5, 4)


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


def test_a_notice_names_the_source_by_the_sheets_own_number() -> None:
    elsewhere = replace(DRIVE, number=3, document="magazine", section="Adverts", tier="promotional")
    named = replace(ANSWERED, citations=(*ANSWERED.citations, elsewhere), notice="Source [3] is a promotional article.")
    assert "Source [2] is a promotional article." in TAKE.sheet(
        [named]
    )  # 1 and 2 are one section, and one on the sheet
    both = replace(named, notice="Sources [1], [2], [3] are promotional articles.")
    assert "Sources [1], [2] are promotional articles." in TAKE.sheet([both])


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
    about = page.locator(".sheet .about")
    expect(about).to_have_text("About: Driving after surgery")  # what the answer is about, in the document's words
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
    expect(about).to_be_hidden()
    for paper in ("A4", "Letter"):
        assert len(PdfReader(BytesIO(page.pdf(format=paper))).pages) == 1
    page.keyboard.press("Escape")
    page.emulate_media(media="print")  # Ctrl+P from the chat prints the same sheet
    expect(page.locator(".sheet h2")).to_be_visible()
    expect(page.locator("#chat")).to_be_hidden()
