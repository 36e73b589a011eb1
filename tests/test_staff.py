"""The staff page: who gets in, what it shows, what is stored of visitors' words (nothing, unless the site says so)."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest
from live import Live, live, until
from playwright.sync_api import Page, expect
from scripted_answers import ANSWERED, DECLINED, NOT_FOUND, URGENT, assistant, document
from test_page_browser import CANARY
from visitors import DESK, PHONE, serious

from app.answer import Answer
from app.settings import StaffSettings
from app.web.feedback import Feedback
from app.web.secret import FREE_TRIES, hashed, matches
from app.web.server import Rooms
from app.web.staff import Sessions
from app.web.unanswered import COUNTED_DAYS, Unanswered

PASSWORD = "correct horse battery"
ROOT = Path(__file__).parents[1]
REPORT = "<!doctype html><html lang='en'><title>Report</title><h1>How good?</h1><script>document.title += ' ran'</script></html>"


def old_document():
    """One whose review was due long ago."""
    source = replace(document().source, title="An old leaflet", review_due=date(2020, 1, 1), tier="promotional")
    return replace(document(), id="old", source=source)


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Live]:
    home = tmp_path_factory.mktemp("home")
    for number, name in enumerate(("20260101-000000-older", "20260201-000000-newer")):
        (home / "runs" / name).mkdir(parents=True)
        (home / "runs" / name / "report.html").write_text(REPORT.replace("good", f"good is {name}"), encoding="utf-8")
        os.utime(home / "runs" / name / "report.html", (1_700_000_000 + number, 1_700_000_000 + number))
    feedback = Feedback(home)
    feedback.add("a", True, None)
    feedback.add("b", False, "seems_wrong")
    feedback.add("c", False, "seems_wrong")
    documents = {"leaflet": document(), "old": old_document()}
    scripted = assistant(documents=documents)
    rooms = Rooms(staff=StaffSettings(password_hash=hashed(PASSWORD)))
    with live(scripted, home, rooms) as running:
        yield running


@pytest.fixture
def client(server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.address, timeout=20) as client:
        yield client


def sign_in(client: httpx.Client, password: str = PASSWORD) -> httpx.Response:
    return client.post("/staff/login", data={"password": password})


# -- who gets in


def test_there_is_no_staff_page_until_a_password_is_set(tmp_path) -> None:
    with live(assistant(), tmp_path) as running, httpx.Client(base_url=running.address) as client:
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
    with live(assistant(), tmp_path, rooms) as running, httpx.Client(base_url=running.address, timeout=20) as client:
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


@pytest.mark.parametrize("run", ["%2e%2e", "nothing", "..%2f..%2fetc", "%2e"])
def test_only_reports_are_served(client, run) -> None:
    sign_in(client)
    assert client.get(f"/staff/runs/{run}").status_code == 404


def test_a_question_tried_is_not_counted(client, server) -> None:
    sign_in(client)
    page = client.post("/staff/try", data={"question": CANARY}).text
    assert "Most people drive again once they can make an emergency stop." in page
    assert "8. Sentences and their support" in page
    assert "0.97" in page
    assert not (server.home / "unanswered.sqlite").exists()


def test_what_is_shown_is_escaped(client) -> None:
    sign_in(client)
    page = client.post("/staff/try", data={"question": '"><script>alert(1)</script>'}).text
    assert "<script" not in page


# -- what is stored


def not_found(question: str, **changes: object) -> Answer:
    return replace(NOT_FOUND, question=question, **changes)


def test_counts_by_topic_and_no_words(tmp_path) -> None:
    unanswered = Unanswered(tmp_path, 0)
    unanswered.heard(not_found(f"{CANARY} one"))
    unanswered.heard(not_found(f"{CANARY} two"))
    unanswered.heard(replace(DECLINED, question=CANARY))
    unanswered.heard(replace(ANSWERED, question=CANARY))
    unanswered.heard(replace(URGENT, question=CANARY))
    unanswered.close()
    counts = [(one.kind, one.topic, one.times) for one in unanswered.counts()]
    assert counts == [("not_found", "When can I drive again?", 2), ("declined", "dose", 1)]
    assert unanswered.questions() == []
    assert not any(CANARY.encode() in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


def test_words_are_kept_only_where_the_site_said_so_and_only_so_long(tmp_path) -> None:
    today = [date(2026, 3, 1)]
    unanswered = Unanswered(tmp_path, 7, lambda: today[0])
    unanswered.heard(not_found(CANARY))
    unanswered.heard(replace(URGENT, question="numb"))
    unanswered._writer.submit(lambda: None).result()
    assert [one.question for one in unanswered.questions()] == [CANARY]
    today[0] += timedelta(days=6)
    assert len(unanswered.questions()) == 1
    today[0] += timedelta(days=1)
    assert unanswered.questions() == []
    unanswered.close()
    assert CANARY.encode() not in unanswered.path.read_bytes()  # gone from the file, not only from the table


def test_turning_it_off_drops_what_was_kept(tmp_path) -> None:
    first = Unanswered(tmp_path, 7)
    first.heard(not_found(CANARY))
    first.close()
    assert CANARY.encode() in first.path.read_bytes()
    Unanswered(tmp_path, 0).close()
    assert CANARY.encode() not in first.path.read_bytes()


def test_counts_fade_after_a_year(tmp_path) -> None:
    today = [date(2026, 3, 1)]
    unanswered = Unanswered(tmp_path, 0, lambda: today[0])
    unanswered.heard(not_found("q"))
    unanswered._writer.submit(lambda: None).result()
    assert len(unanswered.counts()) == 1
    today[0] += timedelta(days=COUNTED_DAYS)
    assert unanswered.counts() == []
    unanswered.close()


def test_asked_in_vain_is_seen_on_the_page(tmp_path) -> None:
    rooms = Rooms(staff=StaffSettings(password_hash=hashed(PASSWORD), store_questions_days=30))
    with live(assistant(NOT_FOUND), tmp_path, rooms) as running, httpx.Client(base_url=running.address) as client:
        assert client.post("/api/ask", json={"question": f"{CANARY} moon?"}).json()["kind"] == "not_found"
        sign_in(client)
        until(lambda: f"{CANARY} moon?" in client.get("/staff").text)
        page = client.get("/staff").text
        assert "kept for 30 days" in page
        assert "When can I drive again?" in page


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


# -- with the real parts


def test_every_stage_of_a_real_question_is_shown() -> None:
    from clinic import assistant as real

    from app.trace import decision, trace

    made = real()
    stages = {stage.name: stage.rows for stage in trace(made, made.examples()[0])}
    assert list(stages) == ["triage", "scope", "searched", "approved", "passages", "sentences"]
    assert {"rank", "dense", "sentence", "words", "fused", "passage"} <= set(stages["passages"][0])
    assert stages["sentences"][0]["score"] >= stages["sentences"][-1]["score"]
    answer = made.ask(made.examples()[0])
    row = decision(answer, made.answerability.threshold).rows[0]
    assert row["confidence"] == answer.confidence
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
