"""Fits when to abstain, and how sure an answer may be: app/answerability.json, on development cases alone.

For each case the assistant's signals and its answer are collected on one or more indexes. The model learns the case's own
truth, whether the sources hold the answer; the threshold comes from probabilities of models that had not seen the case, and
so does the line from there to whether the answer, where one is given, is right.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, astuple, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from app.answerability import UNLIKELY, bounded, log_odds
from corpus.errors import SpinewiseError
from corpus.home import replacing
from eval.cases import ANSWERING, Case, Needs, locate
from eval.decisions import Table, area_under_roc, brier, calibration_error
from eval.logistic import Floats, Logistic, cross_validated, fit, folds
from eval.metrics import nuggets_hit
from eval.retrieval import relevance
from eval.score import score

if TYPE_CHECKING:
    from app.answer import Answer
    from app.answerability import Answerability, Signals
    from index.passage import Hit
    from index.search import Index
    from index.snapshot import Snapshots


@dataclass(frozen=True, slots=True)
class Sample:
    """A case on one index: its signals, whether the passages found hold the answer, whether it should be answered, and
    whether the answer that would be given is right (None where it would be held back whatever the signals say).
    """

    case: str
    signals: Signals
    found: bool
    answerable: bool
    right: bool | None


class Listening:
    """Stands where the fitted decision would and keeps what it is asked; lets every answer through."""

    threshold = 0.5

    def __init__(self) -> None:
        self.heard: list[Signals] = []

    def probability(self, seen: Signals) -> float:
        """Notes the signals."""
        self.heard.append(seen)
        return 1.0

    def possible(self, seen: Signals) -> bool:
        """Always, so that the reader's doubt is heard."""
        return True

    def confidence(self, probability: float) -> float:
        """Not known yet."""
        return probability


def samples(cases: Sequence[Case], home: Path) -> Iterator[Sample]:
    """Those of the cases that reach the decision on this home's index: no alarm, not declined, no approved answer.

    The assistant itself is asked, so that what is fitted on is what it will see.
    """
    from app.assistant import HITS
    from app.site import open_assistant

    refuse_test(cases)
    listening = Listening()
    assistant = open_assistant(home, cast("Answerability", listening))
    index = assistant.index
    for case in cases:
        if case.expected not in ("answer", "abstain"):
            continue
        listening.heard.clear()
        answer = assistant.ask(case.question, case.turns)
        if listening.heard:
            answerable = case.expected == "answer"
            found = answerable and holds_answer(case, index.search(answer.standalone_question, HITS), index)
            yield Sample(case.id, listening.heard[0], found, answerable, is_right(case, answer, index))


def is_right(case: Case, answer: Answer, index: Index) -> bool | None:
    """Whether an answer is right as the report means it; None for a reply that is none."""
    if answer.kind not in ANSWERING:
        return None
    scored = score(case, answer.to_json(), locate(case, index.documents), index.documents)
    return scored.scores["correct"] == 1.0


def refuse_test(cases: Sequence[Case]) -> None:
    """Thresholds are never fitted on what they are reported on."""
    for case in cases:
        if case.split == "test":
            raise SpinewiseError(f"{case.source}: case {case.id} is a test case", "calibrate on development cases only")


def holds_answer(case: Case, hits: Sequence[Hit], index: Index) -> bool:
    """Whether the hits meet a need of the case or hold its vital nuggets: the second where the evidence is
    elsewhere.
    """
    needs: Needs = locate(case, index.documents)
    if any(needs):
        met = relevance(needs, [hit.passage for hit in hits])
        return bool(met)
    text = " ".join(hit.passage.text for hit in hits)
    vital = [one.patterns for one in case.nuggets if one.vital]
    return bool(vital) and all(nuggets_hit(text, vital))


@dataclass(frozen=True, slots=True)
class Fitted:
    """The model, the threshold, the line from chance to right, and how they did on cases that they had not seen."""

    model: Logistic
    threshold: float
    doubts: tuple[float, float]
    right: tuple[float, float]
    report: dict[str, Any]


def calibrated(collected: Sequence[Sample], ridge: float = 1.0) -> Fitted:
    """Fits on the samples that the signals decide, and judges all by ten-fold cross-validation with each case in one
    fold, on however many indexes.
    """
    found = [one.found for one in collected]
    answerable = [one.answerable for one in collected]
    decided = [one for one in collected if one.right is not None]
    heard = [one.signals.doubt for one in decided if one.signals.doubt is not None]
    if len(heard) < len(decided):
        raise SpinewiseError(
            "calibrating needs a reader that says how much it doubts", "run python -m app models fetch"
        )
    doubts = usual(heard)
    within = [replace(one.signals, doubt=bounded(doubt, doubts)) for one, doubt in zip(decided, heard, strict=True)]
    rows = np.array([astuple(one) for one in within], dtype=np.float64)
    holds = [one.answerable for one in decided]
    if len(set(holds)) < 2:
        raise SpinewiseError("calibrating needs answerable and unanswerable cases", "name both kinds with --cases")
    chance = np.full(len(collected), UNLIKELY)
    seen = np.array([one.right is not None for one in collected])
    chance[seen] = cross_validated(rows, holds, folds([one.case for one in decided], holds), ridge)
    threshold = best_threshold(chance, answerable)
    given = [
        (p, one.right)
        for p, one in zip(chance.tolist(), collected, strict=True)
        if one.right is not None and p >= threshold
    ]
    table = abstentions(chance, answerable, threshold)
    probabilities = chance.tolist()
    report = {
        "samples": len(collected),
        "cases": len({one.case for one in collected}),
        "held_back": len(collected) - len(decided),
        "answerable": sum(answerable),
        "unanswerable": len(answerable) - sum(answerable),
        "answer_found": sum(found),
        "cross_validated": {
            "auc": rounded(area_under_roc(probabilities, answerable)),
            "brier": rounded(brier(probabilities, answerable)),
            "ece": rounded(calibration_error(probabilities, answerable)),
            "abstention_precision": rounded(table.precision),
            "abstention_recall": rounded(table.recall),
            "answered": rounded(table.true_negative / (table.true_negative + table.false_positive)),
        },
        "answers": {"given": len(given), "right": sum(right for _, right in given)},
        "ridge": ridge,
    }
    return Fitted(fit(rows, holds, ridge), threshold, doubts, platt(given), report)


def usual(doubts: Sequence[float]) -> tuple[float, float]:
    """The tenth and the ninetieth of a hundred. What lies beyond tells no more, and the nearer the bounds, the more often
    a refusal stands before the reader has read.
    """
    least, most = np.quantile(doubts, (0.1, 0.9)).tolist()
    return round(least, 6), round(most, 6)


def platt(given: Sequence[tuple[float, bool]]) -> tuple[float, float]:
    """(slope, bias) from the log-odds of a probability to those of being right (Platt 1999), over the answers given.

    Where that can't be learnt (all were right, or being sure was no sign of it), the probability itself: (1, 0).
    """
    odds, right = np.array([[log_odds(p)] for p, _ in given]), [one for _, one in given]
    line = fit(odds, right) if len(set(right)) == 2 else None
    if line is None or line.weights[0] <= 0:
        return 1.0, 0.0
    slope = line.weights[0] / line.scales[0]
    return round(slope, 6), round(line.bias - slope * line.means[0], 6)


def best_threshold(chance: Floats, answerable: Sequence[bool]) -> float:
    """Where the lesser of precision and recall of abstaining is highest; midway to the next probability above.

    Of those that are as good within one standard error of a share of the unanswerable the lowest: it turns fewest patients
    away.
    """
    values = np.unique(chance)
    cuts = [*((values[:-1] + values[1:]) / 2).tolist()]

    def worth(cut: float) -> float:
        table = abstentions(chance, answerable, cut)
        return min(table.precision or 0.0, table.recall or 0.0)

    worths = [worth(cut) for cut in cuts]
    best = max(worths)
    noise = math.sqrt(best * (1 - best) / answerable.count(False))
    good = [float(cut) for cut, one in zip(cuts, worths, strict=True) if one >= best - noise]
    return round(min(good), 4)


def abstentions(chance: Floats, answerable: Sequence[bool], threshold: float) -> Table:
    """The 2×2 table of abstaining below the threshold."""
    below: NDArray[np.bool_] = chance < threshold
    return Table.of([not one for one in answerable], below.tolist())


def rounded(value: float | None) -> float | None:
    """Four digits."""
    return None if value is None else round(value, 4)


def write(fitted: Fitted, names: Sequence[str], provenance: dict[str, Any], path: Path) -> None:
    """The file that `app.answerability` reads."""
    model = fitted.model
    payload = {
        "names": list(names),
        "means": [round(one, 6) for one in model.means],
        "scales": [round(one, 6) for one in model.scales],
        "weights": [round(one, 6) for one in model.weights],
        "bias": round(model.bias, 6),
        "threshold": fitted.threshold,
        "doubts": list(fitted.doubts),
        "right": list(fitted.right),
        "provenance": provenance | fitted.report,
    }
    with replacing(path) as stream:
        stream.write((json.dumps(payload, indent=1) + "\n").encode())


def calibrate(
    cases: Sequence[Case], files: Sequence[Path], homes: Sequence[Path], out: Path, ridge: float
) -> dict[str, Any]:
    """Collects, fits, writes; returns the report."""
    from app.answerability import Signals
    from index.snapshot import Snapshots

    provenance = {
        "fitted_by": "python -m eval calibrate",
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "split": "dev",
        "cases_sha256": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
        "indexes": [about(Snapshots(home)) for home in homes],
    }
    fitted = calibrated([one for home in homes for one in samples(cases, home)], ridge)
    names = tuple(Signals.__dataclass_fields__)
    write(fitted, names, provenance, out)
    weights = dict(zip(names, fitted.model.weights, strict=True))
    return fitted.report | {"threshold": fitted.threshold, "right": fitted.right, "weights": weights, "file": str(out)}


def about(snapshots: Snapshots) -> dict[str, Any]:
    """An index in a line of provenance."""
    manifest = snapshots.manifest(snapshots.current())
    return {
        "fingerprint": manifest.fingerprint[:12],
        "embedder": manifest.embedder.name,
        "documents": manifest.documents,
        "passages": manifest.passages,
    }


def means_by_truth(collected: Sequence[Sample]) -> dict[str, tuple[float, float]]:
    """Mean of each signal over (answerable, unanswerable) samples, to see what tells them apart."""
    halves = [[asdict(one.signals) for one in collected if one.answerable is truth] for truth in (True, False)]
    return {
        name: (float(np.mean([one[name] for one in halves[0]])), float(np.mean([one[name] for one in halves[1]])))
        for name in (halves[0] or halves[1])[0]
    }
