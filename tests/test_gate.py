"""The gate as CI runs it: a few cases of every kind, over the shipped corpus, with the real models, against the baseline."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from clinic import indexed_home

from eval.baseline import SHIPPED, read_baseline
from eval.cases import read_cases, shipped
from eval.subset import subset

ROOT = Path(__file__).parents[1]


def test_the_baseline_is_of_the_cases_that_the_gate_chooses() -> None:
    kept = read_baseline()
    assert kept is not None, f"no {SHIPPED.name}: run python -m eval gate --write-baseline eval/baseline.json"
    assert {row["id"] for row in kept.rows} == {case.id for case in subset(read_cases(shipped()))}
    assert kept.metrics["verbatim"]["value"] == 1.0


@pytest.mark.timeout(900)
def test_nothing_is_worse_than_it_was(tmp_path: Path) -> None:
    """No hard rule is broken, no limit passed, nothing fell below the baseline, and a rerun says the same."""
    line = [
        sys.executable,
        "-m",
        "eval",
        "gate",
        "--home",
        str(indexed_home()),
        "--out",
        str(tmp_path / "run"),
        "--json",
    ]
    done = subprocess.run(line, capture_output=True, text=True, cwd=ROOT, check=False, env=dict(os.environ))
    assert done.stdout, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert found["findings"] == []
    assert done.returncode == 0
