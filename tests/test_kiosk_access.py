"""The kiosk for every hand and eye: targets, what axe-core finds, and the staff corner."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from visitors import COLOURS, serious
from waiting_room import ask, sign_in


def test_every_target_is_large(kiosk) -> None:
    page = kiosk(start=False)
    sizes = "nodes => nodes.map(node => [node.getBoundingClientRect().toJSON(), node.outerHTML.slice(0, 120)])"

    def measure() -> None:
        small = [
            (name, box["width"], box["height"])
            for box, name in page.locator("button:visible:not(.term), a.open:visible, summary:visible").evaluate_all(
                sizes
            )
            if min(box["width"], box["height"]) < 56
        ]
        assert small == []

    measure()
    page.locator("[data-kiosk=staff]").tap()
    measure()
    page.get_by_role("button", name="Close").tap()
    page.locator("[data-kiosk=start]").tap()
    measure()
    page.locator("#box textarea").tap()
    measure()
    page.locator('[data-skbtn="{hide}"]').tap()
    ask(page, "When can I drive?")
    measure()
    page.locator("[data-thumb=down]").tap()
    page.wait_for_selector(".why")
    measure()
    for marker in page.locator(".marker").all():  # its tap area reaches beyond what is drawn
        marker.scroll_into_view_if_needed()
        hit = marker.evaluate("""node => { const box = node.getBoundingClientRect();
            const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
            return [[-27, 0], [27, 0], [0, -27], [0, 27]].filter(([dx, dy]) =>
                document.elementFromPoint(x + dx, y + dy)?.closest('.marker') !== node).map(([dx, dy]) =>
                    document.elementFromPoint(x + dx, y + dy).outerHTML.slice(0, 80)) }""")
        assert hit == []


def looked_at(page: Page) -> list[str]:
    """What axe-core finds by all its rules; and, the texts being the same, by its rules on colours in high contrast."""
    found = serious(page)
    page.evaluate("document.documentElement.dataset.theme = 'contrast'")
    found += serious(page, COLOURS)
    page.evaluate("delete document.documentElement.dataset.theme")
    return found


@pytest.mark.parametrize(("scheme", "query"), [("light", ""), ("dark", "?lang=hi")])
def test_axe_finds_nothing_serious(kiosk, scheme, query) -> None:
    page = kiosk(start=False, color_scheme=scheme, query=query)
    found = {"first": looked_at(page)}
    page.locator("[data-kiosk=staff]").tap()
    found["pin"] = looked_at(page)
    sign_in(page)
    found["staff"] = looked_at(page)
    page.locator("[data-kiosk=close]").tap()
    page.locator("[data-kiosk=start]").tap()
    found["start"] = looked_at(page)
    page.locator("#box textarea").tap()
    found["keys"] = looked_at(page)
    ask(page, "When can I drive?")
    found["answered"] = looked_at(page)
    ask(page, "I am numb", ".urgent")
    found["urgent"] = looked_at(page)
    assert found == {state: [] for state in found}


TOLD = {
    "English": "Tell a member of staff now.",
    "Español": "Avise ahora mismo al personal.",
    "हिन्दी": "अभी किसी कर्मचारी को बताएँ।",
}


def test_an_urgent_card_sends_to_the_staff_and_offers_no_call_that_a_kiosk_cannot_make(kiosk, visit) -> None:
    page, elsewhere = kiosk(), visit()
    ask(page, "I am numb", ".urgent")
    elsewhere.fill("#box textarea", "I am numb")
    elsewhere.click("#send")
    elsewhere.wait_for_selector(".urgent")
    for language, told in TOLD.items():
        for screen in (page, elsewhere):
            screen.get_by_role("button", name=language).click()
        card = page.get_by_role("alert")
        expect(card.get_by_text(told)).to_be_visible()
        expect(card.locator("a, button")).to_have_count(0)
        expect(elsewhere.get_by_role("alert").get_by_text(told)).to_be_attached()
        expect(elsewhere.get_by_text(told)).to_be_hidden()  # at home there is none


def test_staff_see_the_state_and_set_the_volume(kiosk, server) -> None:
    page = kiosk(start=False)
    page.locator("[data-kiosk=staff]").tap()
    page.locator('[data-digit="1"]').tap()
    page.get_by_role("button", name="Open").tap()
    expect(page.locator("#kiosk-said")).to_have_text("That PIN is not right.")
    sign_in(page)
    expect(page.locator("#kiosk-status")).to_contain_text("✓ ready")
    before = page.locator("#kiosk-volume").inner_text()
    page.get_by_role("button", name="Quieter").tap()
    expect(page.locator("#kiosk-volume")).not_to_have_text(before)
    page.get_by_role("button", name="Restart this screen").tap()
    expect(page.locator("#kiosk-said")).to_contain_text("only when the kiosk command runs")
    kiosk.complaints.clear()  # the browser notes the refusals
    page.get_by_role("button", name="Close").tap()
    page.locator("[data-kiosk=staff]").tap()
    expect(page.locator("#kiosk-pin-form")).to_be_visible()  # the PIN is asked for again
