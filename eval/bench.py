"""How fast, how large: start, index build, search at growing sizes, answers, memory. Never part of a test.

Absolute figures belong to the machine that they were taken on; peers are measured in the same run, so that ratios can
be told. Knows nothing of how good an answer is.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus.home import make_folder, replacing
from eval.cases import SMOKE, Case, read_cases, shipped
from eval.charts import percentiles, search_times
from eval.engines import Llama, llama, own, served, texts
from eval.engines import found as llama_cpp
from eval.provenance import machine, peak_rss
from eval.statistics import quantiles
from eval.systems import Command
from eval.vectors import real_vectors, searching

if TYPE_CHECKING:
    from app.assistant import Assistant

PROMPTS = 8  # of the language model alone
REAL = 20_000  # sentences embedded for the search; copies of them make up the rest
Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Bench:
    """What to measure: sizes of the search, how often each question is asked, other systems; `texts`: question–answer pairs
    whose sentences are searched; `server` and `gguf`: llama.cpp's server (a file or an address) and its form of the same
    weights.
    """

    sizes: tuple[int, ...] = (1_000, 10_000, 100_000)
    rounds: int = 2
    peers: tuple[str, ...] = ()
    texts: Path | None = None
    server: str | None = None
    gguf: Path | None = None


def bench(plan: Bench, home: Path, out: Path, note: Note) -> dict[str, Any]:
    """Measures everything and writes bench.json and bench.svg into `out`."""
    engine = llama_cpp(plan.server, plan.gguf)  # first, so that what is named and isn't there is said at once
    note("start")
    from app.site import open_assistant

    began = time.perf_counter()
    assistant = open_assistant(home)
    started = time.perf_counter() - began
    cases = read_cases(shipped((SMOKE,)))
    note(f"{len(cases)} questions, {plan.rounds} times")
    answers = asked(lambda case: assistant.ask(case.question, case.turns).timings_ms, cases, plan.rounds)
    found: dict[str, Any] = {
        "machine": machine(),
        "index": assistant.index.snapshot,
        "reader": assistant.reader.name if assistant.reader else None,
        "start_seconds": round(started, 2),
        "answers_ms": answers,
        "engines": reading(assistant, cases, engine, note),
        "peak_rss_mb": peak_rss(),
    }
    note("index build")
    found["build"] = building()
    if plan.texts:
        note(f"up to {REAL:,} sentences of {plan.texts.name} are embedded, some minutes")
    vectors = real_vectors(assistant.index, plan.texts, REAL)
    found["vectors"] = {"real": len(vectors), "of": plan.texts.name if plan.texts else "the index's own passages"}
    found["search"] = [searching(vectors, size, note) for size in plan.sizes]
    named = {line: line for line in plan.peers} | starter(assistant, home)
    found["peers"] = {name: peer(line, cases, answers["warm"]["total"]["p50"], note) for name, line in named.items()}
    make_folder(out)
    with replacing(out / "bench.json") as stream:
        stream.write((json.dumps(found, indent=1) + "\n").encode())
    with replacing(out / "bench.svg") as stream:
        stream.write((search_times(found["search"]) or percentiles(answers["warm"])).encode())
    with replacing(out / "bench-answers.svg") as stream:
        stream.write(percentiles(answers["warm"]).encode())
    return found


def asked(ask: Callable[[Case], dict[str, float]], cases: Sequence[Case], rounds: int) -> dict[str, Any]:
    """Milliseconds of each step: the first round is cold, the others warm."""
    cold = [ask(case) for case in cases]
    warm = [ask(case) for _ in range(max(1, rounds - 1)) for case in cases]
    return {"cold": spread(cold), "warm": spread(warm)}


def spread(timings: Sequence[dict[str, float]]) -> dict[str, dict[str, float]]:
    """p50, p95, p99 and n of each step."""
    steps = dict.fromkeys(step for one in timings for step in one)
    return {step: quantiles([one[step] for one in timings if step in one]) for step in steps}


def reading(assistant: Assistant, cases: Sequence[Case], engine: Llama | None, note: Note) -> dict[str, Any] | None:
    """The language model alone, and llama.cpp's server on the same prompts where there is one."""
    if assistant.reader is None or not hasattr(assistant.reader, "_model"):
        return None
    asked_ = [one for one in cases if one.expected == "answer"][:PROMPTS]
    prompts = [(one.question, [hit.passage.text for hit in assistant.index.search(one.question, 4)]) for one in asked_]
    note(f"the language model alone, {len(prompts)} prompts")
    ours = own(assistant.reader, prompts).to_json()
    if engine is None:
        return {"ours": ours}
    note(f"llama.cpp on the same prompts, with {engine.model}")
    threads = int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1)  # as many as torch takes for ours
    with served(engine, threads) as address:
        theirs = llama(address, texts(assistant.reader, prompts)).to_json()
    ratios = {name: round(ours[name] / theirs[name], 2) for name in ours if name != "n"}
    return {"ours": ours, "llama.cpp": theirs | {"model": engine.model}, "ours_over_llama.cpp": ratios}


def building() -> dict[str, Any]:
    """An index of the shipped corpus, from nothing."""
    from index.build import build
    from index.settings import IndexSettings

    with tempfile.TemporaryDirectory() as folder:
        report = build(Path(folder), [], IndexSettings.load("index"))
    return {
        "passages": report.passages,
        "texts_embedded": report.embedded,
        "seconds": report.seconds,
        "passages_per_second": round(report.passages / report.seconds, 1),
        "texts_per_second": round(report.embedded / report.seconds, 1),
    }


def starter(assistant: Assistant, home: Path) -> dict[str, str]:
    """LlamaIndex's starter over the same documents with the same two models, where it is installed (extra `peers`)."""
    from app.models import SMOLLM2
    from corpus.library import SHIPPED
    from index.embed import model_folder
    from index.models import models_folder

    if find_spec("llama_index") is None:
        return {}
    folder = next(iter(assistant.index.manifest.folders), str(SHIPPED))
    line = [sys.executable, "-m", "eval.peers.llamaindex", "--documents", folder,
            "--reader", str(models_folder(home) / SMOLLM2.name),
            "--embedder", str(model_folder(assistant.index.embedder.name, False))]  # fmt: skip
    return {"LlamaIndex's starter": shlex.join(line)}


def peer(line: str, cases: Sequence[Case], ours: float, note: Note) -> dict[str, Any]:
    """Another program on the same questions, and how many times as long its median answer takes as ours."""
    note(f"peer: {line}")
    replies = list(Command("peer", line).replies(cases, 600))
    took = [one.timings_ms.get("total", one.seconds * 1000) for one in replies if one.reply is not None]
    if not took:
        return {"answered": 0, "error": replies[0].error}
    spread_ = quantiles(took)
    return {"answered": len(took), "total_ms": spread_, "times_ours": round(spread_["p50"] / ours, 2)}


def lines(found: dict[str, Any]) -> list[str]:
    """The findings as text."""
    warm, build = found["answers_ms"]["warm"], found["build"]
    told = [
        f"machine          {found['machine']}",
        f"start            {found['start_seconds']} s",
        f"build            {build['passages_per_second']} passages/s ({build['texts_per_second']} texts/s)",
        *(
            f"{title:<17}p50 {warm[step]['p50']:.0f} ms, p95 {warm[step]['p95']:.0f} ms"
            for step, title in (("first_sentence", "first sentence"), ("total", "whole answer"))
            if step in warm
        ),
        f"memory           {found['peak_rss_mb']:.0f} MB at most",
    ]
    for name, speed in (found["engines"] or {}).items():
        read, write = speed["prefill_tokens_per_second"], speed["decode_tokens_per_second"]
        unit = "times as fast" if "over" in name else "tokens/s"
        told.append(f"{name:<20} reads {read:g} {unit}, writes {write:g} {unit}")
    for one in found["search"]:
        exact, graph = one["exact"], one["hnsw"]
        told.append(
            f"search {one['vectors']:>9,} exact {exact['query_ms']['p50']:.2f} ms; HNSW {graph['query_ms']['p50']:.2f} ms, "
            f"recall@10 {graph['recall@10']:.3f}, built in {graph['build_seconds']:.0f} s"
        )
    told += [
        f"peer {line}: {one.get('times_ours', one.get('error'))} times our time" for line, one in found["peers"].items()
    ]
    return told
