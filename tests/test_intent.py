"""Kinds of wishes by meaning: the shipped classifier against its examples' spirit, and what it does where it can't tell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from app.intent import FILE, NO_RULE, PLAIN, Intents, examples, teach
from app.scope import Scope
from corpus.errors import SpinewiseError
from index.embed import Embedder, embedder_of
from index.settings import IndexSettings

HELD = Path(__file__).parent / "intent_questions.tsv"


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return embedder_of(IndexSettings.load("index"))


def test_the_shipped_weights_are_of_the_shipped_embedder(embedder: Embedder) -> None:
    assert Intents.load().classifier.checksum == embedder.checksum, "the embedder has changed: run python -m app.intent"


def test_every_label_is_a_rule_of_scope_or_none() -> None:
    rules = {rule.id for rule in Scope.load().rules}
    labels = set(Intents.load().classifier.labels)
    assert labels - set(NO_RULE) <= rules
    assert {label for label, _ in examples()} == labels


def test_questions_that_it_was_not_taught_with(embedder: Embedder) -> None:
    """345 written after the examples, by the same hand: floors a little below what was measured."""
    rows = [line.split("\t") for line in HELD.read_text(encoding="utf-8").splitlines()]
    assert not {question for _, question in rows} & {question for _, question in examples()}
    intents, vectors = Intents.load(), embedder.encode([question for _, question in rows], "query")
    seen = [intents.of(vector, embedder.checksum) for vector in vectors]
    ordinary = [one.ordinary for one in seen if one]
    assert len(ordinary) == len(rows)
    assert roc_auc_score([label == PLAIN for label, _ in rows], ordinary) > 0.72
    named = [(label, one.rule) for (label, _), one in zip(rows, seen, strict=True) if one and one.rule]
    due = sum(label not in NO_RULE for label, _ in rows)
    assert sum(label == rule for label, rule in named) / due > 0.4
    plain = sum(label == PLAIN for label, _ in rows)
    assert sum(label == PLAIN for label, _ in named) < 0.1 * plain
    outside = [label for (label, _), one in zip(rows, seen, strict=True) if one and one.outside]
    assert outside.count("misuse") + outside.count("other") >= 15  # of 40
    assert outside.count(PLAIN) <= 0.02 * plain


def test_another_embedder_has_no_opinion() -> None:
    intents = Intents.load()
    assert intents.of(np.ones(intents.classifier.weights.shape[1], dtype=np.float32), "another") is None


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "intent.npz"
    path.write_bytes(FILE.read_bytes()[:100])
    with pytest.raises(SpinewiseError, match=r"can't read .*intent\.npz"):
        Intents.load(path)


def test_it_learns_what_it_is_taught(embedder: Embedder) -> None:
    taught = [(PLAIN, "how long is the stay"), (PLAIN, "how long will I be in"), ("dose", "how many pills may I take")]
    made = teach(taught, embedder, decay=0.01)
    for label, question in taught:
        seen = made.of(embedder.encode([question], "query")[0], embedder.checksum)
        assert seen is not None
        assert (seen.rule == label) if label != PLAIN else seen.ordinary > 0
