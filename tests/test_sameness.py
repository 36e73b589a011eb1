"""Whether two questions mean the same: what was taught, how it is stored, and what teaching makes of its lines."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from app import encoder
from app.sameness import FILE, Sameness
from app.teach_sameness import PAIRS, Pair, batches, least_for, read, with_others
from corpus.errors import SpinewiseError


@pytest.fixture(scope="module")
def shipped() -> Sameness:
    made = Sameness.load()
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        ("what can go wrong with it?", "What are the risks?"),
        ("how many weeks until im back to normal", "How long is recovery?"),
        ("Is a brace always needed afterwards?", "Does everybody need a brace after the operation?"),
    ],
)
def test_the_same_in_other_words(shipped: Sameness, asked: str, known: str) -> None:
    assert shipped.same(asked, known)


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        ("What are the risks of not having it done?", "What are the risks?"),
        ("How long is the operation?", "How long is recovery?"),
        ("Who pays for the brace?", "Does everybody need a brace after the operation?"),
        ("What is the capital of France?", "How long is recovery?"),
    ],
)
def test_what_only_shares_words_is_not_the_same(shipped: Sameness, asked: str, known: str) -> None:
    assert not shipped.same(asked, known)


def test_without_the_packaged_model_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder, "PACKAGE", "no_such_package")
    assert Sameness.load() is None


def test_a_damaged_file_is_named_with_its_mend(tmp_path: Path) -> None:
    damaged = tmp_path / "sameness.npz"
    for content in (b"", FILE.read_bytes()[:-40]):
        damaged.write_bytes(content)
        with pytest.raises(SpinewiseError, match=r"run python -m app\.teach_sameness"):
            Sameness.load(damaged)


def test_what_was_written_is_read(tmp_path: Path, shipped: Sameness) -> None:
    path = tmp_path / "sameness.npz"
    Sameness.save(path, shipped.encoder.changes, shipped.weights, shipped.bias, 1.5)
    again = Sameness.load(path)
    assert again is not None
    assert again.least == 1.5
    np.testing.assert_array_equal(again.weights, shipped.weights)
    question = "How long do I stay?", "How long is the hospital stay?"
    assert again.log_odds(*question) == pytest.approx(shipped.log_odds(*question), abs=0.02)


# -- teaching


def pairs() -> list[Pair]:
    return [
        Pair(topic, known, f"{known} {number}", same=number % 2 == 0)
        for topic in ("hip", "knee")
        for known in ("How long?", "Why?", "Who?")
        for number in range(20)
    ]


def test_another_question_of_the_same_faq_is_not_the_same() -> None:
    made = with_others(pairs(), random.Random(7))
    added = made[len(pairs()) :]
    assert 20 < len(added) < 50
    assert not any(one.same or one.asked.startswith(one.known) for one in added)


def test_an_epoch_holds_every_pair_once() -> None:
    found = [one for batch in batches(pairs(), random.Random(7)) for one in batch]
    assert sorted(map(str, found)) == sorted(map(str, pairs()))


def test_the_threshold_keeps_the_precision_and_no_more() -> None:
    odds, same = [5.0, 4.0, 3.0, 2.0, 1.0], [True, True, True, False, True]
    assert least_for(0.98, odds, same) == 2.5
    assert least_for(0.7, odds, same) < 1.0 + 1e-9
    with pytest.raises(SpinewiseError, match="no threshold"):
        least_for(0.98, [2.0, 1.0], [False, True])


def test_a_line_of_another_form_is_named(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("hip\tWhy?\tsame\twhy tho\nhip\tWhy?\tmaybe\twhy\n", encoding="utf-8")
    with pytest.raises(SpinewiseError, match="line 2"):
        list(read(path))


def test_the_shipped_lines_are_many_and_both_kinds_are_as_long() -> None:
    found = list(read(PAIRS))
    lengths = {truth: np.mean([len(one.asked) for one in found if one.same is truth]) for truth in (True, False)}
    assert len(found) > 9_000
    assert len({one.topic for one in found if one.held}) >= 5
    assert 0.35 < np.mean([one.same for one in found]) < 0.5
    assert lengths[True] == pytest.approx(lengths[False], rel=0.05)  # length must not tell
    assert len({(one.known, one.asked, one.topic) for one in found}) == len(found)
