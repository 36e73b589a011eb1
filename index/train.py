"""Teaches the embedder patients' words: a LoRA adapter from (question, text that answers, texts beside it that don't).

    python -m index.train --items FILE --out FOLDER [--start FOLDER --texts both]

Contrastive: each question must be nearest to its own text among all texts of the batch, its hard distractors included
(multiple negatives ranking, Henderson et al. 2017). The texts are passages, or sentences as well: a passage's other
sentences are then distractors, which is what choosing what to say is about. Seeded. Knows nothing of indexes or readers.
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

from corpus.sentences import split
from index.words import stems

SCALE = 20.0  # what cosines are multiplied by before the softmax: the value that the base model was trained with
ALIKE = 0.5  # from this overlap of stems a sentence of a passage is the one that a reply's sentence was made from
BESIDE = 2  # distractors of a sentence in each batch; a passage, which is longer, gets one


@dataclass(frozen=True, slots=True)
class Triplet:
    """A question, a text that answers it, and texts beside it that don't; `beside` of these are drawn for a batch."""

    question: str
    text: str
    distractors: tuple[str, ...]
    beside: int = 1


def of_passages(items: Sequence[dict[str, Any]]) -> list[Triplet]:
    """One for each passage that an item's ideal reply cites; items that abstain have none."""
    found = []
    for item in items:
        cited = {place for _, place in citations(item)}
        others = tuple(text for place, text in enumerate(item["passages"]) if place not in cited)
        found += [Triplet(item["question"], item["passages"][place], others) for place in sorted(cited)]
    return found


def of_sentences(items: Sequence[dict[str, Any]]) -> list[Triplet]:
    """One for each sentence of a passage that a sentence of the reply was made from, against all the item's others."""
    found = []
    for item in items:
        passages = [[span.of(text) for span in split(text)] for text in item["passages"]]
        told: dict[str, None] = {}
        for said, place in citations(item):
            nearest = max(passages[place], key=lambda sentence, said=said: overlap(sentence, said))  # type: ignore[misc]
            if overlap(nearest, said) >= ALIKE:
                told[nearest] = None
        others = tuple(one for sentences in passages for one in sentences if one not in told and len(one.split()) > 3)
        found += [Triplet(item["question"], sentence, others, BESIDE) for sentence in told if others]
    return found


def citations(item: dict[str, Any]) -> list[tuple[str, int]]:
    """(sentence of the ideal reply, place of a passage that it cites) for each marker."""
    return [
        (said, int(number) - 1)
        for said, markers in re.findall(r"([^\[\]]+?)\s*((?:\[\d+\])+)", item["answer"])
        for number in re.findall(r"\d+", markers)
        if int(number) <= len(item["passages"])
    ]


def overlap(one: str, other: str) -> float:
    """Share of stems in common (Dice), 0 to 1."""
    left, right = set(stems(one)), set(stems(other))
    return 2 * len(left & right) / ((len(left) + len(right)) or 1)


def held_out(item: dict[str, Any]) -> bool:
    """Whether the item is kept for measuring: one in ten, by its first passage."""
    return hashlib.sha256(item["passages"][0].encode()).digest()[0] % 10 == 0


def batches(found: Sequence[Triplet], size: int, rng: random.Random) -> Iterator[list[Triplet]]:
    """Batches in random order, no question twice in one: another text that answers it would count as wrong."""
    order, later, batch = list(found), list[Triplet](), list[Triplet]()
    rng.shuffle(order)
    for one in order:
        (later if any(one.question == other.question for other in batch) else batch).append(one)
        if len(batch) == size:
            yield batch
            batch, later = later[:size], later[size:]
    if len(batch) > 1:
        yield batch


def embed(model: Any, texts: Sequence[str]) -> Any:
    """Unit vectors with their gradients, shape (len(texts), d)."""
    import torch

    features = model.preprocess(list(texts)) if hasattr(model, "preprocess") else model.tokenize(list(texts))
    return torch.nn.functional.normalize(model(features)["sentence_embedding"], dim=1)


def loss_of(model: Any, batch: Sequence[Triplet], rng: random.Random) -> Any:
    """Cross-entropy of each question's own text against every text of the batch."""
    import torch

    drawn = [rng.sample(one.distractors, min(one.beside, len(one.distractors))) for one in batch]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        questions = embed(model, [one.question for one in batch])
        texts = embed(model, [*(one.text for one in batch), *(text for beside in drawn for text in beside)])
    return torch.nn.functional.cross_entropy(SCALE * questions.float() @ texts.float().T, torch.arange(len(batch)))


def accuracy(model: Any, found: Sequence[Triplet]) -> float:
    """Share of questions nearer to their text than to each of their distractors."""
    import torch

    right = 0
    with torch.inference_mode():
        for one in found:
            question, *texts = embed(model, [one.question, one.text, *one.distractors])
            right += int(torch.argmax(torch.stack(texts) @ question)) == 0
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
    measured = of_sentences if options.texts == "both" else of_passages
    learnt = triplets([one for one in items if not held_out(one)], options.texts, rng)
    kept = measured([one for one in items if held_out(one)])
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
    if options.start:
        start_from(model, options.start)
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
        "kept": options.kept,
    }
    options.out.mkdir(parents=True, exist_ok=True)
    save_file(plain_tensors(model, options.kept), options.out / "adapter.safetensors")
    (options.out / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(figures))


def triplets(items: Sequence[dict[str, Any]], texts: str, rng: random.Random) -> list[Triplet]:
    """What is learnt: passages alone, or ("both") every sentence beside half of the passages, so that these aren't forgotten."""
    passages = of_passages(items)
    if texts == "passages":
        return passages
    rng.shuffle(passages)
    return passages[: len(passages) // 2] + of_sentences(items)


def start_from(model: Any, folder: Path) -> None:
    """Goes on from the adapter in `folder`: the inverse of `plain_tensors`."""
    import torch
    from safetensors.torch import load_file

    tensors = load_file(folder / "adapter.safetensors")
    with torch.no_grad():
        for name, weight in model[0].auto_model.named_parameters():
            if "lora_" in name:
                known = tensors[plain_name(name)].float()
                weight.copy_(known / 2 if "lora_B" in name else known)


def plain_name(name: str) -> str:
    """The tensor's name without what peft put around it."""
    return name.replace("base_model.model.", "").replace(".default.weight", "")


def plain_tensors(model: Any, kept: float = 1.0) -> dict[str, Any]:
    """X.lora_A and X.lora_B, bf16, for each adapted weight X of the transformer; scaled so that X + B @ A is the merged one.

    `kept` is the share of the change that is kept: a weight between the base and what was taught finds better on other
    matters, and as well on these (weight interpolation, Wortsman et al. 2022).
    """
    import torch

    tensors = {}
    for name, value in model[0].auto_model.state_dict().items():
        if "lora_" in name:
            scale = 2.0 * kept if "lora_B" in name else 1.0
            tensors[plain_name(name)] = (value * scale).to(torch.bfloat16).contiguous()
    return tensors


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m index.train", description=__doc__)
    parser.add_argument("--items", nargs="+", type=Path, required=True)
    parser.add_argument("--base", default="all-MiniLM-L6-v2")
    parser.add_argument("--texts", choices=("passages", "both"), default="passages", help="both: sentences as well")
    parser.add_argument("--start", type=Path, metavar="FOLDER", help="an adapter of the same rank to go on from")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--kept", type=float, default=1.0, help="share of the change that is kept, 0 to 1")
    parser.add_argument("--seed", type=int, default=7)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
