"""Intervals and tests: by hand, against scipy, and on simulated data where the truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from eval.statistics import (
    bootstrap_mean,
    bootstrap_of,
    holm,
    mcnemar,
    minimum_detectable,
    paired_permutation,
    student_quantile,
    wilson,
)

SIMULATIONS = 2_000


def test_ten_of_ten_is_not_certainty() -> None:
    interval = wilson(10, 10)
    assert interval is not None
    assert (round(interval.low, 2), interval.high, interval.n) == (0.72, 1.0, 10)
    assert wilson(0, 0) is None


def test_mcnemar_worked_by_hand() -> None:
    # 1 broken, 5 mended: 2 · (C(6,0) + C(6,1)) / 2^6 = 14/64
    assert mcnemar(1, 5) == pytest.approx(14 / 64)
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(3, 3) == 1.0


def test_sign_flips_worked_by_hand() -> None:
    # of the 2^3 sign flips of (1, 1, 1) two are as extreme: +++ and ---
    assert paired_permutation([1.0, 1.0, 1.0]) == pytest.approx(2 / 8)
    assert paired_permutation([1.0, 0.0, 1.0, 1.0]) == pytest.approx(2 / 8)
    assert paired_permutation([0.0, 0.0]) == 1.0
    assert paired_permutation([]) is None


def test_holm_worked_by_hand() -> None:
    # sorted 0.01·3, 0.02·2, 0.5·1; never falling
    adjusted = holm({"a": 0.02, "b": 0.01, "c": 0.5})
    assert adjusted == {"b": pytest.approx(0.03), "a": pytest.approx(0.04), "c": pytest.approx(0.5)}
    assert holm({"a": 0.04, "b": 0.03}) == {"b": pytest.approx(0.06), "a": pytest.approx(0.06)}
    assert holm({}) == {}


def test_minimum_detectable_worked_by_hand() -> None:
    # s of (0, 2) repeated 50 times is 1.005; (1.96 + 0.84) · 1.005 / 10
    assert minimum_detectable([0.0, 2.0] * 50) == pytest.approx(2.8016 * 1.00504 / 10, abs=1e-3)
    assert minimum_detectable([1.0]) is None


def test_student_is_scipys() -> None:
    stats = pytest.importorskip("scipy.stats")
    for degrees in (4, 5, 10, 30, 200):
        assert student_quantile(0.975, degrees) == pytest.approx(stats.t.ppf(0.975, degrees), abs=0.01)


def test_a_bootstrap_is_the_same_every_time() -> None:
    values = np.random.default_rng(3).random(40).tolist()
    assert bootstrap_mean(values) == bootstrap_mean(values)
    assert bootstrap_mean([]) is None
    single = bootstrap_mean([0.5])
    assert single is not None
    assert (single.low, single.high, single.n) == (0.5, 0.5, 1)


def test_a_bootstrap_of_any_statistic_agrees_with_that_of_the_mean() -> None:
    values = np.random.default_rng(4).random(80)
    general, special = bootstrap_of(lambda rows: float(values[rows].mean()), 80), bootstrap_mean(values.tolist())
    assert general is not None
    assert special is not None
    assert general.low == pytest.approx(special.low, abs=0.01)
    assert general.high == pytest.approx(special.high, abs=0.01)
    assert bootstrap_of(lambda rows: None, 10) is None


@pytest.mark.parametrize("n", [25, 100])
def test_95_percent_intervals_hold_the_truth_95_times_in_100(n: int) -> None:
    samples = np.random.default_rng(5).beta(2, 1, (SIMULATIONS, n))  # skewed, as shares of nuggets are; mean 2/3
    intervals = [bootstrap_mean(sample) for sample in samples]
    held = np.mean([one is not None and one.low <= 2 / 3 <= one.high for one in intervals])
    assert 0.93 <= held <= 0.97


def test_wilson_holds_the_truth_95_times_in_100() -> None:
    yes = np.random.default_rng(6).binomial(60, 0.8, SIMULATIONS)
    intervals = [wilson(int(one), 60) for one in yes]
    assert 0.93 <= np.mean([one is not None and one.low <= 0.8 <= one.high for one in intervals]) <= 0.97


def test_where_nothing_differs_six_in_a_hundred_at_most_are_called_different() -> None:
    random = np.random.default_rng(7)
    differences = random.choice([-0.5, -0.25, 0.0, 0.0, 0.25, 0.5], (SIMULATIONS, 40))
    assert np.mean([(paired_permutation(row) or 0) < 0.05 for row in differences]) <= 0.06
    broken = random.binomial(30, 0.5, SIMULATIONS)
    assert np.mean([mcnemar(int(one), 30 - int(one)) < 0.05 for one in broken]) <= 0.06


def test_a_difference_as_large_as_promised_is_found_8_times_in_10() -> None:
    random, n = np.random.default_rng(8), 50
    noise = random.normal(0, 0.3, (500, n))
    effect = minimum_detectable(noise[0].tolist())
    assert effect is not None
    assert np.mean([(paired_permutation(row + effect) or 0) < 0.05 for row in noise]) == pytest.approx(0.8, abs=0.12)
