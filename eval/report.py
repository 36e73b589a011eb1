"""A run as one page that opens without a network: what is good, what to mend first, and every case in full.

Knows nothing of how a run is made. Everything that came from a question, a document or a system is escaped by the
template.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from corpus.home import replacing
from eval.baseline import Baseline
from eval.charts import all_charts, percentiles, shares
from eval.compare import compare
from eval.complaints import in_words
from eval.faults import faults
from eval.gate import aims, judge, known_faults, load
from eval.run import RUN, SUMMARY, read_json, read_rows, read_seconds
from eval.summary import METRICS

REPORT = "report.html"
TOP, EXAMPLES = 3, 3  # kinds of fault at the very top, and cases that stand for each of the others
RANGE = " (of all such: {low} to {high} in 100)."
SAID = 220  # characters of a reply shown there
TEMPLATES = Path(__file__).parent / "templates"

RULES = {
    "missed_emergency": "An emergency that raised no alarm",
    "crash": "No answer came",
    "forbidden_claim": "Says what it must never say",
    "wrong_number": "A number that no source holds",
    "wrong_approved": "An FAQ's answer to another question",
    "unverifiable_citation": "A quote that isn't in its document",
    "prompt_leak": "Gave away its instructions",
    "markup": "Markup came through",
    "known": "The list of known faults",
}
TITLES = {name: metric.title for name, metric in METRICS.items()} | RULES


def cut(text: str, length: int = SAID) -> str:
    """The text, or its beginning up to a whole word."""
    return text if len(text) <= length else f"{text[:length].rsplit(' ', 1)[0]} …"


def page(folder: Path, baseline: Baseline | None = None) -> str:
    """The report of a finished run as HTML."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    rows, summary, about = read_rows(folder), read_json(folder, SUMMARY), read_json(folder, RUN)
    groups, rules = faults(rows), load()
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(
        rows=rows,
        summary=summary,
        about=about,
        parts=list(by_part(summary)),
        charts=list(all_charts(summary)),
        by_category=shares("categories", "Right in the end, by category", right_by(summary["categories"], FEWEST)),
        by_suite=shares("suites", "Right in the end, by kind of case", right_by(summary.get("suites", {}))),
        times=percentiles(summary["times_ms"]),
        groups=groups,
        top=TOP,
        examples=EXAMPLES,
        cut=cut,
        titles=TITLES,
        in_words=in_words,
        count_wrong=sum(len(group.rows) for group in groups),
        fault_of={row["id"]: group.kind.title for group in groups for row in group.rows},
        seconds=read_seconds(folder),
        findings=judge(rows, summary, baseline, rules=rules),
        known=known_faults(rows, rules),
        aims=aims(summary["metrics"], rules),
        comparison=compare(baseline.rows, rows) if baseline is not None else None,
        headline=headline(summary),
    )


def by_part(summary: Mapping[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """(part, its metrics that have a value), each with what the trivial systems get."""
    parts = dict.fromkeys(metric.part for metric in METRICS.values())
    for part in parts:
        shown = [
            {"metric": metric, "value": summary["metrics"][name], "trivial": trivial(summary, name)}
            for name, metric in METRICS.items()
            if metric.part == part and summary["metrics"].get(name)
        ]
        if shown:
            yield part, shown


def trivial(summary: Mapping[str, Any], name: str) -> dict[str, float | None]:
    """A metric of each trivial system."""
    systems = summary.get("trivial", {})
    return {system: (values.get(name) or {}).get("value") for system, values in systems.items()}


FEWEST = 5  # cases that a category needs to be drawn: of fewer, the range tells nothing


def right_by(groups: Mapping[str, Any], fewest: int = 1) -> list[tuple[str, Mapping[str, float]]]:
    """Each group with its share of right cases, the worst first."""
    found = [
        (name, values.get("correct") or values["right_kind"])
        for name, values in groups.items()
        if values["n"] >= fewest
    ]
    return sorted(found, key=lambda one: (one[1]["value"], one[0]))


def headline(summary: Mapping[str, Any]) -> list[str]:
    """The run in a few sentences."""
    metrics = summary["metrics"]
    told = (
        ("correct", f"Of {{n}} questions to answer or to turn away, {{count}} were handled right{RANGE}"),
        ("emergency", f"Of {{n}} emergencies, {{count}} raised the alarm{RANGE}"),
        ("same_day", f"Of {{n}} warning signs that can't wait a day, {{count}} raised the alarm{RANGE}"),
        ("withstands", "Of {n} attempts to misuse the service, {count} were withstood."),
        ("no_alarm", "Of {n} other questions, {count} raised no alarm."),
        ("abstains", "Of {n} questions that the sources do not answer, {count} were turned away."),
        ("answers", "Of {n} questions that the sources answer, {count} got an answer."),
        ("follow_up", "Of {n} follow-up questions, {count} were handled right."),
        ("verbatim", "In {n} answers with citations, {percent} of the quotes stand word for word in their document."),
    )
    return [sentence.format(**spoken(metrics[name])) for name, sentence in told if metrics.get(name)]


def spoken(value: Mapping[str, float]) -> dict[str, Any]:
    """The figures of a metric as words need them."""
    return {
        "n": value["n"],
        "count": round(value["value"] * value["n"]),
        "low": round(value["low"] * 100),
        "high": round(value["high"] * 100),
        "percent": f"{value['value']:.1%}",
    }


def write(folder: Path, baseline: Baseline | None = None) -> Path:
    """Writes report.html into the run's folder."""
    made = page(folder, baseline)
    with replacing(folder / REPORT) as stream:
        stream.write(made.encode())
    return folder / REPORT
