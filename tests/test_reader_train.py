"""Teaching the reader: items over the same passages are read together, and that changes nothing of what each is taught."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from app.reader.packing import Example, Layout, Pack, batches, encode, losses_of, over_same_passages, packed, packs
from app.reader.prompt import ABSTENTION

WORDS: dict[str, int] = {}


class Tokenizer:
    """A token for each word; numbers are given out as words come."""

    pad_token_id = 0
    all_special_tokens = ()

    def apply_chat_template(self, chat: list[dict[str, str]], **_: Any) -> str:
        return " ".join(f"<{one['role']}> {one['content']}" for one in chat) + " <reply>"

    def __call__(self, text: str, **_: Any) -> dict[str, list[int]]:
        return {"input_ids": [WORDS.setdefault(word, len(WORDS) + 1) for word in text.split()]}


WEEKS, DRY, LIGHT, NIGHT = (
    "The cast stays on for six weeks.",
    "Keep it dry.",
    "A splint is lighter.",
    "It comes off at night.",
)
ITEMS = [
    {"passages": [WEEKS, DRY], "question": "how long", "answer": "Six weeks. [1]"},
    {"passages": [DRY, WEEKS], "question": "may it get wet", "answer": "Keep it dry. [1]"},
    {"passages": [DRY, WEEKS], "question": "what colour is it", "answer": ABSTENTION},
    {"passages": [LIGHT, NIGHT], "question": "splint at night", "answer": "It comes off at night. [2]"},
]


@pytest.fixture(scope="module")
def model() -> Any:
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=200, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=256,
    )  # fmt: skip
    return SimpleNamespace(base_model=SimpleNamespace(model=LlamaForCausalLM(config).eval()))


def examples(group: list[dict[str, Any]]) -> list[Example]:
    return [encode(item, item["answer"], sorted(group[0]["passages"]), Tokenizer()) for item in group]


def test_items_with_the_same_passages_go_together_whatever_their_order() -> None:
    assert [len(group) for group in over_same_passages(ITEMS)] == [3, 1]


def test_markers_follow_the_order_of_the_passages() -> None:
    item = ITEMS[0]
    ids = encode(item, item["answer"], [DRY, WEEKS], Tokenizer()).ids
    assert ids[-2:] == [WORDS["weeks."], WORDS["[2]<|im_end|>"]]


def test_a_pack_teaches_each_item_as_it_would_be_taught_alone(model: Any) -> None:
    made = examples(over_same_passages(ITEMS)[0])
    (whole,) = packed(made, 5000)
    assert whole.size < sum(len(one.ids) for one in made) / 2
    together = losses_of(model, Layout.of([whole, Pack([], [made[0]])], 0))
    alone = torch.cat([losses_of(model, Layout.of(list(packed([one], 5000)), 0)) for one in [*made, made[0]]])
    assert together.shape == alone.shape
    assert torch.allclose(together, alone, atol=0.05)  # bf16
    other = losses_of(model, Layout.of([Pack(whole.opening, whole.branches[::-1])], 0))
    assert torch.allclose(other.sort().values, together[: len(other)].sort().values, atol=0.05)


def test_no_branch_sees_another() -> None:
    pack = Pack([1, 2], [Example([3, 4], 1), Example([5, 6], 1)])
    layout = Layout.of([pack], 0)
    assert layout.positions[0].tolist() == [0, 1, 2, 3, 2, 3]
    assert layout.mask[0, 0, 5].tolist() == [True, True, False, False, True, True]
    assert (layout.weights[0] > 0).tolist() == [False, False, False, True, False, True]


def test_packs_and_batches_keep_to_their_size() -> None:
    made = examples(over_same_passages(ITEMS)[0])
    longest = max(len(one.ids) for one in made)
    parts = list(packed(made, longest + 1))
    assert [len(part.branches) for part in parts] == [1, 1, 1]
    drawn = packs(ITEMS, Tokenizer(), 5000, random.Random(0))
    assert sorted(len(part.branches) for part in drawn) == [1, 3]
    width = max(part.size for part in drawn)
    assert [len(batch) for batch in batches(drawn, width, random.Random(0))] == [1, 1]
