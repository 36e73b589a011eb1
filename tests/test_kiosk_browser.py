"""The kiosk in a real browser: a visit from the first touch to the wiping, a server that dies, a browser that dies."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from live import Live, live, until
from playwright.sync_api import Page, expect
from test_page_browser import CANARY, STORED, sessions
from visitors import CHROMIUM, FLAGS, serious

from app.settings import KioskSettings
from app.web.secret import hashed
from app.web.server import Rooms

ROOT = Path(__file__).parents[1]
SCREEN = {"width": 1080, "height": 1920}
PIN = "271828"
IDLE, WARNING = 90, 30


@pytest.fixture(scope="module")
def server(tmp_path_factory, scripted) -> Iterator[Live]:
    rooms = Rooms(kiosk=KioskSettings(pin_hash=hashed(PIN)))
    with live(scripted, tmp_path_factory.mktemp("home"), rooms) as running:
        yield running


@pytest.fixture
def kiosk(browser, server, scripted):
    """Opens the kiosk, with a clock that a test can push; afterwards checks that only this server was asked."""
    contexts, asked, complaints = [], set(), []

    def open_page(size=SCREEN, start=True, clock=False, address=server.address, **options) -> Page:
        contexts.append(browser.new_context(viewport=size, has_touch=True, reduced_motion="reduce", **options))
        page = contexts[-1].new_page()
        page.set_default_timeout(15_000)
        page.on("request", lambda request: asked.add(urlsplit(request.url)))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        if clock:
            page.clock.install()
        page.goto(address + "/kiosk")
        page.wait_for_selector("#log .example", state="attached")
        if start:
            page.locator("[data-kiosk=start]").tap()
        return page

    open_page.complaints = complaints
    yield open_page
    scripted.queue.clear()
    scripted.gate = None
    for context in contexts:
        context.close()
    hosts = {address.netloc for address in asked if address.scheme not in ("data", "blob")}
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+", host) for host in hosts)
    cut_off = (
        "AbortError",
        "errored out",
        "ERR_INCOMPLETE",
        "ERR_CONNECTION",
        "Failed to fetch",
        "network error",
    )  # by a wiping, or a server that died
    assert [line for line in complaints if not any(word in line for word in cut_off)] == []


def ask(page: Page, question: str, shown: str = ".answered") -> None:
    page.fill("#box textarea", question)
    page.locator("#send").tap()
    page.wait_for_selector(f".turn:last-child {shown}")


def attract(page: Page) -> None:
    """Waits until the first screen is there again, over a page that is ready."""
    page.wait_for_selector("#kiosk-attract[open]")
    page.wait_for_selector("#log .example", state="attached")


def pass_time(page: Page, seconds: float) -> None:
    """The page's clock jumps by `seconds`; what is due is done once, as after a laptop's lid was closed."""
    page.clock.fast_forward(int(seconds * 1000))
    page.wait_for_timeout(50)


# -- a visit


def test_the_first_screen_says_what_it_is_and_whom_to_call(kiosk) -> None:
    page = kiosk(start=False)
    screen = page.get_by_role("dialog", name="Questions about your surgery?")
    expect(screen).to_be_visible()
    expect(screen).to_contain_text("911")
    page.touchscreen.tap(540, 1200)  # anywhere
    expect(screen).to_be_hidden()
    expect(page.locator(".example").first).to_be_visible()


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


def found_nothing(page: Page, server: Live) -> None:
    """Neither on the page nor in the browser's storage, the server's memory, Gradio's history or on the disk."""
    assert CANARY not in page.content()
    assert CANARY not in page.evaluate(STORED)
    assert page.locator(".turn, .source").count() == 0
    until(lambda: CANARY not in sessions(server))
    files = [file for file in server.home.rglob("*") if file.is_file()]
    assert not any(CANARY.encode() in file.read_bytes() for file in files)
    runs = httpx.get(server.address + "/gradio_api/runs")
    assert runs.status_code == 404


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


def test_nobody_there(kiosk, server) -> None:
    page = kiosk(clock=True)
    ask(page, f"{CANARY} drive")
    pass_time(page, IDLE - 1)
    expect(page.locator("#kiosk-idle")).to_be_hidden()
    pass_time(page, 2)
    warning = page.get_by_role("alertdialog", name="Are you still there?")
    expect(warning).to_be_visible()
    left = int(page.locator("#kiosk-left").inner_text())
    assert 20 <= left <= WARNING
    assert serious(page) == []
    page.clock.resume()
    pass_time(page, left + 1)
    attract(page)
    found_nothing(page, server)


def test_one_tap_anywhere_extends(kiosk) -> None:
    page = kiosk(clock=True)
    ask(page, "When can I drive?")
    for place in ((540, 100), None):
        pass_time(page, IDLE + 5)
        warning = page.get_by_role("alertdialog", name="Are you still there?")
        expect(warning).to_be_visible()
        if place:
            page.touchscreen.tap(*place)
        else:
            page.get_by_role("button", name="I need more time").tap()
        expect(warning).to_be_hidden()
        pass_time(page, IDLE - 5)
        expect(warning).to_be_hidden()
        page.mouse.wheel(0, 1)  # seen again, so that the next round starts at nought
    expect(page.locator(".turn")).to_have_count(1)  # the answer is still there


def test_finish_now(kiosk, server) -> None:
    page = kiosk(clock=True)
    ask(page, f"{CANARY} drive")
    pass_time(page, IDLE + 1)
    page.clock.resume()
    page.get_by_role("button", name="Finish now").tap()
    attract(page)
    found_nothing(page, server)


def test_an_answer_on_its_way_and_a_voice_are_activity(kiosk, scripted) -> None:
    scripted.gate = threading.Event()
    page = kiosk(clock=True)
    page.fill("#box textarea", "A long one")
    page.locator("#send").tap()
    page.wait_for_selector(".working")
    pass_time(page, IDLE + WARNING + 5)
    expect(page.locator("#kiosk-idle")).to_be_hidden()
    scripted.gate.set()
    page.wait_for_selector(".reply.answered")
    page.evaluate("Object.defineProperty(speechSynthesis, 'speaking', {configurable: true, get: () => true})")
    pass_time(page, IDLE + WARNING + 5)
    expect(page.locator("#kiosk-idle")).to_be_hidden()
    page.evaluate("delete speechSynthesis.speaking")
    pass_time(page, IDLE + 1)
    expect(page.locator("#kiosk-idle")).to_be_visible()


def test_scrolling_is_activity(kiosk) -> None:
    page = kiosk(clock=True)
    ask(page, "When can I drive?")
    pass_time(page, IDLE - 5)
    page.mouse.wheel(0, 50)
    pass_time(page, 20)
    expect(page.locator("#kiosk-idle")).to_be_hidden()


def test_the_first_screen_does_not_count_down(kiosk) -> None:
    page = kiosk(start=False, clock=True)
    pass_time(page, IDLE + WARNING + 60)
    expect(page.locator("#kiosk-idle")).to_be_hidden()
    expect(page.locator("#kiosk-attract")).to_be_visible()


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
    page.wait_for_timeout(100)
    assert page.evaluate("(box => box.selectionEnd - box.selectionStart)(document.querySelector('#box textarea'))") == 0


def test_a_document_opens_over_the_chat_and_closes(kiosk) -> None:
    page = kiosk()
    ask(page, "When can I drive?")
    page.locator("a.open").first.tap()
    reader = page.locator("dialog.reader")
    expect(reader.locator("mark")).to_be_visible()
    reader.get_by_role("button", name="Back to your chat").tap()
    expect(reader).to_have_count(0)
    assert page.url.endswith("/kiosk")


# -- for every hand and eye


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(kiosk, scheme) -> None:
    page = kiosk(start=False, color_scheme=scheme)
    found = {"first": serious(page)}
    page.locator("[data-kiosk=staff]").tap()
    found["pin"] = serious(page)
    sign_in(page)
    found["staff"] = serious(page)
    page.get_by_role("button", name="Close").tap()
    page.locator("[data-kiosk=start]").tap()
    found["start"] = serious(page)
    page.locator("#box textarea").tap()
    found["keys"] = serious(page)
    ask(page, "When can I drive?")
    found["answered"] = serious(page)
    ask(page, "I am numb", ".urgent")
    found["urgent"] = serious(page)
    assert found == {state: [] for state in found}


def sign_in(page: Page) -> None:
    for digit in PIN:
        page.locator(f'[data-digit="{digit}"]').tap()
    page.get_by_role("button", name="Open").tap()
    page.wait_for_selector("#kiosk-staff-open:visible")


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


# -- when something dies

SERVER = """
import sys
from pathlib import Path
sys.path[:0] = [{root!r}, {tests!r}]
from scripted_answers import assistant
from app.settings import AppSettings, KioskSettings, SiteSettings
from app.web.server import Rooms, serve
serve("127.0.0.1", {port}, load=assistant, settings=AppSettings(), site=SiteSettings(), home=Path({home!r}),
      rooms=Rooms(), started=lambda address: None)
"""


def server_command(port: int, home: Path) -> list[str]:
    program = SERVER.format(root=str(ROOT), tests=str(ROOT / "tests"), port=port, home=str(home))
    return [sys.executable, "-c", program, f"server-on-{port}"]


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(address: str) -> bool:
    try:
        return httpx.get(address + "/ready", timeout=1).status_code == 200
    except httpx.HTTPError:
        return False


def test_a_dead_server_is_said_kindly_and_the_page_comes_back(kiosk, tmp_path) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(server_command(port, tmp_path))
    try:
        until(lambda: answers(address), 200)
        page = kiosk(address=address)
        ask(page, f"{CANARY} drive")
        process.kill()
        process.wait()
        away = page.get_by_role("alertdialog", name="This screen is having a short break")
        expect(away).to_be_visible()
        expect(away).to_contain_text("emergency")
        assert serious(page) == []
        process = subprocess.Popen(server_command(port, tmp_path))
        page.wait_for_selector("#kiosk-attract[open]", timeout=200_000)
        expect(away).to_be_hidden()
        assert CANARY not in page.content()
        kiosk.complaints.clear()  # the browser notes what it could not reach
    finally:
        process.kill()
        process.wait()


KIOSK = """
import sys
from pathlib import Path
sys.path[:0] = [{root!r}]
import app.kiosk as kiosk
from app.kiosk.kept import Kept
from app.settings import KioskSettings
flags = {flags!r}
server_command = {server!r}
kiosk.Kept = lambda name, command, note, folder=None: Kept(name, (lambda: server_command) if name == "server" else command, note)
kiosk.run(Path({home!r}), {port}, KioskSettings(browser={browser!r}, browser_flags=flags), lambda line: print(line, flush=True))
"""


@pytest.fixture
def running(tmp_path):
    """The whole kiosk as a process: its watch, a server with scripted answers, and a browser without a screen."""
    port = free_port()
    flags = [*FLAGS, "--headless=new", "--incognito"]
    program = KIOSK.format(
        root=str(ROOT),
        flags=flags,
        server=server_command(port, tmp_path),
        home=str(tmp_path),
        port=port,
        browser=CHROMIUM,
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{port}", tmp_path
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        assert process.stdout
        process.stdout.close()
    left = children(f"--user-data-dir={tmp_path}") + children(f"server-on-{port}")
    assert left == []  # nothing is left running, nor on the disk
    assert not (tmp_path / "kiosk" / "browser").exists()


def children(mark: str) -> list[int]:
    """Main processes (browser, server) with an argument that starts with `mark`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
            if any(word.startswith(mark) for word in words) and not any(word.startswith("--type=") for word in words):
                found.append(int(entry.name))
    return found


def beat_age(address: str) -> float | None:
    """Seconds since the page's last sign of life, as the server tells its watch."""
    try:
        return json.loads(httpx.get(address + "/kiosk/watch", timeout=2).text)["page_seconds"]
    except (httpx.HTTPError, ValueError):
        return None


def alive(address: str) -> bool:
    age = beat_age(address)
    return age is not None and age < 3


def test_browser_and_server_killed_or_hung_are_back_within_ten_seconds(running) -> None:
    address, home = running
    server_mark = f"server-on-{urlsplit(address).port}"
    until(lambda: alive(address), 200)

    browser = next(iter(children(f"--user-data-dir={home}")))
    os.kill(browser, signal.SIGKILL)
    assert back(address, seconds=10, gone=lambda: browser not in children(f"--user-data-dir={home}"))

    browser = next(iter(children(f"--user-data-dir={home}")))
    for one in renderers(home):
        os.kill(one, signal.SIGSTOP)  # the window is there, its page hangs
    until(lambda: browser not in children(f"--user-data-dir={home}"), 10)
    until(lambda: alive(address), 10)

    server = next(iter(children(server_mark)))
    os.kill(server, signal.SIGKILL)
    until(lambda: server not in children(server_mark), 5)
    until(lambda: children(server_mark) != [], 10)
    until(lambda: alive(address), 200)  # how long the server takes to load is this machine's affair


def back(address: str, seconds: float, gone) -> bool:
    """Whether the page calls again within `seconds` after `gone`."""
    started = time.monotonic()
    until(gone, seconds)
    died = time.monotonic()
    until(lambda: (age := beat_age(address)) is not None and age < time.monotonic() - died - 0.5, seconds)
    return time.monotonic() - started < seconds


def renderers(home: Path) -> list[int]:
    """The browser's page processes."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().decode()
            except OSError:
                continue
            if str(home) in words and "--type=renderer" in words:
                found.append(int(entry.name))
    return found
