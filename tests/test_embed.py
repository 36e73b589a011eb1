"""The chat on another site's page: who may frame it, on which page it works, and how many questions one address may ask."""

from __future__ import annotations

import functools
import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from live import Live, live
from playwright.sync_api import FrameLocator, Page, expect
from pydantic import ValidationError
from scripted_answers import assistant
from visitors import CANARY, DESK, PHONE, serious, sessions, windows

from app.settings import EmbedSettings
from app.web.server import Rooms

EXAMPLE = Path(__file__).parents[1] / "deploy" / "embed" / "index.html"
HOSTILE = """
* { all: unset !important; display: none !important; color: red !important; font: 5px cursive !important;
    visibility: hidden !important; transform: scale(0.1) !important; pointer-events: none !important; }
html, body, body > p, body > a { display: block !important; visibility: visible !important; transform: none !important;
    pointer-events: auto !important; }
button, iframe, dialog { width: 1px !important; opacity: 0 !important; }
"""
HOST = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A clinic</title>{head}</head>
<body><p id="own">Welcome to the clinic.</p><a href="#own" id="before">before</a>{body}
<script src="{server}/embed.js" async {attributes}></script></body></html>"""


class Site(http.server.SimpleHTTPRequestHandler):
    """A clinic's own web server, on an origin of its own."""

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("site")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Site, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", folder
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def server(tmp_path_factory, site, scripted) -> Iterator[Live]:
    rooms = Rooms(embed=EmbedSettings(origins=[site[0]]))
    with live(scripted, tmp_path_factory.mktemp("home"), rooms) as running:
        yield running


@pytest.fixture
def host(browser, server, site, unscripted):
    """Opens a page of the clinic with the script on it; afterwards checks that only the two servers were asked."""
    with windows(browser, servers=2, forgiven=["404"]) as opened:  # the clinic's own server has no icon

        def open_page(size=DESK, head="", body="", attributes="", **options) -> Page:
            (site[1] / "index.html").write_text(
                HOST.format(server=server.address, head=head, body=body, attributes=attributes), encoding="utf-8"
            )
            page = opened.open(size, **options)
            page.goto(site[0] + "/index.html")
            page.wait_for_selector("[data-chat-embed]", state="attached")
            return page

        yield open_page


def chat(page: Page) -> FrameLocator:
    """Opens the chat and waits until it is ready."""
    page.get_by_role("button", name="Ask about your surgery").click()
    frame = page.frame_locator("[data-chat-embed] iframe")
    frame.locator(".example").first.wait_for()
    return frame


# -- who may frame it


def test_nobody_may_frame_it_unless_a_site_is_named(tmp_path) -> None:
    with live(assistant(), tmp_path) as running, running.client() as client:
        for path in ("/embed", "/", "/kiosk"):
            headers = client.get(path).headers
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert headers["x-frame-options"] == "DENY"


def test_only_the_embed_may_be_framed_and_only_by_the_sites_named(server, site) -> None:
    with server.client() as client:
        headers = client.get("/embed").headers
        assert f"frame-ancestors {site[0]}" in headers["content-security-policy"]
        assert "'none'" not in headers["content-security-policy"].split("frame-ancestors")[1]
        assert "x-frame-options" not in headers  # it knows no list, and would contradict
        for path in ("/", "/kiosk", "/source/leaflet", "/staff", "/embed.js"):
            headers = client.get(path).headers
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert headers["x-frame-options"] == "DENY"


def test_another_site_sees_an_empty_frame(browser, server, site) -> None:
    context = browser.new_context()
    page = context.new_page()
    other = site[0].replace("127.0.0.1", "localhost")  # the same machine by another name is another origin
    (site[1] / "frame.html").write_text(f'<iframe src="{server.address}/embed"></iframe>', encoding="utf-8")
    with page.expect_console_message(lambda line: "frame-ancestors" in line.text):  # the browser says why it does not
        page.goto(other + "/frame.html")
    assert page.frame_locator("iframe").locator("gradio-app").count() == 0
    context.close()


@pytest.mark.parametrize(
    "origin", ["*", "clinic.example", "https://clinic.example/page", "https://a.example; script-src *", "'self'"]
)
def test_an_origin_that_is_none_is_refused_at_the_start(origin) -> None:
    with pytest.raises(ValidationError):
        EmbedSettings(origins=[origin])


# -- on a page


def test_it_opens_answers_with_sources_and_closes(host) -> None:
    page = host()
    frame = chat(page)
    expect(page.get_by_role("dialog", name="Questions about your surgery")).to_be_visible()
    frame.locator(".example").first.click()
    expect(frame.locator(".reply.answered")).to_be_visible()
    expect(frame.locator("#sources .source").first).to_contain_text("After your operation")
    frame.locator("a.open").first.click()
    expect(frame.locator("dialog.reader mark")).to_be_visible()
    frame.locator("dialog.reader").get_by_role("button", name="Back to your chat").click()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Ask about your surgery")).to_be_focused()
    page.get_by_role("button", name="Ask about your surgery").click()
    expect(frame.locator(".turn")).to_have_count(1)  # the conversation is still there


def test_new_chat_in_the_frame_forgets(host, server) -> None:
    page = host()
    frame = chat(page)
    frame.locator("#box textarea").fill(CANARY)
    frame.locator("#send").click()
    expect(frame.locator(".reply.answered")).to_be_visible()
    assert CANARY in sessions(server)
    frame.get_by_role("button", name="New chat").click()
    expect(frame.locator(".example").first).to_be_visible()
    assert CANARY not in sessions(server)


def test_by_keyboard_alone(host) -> None:
    page = host()
    page.locator("#before").focus()
    page.keyboard.press("Tab")
    button = page.get_by_role("button", name="Ask about your surgery")
    expect(button).to_be_focused()
    assert button.evaluate("node => parseFloat(getComputedStyle(node).outlineWidth)") >= 3
    expect(button).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    frame = page.frame_locator("[data-chat-embed] iframe")
    frame.locator(".example").first.wait_for()
    frame.locator("#box textarea").focus()
    page.keyboard.type("When can I drive?")
    page.keyboard.press("Enter")
    expect(frame.locator(".reply.answered")).to_be_visible()
    frame.locator("a.open").first.focus()
    page.keyboard.press("Enter")
    expect(frame.locator("dialog.reader")).to_be_visible()
    page.keyboard.press("Escape")  # closes the document, not the chat
    expect(frame.locator("dialog.reader")).to_have_count(0)
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(button).to_be_focused()


def test_a_hostile_page_does_not_reach_it_nor_it_the_page(host) -> None:
    page = host(head=f"<style>{HOSTILE}</style>", body="<dialog></dialog>")
    before = page.locator("#own").evaluate("node => JSON.stringify({...getComputedStyle(node)})")
    button = page.get_by_role("button", name="Ask about your surgery")
    box = button.bounding_box()
    assert box
    assert min(box["width"], box["height"]) >= 44
    style = button.evaluate("node => [getComputedStyle(node).color, getComputedStyle(node).fontSize]")
    assert style == ["rgb(255, 255, 255)", "17px"]
    frame = chat(page)
    expect(frame.locator(".example").first).to_be_visible()
    panel = page.locator("[data-chat-embed] dialog").bounding_box()
    assert panel
    assert panel["width"] >= 400
    assert page.locator("#own").evaluate("node => JSON.stringify({...getComputedStyle(node)})") == before


def test_a_strict_policy_of_the_page_is_enough(host, server) -> None:
    rules = f"default-src 'none'; script-src {server.address}; frame-src {server.address}"
    page = host(head=f'<meta http-equiv="Content-Security-Policy" content="{rules}">')
    chat(page)
    assert (
        page.locator("[data-chat-embed] button.open").evaluate("node => getComputedStyle(node).borderRadius") == "999px"
    )


def test_it_takes_a_phones_whole_screen(host) -> None:
    page = host(PHONE)
    frame = chat(page)
    panel = page.locator("[data-chat-embed] dialog").bounding_box()
    assert panel == {"x": 0, "y": 0, "width": PHONE["width"], "height": PHONE["height"]}
    frame.locator(".example").first.click()
    expect(frame.locator(".reply.answered")).to_be_visible()
    assert frame.locator("html").evaluate("node => node.scrollWidth <= node.clientWidth")
    assert page.locator("[data-chat-embed] dialog").evaluate(
        "node => node.matches(':modal')"
    )  # the page behind is inert


def test_colours_side_words_and_language_by_attribute(host, server) -> None:
    page = host(
        attributes='data-accent="#5b2a86" data-on-accent="#ffffff" data-side="left" data-label="Ask us" data-theme="light"'
    )
    button = page.get_by_role("button", name="Ask us")
    assert button.evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(91, 42, 134)"
    box = button.bounding_box()
    assert box
    assert box["x"] < 100
    button.click()
    frame = page.frame_locator("[data-chat-embed] iframe")
    send = frame.locator("#send")
    expect(send).to_be_visible()
    assert send.evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(91, 42, 134)"
    assert frame.locator("html").evaluate("() => location.hash") == ""
    words = httpx.get(server.address + "/embed.js?lang=es", timeout=60)
    assert words.headers["content-type"].startswith("text/javascript")
    assert '"language": "es"' in words.text
    assert '"language": "en"' in httpx.get(server.address + "/embed.js?lang=nowhere", timeout=60).text


def test_a_colour_that_cannot_be_read_is_not_taken(host) -> None:
    page = host(attributes='data-accent="#ffee00" data-on-accent="#ffffff"')
    frame = chat(page)
    assert frame.locator("#send").evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(11, 85, 99)"


def test_twice_on_a_page_is_once(host, server) -> None:
    page = host(body=f'<script src="{server.address}/embed.js"></script>')
    page.wait_for_timeout(200)
    assert page.locator("[data-chat-embed]").count() == 1


def test_a_plain_frame_works(browser, server, site) -> None:
    (site[1] / "plain.html").write_text(
        f'<iframe src="{server.address}/embed" width=600 height=700></iframe>', encoding="utf-8"
    )
    context = browser.new_context()
    page = context.new_page()
    page.goto(site[0] + "/plain.html")
    frame = page.frame_locator("iframe")
    frame.locator(".example").first.click()
    expect(frame.locator(".reply.answered")).to_be_visible()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(host, scheme) -> None:
    page = host(color_scheme=scheme)
    assert serious(page) == []
    frame = chat(page)
    assert serious(page) == []  # axe looks into the frame, too
    frame.locator(".example").first.click()
    expect(frame.locator(".reply.answered")).to_be_visible()
    assert serious(page) == []


def test_the_example_page_fits_the_smallest_phone(browser) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.set_content(EXAMPLE.read_text(encoding="utf-8").replace("https://ask.clinic.example", "about:blank?"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.locator("pre").evaluate("node => node.scrollWidth <= node.clientWidth")
    context.close()


def test_the_example_page_shows_what_the_script_takes() -> None:
    example = EXAMPLE.read_text(encoding="utf-8")
    script = (Path(__file__).parents[1] / "app" / "web" / "static" / "embed.js").read_text(encoding="utf-8")
    shown = set(re.findall(r"data-([a-z-]+)=", example))
    assert shown == {"accent", "on-accent", "side", "label"}
    for name in shown:
        assert re.sub(r"-(\w)", lambda found: found[1].upper(), name) in script
