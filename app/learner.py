"""Teaches the packaged sentence model a task: what `app.encoder` then reads with. Not needed to run anything.

Its linear layers are fitted whole, and a linear model over its vector with them. What is kept of each layer is the best low-rank
approximation of its change: learning a change of low rank (LoRA) from the start gave less. Knows nothing of the task.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from app.encoder import DOWN, UP, Array
from corpus.command import note

RANK = 32
BATCH = 32
HEAD_RATE = 20  # times as fast: it starts from nothing
Batch = TypeVar("Batch")
Row = TypeVar("Row")


def batches(rows: Sequence[Row], length: Callable[[Row], int], epochs: int, chance: random.Random) -> list[list[Row]]:
    """All rows once an epoch, in random order, with others of about their length: less padding."""
    made: list[list[Row]] = []
    for _ in range(epochs):
        order = list(rows)
        chance.shuffle(order)
        pools = [sorted(order[at : at + 16 * BATCH], key=length) for at in range(0, len(order), 16 * BATCH)]
        found = [pool[at : at + BATCH] for pool in pools for at in range(0, len(pool), BATCH)]
        chance.shuffle(found)
        made += found
    return made


def typed_badly(text: str, chance: random.Random) -> str:
    """The text without capitals, commas and apostrophes, and with two slips of the finger."""
    text = text.lower().replace(",", "").replace("'", "").rstrip(".!")
    for _ in range(2):
        place = chance.randrange(1, max(2, len(text) - 1))
        kind = chance.choice("dst")
        if kind == "d":
            text = text[:place] + text[place + 1 :]
        elif kind == "s":
            text = text[:place] + chance.choice("aeioust") + text[place + 1 :]
        else:
            text = text[:place] + text[place + 1 : place + 2] + text[place : place + 1] + text[place + 2 :]
    return text


class Learner:
    """The packaged model in torch with its change in the making. `outputs`: how many scores a text has."""

    def __init__(self, folder: Path, outputs: int, seed: int, longest: int) -> None:
        import torch
        from transformers import AutoModel, AutoTokenizer

        torch.manual_seed(seed)
        self._longest = longest
        self._tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        self.body: Any = AutoModel.from_pretrained(folder).requires_grad_(False)
        self.head: Any = torch.nn.Linear(self.body.config.hidden_size, outputs)
        layers = {name: one for name, one in self.body.named_modules() if ".layer." in name}
        self._fitted = {name: one.weight for name, one in layers.items() if isinstance(one, torch.nn.Linear)}
        self._given = {name: one.detach().clone() for name, one in self._fitted.items()}
        for one in self._fitted.values():
            one.requires_grad_(True)

    def scores(self, texts: Sequence[str], others: Sequence[str] | None = None) -> Any:
        """Logits of shape (len(texts), outputs); each text is read with its other one where there are such."""
        pair = None if others is None else list(others)
        batch = self._tokenizer(
            list(texts), pair, padding=True, truncation=True, max_length=self._longest, return_tensors="pt"
        )
        kept = batch["attention_mask"][..., None]
        return self.head((self.body(**batch).last_hidden_state * kept).sum(1) / kept.sum(1))

    def fit(self, plan: Sequence[Batch], loss_of: Callable[[Batch], Any], rate: float) -> None:
        """Takes the batches in turn; the rate rises over a tenth of them, then falls to nothing."""
        import torch

        groups = [{"params": list(self._fitted.values())}, {"params": list(self.head.parameters())}]
        optimizer, start = torch.optim.AdamW(groups, weight_decay=0.01), time.monotonic()
        self.body.train()
        for step, batch in enumerate(plan):
            share = min((step + 1) / (0.1 * len(plan)), (len(plan) - step) / (0.9 * len(plan)))
            for group, full in zip(optimizer.param_groups, (rate, HEAD_RATE * rate), strict=True):
                group["lr"] = full * share
            loss = loss_of(batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if step % 50 == 49:
                note(f"step {step + 1} of {len(plan)}: loss {loss.item():.2f}, {time.monotonic() - start:.0f} s")
        self.body.eval()

    def learnt(self) -> tuple[dict[str, Array], Array, Array]:
        """(changes, weights, bias): for `app.encoder`, and the linear model: shapes (hidden size, outputs) and (outputs,)."""
        import torch

        changes: dict[str, Array] = {}
        for name, weight in self._fitted.items():
            up, sizes, down = torch.linalg.svd(weight.detach() - self._given[name], full_matrices=False)
            root = sizes[:RANK].sqrt()
            changes[name + UP] = (up[:, :RANK] * root).numpy()
            changes[name + DOWN] = (root[:, None] * down[:RANK]).numpy()
        return changes, self.head.weight.detach().numpy().T, self.head.bias.detach().numpy()
