"""Teaches the embedder patients' words: a LoRA adapter from questions, texts that answer them, and texts beside them that don't.

    python -m index.train --items FILE --out FOLDER [--start FOLDER --texts both --leaflets FILE]

Contrastive: each question must be nearest to its own text among all texts of its lesson (multiple negatives ranking, Henderson et
al. 2017). A question that no text answers must stay farther from all of them than a bound that is learnt too: so a cosine tells
how near a text is, and whether it is near enough. Seeded. Knows nothing of indexes or readers.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from index.lessons import (
    Leaflet,
    Lesson,
    Triplet,
    held_out,
    of_leaflets,
    of_passages,
    of_sentences,
    of_triplets,
    read_items,
    read_leaflets,
)

SCALE = 20.0  # what cosines are multiplied by before the softmax: the value that the base model was trained with
BOUND = 0.45  # cosine from which a text is held to answer, to begin with
UNANSWERED = 0.5  # weight of keeping to the bound, beside finding the right text
BOUND_RATE = 1e-2
AT_ONCE = 24  # texts in one pass, of like length: padding costs as much as words
# The modules that learn, by kind of model.
LEARNING = {"bert": ["query", "key", "value", "dense"], "mpnet": ["q", "k", "v", "o", "dense"]}


def embed(model: Any, texts: Sequence[str]) -> Any:
    """Unit vectors with their gradients, shape (len(texts), d)."""
    import torch

    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    parts = [order[start : start + AT_ONCE] for start in range(0, len(order), AT_ONCE)]
    vectors = torch.cat(
        [model(model.preprocess([texts[place] for place in part]))["sentence_embedding"] for part in parts]
    )
    return torch.nn.functional.normalize(vectors[torch.tensor(order).argsort()], dim=1)


def loss_of(model: Any, lesson: Lesson, bound: Any) -> Any:
    """Cross-entropy of each question's own texts against every text of the lesson; where the lesson has questions without an
    answer, also how far the nearest texts stand on the wrong side of `bound`, a cosine.
    """
    import torch
    from torch.nn.functional import softplus

    with torch.autocast("cpu", dtype=torch.bfloat16):
        questions, texts = embed(model, lesson.questions), embed(model, lesson.texts)
    near = SCALE * questions.float() @ texts.float().T
    right = torch.zeros(near.shape, dtype=torch.bool)
    for row, places in enumerate(lesson.right):
        right[row, list(places)] = True
    answered = right.any(dim=1)
    everything, own = near.logsumexp(dim=1), near.masked_fill(~right, -torch.inf).logsumexp(dim=1)
    loss = (everything - own)[answered].mean()
    if answered.all():
        return loss
    above, below = softplus(SCALE * bound - own[answered]), softplus(everything[~answered] - SCALE * bound)
    return loss + UNANSWERED * (above.mean() + below.mean())


def accuracy(model: Any, found: Sequence[Triplet]) -> float:
    """Share of questions nearer to their text than to each of their distractors."""
    import torch

    right = 0
    with torch.inference_mode():
        for one in found:
            question, *texts = embed(model, [one.question, one.text, *one.distractors])
            right += int(torch.argmax(torch.stack(texts) @ question)) == 0
    return right / (len(found) or 1)


def told_apart(model: Any, leaflets: Sequence[Leaflet]) -> dict[str, float]:
    """Of the leaflets' questions: the share whose nearest sentence answers them, and how well the cosine of the nearest tells
    answered ones from the others (AUC).
    """
    import torch
    from sklearn.metrics import roc_auc_score

    first, cosines, answered = 0, list[float](), list[bool]()
    with torch.inference_mode():
        for leaflet in leaflets:
            texts = embed(model, [f"{leaflet.title}\n{text}" if leaflet.title else text for text in leaflet.sentences])
            asked = [(one.question, one.answered_by) for one in leaflet.asked]
            asked += [(one.twin, ()) for one in leaflet.asked if one.twin]
            near = embed(model, [question for question, _ in asked]) @ texts.T
            nearest = near.argmax(dim=1).tolist()
            first += sum(place in places for place, (_, places) in zip(nearest, asked, strict=True))
            cosines += near.max(dim=1).values.tolist()
            answered += [bool(places) for _, places in asked]
    if not any(answered) or all(answered):
        return {}
    return {"first": round(first / sum(answered), 4), "auc": round(float(roc_auc_score(answered, cosines)), 4)}


def train(options: argparse.Namespace) -> None:
    """Trains and writes the adapter with its figures."""
    import torch
    from peft import LoraConfig, TaskType
    from safetensors.torch import load_file, save_file
    from sentence_transformers import SentenceTransformer
    from tqdm import tqdm

    from index.embed import model_folder

    torch.manual_seed(options.seed)
    rng = random.Random(options.seed)
    items, leaflets = read_items(options.items), read_leaflets(options.leaflets)
    measured = of_sentences if options.texts == "both" else of_passages
    learnt = triplets([one for one in items if not held_out(one["passages"][0])], options.texts, rng)
    kept = measured([one for one in items if held_out(one["passages"][0])])
    kept_leaflets = read_leaflets(options.measure) or [one for one in leaflets if held_out(one.sentences[0])]
    model = SentenceTransformer(
        str(model_folder(options.base, False)),
        device="cpu",
        local_files_only=True,
        model_kwargs={"dtype": torch.float32},
    )
    encoder: Any = model[0].auto_model
    if options.halved:  # what isn't learnt needs no more, and is not made so anew for every pass
        encoder.to(torch.bfloat16)
    layers = range(options.from_layer, encoder.config.num_hidden_layers) if options.from_layer else None
    model.add_adapter(
        LoraConfig(
            r=options.rank,
            lora_alpha=2 * options.rank,
            target_modules=LEARNING[encoder.config.model_type],
            layers_to_transform=list(layers) if layers else None,
            layers_pattern="layer" if layers else None,
            task_type=TaskType.FEATURE_EXTRACTION,
        )
    )
    if options.start:
        start_from(model, options.start)
    model.eval()
    before = {"triplets": accuracy(model, kept), **told_apart(model, kept_leaflets)}
    trainable = [one for name, one in model.named_parameters() if "lora_" in name]
    for one in trainable:
        one.data = one.data.float()  # steps are too small for bf16
    bound = torch.nn.Parameter(torch.tensor(BOUND))
    groups: list[dict[str, Any]] = [{"params": trainable}, {"params": [bound], "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=options.rate, weight_decay=0.01)
    taught = [one for one in leaflets if one not in kept_leaflets]
    plan = [one for _ in range(options.epochs) for one in epoch(learnt, taught, options, rng)]
    rates = [options.rate, BOUND_RATE]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rates, total_steps=len(plan), pct_start=0.1)
    started = time.monotonic()
    model.train()
    for lesson in tqdm(plan, unit="lesson", mininterval=5):
        loss = loss_of(model, lesson, bound)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trainable, 1.0)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad()
    minutes = round((time.monotonic() - started) / 60, 1)
    model.eval()
    options.out.mkdir(parents=True, exist_ok=True)
    tensors = plain_tensors(model, options.kept)
    if options.start and options.share < 1:
        tensors = blended(load_file(options.start / "adapter.safetensors"), tensors, options.share)
    save_file(tensors, options.out / "adapter.safetensors")  # before it is measured, which takes minutes
    after = {"triplets": accuracy(model, kept), **told_apart(model, kept_leaflets)}
    figures = {
        "lessons": len(plan),
        "questions": sum(len(one.questions) for one in plan),
        "held_out": {"triplets": len(kept), "leaflets": len(kept_leaflets)},
        "before": {name: round(value, 4) for name, value in before.items()},
        "after": {name: round(value, 4) for name, value in after.items()},
        "bound": round(bound.item(), 4),
        "minutes": minutes,
        **{
            name: getattr(options, name)
            for name in ("seed", "epochs", "rate", "rank", "from_layer", "batch", "replay", "kept", "share")
        },
    }
    (options.out / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(figures))


def triplets(items: Sequence[dict[str, Any]], texts: str, rng: random.Random) -> list[Triplet]:
    """What is learnt: passages alone, or ("both") every sentence beside half of the passages, so that these aren't forgotten."""
    passages = of_passages(items)
    if texts == "passages":
        return passages
    rng.shuffle(passages)
    return passages[: len(passages) // 2] + of_sentences(items)


def epoch(
    learnt: Sequence[Triplet], leaflets: Sequence[Leaflet], options: argparse.Namespace, rng: random.Random
) -> Iterator[Lesson]:
    """The lessons of one epoch in random order: all of the leaflets', and beside them a share of the items', lest these be
    forgotten; without leaflets all of the items'.
    """
    new, old = list(of_leaflets(leaflets, rng)), list(of_triplets(learnt, options.batch, rng))
    lessons = new + (old[: round(options.replay * len(new))] if new else old)
    rng.shuffle(lessons)
    yield from lessons


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


def blended(old: dict[str, Any], new: dict[str, Any], share: float) -> dict[str, Any]:
    """An adapter whose change is `share` of the new one's and the rest of the old one's; its rank is the sum of theirs.

    What lies between two taught models often finds better than either (model soups, Wortsman et al. 2022).
    """
    import torch

    tensors = {}
    for name, value in new.items():
        first, then = old[name].float(), value.float()
        both = [first, then] if name.endswith("lora_A") else [(1 - share) * first, share * then]
        axis = 0 if name.endswith("lora_A") else 1
        tensors[name] = torch.cat(both, axis).to(torch.bfloat16).contiguous()
    return tensors


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m index.train", description=__doc__)
    parser.add_argument("--items", nargs="+", type=Path, required=True)
    parser.add_argument(
        "--leaflets", nargs="+", type=Path, default=[], help="pages with what is asked of their sentences"
    )
    parser.add_argument(
        "--measure", nargs="+", type=Path, default=[],
        help="pages that are only measured (default: one in ten of --leaflets, which are then not learnt)",
    )  # fmt: skip
    parser.add_argument("--replay", type=float, default=0.35, help="lessons of items for each of leaflets")
    parser.add_argument("--base", default="all-MiniLM-L6-v2")
    parser.add_argument("--texts", choices=("passages", "both"), default="passages", help="both: sentences as well")
    parser.add_argument("--start", type=Path, metavar="FOLDER", help="an adapter of the same rank to go on from")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--from-layer", type=int, default=0, metavar="N", help="layers below it stay as they are")
    parser.add_argument("--halved", action="store_true", help="keep the base's weights in bf16 while it learns")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--kept", type=float, default=1.0, help="share of the change to the base that is kept, 0 to 1")
    parser.add_argument("--share", type=float, default=1.0, help="what is kept, beside the adapter in --start, 0 to 1")
    parser.add_argument("--seed", type=int, default=7)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
