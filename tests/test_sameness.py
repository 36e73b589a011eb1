"""Whether two questions mean the same: what was taught, how it is stored, and what teaching makes of its lines."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from clinic import assistant

from app import encoder
from app.learner import batches
from app.sameness import FILE, Sameness
from app.teach_sameness import PAIRS, Pair, given, least_for, length, near_too, read, with_others
from corpus.errors import SpinewiseError
from index.embed import Vectors, embedder_of
from index.settings import IndexSettings


@pytest.fixture(scope="module")
def shipped() -> Sameness:
    made = Sameness.load()
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        ("what can go wrong with it?", "What are the risks?"),
        ("when will I be fully recovered", "How long is recovery?"),
        ("Hi, how long is recovery please?", "How long is recovery?"),
        ("When can I drive again?", "When can I drive again?"),
        ("wen can i drive again", "When can I drive again?"),
    ],
)
def test_the_same_in_other_words_or_nearly_the_same(shipped: Sameness, asked: str, known: str) -> None:
    assert shipped.probability(asked, known) >= shipped.least


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        ("What are the risks of not having it done?", "What are the risks?"),
        ("How long is the operation?", "How long is recovery?"),
        ("Who pays for the brace?", "Does everybody need a brace after the operation?"),
        ("What is the capital of France?", "How long is recovery?"),
        ("When can I get behind the wheel again?", "How long is recovery?"),
        ("Is it forbidden to drive?", "When can I drive again?"),
    ],
)
def test_what_only_shares_words_is_not_the_same(shipped: Sameness, asked: str, known: str) -> None:
    assert shipped.probability(asked, known) < shipped.least


def test_a_cosine_counts_by_the_embedder_that_ships(shipped: Sameness) -> None:
    checksum = embedder_of(IndexSettings.load("index")).checksum
    assert shipped.embedder == checksum, "the embedder has changed: run python -m app.teach_sameness --taught"
    assert shipped.worth(shipped.usual, checksum) == 0.0
    assert shipped.worth(0.9, checksum) > 0.0 > shipped.worth(0.5, checksum)


def test_what_a_cosine_is_worth_keeps_the_precision(shipped: Sameness) -> None:
    """Two of the same FAQ are told apart by their vectors alone."""

    class Words:
        checksum = "words"

        def encode(self, texts: Sequence[str], kind: str) -> Vectors:
            places = {word: at for at, word in enumerate(sorted({text.split()[0] for text in texts}))}
            return np.eye(len(places), dtype=np.float32)[[places[text.split()[0]] for text in texts]]

    held = [Pair("hip", known, f"{known} {number}", same=True) for known in ("How long?", "Why?") for number in "abcd"]
    flat = replace(shipped, weights=np.zeros_like(shipped.weights), bias=0.0, least=0.9)
    made, judged = near_too(flat, flat.probability, held, Words())  # type: ignore[arg-type]
    assert made.embedder == "words"
    assert judged("How long? a", "How long?") >= 0.9 > judged("How long? a", "Why?")


def test_without_the_packaged_model_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder, "PACKAGE", "no_such_package")
    assert Sameness.load() is None


def test_a_damaged_file_is_named_with_its_mend(tmp_path: Path) -> None:
    damaged = tmp_path / "sameness.npz"
    for content in (b"", FILE.read_bytes()[:-40]):
        damaged.write_bytes(content)
        with pytest.raises(SpinewiseError, match=r"restore app/sameness\.npz"):
            Sameness.load(damaged)


def test_what_was_written_is_read(tmp_path: Path, shipped: Sameness) -> None:
    path = tmp_path / "sameness.npz"
    replace(shipped, least=0.75, usual=0.5, embedder="ours").save(path)
    again = Sameness.load(path)
    assert again is not None
    assert (again.least, again.usual, again.embedder) == (0.75, 0.5, "ours")
    assert (again.worth(0.75, "ours"), again.worth(0.25, "ours"), again.worth(0.9, "another")) == (2.0, -2.0, 0.0)
    np.testing.assert_array_equal(again.weights, shipped.weights)
    question = "How long do I stay?", "How long is the hospital stay?"
    assert again.probability(*question) == pytest.approx(shipped.probability(*question), abs=1e-6)


def test_weights_of_another_size_are_refused(tmp_path: Path, shipped: Sameness) -> None:
    path = tmp_path / "sameness.npz"
    replace(shipped, weights=shipped.weights[:-1]).save(path)
    with pytest.raises(SpinewiseError, match="weights of shape"):
        Sameness.load(path)


# -- teaching


def pairs() -> list[Pair]:
    return [
        Pair(topic, known, f"{known} {number}", same=number % 2 == 0)
        for topic in ("hip", "knee")
        for known in ("How long?", "Why?", "Who?")
        for number in range(20)
    ]


def test_an_faq_s_question_is_the_same_as_itself_and_no_other() -> None:
    added = with_others(pairs(), random.Random(7))[len(pairs()) :]
    own = [one for one in added if one.same]
    assert sorted((one.topic, one.known) for one in own) == sorted({(one.topic, one.known) for one in pairs()})
    assert all(one.asked == one.known for one in own)
    others = [one for one in added if not one.same]
    assert 20 < len(others) < 50
    assert not any(one.asked.startswith(one.known) for one in others)


def test_an_epoch_holds_every_pair_once() -> None:
    made = batches(pairs(), length, 2, random.Random(7))
    found = [one for batch in made for one in batch]
    assert sorted(map(str, found)) == sorted(map(str, pairs() * 2))
    assert sorted(map(str, found[: len(pairs())])) == sorted(map(str, pairs()))


def sure(asked: str, known: str) -> float:
    """Takes for the same what has the same first word."""
    return 0.9 if asked.split()[0] == known.split()[0] else 0.2


def test_a_held_out_question_is_asked_of_the_whole_faq() -> None:
    right, wrong = Pair("hip", "How long?", "How many days?", same=True), Pair("hip", "Why?", "How come?", same=True)
    near, other = Pair("hip", "Who now?", "Who pays?", same=False), Pair("hip", "Who now?", "How dear?", same=False)
    found = list(given(sure, [right, wrong, near, other]))
    # the last may be the same as "How long?": nobody has said
    assert found == [(0.9, True), (0.9, False), (0.9, False)]


def test_the_threshold_keeps_the_precision_and_no_more() -> None:
    found = [(0.9, True), (0.8, True), (0.7, True), (0.6, False), (0.5, True)]
    assert least_for(0.98, found) == pytest.approx(0.65)
    assert least_for(0.7, found) == pytest.approx(0.5)
    with pytest.raises(SpinewiseError, match="no threshold"):
        least_for(0.98, [(0.9, False), (0.8, True)])


def test_a_line_of_another_form_is_named(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("hip\tWhy?\tsame\twhy tho\nhip\tWhy?\tmaybe\twhy\n", encoding="utf-8")
    with pytest.raises(SpinewiseError, match="line 2"):
        list(read(path))


def shared(one: str, other: str) -> float:
    """Share of all their words that stand in both."""
    first, second = set(one.lower().split()), set(other.lower().split())
    return len(first & second) / len(first | second)


def test_the_shipped_lines_are_many_and_both_kinds_are_as_long() -> None:
    found = list(read(PAIRS))
    lengths = {truth: np.mean([len(one.asked) for one in found if one.same is truth]) for truth in (True, False)}
    assert len(found) > 9_000
    assert len({one.topic for one in found if one.held}) >= 5
    assert 0.35 < np.mean([one.same for one in found]) < 0.5
    assert lengths[True] == pytest.approx(lengths[False], rel=0.05)  # length must not tell
    alike = [one.same for one in found if shared(one.asked, one.known) >= 0.6]
    assert 0.25 < np.mean(alike) < 0.6  # nor that both are put in the same words
    assert len({(one.known, one.asked, one.topic) for one in found}) == len(found)


# -- what a patient gets


def test_an_answer_to_a_question_taken_for_the_same_names_that_question() -> None:
    known, asked = "How long is recovery after a fusion?", "When will I be fully recovered after the fusion?"
    verbatim = assistant().ask(known)
    assert (verbatim.kind, verbatim.notice, verbatim.confidence) == ("approved", None, 1.0)

    class Sure:
        least = 0.9

        def probability(self, question: str, other: str) -> float:
            return 0.95 if other == known else 0.1

        def worth(self, cosine: float, checksum: str) -> float:
            return 0.0

    taken = replace(assistant(), same=Sure()).ask(asked)
    assert (taken.kind, taken.text, taken.confidence) == ("approved", verbatim.text, 0.95)
    assert taken.notice is not None
    assert f"“{known}”" in taken.notice
