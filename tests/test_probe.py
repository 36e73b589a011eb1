"""What the reader's states say of whether it knows of an answer; only on the model that it was fitted on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from clinic import indexed_home

from app import encoder
from app.answerability import Answerability
from app.doctor import learnt
from app.reader.attention import Attention
from app.reader.probe import FILE, Probe
from app.site import SHIPPED_ADAPTER, check_probe
from corpus.errors import SpinewiseError
from eval.attend import FOLDS, Folds, fold_of
from eval.calibrate import samples
from eval.cases import read_cases, shipped
from index.adapter import Adapter

MADE_UP = Probe((3, 7), np.array([[1, 0, 2], [0, -1, 0]], np.float32), 0.5, "made up")


def test_every_layer_counts_by_its_weights() -> None:
    states = [np.array([1, 9, 0.5], np.float32), np.array([9, 3, 9], np.float32)]
    assert MADE_UP.log_odds(states) == pytest.approx(1 + 1 - 3 + 0.5)


@pytest.mark.parametrize("shapes", [(), ((3,),), ((3,), (4,)), ((3,), (3,), (3,))])
def test_of_another_model_s_states_it_says_nothing(shapes: tuple[tuple[int, ...], ...]) -> None:
    assert MADE_UP.log_odds([np.zeros(shape, np.float32) for shape in shapes]) is None


def test_what_was_written_is_read(tmp_path: Path) -> None:
    assert Probe.load(tmp_path, "made up") is None
    MADE_UP.save(tmp_path)
    again = Probe.load(tmp_path, "made up")
    assert again is not None
    np.testing.assert_array_equal(again.weights, MADE_UP.weights)
    assert replace(again, weights=MADE_UP.weights) == MADE_UP


def test_another_adapter_s_or_a_damaged_file_is_refused(tmp_path: Path) -> None:
    MADE_UP.save(tmp_path)
    with pytest.raises(SpinewiseError, match="another adapter"):
        Probe.load(tmp_path, "other")
    for damage in (b"", b"no archive", (tmp_path / FILE).read_bytes()[:-30]):
        (tmp_path / FILE).write_bytes(damage)
        with pytest.raises(SpinewiseError, match="run python -m eval calibrate"):
            Probe.load(tmp_path, "made up")


def test_the_shipped_one_is_of_the_shipped_adapter() -> None:
    shipped = Probe.load(SHIPPED_ADAPTER, Adapter.open(SHIPPED_ADAPTER).sha256)
    assert shipped is not None
    assert shipped.weights.shape == (len(shipped.layers), 576)  # of its base, which has 30 layers
    assert max(shipped.layers) < 30


def test_a_decision_that_was_fitted_with_another_probe_is_refused() -> None:
    decision = Answerability.load()
    shipped = Probe.load(SHIPPED_ADAPTER, Adapter.open(SHIPPED_ADAPTER).sha256)
    check_probe(shipped, decision)
    check_probe(None, decision)
    with pytest.raises(SpinewiseError, match="not fitted together"):
        check_probe(MADE_UP, decision)
    assert MADE_UP.checksum != replace(MADE_UP, bias=0.6).checksum


def test_the_doctor_says_whether_what_was_learnt_is_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (found,) = learnt(tmp_path)
    assert found.ok
    monkeypatch.setattr(encoder, "PACKAGE", "no_such_package")
    (found,) = learnt(tmp_path)
    assert not found.ok
    assert "word for word" in found.detail


def test_the_reader_s_states_are_noted_for_the_fit() -> None:
    cases = read_cases(shipped(("answerable",)), "dev")[:1]
    (one,) = samples(cases, indexed_home())
    assert one.states is not None
    assert one.states.shape == (3 * 576,)
    assert one.signals.doubt is not None


def test_the_fit_s_answers_are_chosen_by_looks_that_have_not_seen_the_case(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cases, file = read_cases(shipped(("answerable",)), "dev")[:1], tmp_path / "folds.npz"
    looks = Attention.load(SHIPPED_ADAPTER, Adapter.open(SHIPPED_ADAPTER).sha256)
    assert looks is not None
    Folds(tuple(replace(looks, length=float(fold)) for fold in range(FOLDS))).save(file)
    asked = []
    monkeypatch.setattr(Attention, "log_odds", lambda self, given, places, words: asked.append(self.length) or ())
    list(samples(cases, indexed_home(), file))
    assert asked == [float(fold_of(cases[0].id))]
    monkeypatch.setenv("SPINEWISE_APP_READER", "none")
    with pytest.raises(SpinewiseError, match="needs a reader with an adapter"):
        next(samples(cases, indexed_home(), file))
