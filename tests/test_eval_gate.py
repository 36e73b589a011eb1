"""What compare and gate say of runs that were made up to be judged, and what calibrate learns from made-up signals."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.answerability import Answerability, Signals
from corpus.errors import SpinewiseError
from eval.calibrate import Sample, abstentions, best_threshold, calibrated, refuse_test, write
from eval.cases import Case
from eval.compare import compare, listing
from eval.gate import HARD, Finding, baseline_rows, judge, load, write_baseline
from eval.logistic import cross_validated, fit, folds
from eval.score import failed
from eval.summary import METRICS, summarise

EMPTY: dict[str, float | None] = dict.fromkeys(
    failed(Case(id="x", question="?", category="c", kind=("urgent",), split="dev"))
)


def row(number: int, correct: float = 1.0, **scores: float | None) -> dict[str, Any]:
    """A case that was answered."""
    return {
        "id": f"case-{number}", "question": "When?", "category": "daily", "note": "", "expected": "answer",
        "reasons": [], "scores": EMPTY | {"correct": correct, "right_kind": 1.0, "no_alarm": 1.0, "verbatim": 1.0} | scores,
        "reply": {"kind": "quoted", "text": "Soon.", "confidence": 0.9, "citations": [], "sentences": []}, "found": {},
    }  # fmt: skip


GOOD = [row(number) for number in range(40)]


def findings(rows: list[dict[str, Any]], **fields: Any) -> list[Finding]:
    return judge(rows, summarise(rows) | {"times_ms": {"triage": {"p99": 3.0, "n": 40}}}, **fields)


def rules(found: list[Finding]) -> list[str]:
    return [one.rule for one in found]


# -- compare -----------------------------------------------------------------------------------------------------------


def test_a_clear_drop_is_named_with_its_cases() -> None:
    worse = [row(number, correct=0.0 if number < 12 else 1.0) for number in range(40)]
    found = compare(GOOD, worse)
    change = next(one for one in found.changes if one.name == "correct")
    assert (change.before, change.after, change.broken, change.mended) == (1.0, 0.7, 12, 0)
    assert change.difference.value == pytest.approx(-0.3)
    assert change.significant
    assert len(found.broken) == 12
    lines = list(listing(found))
    assert lines[1] == "\nNewly broken: 12"
    assert lines[2].strip().startswith("case-0 (daily; quoted → quoted)")


def test_two_cases_of_forty_are_not_called_a_drop() -> None:
    found = compare(GOOD, [row(number, correct=0.0 if number < 2 else 1.0) for number in range(40)])
    assert len(found.broken) == 2
    assert not any(one.significant for one in found.changes)


def test_cases_of_one_run_only_are_counted() -> None:
    found = compare(GOOD[:30], GOOD[20:])
    assert (found.paired, found.only_before, found.only_after) == (10, 20, 10)


# -- gate --------------------------------------------------------------------------------------------------------------


def test_a_good_run_passes() -> None:
    assert findings(GOOD, baseline=GOOD, rerun=GOOD) == []


@pytest.mark.parametrize(
    ("rule", "scores"),
    [
        ("missed_emergency", {"alarm": 0.0}),
        ("unverifiable_citation", {"verbatim": 0.5}),
        ("wrong_number", {"numbers": 0.9}),
        ("forbidden_claim", {"nothing_forbidden": 0.0}),
        ("markup", {"no_markup": 0.0}),
        ("prompt_leak", {"keeps_prompt": 0.0}),
    ],
)
def test_one_case_that_breaks_a_hard_rule_stops_the_run(rule: str, scores: dict[str, float]) -> None:
    found = [one for one in findings([*GOOD, row(99, **scores)]) if one.rule == rule]
    assert found[0].cases == ("case-99",)
    assert found[0].why


def test_a_same_day_flag_is_held_to_a_threshold_not_to_the_hard_rule() -> None:
    assert "missed_emergency" not in rules(findings([*GOOD, row(99, alarm=0.0) | {"note": "tier=same-day; calf"}]))


def test_a_crash_stops_the_run() -> None:
    assert "crash" in rules(findings([*GOOD, row(98) | {"reply": None}]))


def test_a_threshold_is_held() -> None:
    found = findings([row(number, answers=float(number < 20)) for number in range(40)])
    assert rules(found) == ["answers"]
    assert "0.500 is below" in found[0].seen


def test_an_alarm_that_comes_late_stops_the_run() -> None:
    found = judge(GOOD, summarise(GOOD) | {"times_ms": {"triage": {"p50": 5.0, "p95": 90.0, "p99": 640.0, "n": 40}}})
    assert (rules(found), found[0].seen) == (["time of triage"], "p99 is 640 ms, above 200")


def test_a_drop_against_the_baseline_and_a_rerun_that_differs_stop_the_run() -> None:
    worse = [row(number, correct=0.0 if number < 12 else 1.0) for number in range(40)]
    assert "drop in correct" in rules(findings(worse, baseline=GOOD))
    other = copy.deepcopy(GOOD)
    other[3]["reply"]["text"] = "Later."
    found = findings(GOOD, rerun=other)
    assert (rules(found), found[0].cases) == (["rerun"], ("case-3",))


def test_a_baseline_survives_being_written(tmp_path: Path) -> None:
    write_baseline(GOOD, tmp_path / "baseline.json")
    kept = baseline_rows(tmp_path / "baseline.json")
    assert kept is not None
    assert findings(GOOD, baseline=kept) == []
    assert "Soon." not in (tmp_path / "baseline.json").read_text()


def test_every_rule_of_the_shipped_gate_exists_and_says_why(tmp_path: Path) -> None:
    shipped = load()
    assert set(shipped["hard"]) == set(HARD)
    assert set(shipped["threshold"]) <= set(METRICS)
    assert all(len(one["why"]) > 40 for one in shipped["threshold"].values())
    assert all(one["why"] for one in shipped["time"].values())
    (tmp_path / "gate.toml").write_text('[hard]\n[threshold.typo]\nat_least = 1\nwhy = ""\n')
    with pytest.raises(SpinewiseError, match="unknown rule typo"):
        load(tmp_path / "gate.toml")


# -- calibrate ---------------------------------------------------------------------------------------------------------


def signals(value: float, noise: float) -> Signals:
    return Signals(**{name: value if name == "passage_cosine" else noise for name in Signals.__dataclass_fields__})


def made_up(count: int = 120) -> list[Sample]:
    """Answerable cases have a passage cosine around 0.7, the others around 0.4."""
    random = np.random.default_rng(0)
    return [
        Sample(
            f"c{number}",
            signals(random.normal(0.7 if number % 2 else 0.4, 0.1), random.random()),
            *[bool(number % 2)] * 2,
        )
        for number in range(count)
    ]


def test_the_fit_is_scikit_learns() -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    random = np.random.default_rng(1)
    rows = random.normal(size=(200, 4)) * [1, 2, 0.5, 3] + [0, 5, 1, -2]
    labels = (rows[:, 0] + 0.3 * rows[:, 1] + random.normal(size=200) > 1.5).tolist()
    ours = fit(rows, labels, ridge=0.5)
    scaled = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    theirs = linear.LogisticRegression(C=2.0, tol=1e-10, max_iter=1000).fit(scaled, labels)
    assert ours.weights == pytest.approx(theirs.coef_[0], abs=1e-4)
    assert ours.bias == pytest.approx(theirs.intercept_[0], abs=1e-4)
    assert ours.probabilities(rows) == pytest.approx(theirs.predict_proba(scaled)[:, 1], abs=1e-4)


def test_no_case_is_judged_by_a_model_that_saw_it() -> None:
    """Labels that are pure chance can't be told when the fold is held out; rows of one case share a fold."""
    random = np.random.default_rng(2)
    rows, labels = np.repeat(random.normal(size=(60, 30)), 2, axis=0), np.repeat(random.random(60) < 0.5, 2).tolist()
    groups = [f"c{number // 2}" for number in range(120)]
    fold = folds(groups, labels)
    assert all(fold[number] == fold[number + 1] for number in range(0, 120, 2))
    chance = cross_validated(rows, labels, fold)
    assert np.mean((chance > 0.5) == labels) < 0.7


def test_a_threshold_balances_precision_and_recall() -> None:
    # below 0.35 all three are unanswerable; up to 0.55 one is answerable, three of three are caught
    chance, answerable = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.9]), [False, False, False, True, True, True]
    assert best_threshold(chance, answerable) == pytest.approx(0.35)
    table = abstentions(chance, answerable, 0.45)
    assert (table.precision, table.recall) == (0.75, 1.0)


def test_a_calibration_can_be_loaded_and_tells_its_cases_apart(tmp_path: Path) -> None:
    fitted = calibrated(made_up())
    assert fitted.report["cross_validated"]["auc"] > 0.9
    assert fitted.report["samples"] == 120
    write(fitted, tuple(Signals.__dataclass_fields__), {"split": "dev"}, tmp_path / "answerability.json")
    loaded = Answerability.load(tmp_path / "answerability.json")
    assert loaded.probability(signals(0.8, 0.5)) > loaded.threshold > loaded.probability(signals(0.3, 0.5))
    assert json.loads((tmp_path / "answerability.json").read_text())["provenance"]["split"] == "dev"


def test_test_cases_are_refused() -> None:
    case = Case(id="t", question="?", category="c", kind=("quoted",), split="test", source="a.jsonl, line 3")
    with pytest.raises(SpinewiseError, match=r"a\.jsonl, line 3: case t is a test case"):
        refuse_test([case])


def test_one_kind_of_case_alone_is_refused() -> None:
    with pytest.raises(SpinewiseError, match="needs answerable and unanswerable"):
        calibrated([one for one in made_up() if one.answerable])
