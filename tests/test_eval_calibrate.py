"""What calibrate learns from made-up signals, and what it refuses."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from two_leaflets import HASHING, written

from app.answerability import Answerability, Signals
from corpus.errors import SpinewiseError
from eval.calibrate import refuse_test, with_sources, write
from eval.cases import Case
from eval.fitted import Sample, abstentions, best_threshold, calibrated, platt
from eval.logistic import cross_validated, fit, folds
from eval.probe import Known, of_practice
from index.build import build


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
            right=number % 4 == 1,
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


def test_a_case_whose_source_the_corpus_sets_aside_teaches_nothing(tmp_path: Path) -> None:
    leaflet = tmp_path / "leaflet.txt"
    leaflet.write_text("Feet\n\nBoots keep feet dry.\n\nSponsored content\n\nSocks are warm.\n", encoding="utf-8")
    build(tmp_path, [leaflet], HASHING)
    made = {"question": "?", "category": "x", "kind": ["quoted"], "split": "dev"}
    kept, gone, other = (
        Case.model_validate(made | {"id": quote, "evidence": [[{"document": document, "quote": quote}]]})
        for document, quote in (("leaflet", "Socks are warm."), ("leaflet", "Sponsored content"), ("letter", "Hello."))
    )
    assert with_sources([kept, gone, other], [tmp_path]) == [kept, other]


def test_the_lowest_of_equal_thresholds_and_no_lower() -> None:
    answerable = [False, True, False, True, True]
    assert best_threshold(np.array([0.1, 0.2, 0.3, 0.4, 0.5]), answerable) == pytest.approx(0.35)
    # from 0.15 on nothing better comes: up to there one of two is caught, later as many answerable ones as not
    assert best_threshold(np.array([0.1, 0.2, 0.8, 0.3, 0.4]), answerable) == pytest.approx(0.15)


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


def test_the_confidence_of_an_answer_is_how_often_such_an_answer_is_right(tmp_path: Path) -> None:
    """Of answers with log-odds z, 1 / (1 + exp(-(0.5 z - 1))) are right: Platt scaling finds the line again."""
    random = np.random.default_rng(3)
    odds = random.normal(1.0, 1.5, size=20_000)
    right = random.random(len(odds)) < 1 / (1 + np.exp(1 - 0.5 * odds))
    slope, bias = platt(list(zip((1 / (1 + np.exp(-odds))).tolist(), right.tolist(), strict=True)))
    assert (slope, bias) == pytest.approx((0.5, -1.0), abs=0.06)

    fitted = calibrated(made_up())
    write(fitted, tuple(Signals.__dataclass_fields__), {}, tmp_path / "answerability.json")
    loaded = Answerability.load(tmp_path / "answerability.json")
    assert [loaded.behind(loaded.confidence(p)) for p in (0.1, 0.5, 0.9)] == pytest.approx([0.1, 0.5, 0.9])
    half_right = fitted.report["answers"]
    assert loaded.confidence(0.9) == pytest.approx(half_right["right"] / half_right["given"], abs=0.15)


@pytest.mark.parametrize("right", [[True, True, True], [False, False, True]])
def test_where_being_sure_is_no_sign_of_being_right_the_probability_stays(right: list[bool]) -> None:
    assert platt(list(zip([0.9, 0.8, 0.3], right, strict=True))) == (1.0, 0.0)


def test_test_cases_are_refused() -> None:
    case = Case(id="t", question="?", category="c", kind=("quoted",), split="test", source="a.jsonl, line 3")
    with pytest.raises(SpinewiseError, match=r"a\.jsonl, line 3: case t is a test case"):
        refuse_test([case])


def test_one_kind_of_case_alone_is_refused() -> None:
    with pytest.raises(SpinewiseError, match="needs answerable and unanswerable"):
        calibrated([one for one in made_up() if one.answerable])


def test_what_a_rule_holds_back_teaches_nothing_and_counts_as_not_answered() -> None:
    """Such a case has the signals of a sure answer; what is learnt from the others stays as it was."""
    others = made_up()
    held = [Sample(f"h{number}", signals(0.8, 0.5), found=False, answerable=False, right=None) for number in range(40)]
    fitted, alone = calibrated([*others, *held]), calibrated(others)
    assert fitted.model == alone.model
    assert fitted.report["held_back"] == len(held)
    assert fitted.report["cross_validated"]["abstention_recall"] > alone.report["cross_validated"]["abstention_recall"]


# -- what the reader's states say


def with_states(told: float, count: int = 160, size: int = 150) -> list[Sample]:
    """Signals tell nothing; of the states one column tells that much, the others are noise."""
    random, made = np.random.default_rng(5), []
    for number in range(count):
        states = random.normal(size=size).astype(np.float32)
        states[7] += told * (1 if number % 2 else -1)
        noise = signals(random.random(), random.random())
        made.append(Sample(f"c{number}", noise, *[bool(number % 2)] * 2, right=number % 4 == 1, states=states))
    return made


def test_states_that_tell_are_learnt_and_noise_is_not() -> None:
    practice = [Known(one.states, one.answerable) for one in with_states(2.0)[:8] if one.states is not None]
    telling, noise = calibrated(with_states(2.0), practice), calibrated(with_states(0.0), practice)
    assert telling.report["cross_validated"]["auc"] > 0.85
    assert noise.report["cross_validated"]["auc"] < 0.65  # with probes that had seen the cases it would be near 1
    assert telling.probe is not None
    assert int(np.argmax(np.abs(telling.probe.weights))) == 7
    least, most = telling.bounds["knows"]
    assert least < 0 < most


def test_a_case_without_states_counts_as_one_of_which_nothing_is_known() -> None:
    samples = with_states(2.0)
    practice = [Known(one.states, one.answerable) for one in samples[:8] if one.states is not None]
    fitted = calibrated([replace(samples[0], states=None), *samples[1:]], practice)
    assert fitted.report["with_states"] == len(samples) - 1
    assert fitted.probe is not None
    assert np.isfinite(fitted.model.weights).all()


def test_practice_counts_beside_the_cases() -> None:
    """Where other documents' questions say the opposite of the cases', as much of one as of the other leaves little."""
    samples = with_states(2.0)
    opposite = [Known(one.states, not one.answerable) for one in samples if one.states is not None]
    beside, alone = calibrated(samples, opposite), calibrated(samples, opposite[:1])
    assert beside.report["practice"] == len(opposite)
    assert alone.probe is not None
    assert beside.probe is not None
    assert abs(beside.probe.weights[7]) < 0.2 * abs(alone.probe.weights[7])


def test_without_states_or_practice_there_is_no_probe() -> None:
    assert calibrated(with_states(2.0)).probe is None
    fitted = calibrated(made_up())
    assert fitted.probe is None
    assert fitted.model.weights[list(Signals.__dataclass_fields__).index("knows")] == 0


def test_the_practice_is_asked_of_its_own_documents(tmp_path: Path) -> None:
    """A reader whose first state is 1 where the passages that it is given name the nurse."""
    clinic = tmp_path / "clinic"
    written(clinic)
    nurse = "A nurse helps with the first steps."
    wishes = [
        {"id": "a", "question": "Who helps me?", "other": "Who is with me?", "kind": "answer", "evidence": [nurse]},
        {"id": "b", "question": "What does it cost?", "other": "The price?", "kind": "abstain", "evidence": []},
    ]  # fmt: skip
    (clinic / "questions.jsonl").write_text("".join(json.dumps(one) + "\n" for one in wishes), encoding="utf-8")

    class Stating:
        probe = None

        def doubt(self, question: str, passages: list[str], sentences: list[str]) -> None:
            assert any("nurse" in passage for passage in passages)
            self.probe.log_odds([np.array([len(question)], np.float32)] * 3)

    found = list(of_practice([clinic], 5, Stating()))  # type: ignore[arg-type]
    assert sorted(one.answerable for one in found) == [False, True]
    assert {one.states.shape for one in found} == {(3,)}
    other = tmp_path / "other"
    shutil.copytree(clinic, other)
    beside = list(of_practice([other, clinic], 1, Stating()))  # type: ignore[arg-type]
    (alone,) = of_practice([clinic], 1, Stating())  # type: ignore[arg-type]
    np.testing.assert_array_equal(beside[1].states, alone.states)  # which wish is drawn doesn't depend on other clinics
