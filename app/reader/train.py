"""Teaches the reader its job: a LoRA adapter from items of (passages, question, ideal reply). Knows nothing of retrieval.

    python -m app.reader.train --items FILE --base FOLDER --out FOLDER

The same seed and items give the same order of batches; a stopped run goes on from its last checkpoint. The loss counts
the reply's tokens only, its first ones more: there it is settled whether the reader answers or abstains. The prompt is the
one of run time (app/reader/prompt.py). With --start it goes on from an adapter; with --layers only the last so many layers
learn, which saves the way back through the others.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import time
from pathlib import Path
from typing import Any

from app.reader.course import Course
from app.reader.packing import batches, loss_of, packs
from index.adapter import Adapter
from index.lessons import read_items

HELD_OUT = 10  # one item in ten, by the hash of a passage, is never trained on
SCALE = 2.0  # of B @ A while training (peft's lora_alpha / r); the shipped B holds it already


def held_out(item: dict[str, Any]) -> bool:
    """Whether the item is kept for measuring. Items over the same passages fall on the same side."""
    digest = hashlib.sha256(min(item["passages"]).encode()).digest()
    return digest[0] % HELD_OUT == 0


def train(options: argparse.Namespace) -> None:
    """Trains, checkpoints after every hundred steps, writes the adapter and its figures to `options.out`."""
    import torch
    from tqdm import tqdm

    torch.manual_seed(options.seed)
    rng = random.Random(options.seed)
    tokenizer, model = adaptable(options.base, options.rank, options.start)
    for name, parameter in model.named_parameters():
        layer = re.search(r"\.layers\.(\d+)\.", name)
        if layer and int(layer[1]) < model.config.num_hidden_layers - options.layers:
            parameter.requires_grad_(False)
    items = read_items(options.items)
    learnt = [item for item in items if not held_out(item)]
    kept = [item for item in items if held_out(item)]
    plan = [
        batch
        for _ in range(options.epochs)
        for batch in batches(packs(learnt, tokenizer, options.tokens, rng), options.tokens, rng)
    ]
    learning = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    course = Course([(learning, options.rate)], len(plan), options.out, told(options))
    started = time.monotonic()
    model.train()
    ahead = tqdm(plan[course.begun :], initial=course.begun, total=len(plan), unit="step", mininterval=10)
    for step, batch in enumerate(ahead, course.begun + 1):
        loss = loss_of(model, batch, tokenizer.pad_token_id)
        loss.backward()
        if course.take():
            print(f"step {step}: loss {loss.item():.3f}", flush=True)
    model.eval()
    with torch.inference_mode():
        made = packs(kept, tokenizer, options.tokens, random.Random(0))
        held = [loss_of(model, batch, tokenizer.pad_token_id).item() for batch in batches(made, options.tokens, rng)]
    save(
        model,
        options,
        {
            "items": len(learnt),
            "held_out": len(kept),
            "held_out_loss": round(sum(held) / len(held), 4) if held else None,
            "minutes": round((time.monotonic() - started) / 60, 1),
            "seed": options.seed,
            "epochs": options.epochs,
            "rate": options.rate,
            "rank": options.rank,
            "layers": options.layers,
        },
    )


def adaptable(base: Path, rank: int, begin: Path | None) -> tuple[Any, Any]:
    """(tokenizer, model) of the folder `base`, in fp32, with an adapter on every linear layer: that of the folder `begin`, or one
    that changes nothing yet.
    """
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    config = LoraConfig(r=rank, lora_alpha=int(SCALE * rank), target_modules="all-linear", task_type="CAUSAL_LM")
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), config)
    if begin:
        start(model, Adapter.open(begin))
    return AutoTokenizer.from_pretrained(base), model


def start(model: Any, adapter: Adapter) -> None:
    """Puts the adapter's matrices where the training of `model` begins."""
    from safetensors.torch import load_file

    weights = dict(model.named_parameters())
    for key, value in load_file(adapter.path).items():
        weight = weights[f"base_model.model.{key}.default.weight"]
        weight.data.copy_(value.float() / SCALE if key.endswith("lora_B") else value.float())


def told(options: argparse.Namespace) -> str:
    """What was asked for on the command line, but for where it goes: a checkpoint is gone on from only where it is the same."""
    return json.dumps({name: str(value) for name, value in sorted(vars(options).items()) if name != "out"})


def save(model: Any, options: argparse.Namespace, figures: dict[str, Any]) -> str:
    """The adapter as bf16 safetensors, scaled so that W + B @ A is the merged weight, with a card of figures to be completed by
    hand; returns its SHA-256.
    """
    import torch
    from safetensors.torch import save_file

    tensors = {}
    for name, value in model.state_dict().items():
        if "lora_" in name:
            plain = name.removeprefix("base_model.model.").replace(".default.weight", "")
            tensors[plain] = (value * SCALE if "lora_B" in name else value).to(torch.bfloat16).contiguous()
    made = options.out / "adapter.safetensors"
    save_file(tensors, made)
    digest = hashlib.sha256(made.read_bytes()).hexdigest()
    card = {"sha256": digest, "figures": figures}
    (options.out / "adapter.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(figures))
    return digest


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m app.reader.train", description=__doc__)
    parser.add_argument("--items", nargs="+", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True, help="folder of the converted base model")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="folder of an adapter to go on from")
    parser.add_argument("--layers", type=int, default=99, help="how many of the last layers learn")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rate", type=float, default=4e-4)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=2600, help="padded tokens a batch")
    parser.add_argument("--seed", type=int, default=7)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
