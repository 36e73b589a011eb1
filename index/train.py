"""Teaches the embedder patients' words: a LoRA adapter from (question, passage that answers, passages that don't).

    python -m index.train --items FILE --out FOLDER

Contrastive: each question must be nearest to its own passage among all passages of the batch, its hard distractors
included (multiple negatives ranking, Henderson et al. 2017). Seeded. Knows nothing of indexes or readers.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCALE = 20.0  # what cosines are multiplied by before the softmax: the value that the base model was trained with


@dataclass(frozen=True, slots=True)
class Triplet:
    """A question, a passage that answers it, and passages beside it that don't."""

    question: str
    passage: str
    distractors: tuple[str, ...]


def triplets(items: Sequence[dict[str, Any]]) -> list[Triplet]:
    """One for each passage that an item's ideal reply cites; items that abstain have none."""
    found = []
    for item in items:
        cited = {int(number) - 1 for number in re.findall(r"\[(\d+)\]", item["answer"])}
        others = tuple(text for place, text in enumerate(item["passages"]) if place not in cited)
        found += [
            Triplet(item["question"], item["passages"][place], others)
            for place in sorted(cited)
            if place < len(item["passages"])
        ]
    return found


def held_out(item: dict[str, Any]) -> bool:
    """Whether the item is kept for measuring: one in ten, by its first passage."""
    return hashlib.sha256(item["passages"][0].encode()).digest()[0] % 10 == 0


def batches(found: Sequence[Triplet], size: int, rng: random.Random) -> Iterator[list[Triplet]]:
    """Batches in random order, no passage twice in one: its own twin would count as wrong."""
    order = list(found)
    rng.shuffle(order)
    batch: list[Triplet] = []
    for one in order:
        if all(
            one.passage not in (other.passage, *other.distractors) and other.passage not in one.distractors
            for other in batch
        ):
            batch.append(one)
        if len(batch) == size:
            yield batch
            batch = []
    if len(batch) > 1:
        yield batch


def embed(model: Any, texts: Sequence[str]) -> Any:
    """Unit vectors with their gradients, shape (len(texts), d)."""
    import torch

    features = model.preprocess(list(texts)) if hasattr(model, "preprocess") else model.tokenize(list(texts))
    return torch.nn.functional.normalize(model(features)["sentence_embedding"], dim=1)


def loss_of(model: Any, batch: Sequence[Triplet], rng: random.Random) -> Any:
    """Cross-entropy of each question's own passage against every passage of the batch."""
    import torch

    distractors = [rng.choice(one.distractors) for one in batch if one.distractors]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        questions = embed(model, [one.question for one in batch])
        passages = embed(model, [*(one.passage for one in batch), *distractors])
    return torch.nn.functional.cross_entropy(SCALE * questions.float() @ passages.float().T, torch.arange(len(batch)))


def accuracy(model: Any, found: Sequence[Triplet]) -> float:
    """Share of questions nearer to their passage than to each of their distractors."""
    import torch

    right = 0
    with torch.inference_mode():
        for one in found:
            question, *passages = embed(model, [one.question, one.passage, *one.distractors])
            right += int(torch.argmax(torch.stack(passages) @ question)) == 0
    return right / len(found)


def train(options: argparse.Namespace) -> None:
    """Trains and writes the adapter with its figures."""
    import torch
    from peft import LoraConfig, TaskType
    from safetensors.torch import save_file
    from sentence_transformers import SentenceTransformer
    from tqdm import tqdm

    from index.embed import model_folder

    torch.manual_seed(options.seed)
    rng = random.Random(options.seed)
    items = [json.loads(line) for path in options.items for line in Path(path).read_text(encoding="utf-8").splitlines()]
    learnt, kept = (
        triplets([one for one in items if not held_out(one)]),
        triplets([one for one in items if held_out(one)]),
    )
    model = SentenceTransformer(str(model_folder(options.base, False)), device="cpu", local_files_only=True)
    model.eval()
    before = accuracy(model, kept)
    model.add_adapter(
        LoraConfig(
            r=options.rank,
            lora_alpha=2 * options.rank,
            target_modules=["query", "key", "value", "dense"],
            task_type=TaskType.FEATURE_EXTRACTION,
        )
    )
    trainable = [one for name, one in model.named_parameters() if "lora_" in name]
    optimiser = torch.optim.AdamW(trainable, lr=options.rate, weight_decay=0.01)
    plan = [batch for _ in range(options.epochs) for batch in batches(learnt, options.batch, rng)]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, options.rate, total_steps=len(plan), pct_start=0.1)
    started = time.monotonic()
    model.train()
    for batch in tqdm(plan, unit="batch", mininterval=5):
        loss = loss_of(model, batch, rng)
        loss.backward()
        optimiser.step()
        schedule.step()
        optimiser.zero_grad()
    model.eval()
    figures = {
        "triplets": len(learnt),
        "held_out": len(kept),
        "held_out_accuracy_before": round(before, 4),
        "held_out_accuracy": round(accuracy(model, kept), 4),
        "minutes": round((time.monotonic() - started) / 60, 1),
        "seed": options.seed,
        "epochs": options.epochs,
        "rate": options.rate,
        "rank": options.rank,
        "batch": options.batch,
    }
    options.out.mkdir(parents=True, exist_ok=True)
    save_file(plain_tensors(model), options.out / "adapter.safetensors")
    (options.out / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(figures))


def plain_tensors(model: Any) -> dict[str, Any]:
    """X.lora_A and X.lora_B, bf16, for each adapted weight X of the transformer; scaled so that X + B @ A is the merged one."""
    import torch

    tensors = {}
    for name, value in model[0].auto_model.state_dict().items():
        if "lora_" in name:
            plain = name.replace("base_model.model.", "").replace(".default.weight", "")
            tensors[plain] = (value * 2.0 if "lora_B" in name else value).to(torch.bfloat16).contiguous()
    return tensors


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m index.train", description=__doc__)
    parser.add_argument("--items", nargs="+", type=Path, required=True)
    parser.add_argument("--base", default="all-MiniLM-L6-v2")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seed", type=int, default=7)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
