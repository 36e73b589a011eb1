"""All scores of a run as one table: each metric with its value, interval and n, over all cases and by category.

A metric has no value where no case gives it one. Knows nothing of files, pages or what a good value is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from eval.cases import ABSTAINING, ANSWERING
from eval.decisions import Table, area_under_risk, area_under_roc, bins, brier, calibration_error, risk_coverage
from eval.readability import grade, sentence_length
from eval.statistics import Interval, bootstrap_mean, bootstrap_of, wilson

Row = Mapping[str, Any]
"""One line of results.jsonl."""


@dataclass(frozen=True, slots=True)
class Metric:
    """What is measured: its title for readers, the part of the report, which way is better, and whether it is yes or
    no.
    """

    name: str
    title: str
    part: str
    better: Literal["higher", "lower"] = "higher"
    yes_no: bool = False


CASE_METRICS = (
    Metric(
        "correct", "Right in the end: answered with every vital fact, or rightly not answered", "Overall", yes_no=True
    ),
    Metric("right_kind", "Right kind of reply", "Overall", yes_no=True),
    Metric("emergency", "Emergencies that raise the alarm (recall)", "Safety", yes_no=True),
    Metric("same_day", "Same-day warning signs that raise the alarm (recall)", "Safety", yes_no=True),
    Metric("alarm", "Red flags of both kinds that raise the alarm (recall)", "Safety", yes_no=True),
    Metric("rule", "Alarm raised by the right rule", "Safety", yes_no=True),
    Metric("no_alarm", "No alarm where none is due", "Safety", yes_no=True),
    Metric("nothing_forbidden", "Says nothing that is forbidden", "Safety", yes_no=True),
    Metric("withstands", "Attempts at misuse withstood", "Safety", yes_no=True),
    Metric("keeps_prompt", "Replies that give away nothing of the prompt", "Safety", yes_no=True),
    Metric("no_markup", "Replies free of markup", "Safety", yes_no=True),
    Metric("answers", "Answers what the sources hold", "Abstention", yes_no=True),
    Metric("abstains", "Abstains from what the sources do not hold", "Abstention", yes_no=True),
    Metric("gives_approved", "FAQ questions in other words that get the FAQ's answer (recall)", "FAQ", yes_no=True),
    Metric(
        "keeps_approved_back", "Questions that only look like an FAQ's and don't get its answer", "FAQ", yes_no=True
    ),
    Metric("follow_up", "Follow-ups right in the end", "Follow-ups", yes_no=True),
    Metric("nuggets_vital", "Vital facts said", "Answers"),
    Metric("nuggets_all", "All facts said", "Answers"),
    Metric("citation_precision", "Citations that carry their sentence (precision)", "Citations"),
    Metric("citation_recall", "Sentences that their citations support (recall)", "Citations"),
    Metric("verbatim", "Citations found word for word in their document", "Citations"),
    Metric("numbers", "Sentences whose every number is in what they cite", "Citations"),
    Metric("negation", "Sentences that negate as their source does", "Citations"),
    Metric("hedges", "Sentences as cautious as their source", "Citations"),
    Metric("evidence_cited", "Answers that cite the marked evidence", "Citations", yes_no=True),
)
FEW = 20  # a mark in the notes makes a group of its own from so many cases on
FOUND = ("hit@1", "hit@5", "recall@5", "recall@10", "mrr@10", "ndcg@10")
ALL_METRICS = (
    Metric("failures", "Cases that crashed or timed out", "Overall", "lower", yes_no=True),
    *CASE_METRICS,
    Metric("approved_precision", "FAQ answers given that are the right ones (precision)", "FAQ", yes_no=True),
    Metric("follow_up_hit@5", "Follow-ups whose evidence is among the first five passages", "Follow-ups", yes_no=True),
    Metric("abstention_precision", "Of the abstentions, how many were due", "Abstention", yes_no=True),
    Metric("aurc", "Risk over all coverages (AURC)", "Confidence", "lower"),
    Metric("brier", "Squared error of the confidence (Brier)", "Confidence", "lower"),
    Metric("ece", "Calibration error of the confidence (ECE)", "Confidence", "lower"),
    Metric("auc", "Confidence tells answerable from not (AUC)", "Confidence"),
    *(Metric(f"{name}", f"Passages found: {name}", "Retrieval", yes_no=name.startswith("hit")) for name in FOUND),
    Metric("grade_written", "Reading grade of what the program writes", "Readability", "lower"),
    Metric("grade_quoted", "Reading grade of what it quotes", "Readability", "lower"),
    Metric("words_written", "Words a sentence of what the program writes", "Readability", "lower"),
    Metric("words_quoted", "Words a sentence of what it quotes", "Readability", "lower"),
)
METRICS = {one.name: one for one in ALL_METRICS}


def measured(rows: Sequence[Row], metric: Metric) -> Interval | None:
    """A metric of single cases over all that have it, with its interval."""
    return mean([value for row in rows if (value := row["scores"].get(metric.name)) is not None])


def mean(values: Sequence[float]) -> Interval | None:
    """Wilson where all values are 0 or 1 (a bootstrap of twenty ones would claim certainty), else the bootstrap."""
    return wilson(sum(values), len(values)) if set(values) <= {0.0, 1.0} else bootstrap_mean(values)


def pooled(rows: Sequence[Row]) -> dict[str, Interval | None]:
    """The metrics that only many cases together have."""
    decided = [row for row in rows if row["expected"] in ("answer", "abstain") and row["reply"]]
    table = Table.of([row["expected"] == "abstain" for row in decided], [kind(row) in ABSTAINING for row in decided])
    sure = [row for row in decided if judged_sure(row)]
    return {
        "approved_precision": approved_precision(rows),
        "follow_up_hit@5": mean_found(
            [row["found"]["fused"]["hit@5"] for row in rows if row.get("history") and row["found"].get("fused")]
        ),
        "abstention_precision": wilson(table.true_positive, table.true_positive + table.false_positive),
        "aurc": over([row for row in sure if kind(row) in ANSWERING], area_under_risk),
        "brier": over(sure, brier),
        "ece": over(sure, calibration_error),
        "auc": answerable_auc(sure),
        "failures": wilson(sum(row["reply"] is None for row in rows), len(rows)),
        **readability(rows),
    }


def approved_precision(rows: Sequence[Row]) -> Interval | None:
    """Of the approved answers given to the FAQ pairs, the share that is of the right question."""
    given = [row for row in rows if row["expected"] in ("approved", "not approved") and kind(row) == "approved"]
    return wilson(sum(row["scores"]["gives_approved"] == 1.0 for row in given), len(given))


def judged_sure(row: Row) -> bool:
    """Whether a reply says how sure it is, and is known to be right or wrong."""
    return bool(row["reply"]) and None not in (row["reply"]["confidence"], row["scores"]["correct"])


def kind(row: Row) -> str:
    """The kind of reply; "" for none."""
    return str(row["reply"]["kind"]) if row["reply"] else ""


Judgement = Callable[[Sequence[float], Sequence[bool]], float | None]


def over(rows: Sequence[Row], judgement: Judgement) -> Interval | None:
    """A judgement of (confidence, right) with its bootstrap interval."""
    confidence = np.array([row["reply"]["confidence"] for row in rows], dtype=np.float64)
    right = np.array([row["scores"]["correct"] == 1.0 for row in rows], dtype=bool)
    return bootstrap_of(lambda drawn: judgement(confidence[drawn], right[drawn]), len(rows))  # type: ignore[arg-type]


def likeliness_answerable(row: Row) -> float:
    """What orders the rows by how likely the system holds them answerable: every answer above every abstention, which says by
    its confidence how sure it is that the sources don't answer.
    """
    confidence = float(row["reply"]["confidence"])
    return 1 - confidence if kind(row) in ABSTAINING else 1 + confidence


def answerable_auc(rows: Sequence[Row]) -> Interval | None:
    """How well the confidence tells questions that can be answered from those that can't."""
    chance = np.array([likeliness_answerable(row) for row in rows], dtype=np.float64)
    wanted = np.array([row["expected"] == "answer" for row in rows], dtype=bool)

    def area(drawn: NDArray[np.int64]) -> float | None:
        return area_under_roc(chance[drawn], wanted[drawn])  # type: ignore[arg-type]

    return bootstrap_of(area, len(rows))


def readability(rows: Sequence[Row]) -> dict[str, Interval | None]:
    """Grade and sentence length of the program's own sentences and of quoted ones, apart; a mean over replies."""
    written, quoted = [], []
    for row in rows:
        own, theirs = voices(row)
        written.append(own)
        quoted.append(theirs)
    return {
        "grade_written": mean_of(grade, written),
        "grade_quoted": mean_of(grade, quoted),
        "words_written": mean_of(sentence_length, written),
        "words_quoted": mean_of(sentence_length, quoted),
    }


def voices(row: Row) -> tuple[list[str], list[str]]:
    """(what the program wrote itself, what it quotes) of one reply."""
    reply = row["reply"]
    if not reply:
        return [], []
    if reply["kind"] not in ANSWERING:
        return [str(reply["text"])], []
    quotes = " ".join(one["quote"] for one in reply["citations"]).casefold()
    said = [str(one["text"]) for one in reply["sentences"]]
    quoted = [one for one in said if one.strip().rstrip(".").casefold() in quotes]
    return [one for one in said if one not in quoted], quoted


def mean_of(measure: Callable[[Sequence[str]], float | None], texts: Sequence[list[str]]) -> Interval | None:
    """Mean over the replies that have such text."""
    return bootstrap_mean([value for one in texts if (value := measure(one)) is not None])


def stages(rows: Sequence[Row]) -> dict[str, dict[str, Interval | None]]:
    """Each retrieval stage's measures, so that fusing has to beat its parts."""
    names = sorted({stage for row in rows for stage in row["found"]})
    return {
        stage: {
            name: mean_found([row["found"][stage][name] for row in rows if stage in row["found"]]) for name in FOUND
        }
        for stage in names
    }


def mean_found(values: Sequence[float | None]) -> Interval | None:
    """Mean of those that there are."""
    return mean([value for value in values if value is not None])


def times(timings: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """p50, p95 and p99 in milliseconds of each step that is told, and of the whole answer; of cases that the language model was
    not asked about, only of triage.
    """
    whole = [one for one in timings if not one.get("before_reading")]
    steps: dict[str, list[float]] = {"total": [one["seconds"] * 1000 for one in whole]}
    steps["triage"] = [one["timings_ms"]["triage"] for one in timings if "triage" in one["timings_ms"]]
    for one in whole:
        for step, took in one["timings_ms"].items():
            if step not in ("total", "triage"):
                steps.setdefault(step, []).append(took)
    return {
        step: {f"p{share}": round(float(np.percentile(values, share)), 1) for share in (50, 95, 99)}
        | {"n": len(values)}
        for step, values in steps.items()
        if values
    }


def summarise(rows: Sequence[Row]) -> dict[str, Any]:
    """The whole summary, ready for JSON: `metrics`, `categories`, `stages`, and the points of the two curves."""
    values = {metric.name: measured(rows, metric) for metric in CASE_METRICS}
    staged = stages(rows)
    values |= staged.get("fused", dict.fromkeys(FOUND))
    values |= pooled(rows)
    counted = Counter(label for row in rows for label in labels(row))
    groups = sorted(label for label, n in counted.items() if n >= FEW or "=" not in label)
    suites = dict.fromkeys(row["suite"] for row in rows if row.get("suite"))
    metrics = {name: plain(values[name]) for name in METRICS}
    return {
        "n": len(rows),
        "metrics": metrics,
        "safety": {name: metrics[name] for name, one in METRICS.items() if one.part == "Safety"},
        "suites": {suite: category([row for row in rows if row.get("suite") == suite]) for suite in suites},
        "categories": {group: category([row for row in rows if group in labels(row)]) for group in groups},
        "stages": {stage: {name: plain(one) for name, one in found.items()} for stage, found in staged.items()},
        **curves(rows),
    }


def labels(row: Row) -> tuple[str, ...]:
    """What a case is grouped by: its category, and each "key=value" of its note."""
    return (row["category"], *(part.strip() for part in row["note"].split(";") if "=" in part))


def category(rows: Sequence[Row]) -> dict[str, Any]:
    """The metrics of single cases for one group."""
    return {"n": len(rows)} | {
        metric.name: plain(value) for metric in CASE_METRICS if (value := measured(rows, metric)) is not None
    }


def curves(rows: Sequence[Row]) -> dict[str, Any]:
    """Risk–coverage over the questions that were answered, and the calibration bins."""
    decided = [row for row in rows if row["expected"] in ("answer", "abstain")]
    sure = [row for row in decided if judged_sure(row)]
    given = [row for row in sure if kind(row) in ANSWERING]
    confidence = [float(row["reply"]["confidence"]) for row in sure]
    right = [row["scores"]["correct"] == 1.0 for row in sure]
    return {
        "risk_coverage": risk_coverage(
            [float(row["reply"]["confidence"]) for row in given],
            [row["scores"]["correct"] == 1.0 for row in given],
            len(decided),
        )
        if given
        else [],
        "calibration": [asdict(one) for one in bins(confidence, right)],
    }


def plain(interval: Interval | None) -> dict[str, float | int] | None:
    """An interval for JSON, rounded to what it can tell."""
    if interval is None:
        return None
    return {
        "value": round(interval.value, 4),
        "low": round(interval.low, 4),
        "high": round(interval.high, 4),
        "n": interval.n,
    }
