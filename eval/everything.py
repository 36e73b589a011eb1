"""All that the README's figures are made from, step by step into one folder. Knows nothing of what a step measures.

Each step is a command of its own, so that its memory goes with it, and leaves a file when it is done. A step whose file is
there is not done again: the same command goes on where an earlier one stopped.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus.errors import SpinewiseError
from eval.at_scale import PATIENTS
from eval.provenance import ROOT

PAGES = "3000"
SIZES = ("1000", "10000", "100000", "1000000")


@dataclass(frozen=True, slots=True)
class Step:
    """A command of `python -m eval`, without that, and the file in the folder that says that it is done."""

    name: str
    line: tuple[str, ...]
    done: str


@dataclass(frozen=True, slots=True)
class Sources:
    """What is measured on. `shipped` and `seeds` are homes whose indexes are of the shipped corpus and of the raw sources;
    what isn't named is left out. `bench` holds the bench's own options; None leaves the bench out.
    """

    shipped: Path
    seeds: Path | None = None
    pairs: Path | None = None
    physicians: Path | None = None
    bench: tuple[str, ...] | None = ()


def steps(of: Sources, out: Path) -> Iterator[Step]:
    """Every step, those that take longest last."""
    homes = {"shipped": of.shipped} | ({"seeds": of.seeds} if of.seeds else {})
    for name, home in homes.items():
        line = ("run", "--split", "test", "--home", str(home), "--out", str(out / name))
        yield Step(name, line, f"{name}/report.html")
    for name, home in homes.items():
        folder = out / f"faq-{name}"
        yield Step(
            f"faq-{name}", ("faq", "--split", "test", "--home", str(home), "--out", str(folder)), f"faq-{name}/faq.json"
        )
    people = ("--physicians", str(of.physicians)) if of.physicians else ()
    meta = ("meta", "--split", "test", "--home", str(of.shipped), "--out", str(out / "meta.json"), *people)
    yield Step("meta", meta, "meta.json")
    if of.pairs:
        asked = ("--asked", str(PATIENTS), "--pages", PAGES, "--work", str(out / "retrieval"))
        find = ("retrieval", str(of.pairs), *asked, "--home", str(of.shipped), "--out", str(out / "retrieval.json"))
        yield Step("retrieval", find, "retrieval.json")
    if of.bench is not None:
        texts = ("--texts", str(of.pairs)) if of.pairs else ()
        speed = ("bench", "--home", str(of.shipped), "--out", str(out / "bench"), *texts, "--sizes", *SIZES, *of.bench)
        yield Step("bench", speed, "bench/bench.json")


def carry_out(todo: Sequence[Step], out: Path, note: Callable[[str], None]) -> None:
    """Every step whose file isn't there. Raises SpinewiseError at the first that fails."""
    for place, step in enumerate(todo, 1):
        if (out / step.done).exists():
            note(f"{place} of {len(todo)}: {step.name}: done before")
            continue
        note(f"{place} of {len(todo)}: python -m eval {' '.join(step.line)}")
        code = subprocess.run(
            [sys.executable, "-m", "eval", *step.line], cwd=ROOT, stdout=sys.stderr, check=False
        ).returncode
        if code:
            raise SpinewiseError(
                f"{step.name} failed (exit {code})", "mend what it says, then give the same command again"
            )
