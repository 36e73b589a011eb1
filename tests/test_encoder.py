"""The packaged sentence model in numpy reads as its library does, alone and in pairs, and takes no change that fits nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from app.encoder import DOWN, UP, Encoder, folder

QUERY = "encoder.layer.0.attention.self.query"


def change(name: str = QUERY, rank: int = 2, size: int = 384) -> dict[str, np.ndarray]:
    chance = np.random.default_rng(7)
    return {
        name + UP: 0.1 * chance.normal(size=(size, rank)).astype(np.float32),
        name + DOWN: 0.1 * chance.normal(size=(rank, size)).astype(np.float32),
    }


@pytest.mark.parametrize("texts", [("When may I drive?",), ("When may I drive?", "How long is recovery?")])
@pytest.mark.parametrize("changes", [{}, change()])
def test_it_reads_as_its_library_does(texts: tuple[str, ...], changes: dict[str, np.ndarray]) -> None:
    ours = Encoder.load(changes)
    assert ours is not None
    tokenizer, model = AutoTokenizer.from_pretrained(folder()), AutoModel.from_pretrained(folder()).eval()
    if changes:
        weight = model.get_submodule(QUERY).weight
        weight.data += torch.from_numpy(changes[QUERY + UP] @ changes[QUERY + DOWN])
    with torch.inference_mode():
        theirs = model(**tokenizer(*texts, return_tensors="pt")).last_hidden_state[0].mean(0).numpy()
    np.testing.assert_allclose(ours.encode(*texts), theirs, atol=2e-4)


def test_two_tasks_share_the_packaged_weights_and_not_what_they_were_taught() -> None:
    plain, taught = Encoder.load({}), Encoder.load(change())
    assert plain is not None
    assert taught is not None
    assert plain.base is taught.base
    assert not np.allclose(plain.encode("My back hurts"), taught.encode("My back hurts"), atol=1e-3)


@pytest.mark.parametrize(
    "changes",
    [
        change("encoder.layer.99.output.dense"),
        change(size=383),
        {QUERY + UP: change()[QUERY + UP]},
        {QUERY: np.zeros((384, 384), np.float32)},
    ],
)
def test_a_change_that_fits_nothing_is_not_left_out_without_a_word(changes: dict[str, np.ndarray]) -> None:
    assert Encoder.load(changes) is None
