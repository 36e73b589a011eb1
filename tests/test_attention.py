"""Where the reader looks: the sentence that its heads look at is the likeliest; only on the model that they were fitted on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.reader.attention import FILE, Attention, Places, lengths, looks
from app.site import SHIPPED_ADAPTER
from corpus.errors import SpinewiseError
from index.adapter import Adapter

PLACES = Places(sentences=((0, 2), (2, 6)), question=(6, 8))
HEADS = 2


def given(by_question: float, by_last: float) -> np.ndarray:
    """Two heads, three tokens from the question on, two sentences: the first head gives the second sentence these shares."""
    made = np.full((HEADS, 3, 2), 0.5, np.float32)
    for tokens, share in ((slice(2), by_question), (slice(2, 3), by_last)):
        made[0, tokens] = (1 - share, share)
    return made


def model(*weights: float, length: float = 0.0) -> Attention:
    return Attention(np.array(weights, np.float32), length, "made up")


def test_each_part_of_the_prompt_counts_for_itself() -> None:
    found = looks(given(by_question=0.5, by_last=0.9), PLACES)
    assert found.shape == (2, 3 * HEADS)
    np.testing.assert_allclose(found.sum(0), 0, atol=1e-5)  # what a head gives all sentences alike tells nothing
    asked, last, after = found[1, 0::HEADS]
    assert asked == pytest.approx(0, abs=1e-3)  # half and half
    assert last == pytest.approx(after) == pytest.approx(np.log(9) / 2, abs=1e-3)  # nine to one


def test_the_sentence_that_a_trusted_head_looks_at_is_the_likeliest() -> None:
    shares = given(by_question=0.9, by_last=0.1)
    first, second = model(1, 0, 0, 0, 0, 0).log_odds(shares, PLACES, (5, 5))
    assert second > first
    first, second = model(0, 0, 1, 0, 0, 0).log_odds(shares, PLACES, (5, 5))
    assert second < first


def test_length_counts_beside_it() -> None:
    short, long = model(0, 0, 0, 0, 0, 0, length=-1.0).log_odds(given(0.5, 0.5), PLACES, (3, 30))
    assert short > long
    assert lengths((3, 30)).sum() == pytest.approx(0)


def test_of_another_model_s_heads_it_says_nothing() -> None:
    assert model(1, 2, 3).log_odds(given(0.5, 0.5), PLACES, (5, 5)) == ()


def test_what_was_written_is_read(tmp_path: Path) -> None:
    assert Attention.load(tmp_path, "made up") is None
    made = model(1, 2, 3, 4, 5, 6, length=0.5)
    made.save(tmp_path)
    again = Attention.load(tmp_path, "made up")
    assert again is not None
    np.testing.assert_array_equal(again.weights, made.weights)
    assert replace(again, weights=made.weights) == made


def test_another_adapter_s_or_a_damaged_file_is_refused(tmp_path: Path) -> None:
    model(1).save(tmp_path)
    with pytest.raises(SpinewiseError, match="another adapter"):
        Attention.load(tmp_path, "other")
    for damage in (b"", b"no archive", (tmp_path / FILE).read_bytes()[:-30]):
        (tmp_path / FILE).write_bytes(damage)
        with pytest.raises(SpinewiseError, match="run python -m eval attend"):
            Attention.load(tmp_path, "made up")


def test_the_shipped_one_is_of_the_shipped_adapter() -> None:
    shipped = Attention.load(SHIPPED_ADAPTER, Adapter.open(SHIPPED_ADAPTER).sha256)
    assert shipped is not None
    assert shipped.weights.shape == (3 * 30 * 9,)  # of its base: 30 layers with 9 heads
    assert np.abs(shipped.weights).max() < 5  # no head alone turns the order
