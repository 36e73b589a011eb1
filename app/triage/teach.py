"""Teaches the encoder what a report is: `python -m app.triage.teach --cases FILE`. Not needed to run anything.

The linear layers of the packaged sentence model are fitted whole, and a linear model over its vector with them, from the same
examples as train.py. What is kept of each layer is the best low-rank approximation of its change: learning a change of low rank
(LoRA) from the start gave less. Examples are varied as they are learnt: typed badly, or told after something harmless. The rules'
own examples, which people check, come once more at the end, among as many others: they have to hold. Seeded. Test rows of an
evaluation are never read.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from app.triage.check import MEANING, Triage
from app.triage.encoder import DOWN, UP
from app.triage.likeness import NONE
from app.triage.meaning import TURN_BREAK, Meaning
from app.triage.train import Example, arguments, examples, joined, typed_badly
from corpus.command import note

RANK, BATCH, EPOCHS, RATE = 32, 32, 4, 1e-4
LAST_EPOCHS, LAST_RATE = 6, 3e-5  # over the rules' own examples
LONGEST_LEARNT = 64  # tokens: enough for all but the longest stories, and quicker
HEAD_RATE = 20  # times as fast: it starts from nothing
SMOOTHING = 0.05  # of the labels: some examples could be argued about
BADLY_TYPED, LATE = 0.3, 0.12  # shares of the examples that are typed badly, and told after something harmless


class Learner:
    """The packaged model in torch with its change in the making. `labels`: what it tells apart."""

    def __init__(self, folder: Path, labels: Sequence[str], seed: int) -> None:
        import torch
        from transformers import AutoModel, AutoTokenizer

        torch.manual_seed(seed)
        self.labels = tuple(labels)
        self._tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        self.body: Any = AutoModel.from_pretrained(folder).requires_grad_(False)
        self.head: Any = torch.nn.Linear(self.body.config.hidden_size, len(labels))
        layers = {name: one for name, one in self.body.named_modules() if ".layer." in name}
        self._fitted = {name: one.weight for name, one in layers.items() if isinstance(one, torch.nn.Linear)}
        self._given = {name: one.detach().clone() for name, one in self._fitted.items()}
        for one in self._fitted.values():
            one.requires_grad_(True)

    def scores(self, texts: Sequence[str]) -> Any:
        """Logits of shape (len(texts), labels)."""
        batch = self._tokenizer(
            list(texts), padding=True, truncation=True, max_length=LONGEST_LEARNT, return_tensors="pt"
        )
        kept = batch["attention_mask"][..., None]
        return self.head((self.body(**batch).last_hidden_state * kept).sum(1) / kept.sum(1))

    def fit(self, chosen: Sequence[Example], chance: random.Random, epochs: int = EPOCHS, rate: float = RATE) -> None:
        """Goes over the examples so many times; the rate rises, then falls to nothing."""
        import torch

        groups = [{"params": list(self._fitted.values())}, {"params": list(self.head.parameters())}]
        optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
        plan = [batch for _ in range(epochs) for batch in batches(chosen, chance)]
        quiet, start = [text for label, text, _ in chosen if label == NONE], time.monotonic()
        self.body.train()
        for step, batch in enumerate(plan):
            share = min((step + 1) / (0.1 * len(plan)), (len(plan) - step) / (0.9 * len(plan)))
            for group, full in zip(optimizer.param_groups, (rate, HEAD_RATE * rate), strict=True):
                group["lr"] = full * share
            texts = [varied(text, quiet, chance) for _, text, _ in batch]
            target = torch.tensor([self.labels.index(label) for label, _, _ in batch])
            loss: Any = torch.nn.functional.cross_entropy(self.scores(texts), target, label_smoothing=SMOOTHING)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if step % 50 == 49:
                note(f"step {step + 1} of {len(plan)}: loss {loss.item():.2f}, {time.monotonic() - start:.0f} s")
        self.body.eval()

    def save(self, path: Path) -> None:
        """What Meaning.load reads."""
        import torch

        changes = {}
        for name, weight in self._fitted.items():
            up, sizes, down = torch.linalg.svd(weight.detach() - self._given[name], full_matrices=False)
            root = sizes[:RANK].sqrt()
            changes[name + UP] = (up[:, :RANK] * root).numpy()
            changes[name + DOWN] = (root[:, None] * down[:RANK]).numpy()
        Meaning.save(path, changes, self.head.weight.detach().numpy().T, self.head.bias.detach().numpy(), self.labels)


def batches(chosen: Sequence[Example], chance: random.Random) -> Iterator[list[Example]]:
    """All examples once, in random order, with others of about their length: less padding."""
    order = list(chosen)
    chance.shuffle(order)
    pools = [order[at : at + 16 * BATCH] for at in range(0, len(order), 16 * BATCH)]
    found = [
        part[at : at + BATCH]
        for part in (sorted(pool, key=lambda one: len(one[1])) for pool in pools)
        for at in range(0, len(part), BATCH)
    ]
    chance.shuffle(found)
    yield from found


def varied(text: str, quiet: Sequence[str], chance: random.Random) -> str:
    """The text, at times after a harmless one, at times typed badly."""
    if TURN_BREAK not in text and chance.random() < LATE:
        text = chance.choice(quiet) + chance.choice((" ", TURN_BREAK)) + text
    return typed_badly(text, chance) if chance.random() < BADLY_TYPED else text


def main() -> None:
    """Fits and writes; the threshold comes from train.py, which sees both models."""
    from app.triage.encoder import folder

    given = arguments("python -m app.triage.teach", __doc__, MEANING)
    triage, chance = Triage.load(weights=None, meaning=None), random.Random(7)
    chosen = list(examples(triage, given))
    own = {joined(text.split(TURN_BREAK)) for _, text, _ in triage.examples()}
    checked = [one for one in chosen if one[1] in own]
    base = folder()
    if base is None:
        raise SystemExit("error: the packaged sentence model is missing\nrun pip install -e .")
    learner = Learner(base, sorted({label for label, _, _ in chosen}), seed=7)
    note(f"{len(chosen)} examples, {len(learner.labels)} labels")
    learner.fit(chosen, chance)
    learner.fit([*checked, *chance.sample(chosen, len(checked))], chance, LAST_EPOCHS, LAST_RATE)
    learner.save(given.out)


if __name__ == "__main__":
    main()
