"""What the bench measures with: vectors that are like real ones, and another engine's own count of its time."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

from eval.engines import llama
from eval.vectors import copies, searching


def test_copies_are_unit_vectors_near_real_ones() -> None:
    random = np.random.default_rng(0)
    real = random.normal(size=(20, 64)).astype(np.float32)
    real /= np.linalg.norm(real, axis=1, keepdims=True)
    made = copies(real, 100, random)
    assert made.shape == (100, 64)
    assert np.allclose(np.linalg.norm(made, axis=1), 1, atol=1e-5)
    assert np.allclose(made[:20], real, atol=1e-5)
    assert np.median((made[20:] @ real.T).max(axis=1)) > 0.8


def test_exact_search_is_its_own_truth() -> None:
    real = np.eye(32, dtype=np.float32)
    found = searching(real, 200, lambda line: None)
    assert found["exact"]["recall@10"] == 1.0
    assert found["hnsw"]["recall@10"] > 0.9


def test_both_engines_may_keep_what_all_prompts_open_with() -> None:
    asked: list[dict[str, Any]] = []

    class Server(BaseHTTPRequestHandler):
        """Says of every prompt that it is 120 tokens long, read in 60 ms, and that 64 more took as many a second."""

        def do_POST(self) -> None:
            asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            timings = {"prompt_n": 20, "prompt_ms": 60.0, "predicted_per_second": 64.0}
            body = json.dumps({"tokens_evaluated": 120, "timings": timings}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        speed = llama(f"http://127.0.0.1:{server.server_port}", ["Answer. One?", "Answer. Two?"])
    finally:
        server.shutdown()
        server.server_close()
    assert [one["prompt"] for one in asked] == ["Answer. ", "Answer. One?", "Answer. Two?"]
    assert speed.to_json() == {"prefill_tokens_per_second": 2000.0, "decode_tokens_per_second": 64.0, "n": 2}
