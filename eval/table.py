"""A run's summary as text for the terminal. Knows nothing of how it came about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from eval.summary import METRICS

WIDE = 74
PARTS = list(dict.fromkeys(metric.part for metric in METRICS.values()))


def table(summary: Mapping[str, Any]) -> str:
    """All metrics by part, then categories, retrieval stages, times."""
    return "\n".join(
        [
            *parts(summary["metrics"]),
            *categories("Kind of case", summary.get("suites", {})),
            *categories("Category", summary["categories"]),
            *stages(summary["stages"]),
            *times(summary),
        ]
    )


def parts(metrics: Mapping[str, Any]) -> Iterator[str]:
    """One line a metric: value, 95 % interval, n."""
    part = ""
    for name, metric in sorted(METRICS.items(), key=lambda item: PARTS.index(item[1].part)):
        if metrics.get(name) is None:
            continue
        if metric.part != part:
            part = metric.part
            yield f"\n{part}"
        better = "  lower is better" if metric.better == "lower" else ""
        yield f"  {metric.title:<{WIDE}} {figure(metrics[name])}{better}"


def figure(value: Mapping[str, Any] | None) -> str:
    """A value with its interval and n; a dash where there is none."""
    if value is None:
        return "–"
    return f"{value['value']:.3f} [{value['low']:.3f}, {value['high']:.3f}] n={value['n']}"


def categories(head: str, groups: Mapping[str, Any]) -> Iterator[str]:
    """One line a group."""
    if not groups:
        return
    yield f"\n{head:<28}{'n':>5}{'right kind':>12}{'right':>8}{'vital facts':>13}{'cited well':>12}"
    for name, values in groups.items():
        cells = [short(values, one) for one in ("right_kind", "correct", "nuggets_vital", "citation_precision")]
        yield f"{name:<28}{values['n']:>5}{cells[0]:>12}{cells[1]:>8}{cells[2]:>13}{cells[3]:>12}"


def short(values: Mapping[str, Any], name: str) -> str:
    """A value alone."""
    return f"{values[name]['value']:.2f}" if values.get(name) else "–"


def stages(found: Mapping[str, Any]) -> Iterator[str]:
    """One line a retrieval stage."""
    if not found:
        return
    names = list(next(iter(found.values())))
    yield f"\n{'Retrieval by':<14}" + "".join(f"{name:>12}" for name in names)
    for stage, values in found.items():
        yield f"{stage:<14}" + "".join(f"{short(values, name):>12}" for name in names)


def times(summary: Mapping[str, Any]) -> Iterator[str]:
    """Percentiles of each step."""
    if not summary.get("times_ms"):
        return
    yield f"\n{'Milliseconds':<18}{'p50':>10}{'p95':>10}{'p99':>10}{'n':>7}"
    for step, values in summary["times_ms"].items():
        yield f"{step:<18}{values['p50']:>10.0f}{values['p95']:>10.0f}{values['p99']:>10.0f}{values['n']:>7}"
