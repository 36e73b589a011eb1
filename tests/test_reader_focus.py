"""Teaching the reader where to look: what is learnt from is what is read at run time, and a stopped course goes on as it was."""

from __future__ import annotations

import argparse
import random
from collections import deque
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from app.reader import attention
from app.reader.course import Course
from app.reader.focus import Judge, Sheet, Watching, fitted_on, looks, taught, told_apart
from app.reader.practice import PRACTICE, Wish
from app.reader.probe import Probe
from app.reader.prompted import Prompter
from app.reader.quiz import Found, Quiz, dealt, of_leaflet, quizzes
from app.reader.train import save, told
from app.reader.watch import watched
from app.shown import PASSAGES, WORDS
from corpus.errors import SpinewiseError
from index.adapter import Adapter
from index.lessons import Asked, Leaflet

WEEKS, DRY, LIGHT = "The cast stays on for six weeks.", "Keep it dry.", "A splint is lighter."
QUIZ = Quiz(
    passages=(f"{WEEKS} {DRY}", LIGHT),
    sentences=(WEEKS, DRY, LIGHT),
    questions=("how long", "may it get wet", "what does it cost"),
    answers=((True, False, False), (False, True, False), (False, False, False)),
)
HEADS, LAYERS = 2, 2


@pytest.fixture(scope="module")
def prompter() -> Prompter:
    """A token for each byte."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    plain = Tokenizer(models.BPE({letter: place for place, letter in enumerate(["<end>", *letters])}, []))
    plain.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    template = "{% for one in messages %}{{ one.content }}\n{% endfor %}"
    return Prompter(
        PreTrainedTokenizerFast(tokenizer_object=plain, eos_token="<end>", pad_token="<end>", chat_template=template)
    )


@pytest.fixture
def model() -> Any:
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=257, hidden_size=32, intermediate_size=64, num_hidden_layers=LAYERS, num_attention_heads=HEADS,
        max_position_embeddings=2048, initializer_range=0.4,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


@pytest.fixture
def sheet(prompter: Prompter) -> Sheet:
    made = Sheet.of(QUIZ, prompter)
    assert made is not None
    return made


def judge_by_chance() -> Judge:
    numbers = torch.randn(3 * HEADS * LAYERS) / 10, torch.tensor(0.0), torch.tensor(0.0)
    weights, length, bias = (torch.nn.Parameter(one) for one in numbers)
    return Judge(weights, length, bias, torch.randn(LAYERS, 32) / 10, deque(), deque())


def test_what_it_learns_from_is_what_is_read_at_run_time(
    model: Any, prompter: Prompter, sheet: Sheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: nullcontext())  # in bf16 they'd differ in the second digit
    watching = Watching(model.model, (0, 1))
    model.set_attn_implementation("eager")
    together = list(watching.read(sheet))
    assert len(together) == len(QUIZ.questions)
    for question, (look, states) in zip(QUIZ.questions, together, strict=True):
        prompted = prompter.placed(question, QUIZ.passages, QUIZ.sentences)
        assert prompted.places
        with torch.inference_mode(), watched(model, prompted.places, 0, len(prompted.ids), (0, 1)) as noticed:
            model(torch.tensor([prompted.ids]))
        wanted = attention.looks(np.concatenate(noticed.looks), prompted.places)
        np.testing.assert_allclose(look.detach().numpy(), wanted, atol=1e-3)
        np.testing.assert_allclose(states.detach().numpy(), np.stack(noticed.states), atol=1e-3)


def test_looks_are_those_of_run_time() -> None:
    given = np.random.default_rng(0).random((4, 9, 3)).astype(np.float32)
    places = attention.Places(((0, 1), (1, 2), (2, 3)), (10, 15))
    np.testing.assert_allclose(looks(torch.from_numpy(given), 5).numpy(), attention.looks(given, places), atol=1e-5)


def test_it_learns_where_to_look(model: Any, sheet: Sheet, tmp_path: Path) -> None:
    watching, judge = Watching(model.model, (0, 1)), judge_by_chance()
    model.set_attn_implementation("eager")
    course = Course([(dict(model.named_parameters()), 3e-3), ({"w": judge.weights}, 1e-2)], 30, tmp_path)
    losses = []
    for _ in range(30):
        loss = judge.loss(sheet, watching)
        loss.backward()
        losses.append(loss.item())
        course.take()
    assert losses[-1] < losses[0] / 3
    assert list(judge.first)[-2:] == [True, True]
    assert told_apart(list(judge.known)[-3:]) == 1.0


def test_a_prompt_too_long_is_left_out(prompter: Prompter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.reader.focus.LONGEST", 50)
    assert Sheet.of(QUIZ, prompter) is None


def test_a_stopped_course_goes_on_as_it_was(tmp_path: Path) -> None:
    def run(folder: Path, stop: int | None) -> list[float]:
        weight = torch.nn.Parameter(torch.ones(2))
        course = Course([({"weight": weight}, 0.1)], 300, folder)
        for step in range(course.begun, stop or 300):
            (weight * torch.tensor([1.0, step / 300 - 0.2])).pow(2).sum().backward()
            course.take()
        return weight.tolist()

    whole = run(tmp_path / "whole", None)
    run(tmp_path / "stopped", 130)  # kept at 100
    assert run(tmp_path / "stopped", None) == pytest.approx(whole, abs=1e-6)


def test_a_checkpoint_of_another_course_is_refused_and_left_alone(tmp_path: Path) -> None:
    weight = torch.nn.Parameter(torch.ones(2))
    course = Course([({"weight": weight}, 0.1)], 1, tmp_path, "seed 7")
    weight.sum().backward()
    course.take()
    kept = (tmp_path / "checkpoint.pt").read_bytes()
    other = torch.nn.Parameter(torch.ones(3))
    for groups, steps, of in (
        ([({"weight": weight}, 0.1)], 2, "seed 7"),
        ([({"other": weight}, 0.1)], 1, "seed 7"),
        ([({"weight": other}, 0.1)], 1, "seed 7"),
        ([({"weight": weight}, 0.1)], 1, "seed 8"),
    ):
        with pytest.raises(SpinewiseError, match="another training"):
            Course(groups, steps, tmp_path, of)
    assert Course([({"weight": weight}, 0.1)], 1, tmp_path, "seed 7").begun == 1
    with pytest.raises(SpinewiseError, match="nothing to learn"):
        Course([({"weight": weight}, 0.1)], 0, tmp_path)
    assert (tmp_path / "checkpoint.pt").read_bytes() == kept


def test_a_clinic_to_be_left_out_has_to_be_one() -> None:
    assert "cataract" not in {folder.name for folder in taught(PRACTICE, ["cataract"])}
    with pytest.raises(SpinewiseError, match="katarakt"):
        taught(PRACTICE, ["cataract", "katarakt"])


def test_every_question_is_asked_and_answers_follow_their_sentences() -> None:
    texts = [(f"T{place}", (f"Fact {place} is so.", f"Beside {place} is more.")) for place in range(4)]
    wishes = [
        Wish(id=f"w{at}", question="q", other="o", kind="answer" if at < 4 else "abstain",
             evidence=(f"Fact {at} is so.",) if at < 4 else ())
        for at in range(6)
    ]  # fmt: skip
    found = [Found(f"{one.id}{at}", one, f"{one.id}{at}", tuple(texts)) for one in wishes for at in "ab"]
    made = list(quizzes(found, random.Random(3)))
    assert {question for quiz in made for question in quiz.questions} == {one.name for one in found}
    assert len(made) < len(found) / 2
    assert len({quiz.passages for quiz in made}) > 1
    for quiz in made:
        for question, answers in zip(quiz.questions, quiz.answers, strict=True):
            told = [sentence for sentence, holds in zip(quiz.sentences, answers, strict=True) if holds]
            assert told == ([f"Fact {question[1]} is so."] if int(question[1]) < 4 else [])


def test_a_leaflets_questions_are_all_asked_and_one_whose_sentence_is_left_out_is_answered_by_none() -> None:
    sentences = tuple(
        f"Fact {place} is so, with many a word that fills the page up well beyond its end." for place in range(25)
    )
    asked = tuple(Asked(question=f"q{at}", answered_by=(at,), twin="" if at else "twin") for at in range(25))
    made = list(of_leaflet(Leaflet(title="Casts", sentences=sentences, asked=asked), random.Random(5)))
    assert sorted(question for quiz in made for question in quiz.questions) == sorted(
        ["twin", *(one.question for one in asked)]
    )
    left_out = 0
    for quiz in made:
        assert len(quiz.passages) == PASSAGES
        assert all(text.startswith("Casts: Fact") and len(text.split()) <= WORDS + 1 for text in quiz.passages)
        assert "".join(quiz.passages).replace("Casts: ", " ").split() == " ".join(quiz.sentences).split()
        for question, answers in zip(quiz.questions, quiz.answers, strict=True):
            told = [sentence for sentence, holds in zip(quiz.sentences, answers, strict=True) if holds]
            place = question.removeprefix("q")
            shown = place.isdigit() and sentences[int(place)] in quiz.sentences
            assert told == ([sentences[int(place)]] if shown else [])
            left_out += not shown
    assert left_out > 1


def test_sentences_are_dealt_out_once_each() -> None:
    passages = dealt(["one two three"] * 9, random.Random(1))
    assert sorted(place for passage in passages for place in passage) == list(range(9))
    assert dealt([], random.Random(1)) == []


def test_a_course_can_go_on_from_what_another_has_saved(tmp_path: Path) -> None:
    lora = SimpleNamespace(state_dict=lambda: {"base_model.model.one.lora_A.default.weight": torch.ones(2, 3)})
    options = argparse.Namespace(out=tmp_path, seed=7)
    digest = save(lora, options, {"minutes": 1})
    judge_by_chance().attention(digest).save(tmp_path)
    Probe((0, 1), np.zeros((2, 32), np.float32), 0.5, digest).save(tmp_path)
    adapter = Adapter.open(tmp_path)
    attention, probe = fitted_on(adapter)
    assert (adapter.sha256, attention.adapter, probe.bias) == (digest, digest, 0.5)
    assert told(options) == told(argparse.Namespace(out=Path("elsewhere"), seed=7)) != told(argparse.Namespace(seed=8))


def test_how_well_two_kinds_are_told_apart() -> None:
    assert told_apart([(2.0, True), (1.0, False), (0.0, True)]) == 0.5
    assert told_apart([(1.0, True), (1.0, False)]) == 0.5
