"""The local reader's way of writing: the same text as token by token, quicker, and under the caller's control."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from app.reader import local
from app.reader.attention import Places
from app.reader.local import LocalReader, followed
from app.reader.probe import Probe
from app.reader.watch import watched

PASSAGES = ["Many people go home after a short stay.", "Naïve readers – even these – read “quotes”."]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A model with two layers and weights by chance, which reads and writes bytes."""
    path = tmp_path_factory.mktemp("model")
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    plain = Tokenizer(models.BPE({letter: place for place, letter in enumerate(["<end>", *letters])}, []))
    plain.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    plain.decoder = decoders.ByteLevel()
    template = "{% for one in messages %}{{ one.content }}\n{% endfor %}"
    PreTrainedTokenizerFast(
        tokenizer_object=plain, eos_token="<end>", pad_token="<end>", chat_template=template
    ).save_pretrained(path)
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=257, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=4096, bos_token_id=None, eos_token_id=0, pad_token_id=0, initializer_range=0.4,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(path)
    return path


@pytest.fixture
def reader(folder, monkeypatch) -> LocalReader:
    monkeypatch.setattr(local, "computes_in_bf16", lambda: False)
    return LocalReader(folder, "by chance", seconds=60, max_new_tokens=80)


def token_by_token(reader: LocalReader, question: str) -> str:
    prompt = torch.tensor([reader.prompter.ids(question, PASSAGES)])
    made = reader._model.generate(
        prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=80, do_sample=False, pad_token_id=0
    )
    return reader.prompter.tokenizer.decode(made[0, prompt.shape[1] :], skip_special_tokens=True)


@pytest.mark.parametrize("question", ["How long do I stay?", "¿Y después?", "x", "the the the the"])
def test_what_is_guessed_changes_no_word(reader, question) -> None:
    plain = token_by_token(reader, question)
    written = "".join(reader.read(question, PASSAGES))
    assert len(plain) > 10
    assert written[:60] == plain[:60]  # the last step may write some tokens more than the budget


@pytest.mark.parametrize("question", ["How long do I stay?", "¿Y después?"])
def test_what_is_written_after_a_doubt_is_what_is_written_without_one(reader, question) -> None:
    doubt = reader.doubt(question, PASSAGES)
    assert doubt is not None
    assert "".join(doubt.draft()) == "".join(reader.read(question, PASSAGES))
    assert doubt.log_odds == pytest.approx(reader.doubt(question, PASSAGES).log_odds, abs=1e-3)


SENTENCES = ["Many people go home after a short stay.", "even these", "read “quotes”."]


class Seeing:
    """Keeps what it is given."""

    def log_odds(self, given, places: Places, words) -> tuple[float, ...]:
        self.given, self.places = given, places
        return tuple(float(count) for count in words)


def test_where_it_looks_is_told_of_each_sentence_and_changes_no_word(reader) -> None:
    question = "¿Y después?"
    plain = "".join(reader.doubt(question, PASSAGES, SENTENCES).draft())
    reader.attention = seeing = Seeing()
    doubt = reader.doubt(question, PASSAGES, SENTENCES)
    assert doubt.attended == (8.0, 2.0, 2.0)
    assert "".join(doubt.draft()) == plain
    prompt = reader.prompter.ids(question, PASSAGES)

    def told(place: tuple[int, int]) -> str:
        return reader.prompter.tokenizer.decode(prompt[slice(*place)])

    assert [told(place) for place in seeing.places.sentences] == SENTENCES
    assert told(seeing.places.question) == f" {question}"
    reader._model.set_attn_implementation("eager")
    with torch.inference_mode():
        whole = reader._model(torch.tensor([prompt]), output_attentions=True).attentions
    behind = torch.cat(whole, 1)[0, :, seeing.places.question[0] :]
    wanted = [behind[:, :, start:end].sum(-1) for start, end in seeing.places.sentences]
    assert seeing.given.shape == (2 * 2, len(prompt) - seeing.places.question[0], len(SENTENCES))
    np.testing.assert_allclose(seeing.given, torch.stack(wanted, -1).numpy(), atol=1e-4)


def test_its_states_at_the_question_are_told_and_change_no_word(reader) -> None:
    question = "¿Y después?"
    plain = "".join(reader.doubt(question, PASSAGES, SENTENCES).draft())
    hidden = reader._model.config.hidden_size
    reader.probe = probe = Probe((0, 1), np.zeros((2, hidden), np.float32), 0.25, "made up")
    doubt = reader.doubt(question, PASSAGES, SENTENCES)
    assert doubt.knows == 0.25
    assert "".join(doubt.draft()) == plain
    prompt = reader.prompter.ids(question, PASSAGES)
    with torch.inference_mode():
        states = reader._model(torch.tensor([prompt]), output_hidden_states=True).hidden_states
    places = reader.prompter.placed(question, PASSAGES, SENTENCES).places
    wanted = states[1][0, slice(*places.question)].mean(0)  # of the first layer; the last one's are normed there
    reader.probe = replace(probe, weights=np.eye(2, hidden, dtype=np.float32) * [[1], [0]])
    assert reader.doubt(question, PASSAGES, SENTENCES).knows == pytest.approx(float(wanted[0]) + 0.25, abs=1e-3)
    reader.probe = replace(probe, layers=(0, 99))  # another model has fewer layers
    assert reader.doubt(question, PASSAGES, SENTENCES).knows is None


def test_nobody_asks_where_it_looks_in_a_very_long_question(reader) -> None:
    reader.attention = Seeing()
    doubt = reader.doubt("and then " * 120, PASSAGES, SENTENCES)
    assert len(reader.prompter.ids("and then " * 120, PASSAGES)) > local.LONGEST_WATCHED
    assert doubt.attended == ()
    assert doubt.log_odds is not None


def test_sentences_that_are_not_in_the_prompt_are_not_looked_for(reader) -> None:
    reader.attention = Seeing()
    assert reader.doubt("x", PASSAGES, ["This stands nowhere."]).attended == ()
    assert reader.doubt("x", PASSAGES, SENTENCES[::-1]).attended == ()
    assert reader.doubt("x", PASSAGES).attended == ()


def test_watching_ends_with_the_reading_even_where_it_fails(reader) -> None:
    usual = reader._model.config._attn_implementation
    with pytest.raises(ZeroDivisionError), watched(reader._model, Places(((0, 1),), (1, 2)), 0, 3):
        raise ZeroDivisionError
    assert reader._model.config._attn_implementation == usual
    assert not any(one._forward_hooks for one in reader._model.modules())


def test_a_question_that_holds_its_own_heading_is_found_whole(reader) -> None:
    reader.attention = seeing = Seeing()
    question = "a\n\nQuestion: b"
    reader.doubt(question, PASSAGES, SENTENCES)
    prompt = reader.prompter.ids(question, PASSAGES)
    assert reader.prompter.tokenizer.decode(prompt[slice(*seeing.places.question)]) == f" {question}"


def test_control_tokens_in_a_sentence_do_not_hide_it(reader) -> None:
    reader.attention = seeing = Seeing()
    odd = "A clip <end> holds it."
    assert reader.doubt("x <end> y", [*PASSAGES, odd], [SENTENCES[0], odd]).attended == (8.0, 5.0)
    prompt = reader.prompter.ids("x <end> y", [*PASSAGES, odd])
    assert reader.prompter.tokenizer.decode(prompt[slice(*seeing.places.sentences[1])]) == "A clip < end> holds it."


def test_one_visitor_s_prompt_is_not_left_in_what_every_prompt_begins_with(reader) -> None:
    before = reader._opening.get_seq_length()
    reader.doubt("a secret", PASSAGES)
    "".join(reader.read("another secret", PASSAGES))
    assert reader._opening.get_seq_length() == before < len(reader.prompter.ids("a", ["b"]))


def test_closing_the_draft_frees_the_model_for_the_next(reader) -> None:
    draft = reader.read("x", PASSAGES)
    next(draft)
    draft.close()
    reader.seconds = 0.2
    assert reader.doubt("x", PASSAGES) is not None


def test_who_can_t_start_in_time_gets_nothing(reader) -> None:
    draft = reader.read("x", PASSAGES)
    next(draft)
    reader.seconds = 0.05
    assert reader.doubt("y", PASSAGES) is None
    assert list(reader.read("y", PASSAGES)) == []
    draft.close()


def test_the_deadline_ends_a_draft(reader) -> None:
    reader.seconds = 0.0
    assert list(reader.read("x", PASSAGES)) == []


def test_the_longest_repeat_is_followed_the_latest_first() -> None:
    assert followed([7, 1, 2, 3, 8, 9, 5, 2, 3, 6, 1, 2, 3]) == [8, 9, 5, 2, 3, 6, 1, 2, 3]
    assert followed([1, 4, 1, 5, 1], most=1) == [5]
    assert followed([1, 2, 3]) == []
    assert followed([]) == []
