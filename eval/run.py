"""Asks a system every case, scores each reply, and keeps what is done: a run that was killed goes on where it stopped.

`results.jsonl` holds nothing that changes from run to run: what takes time stands in timings.jsonl, what is said of
the run in run.json. Knows nothing of pages or thresholds.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus.errors import SpinewiseError
from corpus.home import make_folder, replacing, unwritable
from eval.cases import Case, Needs, Split, locate
from eval.provenance import UNHURRIED, code_digest, commit, machine, peak_rss, settings
from eval.retrieval import MEASURES, holding, measure, rankings, relevance, remembering
from eval.same import same_as
from eval.score import Scored, score
from eval.summary import summarise, times
from eval.systems import TRIVIAL, Replied, System, open_system, trivial

if TYPE_CHECKING:
    from index.search import Index

JOURNAL, RESULTS, TIMINGS, SUMMARY, RUN = "journal.jsonl", "results.jsonl", "timings.jsonl", "summary.json", "run.json"
SHOWN = 5  # passages kept for the report


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run. `seconds` is the most that one case gets; `real_time` keeps the site's own limit for the model;
    `workers` is how many processes answer (0: as many as the machine can hold).
    """

    cases: tuple[Case, ...]
    files: tuple[Path, ...]
    split: Split
    system: str
    out: Path
    seconds: float = 120.0
    real_time: bool = False
    workers: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """A finished case: its row of results.jsonl and its row of timings.jsonl."""

    row: dict[str, Any]
    timings: dict[str, Any]


def default_folder(home: Path, system: str) -> Path:
    """A new folder for a run below the home."""
    slug = re.sub(r"[^a-z0-9]+", "-", system.lower()).strip("-")[:40]
    return home / "runs" / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{slug}"


def run(plan: Plan, home: Path, progress: Iterable[None] | None = None) -> dict[str, Any]:
    """Runs the plan and writes its folder; returns the summary. `progress` is advanced after each case."""
    if not plan.real_time:
        os.environ.setdefault(*UNHURRIED)
    began = time.time()
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # see eval.pool: before anything loads torch
    system, index = open_system(plan.system, home, plan.workers)
    index = remembering(index)
    plan = replace(plan, cases=tuple(applicable(plan.cases, index)))
    needs = {case.id: locate(case, index.documents) for case in plan.cases}
    about = provenance(plan, index)
    make_folder(plan.out)
    journal = Journal(plan.out / JOURNAL, about["key"])
    ticks = iter(progress or ())
    for _ in journal.done:
        next(ticks, None)
    todo = [case for case in plan.cases if case.id not in journal.done]
    for replied in system.replies(todo, plan.seconds):
        journal.add(recorded(replied, needs[replied.case.id], index))
        next(ticks, None)
    records = [journal.done[case.id] for case in plan.cases]
    summary = summarise([record.row for record in records])
    summary["trivial"] = {
        name: alone(trivial(name, index), plan, needs, index) for name in TRIVIAL if name != plan.system
    }
    summary["times_ms"] = times([record.timings for record in records])
    about |= {
        "seconds": round(time.time() - began, 1),
        "peak_rss_mb": peak_rss(),
        "resumed": len(plan.cases) - len(todo),
    }
    write(plan.out, records, summary, about)
    journal.path.unlink(missing_ok=True)
    return summary | {"run": about, "folder": str(plan.out)}


def applicable(cases: Iterable[Case], index: Index) -> Iterator[Case]:
    """All cases but those about an FAQ's question that this index does not have: nothing about them is right or wrong."""
    known = {pair.question.of(document.text) for document, pair in index.pairs}
    return (case for case in cases if case.faq is None or not known.isdisjoint(same_as(case.faq)))


def recorded(replied: Replied, needs: Needs, index: Index) -> Record:
    """A reply with its scores, and with what the search finds for its question."""
    case, reply = replied.case, replied.reply
    scored = score(case, reply, needs, index.documents, replied.error)
    asked = str((reply or {}).get("standalone_question") or case.question)
    found, hits = retrieved(asked, case, needs, index) if case.expected in ("answer", "abstain", "either") else ({}, [])
    row = {
        **case.model_dump(
            mode="json", include={"id", "question", "history", "category", "note", "split", "rule", "reference"}
        ),
        "suite": case.suite,
        "checksum": case.checksum,
        "wanted": list(case.kind),
        "expected": case.expected,
        "reply": reply,
        "error": replied.error,
        "scores": rounded(scored),
        "reasons": list(scored.reasons),
        "details": scored.details,
        "found": found,
        "hits": hits,
    }
    took = {"seconds": round(replied.seconds, 4), "timings_ms": replied.timings_ms}
    return Record(row, {"id": case.id, "before_reading": case.before_reading, **took})


def rounded(scored: Scored) -> dict[str, float | None]:
    """Scores with six digits: more would be noise of the processor."""
    return {name: None if value is None else round(value, 6) for name, value in scored.scores.items()}


def retrieved(question: str, case: Case, needs: Needs, index: Index) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """(measures by stage, the first passages with their scores).

    Where none of the evidence is in this index, its cases being written for other documents, passages that hold a vital
    fact of the case are what has to be found.
    """
    met, count = relevance(needs, index.passages), sum(map(bool, needs))
    if not count:
        facts = [one.patterns for one in case.nuggets if one.vital]
        met, count = holding(facts, index.passages), len(facts)
    stages = rankings(index, question) if met else {"fused": index.search(question, SHOWN)}
    found = {stage: measure([hit.passage.number for hit in hits], met, count) for stage, hits in stages.items()}
    shown = [
        {
            "document": hit.passage.document.id,
            "title": hit.passage.document.title,
            "section": hit.passage.section,
            "start": hit.passage.start,
            "end": hit.passage.end,
            "text": hit.passage.text,
            "scores": {stage: round(value, 4) for stage, value in hit.scores.items()},
            "meets": sorted(met.get(hit.passage.number, ())),
        }
        for hit in stages["fused"][:SHOWN]
    ]
    return ({stage: rounded_measures(values) for stage, values in found.items()} if met else {}), shown


def rounded_measures(values: Mapping[str, float | None]) -> dict[str, float | None]:
    """Every measure, with six digits."""
    return {name: None if (value := values[name]) is None else round(value, 6) for name in MEASURES}


def alone(system: System, plan: Plan, needs: Mapping[str, Needs], index: Index) -> dict[str, Any]:
    """A trivial system's metrics on the same cases."""
    rows = []
    for replied in system.replies(plan.cases, plan.seconds):
        case = replied.case
        scored = score(case, replied.reply, needs[case.id], index.documents, replied.error)
        labels = {"category": case.category, "note": case.note, "expected": case.expected}
        rows.append({**labels, "reply": replied.reply, "scores": rounded(scored), "found": {}})
    metrics: dict[str, Any] = summarise(rows)["metrics"]
    return metrics


# -- what is kept ------------------------------------------------------------------------------------------------------


class Journal:
    """Finished cases, one line each, on disk before the next begins. A line that was cut off by a kill is dropped.

    The first line is the run's key: what was recorded with other cases, another index or other code is not mixed in.
    """

    def __init__(self, path: Path, key: str) -> None:
        self.path = path
        self.done: dict[str, Record] = {}
        lines = list(self._read())
        if lines and lines[0].get("key") != key:
            raise SpinewiseError(
                f"{path.parent} holds an unfinished run of other cases, another index or other code",
                "name another folder with --out, or remove that one",
            )
        for line in lines[1:]:
            self.done[line["row"]["id"]] = Record(line["row"], line["timings"])
        with replacing(path) as stream:
            stream.write(line_of({"key": key}))
            for record in self.done.values():
                stream.write(line_of({"row": record.row, "timings": record.timings}))

    def add(self, record: Record) -> None:
        """Keeps a finished case."""
        try:
            with self.path.open("ab") as stream:
                stream.write(line_of({"row": record.row, "timings": record.timings}))
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as problem:
            raise unwritable(self.path, problem) from problem
        self.done[record.row["id"]] = record

    def _read(self) -> Iterator[dict[str, Any]]:
        if not self.path.exists():
            return
        for line in self.path.read_text(encoding="utf-8", errors="replace").split("\n"):
            try:
                yield json.loads(line)
            except ValueError:
                return


def line_of(payload: Mapping[str, Any]) -> bytes:
    """One line of JSON with a fixed order of keys."""
    return (json.dumps(payload, ensure_ascii=False, sort_keys=True) + "\n").encode()


def write(folder: Path, records: Sequence[Record], summary: Mapping[str, Any], about: Mapping[str, Any]) -> None:
    """The files of a finished run."""
    for name, rows in ((RESULTS, [one.row for one in records]), (TIMINGS, [one.timings for one in records])):
        with replacing(folder / name) as stream:
            stream.writelines(line_of(row) for row in rows)
    for name, payload in ((SUMMARY, summary), (RUN, about)):
        with replacing(folder / name) as stream:
            stream.write((json.dumps(payload, ensure_ascii=False, indent=1) + "\n").encode())


def read_rows(folder: Path, name: str = RESULTS) -> list[dict[str, Any]]:
    """The rows of a finished run. Not by splitlines: JSON leaves U+2028 and U+0085 as they are, and it would cut there."""
    return [json.loads(line) for line in read(folder, name).split("\n") if line]


def read_seconds(folder: Path) -> dict[str, float]:
    """How long each case took."""
    return {row["id"]: row["seconds"] for row in read_rows(folder, TIMINGS)}


def read_json(folder: Path, name: str) -> dict[str, Any]:
    """summary.json or run.json of a finished run."""
    payload: dict[str, Any] = json.loads(read(folder, name))
    return payload


def read(folder: Path, name: str) -> str:
    """A file of a finished run; a folder that isn't one is explained."""
    try:
        return (folder / name).read_text(encoding="utf-8")
    except OSError as problem:
        raise SpinewiseError(
            f"{folder} holds no finished run: {name}: {problem.strerror}", "run python -m eval run --out DIR"
        ) from None


# -- provenance ------------------------------------------------------------------------------------------------------


def provenance(plan: Plan, index: Index) -> dict[str, Any]:
    """What the figures hang on. `key` is equal for runs that may be continued by one another."""
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in plan.files}
    reader = os.environ.get("SPINEWISE_APP_READER_SECONDS", "the site's")
    fixed = {
        "system": plan.system,
        "split": plan.split,
        "cases": len(plan.cases),
        "ids": hashlib.sha256("\n".join(f"{case.id} {case.question}" for case in plan.cases).encode()).hexdigest(),
        "files": files,
        "index": index.snapshot,
        "documents": len(index.documents),
        "passages": len(index.passages),
        "code": code_digest(),
        "reader_seconds": reader,
        "settings": settings(),
    }
    key = hashlib.sha256(json.dumps(fixed, sort_keys=True).encode()).hexdigest()
    return fixed | {
        "key": key,
        "commit": commit(),
        "started": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "machine": machine(),
    }
