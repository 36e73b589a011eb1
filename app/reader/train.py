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
import math
import random
import re
import time
from pathlib import Path
from typing import Any

from app.reader.packing import batches, loss_of, packs
from index.adapter import Adapter

HELD_OUT = 10  # one item in ten, by the hash of a passage, is never trained on
SCALE = 2.0  # of B @ A while training (peft's lora_alpha / r); the shipped B holds it already


def held_out(item: dict[str, Any]) -> bool:
    """Whether the item is kept for measuring. Items over the same passages fall on the same side."""
    digest = hashlib.sha256(min(item["passages"]).encode()).digest()
    return digest[0] % HELD_OUT == 0


def train(options: argparse.Namespace) -> None:
    """Trains, checkpoints after every hundred steps, writes the adapter and its figures to `options.out`."""
    import torch
    from peft import LoraConfig, get_peft_model
    from tqdm import tqdm
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.manual_seed(options.seed)
    rng = random.Random(options.seed)
    tokenizer = AutoTokenizer.from_pretrained(options.base)
    base = AutoModelForCausalLM.from_pretrained(options.base, dtype=torch.float32)
    config = LoraConfig(
        r=options.rank, lora_alpha=int(SCALE * options.rank), target_modules="all-linear", task_type="CAUSAL_LM"
    )
    model = get_peft_model(base, config)
    if options.start:
        start(model, Adapter.open(options.start))
    for name, parameter in model.named_parameters():
        layer = re.search(r"\.layers\.(\d+)\.", name)
        if layer and int(layer[1]) < base.config.num_hidden_layers - options.layers:
            parameter.requires_grad_(False)
    items = [json.loads(line) for path in options.items for line in Path(path).read_text(encoding="utf-8").splitlines()]
    learnt = [item for item in items if not held_out(item)]
    kept = [item for item in items if held_out(item)]
    plan = [
        batch
        for _ in range(options.epochs)
        for batch in batches(packs(learnt, tokenizer, options.tokens, rng), options.tokens, rng)
    ]
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(trainable, lr=options.rate, weight_decay=0.0)
    warm = max(1, len(plan) // 20)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, (step + 1) / warm) * 0.5 * (1 + math.cos(math.pi * step / len(plan)))
    )
    checkpoint, first = options.out / "checkpoint.pt", 0
    options.out.mkdir(parents=True, exist_ok=True)
    if checkpoint.exists():
        state = torch.load(checkpoint)
        first = state["step"]
        model.load_state_dict(state["adapter"], strict=False)
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
    started = time.monotonic()
    model.train()
    for step in tqdm(range(first, len(plan)), initial=first, total=len(plan), unit="step", mininterval=10):
        loss = loss_of(model, plan[step], tokenizer.pad_token_id)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trainable, 1.0)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad()
        if (step + 1) % 100 == 0 or step + 1 == len(plan):
            adapter = {name: value for name, value in model.state_dict().items() if "lora_" in name}
            torch.save(
                {
                    "step": step + 1,
                    "adapter": adapter,
                    "optimiser": optimiser.state_dict(),
                    "schedule": schedule.state_dict(),
                },
                checkpoint,
            )
            print(f"step {step + 1}: loss {loss.item():.3f}", flush=True)
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


def start(model: Any, adapter: Adapter) -> None:
    """Puts the adapter's matrices where the training of `model` begins."""
    from safetensors.torch import load_file

    weights = dict(model.named_parameters())
    for key, value in load_file(adapter.path).items():
        weight = weights[f"base_model.model.{key}.default.weight"]
        weight.data.copy_(value.float() / SCALE if key.endswith("lora_B") else value.float())


def save(model: Any, options: argparse.Namespace, figures: dict[str, Any]) -> None:
    """The adapter as bf16 safetensors, scaled so that W + B @ A is the merged weight."""
    import torch
    from safetensors.torch import save_file

    tensors = {}
    for name, value in model.state_dict().items():
        if "lora_" in name:
            plain = name.removeprefix("base_model.model.").replace(".default.weight", "")
            tensors[plain] = (value * SCALE if "lora_B" in name else value).to(torch.bfloat16).contiguous()
    save_file(tensors, options.out / "adapter.safetensors")
    (options.out / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(figures))


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
