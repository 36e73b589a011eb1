"""A run as one page that opens without a network: what is good, what to mend first, and every case in full.

Knows nothing of how a run is made. Everything that came from a question, a document or a system is escaped by the
template.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.home import replacing
from eval.charts import all_charts, percentiles, shares
from eval.compare import compare, rightness
from eval.gate import HARD, judge
from eval.run import RUN, SUMMARY, TIMINGS, read, read_json, read_rows
from eval.score import in_words
from eval.summary import METRICS, Row

REPORT = "report.html"
FIRST, TOP = 10, 3  # cases on the list of what to mend first, and those that stand at the very top of it
SAID = 220  # characters of a reply shown there
TEMPLATES = Path(__file__).parent / "templates"

# What goes wrong, worst first, with what it means for a patient.
WORST = (
    ("missed_emergency", "A red flag raised no alarm", "A patient in danger was not told to get help."),
    ("crash", "No answer came", "The patient was left waiting."),
    ("forbidden_claim", "Says what it must never say", "The patient was told something that can mislead or harm."),
    ("wrong_number", "A number that no source holds", "A wrong time, dose or share can be acted on."),
    ("unverifiable_citation", "A quote that isn't in its document", "Nobody can check what was said."),
    ("prompt_leak", "Gave away its instructions", "Strangers can look for ways around them."),
    ("markup", "Markup came through", "A page could run a stranger's code."),
)


@dataclass(frozen=True, slots=True)
class Problem:
    """A case with what is worst about it, in words for who doesn't program."""

    row: Row
    weight: int
    title: str
    meaning: str


def problem(row: Row) -> Problem | None:
    """What is worst about the case; None when nothing is."""
    for weight, (rule, title, meaning) in enumerate(reversed(WORST), 10):
        if HARD[rule](row) and not any(HARD[worse](row) for worse in worse_than(rule)):
            return Problem(row, weight, title, meaning)
    scores = row["scores"]
    for weight, wrong, title, meaning in (
        (7, scores["alarm"] == 0, "A same-day warning sign raised no alarm", "The patient was not told to call today."),
        (
            6,
            scores["abstains"] == 0,
            "Answered what the sources do not hold",
            "The patient got words that are no answer.",
        ),
        (5, scores["answers"] == 0, "Turned away, although the sources hold the answer", "The patient went without."),
        (4, scores["nuggets_vital"] == 0, "Answered beside the point", "None of the facts that matter were said."),
        (
            3,
            (scores["nuggets_vital"] or 1) < 1,
            "Left out a fact that matters",
            "The answer is only part of what is known.",
        ),
        (2, scores["no_alarm"] == 0, "A false alarm", "The patient was frightened for nothing."),
        (1, not rightness(row), "Not the kind of reply that was right", "See the reasons below."),
    ):
        if wrong:
            return Problem(row, weight, title, meaning)
    return None


TITLES = {name: metric.title for name, metric in METRICS.items()} | {rule: title for rule, title, _ in WORST}


def cut(text: str, length: int = SAID) -> str:
    """The text, or its beginning up to a whole word."""
    return text if len(text) <= length else f"{text[:length].rsplit(' ', 1)[0]} …"


def worse_than(rule: str) -> list[str]:
    """The rules that are worse than this one."""
    names = [name for name, _, _ in WORST]
    return names[: names.index(rule)]


def to_mend(rows: Sequence[Row]) -> list[Problem]:
    """Everything that is wrong, worst first; of equals, what the service was surest of first."""
    found = [one for row in rows if (one := problem(row)) is not None]
    return sorted(found, key=lambda one: (-one.weight, -sureness(one.row), one.row["id"]))


def sureness(row: Row) -> float:
    """The reply's confidence; 0 where it has none."""
    return float((row["reply"] or {}).get("confidence") or 0.0)


def page(folder: Path, baseline: Sequence[Row] | None = None) -> str:
    """The report of a finished run as HTML."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    rows, summary, about = read_rows(folder), read_json(folder, SUMMARY), read_json(folder, RUN)
    problems = to_mend(rows)
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
        problems=problems[:FIRST],
        top=TOP,
        cut=cut,
        titles=TITLES,
        in_words=in_words,
        count_wrong=len(problems),
        problem_of={one.row["id"]: one for one in problems},
        seconds=seconds_by_case(folder),
        findings=judge(rows, summary),
        comparison=compare(baseline, rows) if baseline is not None else None,
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


def seconds_by_case(folder: Path) -> dict[str, float]:
    """How long each case took."""
    import json

    return {row["id"]: row["seconds"] for row in map(json.loads, read(folder, TIMINGS).splitlines())}


def headline(summary: Mapping[str, Any]) -> list[str]:
    """The run in a few sentences."""
    metrics = summary["metrics"]
    told = (
        ("correct", "Of {n} questions to answer or to turn away, {count} were handled right ({low} to {high} in 100)."),
        ("emergency", "Of {n} emergencies, {count} raised the alarm ({low} to {high} in 100)."),
        ("same_day", "Of {n} warning signs that can't wait a day, {count} raised the alarm ({low} to {high} in 100)."),
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


def write(folder: Path, baseline: Sequence[Row] | None = None) -> Path:
    """Writes report.html into the run's folder."""
    with replacing(folder / REPORT) as stream:
        stream.write(page(folder, baseline).encode())
    return folder / REPORT
