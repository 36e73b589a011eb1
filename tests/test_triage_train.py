"""What triage learns from: every source once, never a held-out line, nothing from a doubtful one."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from random import Random
from zlib import crc32

import numpy as np
import pytest

from app.encoder import DOWN, UP
from app.learner import RANK
from app.triage import Triage
from app.triage.blend import cut, meanings, words
from app.triage.check import WEIGHTS
from app.triage.likeness import Likeness
from app.triage.meaning import Meaning
from app.triage.teach import harmless_parts, varied
from app.triage.train import QUESTION_WEIGHT, SHARE, examples, measured, read_lines, told
from corpus.errors import SpinewiseError

BY_RULES = Triage.load(weights=None, meaning=None)
CALM = next(text for text in (f"How long is visit {n}?" for n in range(99)) if crc32(text.encode()) % SHARE == 0)
KEPT = next(text for text in (f"How long is visit {n}?" for n in range(99)) if crc32(text.encode()) % SHARE)


def test_held_and_doubtful_lines_are_never_learnt(tmp_path: Path) -> None:
    lines, held, leaflet = tmp_path / "lines.tsv", tmp_path / "held.tsv", tmp_path / "leaflets.jsonl"
    wishes = tmp_path / "wishes.tsv"
    lines.write_text("clot\tMy shin is odd\ndoubtful\tMy shin is so-so\ninfection\tMy wound is funny\n")
    held.write_text("infection\tMy wound is funny\n")
    wishes.write_text(
        "misuse\tSay that I won’t die\ndiagnosis\tWhy is my toe odd?\nplain\tMy shin is odd\nother\tI can't pee\n"
    )
    leaflet.write_text(json.dumps({"asked": [{"question": CALM}, {"question": KEPT, "twin": "I can't pee"}]}) + "\n")
    given = Namespace(examples=[lines], questions=leaflet, cases=None, held=held, wishes=wishes)
    learnt = {text: (label, weight) for label, text, weight in examples(BY_RULES, given)}
    assert learnt["My shin is odd"] == ("clot", 1.0)
    assert learnt["Say that I won't die"] == ("none", 1.0)
    assert "Why is my toe odd?" not in learnt  # a symptom may be a red flag
    assert learnt[CALM] == ("none", QUESTION_WEIGHT)
    assert not {"My shin is so-so", "My wound is funny", KEPT}.intersection(learnt)
    assert learnt.get("I can't pee", ("cauda-equina", 1.0))[0] != "none"


STORY = " ".join((
    "My aunt kept bees until she was ninety and talked to them every morning.",
    "In those days nobody asked what an operation was for.",
    "I can't feel my legs is what they said to each other for a joke.",
    "My own back is only stiff, and the doctor offers a fusion in spring.",
    "How long would I be in hospital, and can my sister come along?",
))  # fmt: skip


def test_of_a_long_harmless_text_stretches_are_learnt_and_of_a_report_the_whole() -> None:
    report = STORY.replace("is only stiff", "went numb with both legs this morning")
    chosen = [("none", STORY, 1.0), ("cauda-equina", report, 1.0), ("none", "How long is a visit?", 1.0)]
    parts = harmless_parts(BY_RULES, chosen)
    assert list(parts) == [STORY]
    assert parts[STORY]
    assert all(one in STORY and one != STORY for one in parts[STORY])
    assert not any("feel my legs" in one for one in parts[STORY])  # by itself it would be a report
    weights = {label: [weight for _, _, weight in told(BY_RULES, (label, text, 1.0))] for label, text, _ in chosen[:2]}
    assert len(weights["cauda-equina"]) == 1
    assert weights["none"][0] == 1.0
    assert 0 < sum(weights["none"][1:]) <= 1.0


def test_an_example_is_learnt_in_many_forms_and_never_cut_off() -> None:
    report, quiet = "I can't pee since this morning", "How long is a visit?"
    made = [varied(report, (), [quiet], Random(seed)) for seed in range(200)]
    assert report in made
    assert any(one.startswith(quiet) and one.endswith(report) for one in made)
    assert len(set(made)) > 20  # typed badly in as many ways
    assert {varied(STORY, ["a part of it"], [quiet], Random(seed)) for seed in range(40)} >= {STORY, "a part of it"}


def test_no_held_line_is_among_those_to_learn() -> None:
    training = Path(__file__).parents[1] / "app" / "training"
    held = {text.casefold() for _, text in read_lines(training / "triage_held.tsv")}
    learnt = {
        text.casefold() for name in ("lines", "stories") for _, text in read_lines(training / f"triage_{name}.tsv")
    }
    assert not held & learnt
    known = {rule for rule, _, _ in BY_RULES.examples()} | {"none", "doubtful"}
    for name in ("lines", "stories", "held"):
        assert {label for label, _ in read_lines(training / f"triage_{name}.tsv")} <= known, name


def test_cards_are_counted_by_how_urgent_what_is_told_is() -> None:
    lines = [
        ("cauda-equina", "I can't pee and my groin is numb"),
        ("clot", "My calf is / swollen and red and hurts"),
        ("none", "How long is a visit?"),
        ("doubtful", "My shin is so-so"),
    ]
    assert measured(BY_RULES, lines) == "emergency 1 of 1, same-day 1 of 1, none 0 of 1"


def test_a_blend_lies_between_its_two_models_of_words() -> None:
    old = Likeness.load(WEIGHTS)
    new = replace(old, weights=old.weights + 1, bias=old.bias - 2, threshold=old.threshold + 0.2, joint=0.9)
    mixed = words(old, new, share=0.25)
    np.testing.assert_allclose(mixed.weights, old.weights + 0.25, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(mixed.bias, old.bias - 0.5, rtol=1e-5, atol=1e-6)
    assert mixed.threshold == pytest.approx(old.threshold + 0.05)
    assert mixed.joint == 0.9


def test_a_blend_of_two_encoders_adds_up_what_they_learnt(tmp_path: Path) -> None:
    chance = np.random.default_rng(7)

    def taught(path: Path) -> dict[str, np.ndarray]:
        made = {f"x{UP}": chance.normal(size=(6, RANK)), f"x{DOWN}": chance.normal(size=(RANK, 5))}
        Meaning.save(path, made, chance.normal(size=(5, 2)), np.ones(2), ("clot", "none"))
        return {name: one.astype(np.float16).astype(np.float32) for name, one in made.items()}

    old, new = taught(tmp_path / "old.npz"), taught(tmp_path / "new.npz")
    changes, _, bias, labels = meanings(tmp_path / "old.npz", tmp_path / "new.npz", 0.75)
    wanted = 0.25 * old[f"x{UP}"] @ old[f"x{DOWN}"] + 0.75 * new[f"x{UP}"] @ new[f"x{DOWN}"]
    np.testing.assert_allclose(changes[f"x{UP}"] @ changes[f"x{DOWN}"], wanted, atol=0.05)
    assert (labels, list(bias)) == (("clot", "none"), [1, 1])


def test_a_change_is_cut_to_the_best_of_its_rank() -> None:
    chance = np.random.default_rng(7)
    up, down = chance.normal(size=(8, 6)), chance.normal(size=(6, 7))
    left, right = cut(up, down, 2)
    kept = np.linalg.svd(up @ down, compute_uv=False)
    assert np.linalg.norm(up @ down - left @ right) == pytest.approx(np.linalg.norm(kept[2:]))


def test_models_of_other_rules_are_not_blended(tmp_path: Path) -> None:
    old = Likeness.load(WEIGHTS)
    with pytest.raises(SpinewiseError, match="other rules: clot"):
        words(old, replace(old, labels=tuple(one for one in old.labels if one != "clot")), share=0.5)
    with pytest.raises(SpinewiseError, match="another order"):
        words(old, replace(old, labels=old.labels[::-1]), share=0.5)
