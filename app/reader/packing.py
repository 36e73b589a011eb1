"""Training items as tokens: those over the same passages share the reading of what they begin with, and the loss over them.

The prompt is the one of run time (app/reader/prompt.py). Knows nothing of optimisers or files.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.reader.prompted import Prompter

MARKER = re.compile(r"\[(\d+)\]")
OPENING, OPENING_WEIGHT = 2, 4.0  # so many first tokens decide between an answer and the abstention, and weigh so much


@dataclass(frozen=True, slots=True)
class Example:
    """Token ids of one prompt with its reply; only the last `reply` of them are learnt."""

    ids: list[int]
    reply: int


@dataclass(frozen=True, slots=True)
class Pack:
    """Examples over the same passages in the same order: the tokens that all begin with, and the rest of each.

    The beginning is read once for all of them, which makes an epoch about three times as fast.
    """

    opening: list[int]
    branches: list[Example]

    @property
    def size(self) -> int:
        """In tokens."""
        return len(self.opening) + sum(len(branch.ids) for branch in self.branches)


def over_same_passages(items: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The items, those with the same passages together."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for item in items:
        groups.setdefault(tuple(sorted(item["passages"])), []).append(item)
    return list(groups.values())


def encode(item: dict[str, Any], reply: str, order: Sequence[str], tokenizer: Any) -> Example:
    """The item as the model sees it at run time, its passages in this order; the reply's markers follow."""
    place = {number: order.index(text) + 1 for number, text in enumerate(item["passages"], 1)}
    marked = MARKER.sub(lambda found: f"[{place[int(found[1])]}]", reply)
    before = Prompter(tokenizer).ids(item["question"], order)
    after = tokenizer(marked + "<|im_end|>", add_special_tokens=False)["input_ids"]
    return Example(before + after, len(after))


def packed(examples: Sequence[Example], tokens: int) -> Iterator[Pack]:
    """The examples in packs of at most about `tokens`; at least the last token of every prompt stays with its branch."""
    same = min(len(one.ids) - one.reply - 1 for one in examples)
    same = next((at for at in range(same) if len({one.ids[at] for one in examples}) > 1), same)
    opening, branches = examples[0].ids[:same], [Example(one.ids[same:], one.reply) for one in examples]
    part: list[Example] = []
    for branch in branches:
        if part and Pack(opening, [*part, branch]).size > tokens:
            yield Pack(opening, part)
            part = []
        part.append(branch)
    yield Pack(opening, part)


def packs(items: Sequence[dict[str, Any]], tokenizer: Any, tokens: int, rng: random.Random) -> list[Pack]:
    """All items, the passages of each group in one order drawn anew."""
    made: list[Pack] = []
    for group in over_same_passages(items):
        order = rng.sample(group[0]["passages"], len(group[0]["passages"]))
        made += packed([encode(item, item["answer"], order, tokenizer) for item in group], tokens)
    return made


def batches(made: Sequence[Pack], tokens: int, rng: random.Random) -> Iterator[list[Pack]]:
    """Batches of similar length, each of at most `tokens` padded tokens, in random order."""
    groups: list[list[Pack]] = []
    widest = 0
    for pack in sorted(made, key=lambda pack: pack.size + rng.random() * 40):
        widest = max(widest, pack.size)
        if not groups or widest * (len(groups[-1]) + 1) > tokens:
            groups.append([])
            widest = pack.size
        groups[-1].append(pack)
    rng.shuffle(groups)
    yield from groups


@dataclass(frozen=True, slots=True)
class Layout:
    """A batch as tensors of shape (B, W): token ids, positions, and which branch a token is of (0: the opening, -1: nothing).

    `weights` says how much a token counts as one to be learnt.
    """

    ids: Any
    positions: Any
    branch: Any
    weights: Any

    @classmethod
    def of(cls, batch: Sequence[Pack], pad: int) -> Layout:
        """The opening of each pack, then its branches one after the other; each goes on from the opening's last position."""
        import torch

        width = max(pack.size for pack in batch)
        ids = torch.full((len(batch), width), pad)
        positions, weights = torch.zeros_like(ids), torch.zeros(ids.shape)
        branch = torch.full_like(ids, -1)
        for row, pack in enumerate(batch):
            at = shared = len(pack.opening)
            ids[row, :at], positions[row, :at], branch[row, :at] = torch.tensor(pack.opening), torch.arange(at), 0
            for number, one in enumerate(pack.branches, 1):
                end = at + len(one.ids)
                ids[row, at:end], branch[row, at:end] = torch.tensor(one.ids), number
                positions[row, at:end] = torch.arange(shared, shared + len(one.ids))
                weights[row, end - one.reply : end] = 1.0
                weights[row, end - one.reply : min(end, end - one.reply + OPENING)] = OPENING_WEIGHT
                at = end
        return cls(ids, positions, branch, weights)

    @property
    def mask(self) -> Any:
        """(B, 1, W, W): each token sees what came before it in the opening and in its own branch."""
        import torch

        earlier = torch.ones(self.ids.shape[1], self.ids.shape[1], dtype=torch.bool).tril()
        seen, seeing = self.branch[:, None, :], self.branch[:, :, None]
        return (earlier & ((seen == 0) | (seen == seeing)))[:, None]


def losses_of(model: Any, layout: Layout) -> Any:
    """The cross-entropy of each token with a weight, in the order of `layout.weights[:, 1:] > 0`."""
    import torch

    with torch.autocast("cpu", dtype=torch.bfloat16):
        hidden = model.base_model.model.model(
            input_ids=layout.ids, attention_mask=layout.mask, position_ids=layout.positions
        ).last_hidden_state
        learnt = layout.weights[:, 1:] > 0  # logits only where something is learnt: the vocabulary is the widest layer
        logits = model.base_model.model.lm_head(hidden[:, :-1][learnt])
    return torch.nn.functional.cross_entropy(logits.float(), layout.ids[:, 1:][learnt], reduction="none")


def loss_of(model: Any, batch: Sequence[Pack], pad: int) -> Any:
    """Mean cross-entropy over the reply tokens of the batch, the opening ones weighing more."""
    layout = Layout.of(batch, pad)
    weights = layout.weights[:, 1:][layout.weights[:, 1:] > 0]
    return (losses_of(model, layout) * weights).sum() / weights.sum()
