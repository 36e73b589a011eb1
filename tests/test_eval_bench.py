"""What the bench measures with: vectors that are like real ones, and another engine's own count of its time."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpus.errors import SpinewiseError
from eval.engines import Llama, found, healthy, llama, served
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


@contextmanager
def llama_server(asked: list[dict[str, Any]]) -> Iterator[str]:
    """The address of what speaks as llama.cpp's server does; `asked` gets every request."""

    class Server(BaseHTTPRequestHandler):
        """Says of every prompt that it is 120 tokens long, read in 60 ms, and that 64 more took as many a second."""

        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/health" else 404)
            self.end_headers()

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
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_both_engines_may_keep_what_all_prompts_open_with() -> None:
    asked: list[dict[str, Any]] = []
    with llama_server(asked) as address:
        engine = found(address + "/", None)
        assert engine == Llama("its own model", address)
        with served(engine, 1) as there:
            speed = llama(there, ["Answer. One?", "Answer. Two?"])
    assert [one["prompt"] for one in asked] == ["Answer. ", "Answer. One?", "Answer. Two?"]
    assert speed.to_json() == {"prefill_tokens_per_second": 2000.0, "decode_tokens_per_second": 64.0, "n": 2}


def test_an_engine_that_is_named_and_not_there_is_said_before_anything_is_measured(tmp_path: Path) -> None:
    program, model = tmp_path / "llama-server", tmp_path / "model.gguf"
    with pytest.raises(SpinewiseError, match=r"llama-server is not there: build it"):
        found(str(program), model)
    program.touch()
    with pytest.raises(SpinewiseError, match=r"llama-server has no model: name the same weights with --gguf"):
        found(str(program), None)
    with pytest.raises(SpinewiseError, match=r"model\.gguf is not there"):
        found(str(program), model)
    model.touch()
    assert found(str(program), model) == Llama("model.gguf", "", program.resolve(), model)
    with pytest.raises(SpinewiseError, match=r"no llama\.cpp server answers at http://127\.0\.0\.1:9"):
        found("http://127.0.0.1:9", None)
    assert found(None, None) is None


HEALTHY = """#!{python}
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Server(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass

HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Server).serve_forever()
"""


def test_an_engine_that_is_a_file_runs_for_as_long_as_it_is_asked(tmp_path: Path) -> None:
    program = tmp_path / "llama-server"
    program.write_text(HEALTHY.format(python=sys.executable))
    program.chmod(0o755)
    with served(Llama("model.gguf", "", program, tmp_path / "model.gguf"), 1) as address:
        assert healthy(address)
    assert not healthy(address)


def test_an_engine_that_dies_at_once_says_how_it_was_started(tmp_path: Path) -> None:
    program = tmp_path / "llama-server"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    with (
        pytest.raises(SpinewiseError, match=r"did not start with .*model\.gguf: try it by hand: .*--threads 2"),
        served(Llama("model.gguf", "", program, tmp_path / "model.gguf"), 2),
    ):
        pass
