"""The fit of when to abstain: samples in; weights, threshold, probe and the line to being right out.

Knows nothing of where samples come from, nor of files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.answerability import UNLIKELY, bounded, log_odds
from app.reader.attention import Array
from corpus.errors import SpinewiseError
from eval import probe as probing
from eval.decisions import Table, area_under_roc, brier, calibration_error
from eval.logistic import Floats, Logistic, cross_validated, fit, folds
from eval.probe import Known, Line

if TYPE_CHECKING:
    from app.answerability import Signals


@dataclass(frozen=True, slots=True)
class Sample:
    """A case on one index: its signals, whether the passages found hold the answer, whether it should be answered, and
    whether the answer that would be given is right (None where it would be held back whatever the signals say). `states`: the
    reader's, where they are known.
    """

    case: str
    signals: Signals
    found: bool
    answerable: bool
    right: bool | None
    states: Array | None = None


@dataclass(frozen=True, slots=True)
class Fitted:
    """The model, the threshold, the bounds of what the reader thinks, the line from chance to right, the reader's probe (None
    where no states are known), and how they did on cases that they had not seen.
    """

    model: Logistic
    threshold: float
    bounds: dict[str, tuple[float, float]]
    right: tuple[float, float]
    probe: Line | None
    report: dict[str, Any]


def calibrated(collected: Sequence[Sample], practice: Sequence[Known] = (), ridge: float = 1.0) -> Fitted:
    """Fits on the samples that the signals decide, and judges all by ten-fold cross-validation with each case in one
    fold, on however many indexes. The probe learns the `practice` too.
    """
    found = [one.found for one in collected]
    answerable = [one.answerable for one in collected]
    decided = [one for one in collected if one.right is not None]
    heard = [one.signals.doubt for one in decided if one.signals.doubt is not None]
    if len(heard) < len(decided):
        raise SpinewiseError(
            "calibrating needs a reader that says how much it doubts", "run python -m app models fetch"
        )
    holds = [one.answerable for one in decided]
    if len(set(holds)) < 2:
        raise SpinewiseError("calibrating needs answerable and unanswerable cases", "name both kinds with --cases")
    fold = folds([one.case for one in decided], holds)
    line, known = probed(decided, fold, practice)
    bounds = {"doubt": usual(heard)}
    if line:
        bounds["knows"] = usual([one for one in known if one is not None])
    within = [
        replace(
            one.signals,
            doubt=bounded(doubt, bounds["doubt"]),
            knows=None if knows is None else bounded(knows, bounds["knows"]),
        )
        for one, doubt, knows in zip(decided, heard, known, strict=True)
    ]
    rows = filled(within)
    chance = np.full(len(collected), UNLIKELY)
    seen = np.array([one.right is not None for one in collected])
    chance[seen] = cross_validated(rows, holds, fold, ridge)
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
        "practice": len(practice),
        "with_states": sum(one.states is not None for one in decided),
        "answers": {"given": len(given), "right": sum(right for _, right in given)},
        "ridge": ridge,
    }
    return Fitted(fit(rows, holds, ridge), threshold, bounds, platt(given), line, report)


def filled(seen: Sequence[Signals]) -> Floats:
    """A row each. What isn't known stands at its column's mean, where it tells nothing, as it will when it is asked."""
    rows = np.array([astuple(one) for one in seen], dtype=np.float64)
    known = ~np.isnan(rows)
    means = np.where(known, rows, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.where(known, rows, means)


def probed(
    decided: Sequence[Sample], fold: NDArray[np.int64], practice: Sequence[Known]
) -> tuple[Line | None, list[float | None]]:
    """The reader's probe, and what such probes give each sample that have not seen it; None to one without states.

    Without practice there is none: a probe of cases alone learns what their documents lack.
    """
    made: list[float | None] = [None] * len(decided)
    with_states = [place for place, one in enumerate(decided) if one.states is not None]
    if not practice or not with_states:
        return None, made
    known = [Known(one.states, one.answerable) for one in decided if one.states is not None]
    for place, given in zip(with_states, probing.out_of_fold(known, fold[with_states], practice), strict=True):
        made[place] = float(given)
    return probing.fit([*known, *practice]), made


def usual(thoughts: Sequence[float]) -> tuple[float, float]:
    """The tenth and the ninetieth of a hundred. What lies beyond tells no more, and the nearer the bounds, the more often
    a refusal stands before the reader has read.
    """
    least, most = np.quantile(thoughts, (0.1, 0.9)).tolist()
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
    """Where the lesser of precision and recall of abstaining is highest, the lowest of equal ones; midway to the next probability
    above.
    """
    values = np.unique(chance)
    cuts = [*((values[:-1] + values[1:]) / 2).tolist()]

    def worth(cut: float) -> float:
        table = abstentions(chance, answerable, cut)
        return min(table.precision or 0.0, table.recall or 0.0)

    return round(float(max(cuts, key=worth)), 4)


def abstentions(chance: Floats, answerable: Sequence[bool], threshold: float) -> Table:
    """The 2×2 table of abstaining below the threshold."""
    below: NDArray[np.bool_] = chance < threshold
    return Table.of([not one for one in answerable], below.tolist())


def rounded(value: float | None) -> float | None:
    """Four digits."""
    return None if value is None else round(value, 4)
