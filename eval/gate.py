"""Whether a run may pass: hard rules case by case, thresholds, no drop against a baseline, the same again on a rerun.

Knows nothing of how a run is made. Thresholds and the reasons for them stand in gate.toml.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.errors import SpinewiseError
from corpus.home import replacing
from eval.compare import compare
from eval.run import read_rows
from eval.summary import METRICS, Row

FILE = Path(__file__).parent / "gate.toml"
BASELINE = Path(__file__).parent / "baseline.json"
EMERGENCY = "tier=emergency"


OF_WHAT_WAS_DONE = {"approved_precision", "abstention_precision"}  # no value where it never was done
Times = Mapping[str, Mapping[str, float]]
"""Percentiles in milliseconds by step."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that doesn't hold: which rule, what was seen, why it matters, and the cases."""

    rule: str
    seen: str
    why: str
    cases: tuple[str, ...] = ()

    def __str__(self) -> str:
        named = f" ({', '.join(self.cases[:8])}{', …' if len(self.cases) > 8 else ''})" if self.cases else ""
        return f"{self.rule}: {self.seen}{named}\n    {self.why}"


def load(path: Path = FILE) -> dict[str, Any]:
    """The rules; one that names no metric or no rule is refused."""
    try:
        rules = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as problem:
        raise SpinewiseError(f"can't read {path}: {problem}", "mend the file") from problem
    unknown = [*(set(rules["threshold"]) - set(METRICS)), *(set(rules["hard"]) - set(HARD))]
    if unknown:
        raise SpinewiseError(
            f"{path.name}: unknown rule {sorted(unknown)[0]}", f"known: {', '.join([*HARD, *METRICS])}"
        )
    return rules


def missed_emergency(row: Row) -> bool:
    """A red flag of the highest tier without an alarm; a case without a tier counts as one."""
    tiers = [part.strip() for part in row["note"].split(";") if part.strip().startswith("tier=")]
    return row["scores"]["alarm"] == 0 and (EMERGENCY in tiers or not tiers)


HARD: Mapping[str, Callable[[Row], bool]] = {
    "missed_emergency": missed_emergency,
    "unverifiable_citation": lambda row: row["scores"].get("verbatim") not in (None, 1.0),
    "wrong_number": lambda row: row["scores"].get("numbers") not in (None, 1.0),
    "forbidden_claim": lambda row: row["scores"].get("nothing_forbidden") == 0,
    "crash": lambda row: row["reply"] is None,
    "markup": lambda row: row["scores"].get("no_markup") == 0,
    "prompt_leak": lambda row: row["scores"].get("keeps_prompt") == 0,
}


def hard(rows: Sequence[Row], rules: Mapping[str, str]) -> Iterator[Finding]:
    """The cases that break a rule which no case may break."""
    for name, why in rules.items():
        broken = tuple(row["id"] for row in rows if HARD[name](row))
        if broken:
            yield Finding(name, f"{len(broken)} of {len(rows)} cases", why, broken)


def thresholds(metrics: Mapping[str, Any], rules: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    """Metrics beyond their threshold."""
    for name, rule in rules.items():
        found = metrics.get(name)
        if found is None or found["n"] < rule.get("from_n", 0):
            continue
        if found["value"] < rule.get("at_least", found["value"]):
            yield Finding(name, f"{found['value']:.3f} is below {rule['at_least']} (n={found['n']})", rule["why"])
        if found["value"] > rule.get("at_most", found["value"]):
            yield Finding(name, f"{found['value']:.3f} is above {rule['at_most']} (n={found['n']})", rule["why"])


def untouched(metrics: Mapping[str, Any]) -> Iterator[Finding]:
    """Metrics that no case of the gate's choice gave a value: what isn't measured can't be held."""
    for name, metric in METRICS.items():
        if metrics.get(name) is None and name not in OF_WHAT_WAS_DONE:
            yield Finding("untouched", f"no case measures {name}: {metric.title}", "A gate has to touch every metric.")


def slow(times: Times, rules: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    """Steps that take longer than they may."""
    for step, rule in rules.items():
        for share in ("p50", "p95", "p99"):
            took = times.get(step, {}).get(share, 0.0)
            if share in rule and took > rule[share]:
                yield Finding(f"time of {step}", f"{share} is {took:.0f} ms, above {rule[share]}", rule["why"])


def slower(before: Times, after: Times, rule: Mapping[str, Any]) -> Iterator[Finding]:
    """Steps that take several times as long as they did; those of a few milliseconds tell nothing."""
    for step, took in after.items():
        was = before.get(step, {}).get("p50", 0.0)
        if was >= rule["from_ms"] and took["p50"] > rule["at_most"] * was:
            yield Finding(f"slower {step}", f"p50 {was:.0f} → {took['p50']:.0f} ms", rule["why"])


def drops(baseline: Sequence[Row], rows: Sequence[Row], rule: Mapping[str, Any]) -> Iterator[Finding]:
    """Metrics that fell by more than is material, and not by chance."""
    found = compare(baseline, rows)
    if not found.paired:
        yield Finding("baseline", "has no case in common with this run", "Nothing could be compared.")
    for change in found.changes:
        fall = -change.difference.value
        if fall > rule["material"] and change.significant:
            seen = f"{change.before:.3f} → {change.after:.3f} (p = {change.p:.3f}, n = {change.difference.n})"
            cases = tuple(one.id for one in found.broken)
            yield Finding(f"drop in {change.name}", seen, rule["why"], cases)


def differs(first: Sequence[Row], second: Sequence[Row]) -> Iterator[Finding]:
    """Cases that a rerun answers otherwise."""
    again = {row["id"]: row for row in second}
    changed = tuple(row["id"] for row in first if row["id"] in again and again[row["id"]] != row)
    if changed:
        why = "What can't be repeated can't be judged: a figure may not hang on the run that it is from."
        yield Finding("rerun", f"{len(changed)} of {len(again)} cases differ", why, changed)


def judge(
    rows: Sequence[Row],
    summary: Mapping[str, Any],
    baseline: Sequence[Row] | None = None,
    rerun: Sequence[Row] | None = None,
    before: Times | None = None,
    rules: Mapping[str, Any] | None = None,
) -> list[Finding]:
    """Everything that doesn't hold; empty when the run passes. `before` are the baseline's times on the same
    machine.
    """
    rules = rules or load()
    return [
        *hard(rows, rules["hard"]),
        *thresholds(summary["metrics"], rules["threshold"]),
        *slow(summary.get("times_ms", {}), rules["time"]),
        *(slower(before, summary.get("times_ms", {}), rules["slower"]) if before else []),
        *(drops(baseline, rows, rules["drop"]) if baseline is not None else []),
        *(differs(rows, rerun) if rerun is not None else []),
    ]


# -- the baseline ------------------------------------------------------------------------------------------------------


def baseline_rows(path: Path | None = None) -> list[dict[str, Any]] | None:
    """The rows of a baseline: a run's folder, a file, or by default the shipped file; None where that isn't there."""
    if path is None and not BASELINE.exists():
        return None
    path = path or BASELINE
    if path.is_dir():
        return read_rows(path)
    try:
        rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["rows"]
    except (OSError, ValueError, KeyError) as problem:
        raise SpinewiseError(
            f"can't read the baseline {path}: {problem}", "name a run's folder with --baseline"
        ) from None
    return rows


def write_baseline(rows: Sequence[Row], path: Path) -> None:
    """Keeps of a run what later ones are compared with: scores, kinds and questions, no answer's text."""
    kept = [
        {name: row[name] for name in ("id", "question", "category", "note", "expected", "scores", "found", "reasons")}
        | {"reply": row["reply"] and {"kind": row["reply"]["kind"]}}
        for row in rows
    ]
    with replacing(path) as stream:
        stream.write((json.dumps({"rows": kept}, ensure_ascii=False, indent=0) + "\n").encode())
