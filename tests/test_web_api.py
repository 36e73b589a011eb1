"""The contract's routes over a real server: answers, streams, problems, feedback, the OpenAI shape, source pages."""

from __future__ import annotations

import json
import logging
import re
import socket
import sqlite3
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from live import Live, live, until
from scripted_answers import ANSWERED, DRIVE, LISTED, TEXT, assistant

from corpus.errors import SpinewiseError


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Live]:
    with live(assistant(), tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def client(server) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


def events(text: str) -> list[tuple[str, dict]]:
    found = re.findall(r"event: (\w+)\ndata: (.*)\n\n", text)
    return [(name, json.loads(data)) for name, data in found]


def check_problem(response: httpx.Response, status: int) -> dict:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert "Traceback" not in response.text
    return problem


def test_ask_gives_the_contracts_answer(client) -> None:
    reply = client.post("/api/ask", json={"question": " When can I drive? "})
    answer = reply.json()
    assert answer["kind"] == "answered"
    assert answer["question"] == "When can I drive?"
    assert answer["citations"][0]["reviewed_on"] == "2025-03-01"
    assert all(TEXT[each["start"] : each["end"]] == each["quote"] for each in answer["citations"])
    assert "id" not in answer  # only when one was given
    assert re.fullmatch("[0-9a-f]{32}", reply.headers["x-answer-id"])


def test_an_id_that_was_given_comes_back(client) -> None:
    reply = client.post("/api/ask", json={"question": "q", "id": "q1", "history": [{"role": "user", "content": "x"}]})
    assert reply.json()["id"] == reply.headers["x-answer-id"] == "q1"


def test_stream_is_sentences_and_then_one_answer(client) -> None:
    reply = client.post("/api/ask/stream", json={"question": "When can I drive?"})
    assert reply.headers["content-type"].startswith("text/event-stream")
    names, payloads = zip(*events(reply.text), strict=True)
    assert names == ("sentence", "sentence", "answer")
    assert payloads[0] == {"text": ANSWERED.sentences[0].text, "citations": [1], "support": 0.97, "item": False}
    assert payloads[2]["kind"] == "answered"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "question"),
        ({"question": "   "}, "question"),
        ({"question": 7}, "question"),
        ({"question": "q", "histroy": []}, "histroy"),
        ({"question": "q", "history": "x"}, "history"),
        ({"question": "q", "history": [{"role": "system", "content": "obey"}]}, "history.0.role"),
        ({"question": "q", "history": [{"role": "user"}]}, "history.0.content"),
        ({"question": "q", "id": "../../etc"}, "id"),
    ],
)
def test_a_wrong_shape_names_the_field(client, body, field) -> None:
    for route in ("/api/ask", "/api/ask/stream"):
        problem = check_problem(client.post(route, json=body), 422)
        assert problem["field"] == field
        assert field in problem["detail"]


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[]", b"null", b""])
def test_a_body_that_is_no_question_is_422(client, body) -> None:
    reply = client.post("/api/ask", content=body, headers={"Content-Type": "application/json"})
    check_problem(reply, 422)


def test_half_a_character_keeps_no_question_from_being_read(client) -> None:
    """JSON.stringify sends one where a client cuts an emoji in two; a red flag may stand before it."""
    for route in ("/api/ask", "/v1/chat/completions"):
        body = b'{"question": "my legs are numb \\ud83d", "messages": [{"role": "user", "content": "my legs \\ud83d"}]}'
        given = json.loads(body)
        given.pop("messages" if route == "/api/ask" else "question")
        reply = client.post(route, content=json.dumps(given), headers={"Content-Type": "application/json"})
        assert reply.status_code == 200, reply.text


def test_a_422_does_not_quote_what_was_typed(client) -> None:
    reply = client.post("/api/ask", json={"question": "q", "history": [{"role": "canary-7431", "content": "x"}]})
    assert reply.status_code == 422
    assert "canary-7431" not in reply.text


def test_too_long_is_413(client) -> None:
    for route in ("/api/ask", "/api/ask/stream"):
        check_problem(client.post(route, json={"question": "a" * 2001}), 413)
        check_problem(client.post(route, content=b"a" * (64 * 1024 + 1)), 413)
    assert client.post("/api/ask", json={"question": "a" * 2000}).status_code == 200


def test_a_large_body_without_a_length_is_413_too(client) -> None:
    pieces = (b"a" * 8192 for _ in range(20))  # 160 KiB in chunks
    check_problem(client.post("/api/ask", content=pieces), 413)


def test_nothing_at_an_address_is_a_problem(client) -> None:
    for path in ("/nowhere", "/kiosk/", "/staff", "/embed.css", "/api", "/docs", "/openapi.json", "/source/none"):
        check_problem(client.get(path), 404)
    check_problem(client.get("/api/ask"), 405)


def test_full_queue_is_503_with_retry_after_and_urgent_is_answered(tmp_path) -> None:
    gate = threading.Event()
    scripted = assistant(gate=gate)
    with live(scripted, tmp_path, queue=0) as running, running.client() as client:
        first = threading.Thread(target=lambda: client.post("/api/ask", json={"question": "slow"}))
        first.start()
        until(lambda: scripted.asked)
        for route in ("/api/ask", "/api/ask/stream"):
            reply = client.post(route, json={"question": "me too"})
            check_problem(reply, 503)
            assert int(reply.headers["retry-after"]) >= 5
        chat = {"messages": [{"role": "user", "content": "me too"}], "stream": True}
        check_problem(client.post("/v1/chat/completions", json=chat), 503)
        urgent = client.post("/api/ask", json={"question": "I am numb down there"})
        assert (urgent.status_code, urgent.json()["kind"]) == (200, "urgent")
        stream = client.post("/api/ask/stream", json={"question": "I am numb down there"})
        assert [name for name, _ in events(stream.text)] == ["answer"]
        assert "spinewise_refused_total 3.0" in client.get("/metrics").text
        gate.set()
        first.join()


@pytest.mark.parametrize("route", ["/api/ask", "/api/ask/stream"])
def test_a_client_that_goes_away_stops_the_reading(tmp_path, route) -> None:
    gate = threading.Event()
    scripted = assistant(gate=gate)
    body = b'{"question": "I leave"}'
    head = f"POST {route} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    with live(scripted, tmp_path) as running, running.client() as client:
        with socket.create_connection(("127.0.0.1", urlsplit(running.address).port or 0)) as leaving:
            leaving.sendall(head.encode() + body)
            until(lambda: scripted.asked)
        until(lambda: "spinewise_stopped_total 1.0" in client.get("/metrics").text)
        gate.set()
        until(lambda: scripted.closed == 1)


def test_feedback_is_kept_without_text(server, client) -> None:
    answer_id = client.post("/api/ask", json={"question": "canary-7431"}).headers["x-answer-id"]
    body = {"answer_id": answer_id, "helpful": False, "reason": "seems_wrong"}
    assert client.post("/api/feedback", json=body | {"helpful": True, "reason": None}).status_code == 204
    assert client.post("/api/feedback", json=body).status_code == 204  # changed their mind: one row
    with sqlite3.connect(server.home / "feedback.sqlite") as database:
        rows = database.execute("SELECT * FROM feedback WHERE answer_id = ?", (answer_id,)).fetchall()
    database.close()
    assert [(row[0], row[2], row[3]) for row in rows] == [(answer_id, 0, "seems_wrong")]
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", rows[0][1])  # the day, not the minute


@pytest.mark.parametrize(
    ("change", "field"),
    [({"reason": "my own words"}, "reason"), ({"answer_id": "a b"}, "answer_id"), ({"helpful": "maybe"}, "helpful"),
     ({"text": "the conversation"}, "text")],
)  # fmt: skip
def test_feedback_takes_nothing_that_could_hold_a_text(client, change, field) -> None:
    body = {"answer_id": "a", "helpful": True, "reason": None} | change
    assert check_problem(client.post("/api/feedback", json=body), 422)["field"] == field


def test_feedback_can_be_turned_off(tmp_path) -> None:
    with live(assistant(), tmp_path, feedback=False) as running, running.client() as client:
        check_problem(client.post("/api/feedback", json={"answer_id": "a", "helpful": True}), 404)
    assert not (tmp_path / "feedback.sqlite").exists()


def test_openai_completion(client) -> None:
    messages = [
        {"role": "system", "content": "obey"},
        {"role": "user", "content": [{"type": "text", "text": "Drive?"}]},
    ]
    reply = client.post("/v1/chat/completions", json={"model": "spinewise", "messages": messages, "temperature": 1})
    completion = reply.json()
    assert completion["object"] == "chat.completion"
    message = completion["choices"][0]["message"]
    assert message == {"role": "assistant", "content": f"{ANSWERED.text}\n\n{ANSWERED.notice}"}
    assert completion["citations"][0]["quote"] == DRIVE.quote
    assert completion["kind"] == "answered"
    assert client.get("/v1/models").json()["data"][0]["id"] == "spinewise"


def test_openai_stream_says_the_same(client) -> None:
    body = {"messages": [{"role": "user", "content": "Drive?"}], "stream": True}
    lines = client.post("/v1/chat/completions", json=body).text.split("\n\n")
    assert lines[-2:] == ["data: [DONE]", ""]
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines[:-2]]
    text = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
    assert text == f"{ANSWERED.text}\n\n{ANSWERED.notice}"
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert len(chunks[-1]["citations"]) == 2


def test_openai_streams_a_list_as_it_stands(tmp_path) -> None:
    body = {"messages": [{"role": "user", "content": "What do I bring?"}], "stream": True}
    with live(assistant(LISTED), tmp_path) as running, running.client() as client:
        lines = client.post("/v1/chat/completions", json=body).text.split("\n\n")[:-2]
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines]
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks) == LISTED.text


def test_the_openai_package_reads_it(server) -> None:
    from openai import OpenAI

    with OpenAI(base_url=server.address + "/v1", api_key="none") as client:
        completion = client.chat.completions.create(model="spinewise", messages=[{"role": "user", "content": "Drive?"}])
        assert completion.choices[0].message.content.startswith("Most people drive again")
        assert completion.model_extra["citations"][0]["document"] == "leaflet"


def test_openai_needs_a_user_message(client) -> None:
    for messages in ([], [{"role": "assistant", "content": "hi"}], [{"role": "user", "content": " "}]):
        assert (
            check_problem(client.post("/v1/chat/completions", json={"messages": messages}), 422)["field"] == "messages"
        )


def test_alive_at_once_and_ready_when_loaded(tmp_path) -> None:
    with live(None, tmp_path) as running, running.client() as client:
        assert client.get("/health").json() == {"status": "alive"}
        for reply in (client.get("/ready"), client.post("/api/ask", json={"question": "q"}), client.get("/source/a")):
            check_problem(reply, 503)
            assert reply.headers["retry-after"] == "5"
        running.loading.assistant = assistant()
        assert client.get("/ready").json() == {"status": "ready"}


def test_what_can_not_be_loaded_says_so(tmp_path) -> None:
    with live(None, tmp_path) as running, running.client() as client:
        running.loading.failure = SpinewiseError("there is no index", "run python -m index build")
        reply = client.get("/ready")
        assert "python -m index build" in check_problem(reply, 503)["detail"]
        assert "retry-after" not in reply.headers


def test_an_unforeseen_error_is_a_problem_and_is_logged_without_its_words(tmp_path, caplog, capfd) -> None:
    class Broken:
        documents: dict = {}  # noqa: RUF012  (the protocol's shape)

        def urgent(self, question, history=()):
            raise ValueError(f"can't understand {question}")

    with live(Broken(), tmp_path) as running, running.client() as client, caplog.at_level(logging.DEBUG):
        problem = check_problem(client.post("/api/ask", json={"question": "canary-7431"}), 500)
    printed = capfd.readouterr()
    assert "canary-7431" not in caplog.text + printed.out + printed.err + json.dumps(problem)
    assert "unforeseen ValueError at" in caplog.text


def test_source_page_holds_the_whole_document(client) -> None:
    page = client.get("/source/leaflet").text
    pieces = re.findall(r'data-start="(\d+)">([^<]*)</', page)
    assert len(pieces) == 4  # two headings, two paragraphs
    assert all(TEXT[int(start) :].startswith(words) for start, words in pieces)
    assert "Checked by a clinician" in page


def test_metrics_are_prometheus(client) -> None:
    client.post("/api/ask", json={"question": "q"})
    reply = client.get("/metrics")
    assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert re.search(r'spinewise_answers_total{kind="answered"} \d', reply.text)
    assert "spinewise_first_sentence_seconds_bucket" in reply.text
