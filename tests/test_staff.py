"""The staff page: who gets in, what it shows, what is stored of visitors' words (nothing, unless the site says so)."""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from live import Live, live
from playwright.sync_api import Page, expect
from scripted_answers import ANSWERED, APPROVED, DECLINED, NOT_FOUND, URGENT, assistant, document
from visitors import CANARY, DESK, PHONE, serious

from app.answerability import Answerability
from app.scripted import ScriptedAssistant
from app.settings import StaffSettings
from app.trace import decision
from app.web.feedback import Feedback
from app.web.secret import FREE_TRIES, hashed, matches
from app.web.server import Rooms
from app.web.staff import Sessions

PASSWORD = "correct horse battery"
ROOT = Path(__file__).parents[1]
REPORT = "<!doctype html><html lang='en'><title>Report</title><h1>How good?</h1><script>document.title += ' ran'</script></html>"


def old_document():
    """One whose review was due long ago."""
    source = replace(document().source, title="An old leaflet", review_due=date(2020, 1, 1), tier="promotional")
    return replace(document(), id="old", source=source)


@pytest.fixture(scope="module")
def scripted() -> ScriptedAssistant:
    return assistant(documents={"leaflet": document(), "old": old_document()})


@pytest.fixture(scope="module")
def server(tmp_path_factory, scripted) -> Iterator[Live]:
    home = tmp_path_factory.mktemp("home")
    for number, name in enumerate(("20260101-000000-older", "20260201-000000-newer")):
        (home / "runs" / name).mkdir(parents=True)
        (home / "runs" / name / "report.html").write_text(REPORT.replace("good", f"good is {name}"), encoding="utf-8")
        os.utime(home / "runs" / name / "report.html", (1_700_000_000 + number, 1_700_000_000 + number))
    feedback = Feedback(home)
    feedback.add("a", True, None)
    feedback.add("b", False, "seems_wrong")
    feedback.add("c", False, "seems_wrong")
    rooms = Rooms(staff=StaffSettings(password_hash=hashed(PASSWORD)))
    with live(scripted, home, rooms) as running:
        yield running


@pytest.fixture
def client(server) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


def sign_in(client: httpx.Client, password: str = PASSWORD) -> httpx.Response:
    return client.post("/staff/login", data={"password": password})


def test_a_file_that_a_full_disk_left_empty_holds_no_thumbs(tmp_path) -> None:
    feedback = Feedback(tmp_path)
    feedback.add("a", True, None)
    feedback.path.write_bytes(b"")
    assert feedback.rows() == []


# -- who gets in


def test_there_is_no_staff_page_until_a_password_is_set(tmp_path) -> None:
    with live(assistant(), tmp_path) as running, running.client() as client:
        assert client.get("/staff").status_code == 404
        assert sign_in(client, "").status_code == 404
        assert client.post("/staff/try", data={"question": "q"}).status_code == 404
        assert client.get("/staff/runs/x").status_code == 404


def test_nothing_is_shown_before_signing_in(client) -> None:
    page = client.get("/staff")
    assert 'name="password"' in page.text
    assert "After your operation" not in page.text
    for path in ("/staff/runs/20260201-000000-newer",):
        assert client.get(path).headers["location"] == "/staff"
    assert client.post("/staff/try", data={"question": "q"}).headers["location"] == "/staff"
    client.cookies.set("spinewise_staff", "guessed")
    assert "After your operation" not in client.get("/staff").text


def test_the_cookie_is_kept_from_scripts_and_other_sites(client) -> None:
    wrong = sign_in(client, "wrong")
    assert wrong.status_code == 403
    assert "set-cookie" not in wrong.headers
    right = sign_in(client)
    assert right.status_code == 303
    cookie = right.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/staff" in cookie
    assert "After your operation" in client.get("/staff").text
    client.post("/staff/logout")
    assert "After your operation" not in client.get("/staff").text
    secure = client.post("/staff/login", data={"password": PASSWORD}, headers={"X-Forwarded-Proto": "https"})
    assert "Secure" in secure.headers["set-cookie"]


def test_another_sites_form_is_refused(client) -> None:
    evil = {"Origin": "https://evil.example"}
    assert client.post("/staff/login", data={"password": PASSWORD}, headers=evil).status_code == 403


def test_guessing_is_stopped_an_address_at_a_time(tmp_path) -> None:
    rooms = Rooms(staff=StaffSettings(password_hash=hashed(PASSWORD)))
    with live(assistant(), tmp_path, rooms) as running, running.client() as client:
        codes = [sign_in(client, str(guess)).status_code for guess in range(FREE_TRIES + 1)]
        assert codes == [403] * FREE_TRIES + [429]
        refused = sign_in(client)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
        elsewhere = client.post("/staff/login", data={"password": PASSWORD}, headers={"X-Forwarded-For": "203.0.113.9"})
        assert elsewhere.status_code == 303


def test_a_session_ends_without_a_click() -> None:
    now = [0.0]
    sessions = Sessions(30, lambda: now[0])
    token = sessions.open()
    now[0] = 29 * 60
    assert sessions.holds(token)
    now[0] = 58 * 60  # 29 minutes after the last click
    assert sessions.holds(token)
    now[0] = 89 * 60
    assert not sessions.holds(token)
    assert not sessions.holds(None)
    assert not sessions.holds("other")


# -- what it shows


def test_documents_thumbs_and_reports(client) -> None:
    sign_in(client)
    page = client.get("/staff").text
    assert page.index("An old leaflet") < page.index("After your operation")  # the overdue one first
    assert page.count('class="overdue"') == 1
    assert "Promotional article" in page
    assert "1 of 3 said that an answer helped" in page
    assert re.search(r"It seems wrong</td><td class=\"n\">2<", page)
    assert page.index("20260201-000000-newer") < page.index("20260101-000000-older")
    report = client.get("/staff/runs/20260201-000000-newer")
    assert "How good is 20260201-000000-newer" in report.text
    assert "'sha256-" in report.headers["content-security-policy"]
    assert "unsafe-inline" not in report.headers["content-security-policy"].split("script-src")[1].split(";")[0]


def test_a_damaged_file_is_named_beside_what_can_be_shown(tmp_path) -> None:
    rooms = Rooms(staff=StaffSettings(password_hash=hashed(PASSWORD)))
    with live(assistant(documents={"leaflet": document()}), tmp_path, rooms) as running, running.client() as client:
        for name in ("feedback", "unanswered"):
            (tmp_path / f"{name}.sqlite").write_bytes(b"no database " * 400)
        assert sign_in(client).status_code == 303
        page = client.get("/staff")
        assert page.status_code == 200
        assert page.text.count("move it away") == 2
        assert "After your operation" in page.text
        assert client.post("/staff/login", content="&".join("a=b" for _ in range(30))).status_code in (415, 422)


@pytest.mark.parametrize("run", ["%2e%2e", "nothing", "..%2f..%2fetc", "%2e"])
def test_only_reports_are_served(client, run) -> None:
    sign_in(client)
    assert client.get(f"/staff/runs/{run}").status_code == 404


def test_a_question_tried_is_not_counted(client, server, scripted) -> None:
    sign_in(client)
    page = client.post("/staff/try", data={"question": CANARY}).text
    assert "Most people drive again once they can make an emergency stop." in page
    assert "8. Sentences and their support" in page
    assert "0.97" in page
    before = client.get("/metrics").text
    scripted.queue.append(replace(NOT_FOUND, question=CANARY))
    client.post("/staff/try", data={"question": CANARY})
    assert not scripted.queue
    counted = re.compile(r"^spinewise_answers.*$", re.MULTILINE)
    assert counted.findall(client.get("/metrics").text) == counted.findall(before)
    assert not (server.home / "unanswered.sqlite").exists()


def test_what_is_shown_is_escaped(client) -> None:
    sign_in(client)
    page = client.post("/staff/try", data={"question": '"><script>alert(1)</script>'}).text
    assert "<script" not in page


# -- the command


def test_the_command_prints_a_setting_that_opens(tmp_path) -> None:
    command = [sys.executable, "-m", "app", "secret", "staff", "--home", str(tmp_path), "--json"]
    done = subprocess.run(command, input=PASSWORD + "\n", capture_output=True, text=True, cwd=ROOT, check=True)
    said = json.loads(done.stdout)
    assert (said["table"], said["key"]) == ("staff", "password_hash")
    assert matches(PASSWORD, said["hash"])
    assert PASSWORD not in done.stdout + done.stderr


@pytest.mark.parametrize(("what", "secret"), [("staff", "short"), ("kiosk", "1234"), ("kiosk", "abcdefgh")])
def test_the_command_refuses_what_is_easy_to_guess(tmp_path, what, secret) -> None:
    command = [sys.executable, "-m", "app", "secret", what, "--home", str(tmp_path)]
    done = subprocess.run(command, input=secret + "\n", capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")


def test_a_secret_is_checked_before_it_is_asked_for_again(tmp_path, monkeypatch, capsys) -> None:
    from app.__main__ import command

    typed: list[str] = []
    monkeypatch.setenv("SPINEWISE_HOME", str(tmp_path))
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("getpass.getpass", lambda prompt: typed.pop(0))
    run = functools.partial(command().run, ["secret", "kiosk"])
    for answers, said in ((["1234"], "six digits"), (["²²²²²²"], "six digits"), (["271828", "271829"], "not the same")):
        typed[:] = answers
        assert run() == 1
        assert said in capsys.readouterr().err
        assert typed == []
    typed[:] = ["271828", "271828"]
    assert run() == 0
    assert matches("271828", capsys.readouterr().out.split('"')[1])


# -- what a stage says


@pytest.mark.parametrize(
    ("answer", "shown"),
    [(ANSWERED, 0.9), (replace(NOT_FOUND, confidence=0.8), 0.2),
     (replace(DECLINED, confidence=0.7), 0.3), (DECLINED, None), (replace(APPROVED, confidence=1.0), None), (URGENT, None)],
)  # fmt: skip
def test_beside_the_threshold_stands_what_is_compared_with_it(answer, shown) -> None:
    """A confidence is that the reply is right; compared is the probability that the sources answer the question."""
    fitted = Answerability((), (), (), (), 0.0, threshold=0.42, bounds={}, probe="", right=(2.0, -1.0), provenance={})
    if answer.kind == "answered":
        answer = replace(answer, confidence=fitted.confidence(0.9))
    (row,) = decision(answer, fitted).rows
    assert row["probability"] == shown
    assert row["threshold"] == 0.42


# -- with the real parts


def test_every_stage_of_a_real_question_is_shown() -> None:
    from clinic import assistant as real

    from app.trace import trace

    made = real()
    stages = {stage.name: stage.rows for stage in trace(made, made.examples()[0])}
    assert list(stages) == ["triage", "scope", "searched", "approved", "passages", "sentences"]
    assert {"rank", "dense", "sentence", "words", "fused", "passage"} <= set(stages["passages"][0])
    assert stages["sentences"][0]["score"] >= stages["sentences"][-1]["score"]
    urgent = trace(made, "I can't feel my legs and I wet myself")
    assert [stage.name for stage in urgent] == ["triage"]


# -- in a browser


@pytest.fixture
def office(browser, server) -> Iterator[Page]:
    context = browser.new_context(viewport=DESK)
    page = context.new_page()
    page.goto(server.address + "/staff")
    yield page
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_look_with_axe_and_by_keyboard(office, scheme) -> None:
    office.emulate_media(color_scheme=scheme)
    assert serious(office) == []
    office.keyboard.type(PASSWORD)  # the field has the focus
    office.keyboard.press("Enter")
    expect(office.get_by_role("heading", name="Asked, but not answered")).to_be_visible()
    office.get_by_label("Question", exact=True).fill("When can I drive?")
    office.keyboard.press("Enter")
    expect(office.locator(".result")).to_contain_text("Most people drive again")
    assert serious(office) == []
    office.set_viewport_size({"width": 320, "height": 640})
    assert office.evaluate("document.documentElement.scrollWidth") <= 320
    assert serious(office) == []
    office.set_viewport_size(PHONE)
    with office.expect_popup() as opened:
        office.get_by_role("link", name="20260201-000000-newer").click()
    expect(opened.value).to_have_title("Report ran")  # its own script runs, by its hash
    office.get_by_role("button", name="Sign out").click()
    expect(office.get_by_label("Password")).to_be_visible()
