"""What a run is held against: an earlier run's cases and figures, kept in a file or read from its folder. Knows no thresholds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpus.errors import SpinewiseError
from corpus.home import replacing
from eval.compare import case_of
from eval.run import RUN, SUMMARY, read_json, read_rows
from eval.summary import Row

SHIPPED = Path(__file__).parent / "baseline.json"
KEPT = ("id", "checksum", "question", "category", "note", "expected", "scores", "reasons")
OF_RUN = ("commit", "code", "started", "machine", "index", "documents", "passages")
Times = Mapping[str, Mapping[str, float]]
"""Percentiles in milliseconds by step."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """An earlier run. `metrics` is {name: {"value", "low", "high", "n"} or None}; `machine` is where `times` were taken."""

    rows: Sequence[Row]
    metrics: Mapping[str, Any] = field(default_factory=dict)
    times: Times = field(default_factory=dict)
    machine: str = ""

    def covers(self, rows: Sequence[Row]) -> bool:
        """Whether it holds just these cases: only then are its figures theirs."""
        return {case_of(row) for row in self.rows} == {case_of(row) for row in rows}

    def times_on(self, machine: str) -> Times | None:
        """Its times, where they are from a machine like this one."""
        return self.times if self.times and self.machine == machine else None


def read_baseline(path: Path | None = None) -> Baseline | None:
    """A run's folder, a baseline file, or by default the shipped file; None where that isn't there."""
    if path is None and not SHIPPED.exists():
        return None
    path = path or SHIPPED
    if path.is_dir():
        summary = read_json(path, SUMMARY)
        machine = str(read_json(path, RUN).get("machine", ""))
        return Baseline(read_rows(path), summary["metrics"], summary.get("times_ms", {}), machine)
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Baseline(kept["rows"], kept["metrics"])
    except (OSError, ValueError, KeyError) as problem:
        mend = f"write it anew: python -m eval gate --write-baseline {path}"
        raise SpinewiseError(f"can't read the baseline {path}: {type(problem).__name__} {problem}", mend) from None


def write_baseline(folder: Path, path: Path) -> None:
    """Keeps of a run what later ones are compared with: figures, scores, kinds and questions; no answer's text, no times."""
    about = read_json(folder, RUN)
    rows = [
        {name: row[name] for name in KEPT}
        | {"reply": row["reply"] and {"kind": row["reply"]["kind"]}}
        | {"found": {stage: found for stage, found in row["found"].items() if stage == "fused"}}
        for row in read_rows(folder)
    ]
    payload = {
        "about": {name: about.get(name) for name in OF_RUN},
        "metrics": read_json(folder, SUMMARY)["metrics"],
        "rows": rows,
    }
    with replacing(path) as stream:
        stream.write((json.dumps(payload, ensure_ascii=False, indent=0) + "\n").encode())
