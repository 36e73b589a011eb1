"""How fast, how large: start, index build, search at growing sizes, answers, memory. Never part of a test.

Absolute figures belong to the machine that they were taken on; peers are measured in the same run, so that ratios can
be told. Knows nothing of how good an answer is.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from corpus.home import make_folder, replacing
from eval.cases import SMOKE, Case, read_cases, shipped
from eval.charts import percentiles
from eval.provenance import machine, peak_rss
from eval.systems import Command

if TYPE_CHECKING:
    from index.dense import Vectors

QUERIES, K = 50, 10
SPREAD = 0.6  # length of the noise on a copied unit vector: a copy's cosine with its original is about 0.86
Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Bench:
    """What to measure: sizes of the search, how often each question is asked, other systems."""

    sizes: tuple[int, ...] = (1_000, 10_000, 100_000)
    rounds: int = 2
    peers: tuple[str, ...] = ()


def bench(plan: Bench, home: Path, out: Path, note: Note) -> dict[str, Any]:
    """Measures everything and writes bench.json and bench.svg into `out`."""
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
        "reader_speed": reading(assistant, cases),
        "peak_rss_mb": peak_rss(),
    }
    note("index build")
    found["build"] = building()
    vectors = assistant.index.content.dense.vectors()
    found["search"] = [searching(vectors, size, note) for size in plan.sizes]
    found["peers"] = {line: peer(line, cases, answers["warm"]["total"]["p50"], note) for line in plan.peers}
    make_folder(out)
    with replacing(out / "bench.json") as stream:
        stream.write((json.dumps(found, indent=1) + "\n").encode())
    with replacing(out / "bench.svg") as stream:
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


def quantiles(values: Sequence[float]) -> dict[str, float]:
    """p50, p95, p99 and n."""
    return {f"p{share}": round(float(np.percentile(values, share)), 2) for share in (50, 95, 99)} | {"n": len(values)}


def reading(assistant: Any, cases: Sequence[Case], count: int = 8) -> dict[str, Any] | None:
    """The language model alone: milliseconds to its first piece of text (the prompt is read by then), then characters
    a second.
    """
    if assistant.reader is None:
        return None
    first, rates = [], []
    for case in [one for one in cases if one.expected == "answer"][:count]:
        passages = [hit.passage.text for hit in assistant.index.search(case.question, 4)]
        began, begun, length = time.perf_counter(), 0.0, 0
        for piece in assistant.reader.read(case.question, passages):
            begun = begun or time.perf_counter()
            length += len(piece)
        if begun and length:
            first.append((begun - began) * 1000)
            rates.append(length / max(time.perf_counter() - begun, 1e-6))
    return {"first_piece_ms": quantiles(first), "characters_per_second": quantiles(rates)} if first else None


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


def searching(real: Vectors, size: int, note: Note) -> dict[str, Any]:
    """Nearest neighbours among `size` vectors: real ones, then perturbed copies; HNSW's recall@10 is against exact
    search.
    """
    from index.dense import Dense

    note(f"search among {size:,} vectors")
    random = np.random.default_rng(size)
    vectors, queries = copies(real, size, random), copies(real, QUERIES, random)
    truth: list[set[int]] = []
    result: dict[str, Any] = {"vectors": size, "dimensions": int(real.shape[1])}
    for method in ("exact", "hnsw"):
        began = time.perf_counter()
        dense = Dense.build(vectors, method)
        built = time.perf_counter() - began
        took, rows = [], []
        for query in queries:
            began = time.perf_counter()
            rows.append(set(dense.nearest(query, K).tolist()))
            took.append((time.perf_counter() - began) * 1000)
        truth = truth or rows
        recall = float(np.mean([len(one & other) / K for one, other in zip(truth, rows, strict=True)]))
        result[method] = {"build_seconds": round(built, 2), "query_ms": quantiles(took), "recall@10": round(recall, 4)}
    return result


def copies(real: Vectors, size: int, random: np.random.Generator) -> Vectors:
    """`size` unit vectors: the real ones first (in any order), then real ones with noise."""
    rows = real[random.permutation(len(real))[:size] if size <= len(real) else random.integers(0, len(real), size)]
    noise = random.normal(size=rows.shape).astype(np.float32)
    noise *= SPREAD / np.linalg.norm(noise, axis=1, keepdims=True)
    perturbed = rows + noise
    if size > len(real):
        perturbed[: len(real)] = real
    unit: Vectors = (perturbed / np.linalg.norm(perturbed, axis=1, keepdims=True)).astype(np.float32)
    return unit


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
        f"first sentence   p50 {warm['first_sentence']['p50']:.0f} ms, p95 {warm['first_sentence']['p95']:.0f} ms",
        f"whole answer     p50 {warm['total']['p50']:.0f} ms, p95 {warm['total']['p95']:.0f} ms",
        f"memory           {found['peak_rss_mb']:.0f} MB at most",
    ]
    if speed := found["reader_speed"]:
        begun, rate = speed["first_piece_ms"]["p50"], speed["characters_per_second"]["p50"]
        told.append(f"language model   first piece after {begun:.0f} ms, then {rate:.0f} characters/s")
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
