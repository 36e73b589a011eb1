"""Teaches the packaged sentence model a task: what `app.encoder` then reads with. Not needed to run anything.

Its linear layers are fitted whole, and a linear model over its vector with them. What is kept of each layer is the best low-rank
approximation of its change: learning a change of low rank (LoRA) from the start gave less. Knows nothing of the task.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from app.encoder import DOWN, UP, Array
from corpus.command import note

RANK = 32
HEAD_RATE = 20  # times as fast: it starts from nothing
Batch = TypeVar("Batch")


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
