"""How much one address may ask, and whom that never holds back."""

from __future__ import annotations

import httpx
import pytest
from live import live
from scripted_answers import assistant

from app.web.cap import MOST_ADDRESSES, Cap, CappedError, local


def test_the_cap_is_a_sliding_minute_and_knows_addresses_apart() -> None:
    now = [0.0]
    cap = Cap(2, lambda: now[0])
    cap.take("203.0.113.1")
    now[0] = 20
    cap.take("203.0.113.1")
    with pytest.raises(CappedError) as refusal:
        cap.take("203.0.113.1")
    assert refusal.value.retry_after == 40  # the first is 60 s old then
    cap.take("203.0.113.2")
    now[0] = 60
    cap.take("203.0.113.1")
    for _ in range(100):
        cap.take("127.0.0.1")
        cap.take(None)
    Cap(0).take("203.0.113.1")


def test_the_caps_memory_is_bounded() -> None:
    cap = Cap(1, lambda: 0.0)
    for number in range(MOST_ADDRESSES + 10):
        cap.take(f"2001:db8::{number:x}")
    assert len(cap._asked) == MOST_ADDRESSES


@pytest.mark.parametrize(
    ("address", "own"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("::ffff:127.0.0.1", True), ("203.0.113.1", False),
     ("10.0.0.1", False), ("::ffff:10.0.0.1", False), ("localhost.evil.example", False), ("", False)],
)  # fmt: skip
def test_which_addresses_are_this_machines(address, own) -> None:
    assert local(address) is own


def test_too_many_questions_are_429_but_never_an_urgent_one(tmp_path) -> None:
    with (
        live(assistant(), tmp_path, questions_per_minute=2) as running,
        running.client() as client,
    ):

        def ask(question: str, path: str = "/api/ask", address: str = "203.0.113.9") -> httpx.Response:
            return client.post(path, json={"question": question}, headers={"X-Forwarded-For": address})

        assert [ask("When can I drive?").status_code for _ in range(3)] == [200, 200, 429]
        refused = ask("When can I drive?", "/api/ask/stream")
        assert refused.status_code == 429
        assert refused.headers["content-type"] == "application/problem+json"
        assert 0 < int(refused.headers["retry-after"]) <= 60
        assert ask("I am numb down there").json()["kind"] == "urgent"
        assert ask("When can I drive?", address="203.0.113.10").status_code == 200
        completion = {"messages": [{"role": "user", "content": "When can I drive?"}]}
        reply = client.post("/v1/chat/completions", json=completion, headers={"X-Forwarded-For": "203.0.113.9"})
        assert reply.status_code == 429
