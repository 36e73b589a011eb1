"""What is stored of questions without an answer: counts, and words only where the site said so and only so long."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from live import live, until
from scripted_answers import ANSWERED, DECLINED, NOT_FOUND, URGENT, assistant
from visitors import CANARY

from app.answer import Answer
from app.settings import StaffSettings
from app.web.secret import hashed
from app.web.server import Rooms
from app.web.unanswered import COUNTED_DAYS, Unanswered

PASSWORD = "correct horse battery"


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


def test_words_go_on_their_day_though_nothing_else_is_unanswered(tmp_path) -> None:
    today = [date(2026, 3, 1)]
    unanswered = Unanswered(tmp_path, 1, lambda: today[0])
    unanswered.heard(not_found(CANARY))
    unanswered._writer.submit(lambda: None).result()
    assert CANARY.encode() in unanswered.path.read_bytes()
    today[0] += timedelta(days=60)
    unanswered.heard(replace(ANSWERED, question="Can I walk?"))
    unanswered.close()
    assert CANARY.encode() not in unanswered.path.read_bytes()


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
    with live(assistant(NOT_FOUND), tmp_path, rooms) as running, running.client() as client:
        assert client.post("/api/ask", json={"question": f"{CANARY} moon?"}).json()["kind"] == "not_found"
        client.post("/staff/login", data={"password": PASSWORD})
        until(lambda: f"{CANARY} moon?" in client.get("/staff").text)
        page = client.get("/staff").text
        assert "kept for 30 days" in page
        assert "When can I drive again?" in page
