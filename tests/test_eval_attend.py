"""Fitting where the reader looks: heads that tell are found, on development cases, judged on what was not learnt."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from two_leaflets import HASHING, written

from app.evidence import Evidence
from app.reader.attention import Places
from app.reader.practice import NO_VECTOR, Clinic, Search
from app.site import vocabulary_of
from corpus.errors import SpinewiseError
from eval.attend import FOLDS, Folds, Shown, answering, cross_validated, fit, fold_of, of_cases, ranked, shown_to
from eval.cases import Place, read_cases, shipped
from index.build import build
from index.search import Index

SENTENCES, HEADS = 6, 9


class Glancing:
    """A reader that looks at the last sentence that it is shown."""

    attention = None

    def doubt(self, question: str, passages: list[str], sentences: list[str]) -> None:
        given = np.full((1, 2, len(sentences)), 0.01, np.float32)
        given[:, :, -1] = 0.9
        places = Places(tuple((at, at + 1) for at in range(len(sentences))), (len(sentences), len(sentences) + 1))
        self.attention.log_odds(given, places, [len(sentence.split()) for sentence in sentences])


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    home = tmp_path_factory.mktemp("home")
    build(home, [written(home / "leaflets")], HASHING)
    index = Index.open(home, HASHING)
    return Clinic(index, vocabulary_of(index))


def test_what_the_reader_is_shown_is_noted_with_what_answers(clinic: Clinic) -> None:
    search = Search.of(clinic, "Who helps me with the first steps?")
    found = shown_to(Glancing(), search, lambda one: "nurse" in one.quote, "a case")  # type: ignore[arg-type]
    assert found is not None
    assert found.answers.sum() == 1
    assert found.looks.shape == (len(found.answers), 3)
    assert found.looks[:, 0].argmax() == len(found.answers) - 1
    assert found.columns.shape == (len(found.answers), 5)  # the heads' three, the length, the cosine
    assert shown_to(Glancing(), search, lambda one: True, "all answer") is None  # type: ignore[arg-type]
    assert shown_to(Glancing(), search, lambda one: False, "none does") is None  # type: ignore[arg-type]


def test_a_sentence_answers_that_holds_evidence_or_else_a_fact(clinic: Clinic) -> None:
    every = [Evidence(passage, one, NO_VECTOR) for passage in clinic.index.passages for one in passage.sentences]
    nurse = next(one for one in every if "nurse" in one.quote)
    place = Place(nurse.document.id, nurse.sentence.start, nurse.sentence.end)
    inside = Place(nurse.document.id, nurse.sentence.start, nurse.sentence.start + 8)
    for needs in (((place,),), ((inside,),)):
        assert [one for one in every if answering(needs, [["day"]])(one)] == [nurse]
    assert {one.quote for one in every if answering((), [["same day"]])(one)} == {"You may eat on the same day."}


def question(number: int, chance: np.random.Generator) -> Shown:
    """Of nine columns the fifth tells which sentence answers; scores and cosines tell nothing."""
    answers = np.arange(SENTENCES) == chance.integers(SENTENCES)
    looks = chance.normal(size=(SENTENCES, HEADS)).astype(np.float32)
    looks[:, 4] += 4 * answers
    flat = np.zeros(SENTENCES, np.float32)
    return Shown(f"q{number}", looks, flat, flat, chance.normal(size=SENTENCES).astype(np.float32), answers)


def test_the_head_that_tells_is_found() -> None:
    chance = np.random.default_rng(7)
    made = fit([question(number, chance) for number in range(60)], "an adapter")
    assert int(np.argmax(np.abs(made.weights))) == 4
    assert made.adapter == "an adapter"
    assert made.weights.shape == (HEADS,)


def test_it_is_judged_on_cases_that_were_not_learnt() -> None:
    chance = np.random.default_rng(7)
    cases = [question(number, chance) for number in range(80)]
    figures = cross_validated(cases, Folds.fitted(cases, [], ""), share=1.0)
    assert figures["cases"] == 80
    assert figures["with"]["first"] > 0.7 > 0.4 > figures["without"]["first"]
    noise = [
        replace(one, looks=chance.normal(size=(SENTENCES, 200)).astype(np.float32), scores=one.cosines)
        for one in (question(number, chance) for number in range(30))
    ]
    folds = Folds.fitted(noise, [], "")
    found = cross_validated(noise, folds, share=1.0)["with"]
    assert found["first"] < 0.5  # with what it had learnt it would be near 1
    for one in noise[:3]:
        without = fit([other for other in noise if fold_of(other.name) != fold_of(one.name)], "")
        np.testing.assert_array_equal(folds.of(one.name).weights, without.weights)


def test_models_of_folds_are_read_as_they_were_written(tmp_path: Path) -> None:
    chance, file = np.random.default_rng(7), tmp_path / "folds.npz"
    folds = Folds.fitted([question(number, chance) for number in range(40)], [], "an adapter")
    folds.save(file)
    again = Folds.load(file, "an adapter")
    assert len(again.models) == FOLDS
    np.testing.assert_array_equal(again.of("q3").weights, folds.of("q3").weights)
    assert again.of("q3").length == folds.of("q3").length
    with pytest.raises(SpinewiseError, match="another adapter"):
        Folds.load(file, "another")
    with pytest.raises(SpinewiseError, match="holds no model for each of 10 folds"):
        Folds.load(tmp_path / "none.npz", "an adapter")


def test_precision_is_averaged_over_what_answers() -> None:
    assert ranked(np.array([0.1, 0.9, 0.5]), np.array([True, False, True])) == (
        False,
        pytest.approx((1 / 2 + 2 / 3) / 2),
    )
    assert ranked(np.array([0.9, 0.1]), np.array([True, False])) == (True, 1.0)


def test_test_cases_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SpinewiseError, match="test case"):
        next(of_cases(read_cases(shipped(("answerable",)), "test")[:1], tmp_path, None))  # type: ignore[arg-type]
