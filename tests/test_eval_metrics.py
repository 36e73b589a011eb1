"""Scores against examples worked by hand, and against scikit-learn where it has them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from eval.decisions import (
    Table,
    area_under_risk,
    area_under_roc,
    bins,
    brier,
    calibration_error,
    kappa,
    risk_coverage,
)
from eval.metrics import (
    citation_precision,
    citation_recall,
    hit_at,
    leaked,
    ndcg_at,
    nugget_recall,
    nuggets_hit,
    overlap,
    recall_at,
    reciprocal_rank,
    verbatim,
)

NOTHING, FIRST, SECOND = frozenset[int](), frozenset({0}), frozenset({1})


# -- what was found ----------------------------------------------------------------------------------------------------


def test_retrieval_worked_by_hand() -> None:
    found = [NOTHING, FIRST, FIRST, SECOND]  # of three needs, the third is never met
    assert hit_at(found, 3, 1) == 0.0
    assert hit_at(found, 3, 2) == 1.0
    assert recall_at(found, 3, 3) == pytest.approx(1 / 3)
    assert recall_at(found, 3, 4) == pytest.approx(2 / 3)
    assert reciprocal_rank(found, 3) == 0.5
    assert reciprocal_rank([NOTHING], 3) == 0.0
    # gains at ranks 2, 3, 4: 1/log2(3) + 1/log2(4) + 1/log2(5); five relevant: the best has ranks 1 to 5
    gained = 1 / math.log2(3) + 1 / 2 + 1 / math.log2(5)
    best = 1 + 1 / math.log2(3) + 1 / 2 + 1 / math.log2(5) + 1 / math.log2(6)
    assert ndcg_at(found, 5) == pytest.approx(gained / best)


def test_retrieval_without_needs_is_not_applicable() -> None:
    assert hit_at([FIRST], 0, 5) is None
    assert recall_at([FIRST], 0, 5) is None
    assert reciprocal_rank([FIRST], 0) is None
    assert ndcg_at([NOTHING], 0) is None


def test_ndcg_is_scikit_learns() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(1)
    for _ in range(50):
        relevant = random.integers(0, 2, 30)
        if relevant.any():
            found = [FIRST if one else NOTHING for one in relevant]
            scores = -np.arange(30.0)
            assert ndcg_at(found, int(relevant.sum())) == pytest.approx(metrics.ndcg_score([relevant], [scores], k=10))


def test_rankings_are_measured_as_ir_measures_does() -> None:
    measures = pytest.importorskip("ir_measures")
    random = np.random.default_rng(4)
    for _ in range(40):
        relevant = {f"d{number}" for number in random.choice(40, random.integers(1, 8), replace=False)}
        ranking = [f"d{number}" for number in random.permutation(40)[:15]]
        need = {name: frozenset({place}) for place, name in enumerate(sorted(relevant))}
        found = [need.get(name, NOTHING) for name in ranking]
        judged = [measures.Qrel("q", name, 1) for name in relevant]
        scored = [measures.ScoredDoc("q", name, -float(rank)) for rank, name in enumerate(ranking)]
        wanted = [measures.nDCG @ 10, measures.RR @ 10, measures.R @ 10, measures.Success @ 5]
        theirs = measures.calc_aggregate(wanted, judged, scored)
        ours = [
            ndcg_at(found, len(relevant), 10),
            reciprocal_rank(found, len(relevant), 10),
            recall_at(found, len(relevant), 10),
            hit_at(found, len(relevant), 5),
        ]
        assert ours == pytest.approx([theirs[one] for one in wanted])


# -- what was said and cited -------------------------------------------------------------------------------------------


def test_nuggets_worked_by_hand() -> None:
    hits = nuggets_hit("You may drive after six weeks.", [["(?i)\\bdrive\\b"], ["\\b6\\b", "six"], ["months"]])
    assert hits == (True, True, False)
    assert nugget_recall(hits, (True, False, True), only_vital=True) == 0.5
    assert nugget_recall(hits, (True, False, True), only_vital=False) == pytest.approx(2 / 3)
    assert nugget_recall(hits, (False, False, False), only_vital=True) is None


def holds(text: str, quotes: list[str] | tuple[str, ...]) -> bool:
    """A judge for the tests: every letter of the text is in some quote."""
    return bool(quotes) and set(text) <= set("".join(quotes))


def test_a_leak_is_a_run_of_words_whatever_the_signs() -> None:
    secret = "Answer from the numbered sources, and put a number after each sentence."
    assert leaked("It said: «answer FROM the numbered sources and put a number»!", secret)
    assert not leaked("Answer from the numbered sources and then stop", secret)
    assert not leaked("Answer.", "Answer.")


def test_citations_worked_by_hand() -> None:
    quotes = {1: "a", 2: "b", 3: "z"}
    sentences = [
        ("ab", (1, 2)),  # needs both: two good citations
        ("a", (1, 3)),  # 3 does nothing: one good, one idle
        ("c", (1,)),  # not supported: one bad
        ("b", (2, 9)),  # 9 does not exist: one good, one invented, and it counts against
        ("a", ()),  # nothing cited
    ]
    assert citation_recall(sentences, quotes, holds) == pytest.approx(3 / 5)
    assert citation_precision(sentences, quotes, holds) == pytest.approx(4 / 7)


def test_citations_of_an_empty_answer_are_not_applicable() -> None:
    assert citation_recall([], {}, holds) is None
    assert citation_precision([], {}, holds) is None
    assert citation_precision([("a", ())], {}, holds) is None


def test_verbatim_wants_the_very_place() -> None:
    text = "Most 🚗 drive again."
    assert verbatim(text, 7, 12, "drive")
    assert not verbatim(text, 8, 13, "drive")
    assert not verbatim(None, 0, 5, "drive")
    assert not verbatim(text, 3, 3, "")
    assert not verbatim(text, -6, -1, "again")


def test_overlap_is_a_share_of_the_first_range() -> None:
    assert overlap(10, 20, 14, 40) == pytest.approx(0.6)
    assert overlap(10, 20, 20, 30) == 0.0
    assert overlap(5, 5, 0, 9) == 0.0


# -- decisions ---------------------------------------------------------------------------------------------------------


def test_a_table_worked_by_hand() -> None:
    table = Table.of([True, True, True, False, False], [True, True, False, True, False])
    assert (table.true_positive, table.false_positive, table.false_negative, table.true_negative) == (2, 1, 1, 1)
    assert table.precision == pytest.approx(2 / 3)
    assert table.recall == pytest.approx(2 / 3)
    assert Table.of([False], [False]).precision is None
    assert Table.of([False], [False]).recall is None


def test_risk_coverage_worked_by_hand() -> None:
    # most confident first: right, wrong, right, right; coverages 1/4..1, risks 0, 1/2, 1/3, 1/4
    points = risk_coverage([0.9, 0.8, 0.7, 0.6], [True, False, True, True])
    assert points == [(0.25, 0.0), (0.5, 0.5), (0.75, pytest.approx(1 / 3)), (1.0, 0.25)]
    assert area_under_risk([0.9, 0.8, 0.7, 0.6], [True, False, True, True]) == pytest.approx(
        (0 + 1 / 2 + 1 / 3 + 1 / 4) / 4
    )
    assert risk_coverage([0.5, 0.5], [True, False], total=4) == [(0.5, 0.5)]
    assert area_under_risk([], []) is None


def test_calibration_worked_by_hand() -> None:
    assert brier([1.0, 0.5, 0.0], [True, True, True]) == pytest.approx((0 + 0.25 + 1) / 3)
    # [0.2, 0.3): forecasts 0.2 and 0.25, one came true -> |0.5 - 0.225|; [0.9, 1]: 0.95 and 1.0, both -> |1 - 0.975|
    probability, outcome = [0.2, 0.25, 0.95, 1.0], [True, False, True, True]
    assert [one.n for one in bins(probability, outcome)] == [2, 2]
    assert calibration_error(probability, outcome) == pytest.approx(0.5 * 0.275 + 0.5 * 0.025)
    assert brier([], []) is None
    assert calibration_error([], []) is None


def test_agreement_worked_by_hand() -> None:
    # 3 of 4 agree; chance = (2·1 + 2·3)/16 = 1/2
    assert kappa("aabb", "abbb") == pytest.approx((0.75 - 0.5) / 0.5)
    assert kappa("aa", "aa") is None
    assert kappa("", "") is None
    assert area_under_roc([0.1, 0.5, 0.5, 0.9], [False, False, True, True]) == pytest.approx((1 + 0.5 + 1 + 1) / 4)
    assert area_under_roc([0.1], [True]) is None


def test_decisions_are_scikit_learns() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(2)
    for _ in range(30):
        score = random.integers(0, 11, 60) / 10
        label = random.random(60) < score
        assert area_under_roc(score.tolist(), label.tolist()) == pytest.approx(metrics.roc_auc_score(label, score))
        assert brier(score.tolist(), label.tolist()) == pytest.approx(metrics.brier_score_loss(label, score))
        done = score > 0.4
        assert kappa(label.tolist(), done.tolist()) == pytest.approx(metrics.cohen_kappa_score(label, done))
        table = Table.of(label.tolist(), done.tolist())
        assert table.precision == pytest.approx(metrics.precision_score(label, done))
        assert table.recall == pytest.approx(metrics.recall_score(label, done))
