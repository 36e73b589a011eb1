"""Whether a run is good enough: hard rules case by case, limits, no fall below the baseline, the same again on a rerun.

Knows nothing of how a run is made. Limits, margins and aims, and the reasons for them, stand in gate.toml.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.errors import SpinewiseError
from eval.baseline import Baseline, Times
from eval.cases import EMERGENCY, tier_named
from eval.compare import compare
from eval.summary import METRICS, Row, kind

FILE = Path(__file__).parent / "gate.toml"
OF_WHAT_WAS_DONE = {"approved_precision", "abstention_precision"}  # no value where it never was done
EXCUSABLE = {"forbidden_claim"}  # rules that single cases may be known to break, see [known] in gate.toml
ALMOST = 1e-6  # figures are kept with four digits: what looks equal is equal


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
    """The rules; one that names no metric or no rule, or excuses what can't be excused, is refused."""
    try:
        rules = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as problem:
        raise SpinewiseError(f"can't read {path}: {problem}", "mend the file") from problem
    unknown = [*(set(rules["metric"]) - set(METRICS)), *(set(rules["hard"]) - set(HARD))]
    if unknown:
        raise SpinewiseError(
            f"{path.name}: unknown rule {sorted(unknown)[0]}", f"known: {', '.join([*HARD, *METRICS])}"
        )
    if excused := sorted(set(rules.get("known", {})) - EXCUSABLE):
        raise SpinewiseError(f"{path.name}: no case can be excused from {excused[0]}", "mend what breaks it")
    return rules


def missed_emergency(row: Row) -> bool:
    """A red flag of the highest tier without an alarm; a case without a tier counts as one."""
    return row["scores"]["alarm"] == 0 and tier_named(row["note"]) in (EMERGENCY, "")


def said(name: str) -> Callable[[Row], bool]:
    """Whether a reply falls short in that score; where none came nothing was said, and that is a rule of its own."""
    return lambda row: row["reply"] is not None and row["scores"].get(name) not in (None, 1.0)


def wrong_approved(row: Row) -> bool:
    """Whether an FAQ's answer was given to a question that it doesn't answer."""
    return kind(row) == "approved" and 0 in (
        row["scores"].get("gives_approved"),
        row["scores"].get("keeps_approved_back"),
    )


HARD: Mapping[str, Callable[[Row], bool]] = {
    "missed_emergency": missed_emergency,
    "unverifiable_citation": said("verbatim"),
    "wrong_number": said("numbers"),
    "forbidden_claim": said("nothing_forbidden"),
    "crash": lambda row: row["reply"] is None,
    "markup": said("no_markup"),
    "prompt_leak": said("keeps_prompt"),
    "wrong_approved": wrong_approved,
}


Known = Mapping[str, Mapping[str, str]]
"""Rule -> id of a case that is known to break it -> what is wrong."""


def hard(rows: Sequence[Row], rules: Mapping[str, str], known: Known) -> Iterator[Finding]:
    """The cases that break a rule which no case may break; and those known to break one that don't any more."""
    for name, why in rules.items():
        broken = [row["id"] for row in rows if HARD[name](row)]
        new = tuple(one for one in broken if one not in known.get(name, {}))
        if new:
            yield Finding(name, f"{len(new)} of {len(rows)} cases", why, new)
    for name, cases in known.items():
        mended = tuple(row["id"] for row in rows if row["id"] in cases and not HARD[name](row))
        if mended:
            why = f"Take it off [known.{name}] in gate.toml, so that it can't break again unseen."
            yield Finding("known", "mended, and still on the list of known faults", why, mended)


def known_faults(rows: Sequence[Row], rules: Mapping[str, Any]) -> list[Finding]:
    """What the gate lets pass because it was there before: to be read at every run."""
    return [
        Finding(name, "known, not mended yet", why, (row["id"],))
        for name, cases in rules.get("known", {}).items()
        for row in rows
        if (why := cases.get(row["id"])) and HARD[name](row)
    ]


def beyond(name: str, value: float, line: float) -> bool:
    """Whether a value is on the wrong side of a line."""
    return value < line - ALMOST if METRICS[name].better == "higher" else value > line + ALMOST


def limits(metrics: Mapping[str, Any], rules: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    """Metrics beyond their limit."""
    for name, rule in rules.items():
        line = rule.get("at_least", rule.get("at_most"))
        found = metrics.get(name)
        if line is None or found is None or found["n"] < rule.get("from_n", 0):
            continue
        if beyond(name, found["value"], line):
            side = "below" if METRICS[name].better == "higher" else "above"
            yield Finding(name, f"{found['value']:.3f} is {side} the limit {line:g} (n={found['n']})", rule["why"])


def floors(
    before: Mapping[str, Any], metrics: Mapping[str, Any], rules: Mapping[str, Mapping[str, Any]]
) -> Iterator[Finding]:
    """Metrics that are worse than the baseline's on the same cases by more than their margin."""
    for name, rule in rules.items():
        found, was = metrics.get(name), before.get(name)
        if "margin" not in rule or found is None or was is None or found["n"] < rule.get("from_n", 0):
            continue
        higher = METRICS[name].better == "higher"
        line = was["value"] - rule["margin"] if higher else was["value"] + rule["margin"]
        if beyond(name, found["value"], line):
            seen = f"{found['value']:.3f} is {'below' if higher else 'above'} {line:.3f}, the baseline's {was['value']:.3f}"
            yield Finding(
                name, f"{seen} {'less' if higher else 'and'} {rule['margin']:g} (n={found['n']})", rule["why"]
            )


@dataclass(frozen=True, slots=True)
class Aim:
    """A metric beside where it has to get."""

    name: str
    title: str
    aim: float
    found: Mapping[str, Any]
    reached: bool

    @property
    def lower(self) -> bool:
        """Whether less is better."""
        return METRICS[self.name].better == "lower"

    def __str__(self) -> str:
        state, least = "reached" if self.reached else "not reached yet", "at most" if self.lower else "at least"
        one = self.found
        return (
            f"{state:<16}{self.title}: {one['value']:.3f} [{one['low']:.3f}, {one['high']:.3f}] n={one['n']}, "
            f"to be {least} {self.aim:g}"
        )


def aims(metrics: Mapping[str, Any], rules: Mapping[str, Any] | None = None) -> list[Aim]:
    """Every metric that has an aim and a value, those not reached first."""
    found = [
        Aim(name, METRICS[name].title, rule["aim"], one, not beyond(name, one["value"], rule["aim"]))
        for name, rule in (rules or load())["metric"].items()
        if "aim" in rule and (one := metrics.get(name)) is not None
    ]
    return sorted(found, key=lambda one: one.reached)


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
            yield Finding(f"drop in {change.name}", seen, rule["why"], change.worse)


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
    baseline: Baseline | None = None,
    rerun: Sequence[Row] | None = None,
    before: Times | None = None,
    rules: Mapping[str, Any] | None = None,
) -> list[Finding]:
    """Everything that doesn't hold; empty when the run passes. `before` are the baseline's times on the same machine.

    Floors are held only where the baseline is of the same cases.
    """
    rules = rules or load()
    metrics, took = summary["metrics"], summary.get("times_ms", {})
    same = baseline is not None and baseline.covers(rows)
    return [
        *hard(rows, rules["hard"], rules.get("known", {})),
        *limits(metrics, rules["metric"]),
        *(floors(baseline.metrics, metrics, rules["metric"]) if baseline is not None and same else []),
        *slow(took, rules["time"]),
        *(slower(before, took, rules["slower"]) if before else []),
        *(drops(baseline.rows, rows, rules["drop"]) if baseline is not None else []),
        *(differs(rows, rerun) if rerun is not None else []),
    ]
