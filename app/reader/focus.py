"""Teaches the reader where to look: its adapter goes on learning from quizzes (app/reader/quiz.py).

    python -m app.reader.focus --base FOLDER --start FOLDER --items FILE... --out FOLDER

What is taught is what is read of it at run time: how much its heads look from a question to each sentence, and whether its
states behind the question tell that any answers; both weighed by the linear models beside the adapter in --start. The first
learns with it, of the second the bias; both are written beside the new adapter, so that another course can go on from it. The
reader's own items are mixed in, so that it goes on writing. Afterwards the second model is fitted anew: `python -m eval
calibrate`. A stopped run goes on from its last checkpoint.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from app.reader.attention import FLOOR, Array, Attention, lengths
from app.reader.course import Course
from app.reader.packing import Example, Layout, Pack, batches, loss_of, packs
from app.reader.practice import PRACTICE, clinics
from app.reader.probe import Probe
from app.reader.prompted import Prompter
from app.reader.quiz import Quiz, of_leaflet, quizzes, searched
from app.reader.train import adaptable, held_out, save, told
from corpus.errors import SpinewiseError
from index.adapter import Adapter
from index.lessons import read_items, read_leaflets

LONGEST = 700  # tokens of a prompt
QUIZZES = 4  # a step
ITEMS_EVERY = 2  # steps
KNOWING = 0.7  # what knowing of an answer counts beside looking at it
WEIGHTS_RATE = 2e-4
LAST = 300  # questions, of which it is told how it goes


@dataclass(frozen=True, slots=True)
class Sheet:
    """A quiz in tokens: the passages, then each question with what follows it. `sentences`: where they lie; `asked`: each
    question's tokens; `answers` and `lengths` as in `Quiz` and in `app.reader.attention.lengths`.
    """

    pack: Pack
    sentences: tuple[tuple[int, int], ...]
    asked: tuple[int, ...]
    answers: tuple[tuple[bool, ...], ...]
    lengths: Array

    @classmethod
    def of(cls, quiz: Quiz, prompter: Prompter) -> Sheet | None:
        """None where no question fits."""
        opening, sentences, branches = list[int](), tuple[tuple[int, int], ...](), []
        for question, answers in zip(quiz.questions, quiz.answers, strict=True):
            prompted = prompter.placed(question, quiz.passages, quiz.sentences)
            if prompted.places and len(prompted.ids) <= LONGEST:
                first, end = prompted.places.question
                opening, sentences = prompted.ids[:first], prompted.places.sentences
                branches.append((Example(prompted.ids[first:], 0), end - first, answers))
        if not branches:
            return None
        examples, asked, told = zip(*branches, strict=True)
        words = lengths([len(sentence.split()) for sentence in quiz.sentences])
        return cls(Pack(opening, list(examples)), sentences, asked, told, words)


class Watching:
    """Notes where a model's heads look and what its states are while it reads, in a way that can be learnt from."""

    def __init__(self, body: Any, layers: Sequence[int]) -> None:
        self._body, self._given, self._states = body, list[Any](), list[Any]()
        self._noting, self._first = False, 0
        self._places: Any = None
        for name, module in body.named_modules():
            if name.endswith("self_attn"):
                module.register_forward_hook(self._look)
        for layer in layers:
            body.layers[layer].register_forward_hook(self._state)

    def read(self, sheet: Sheet) -> Iterator[tuple[Any, Any]]:
        """For each question (looks, states), as in `app.reader.attention.looks` and `app.reader.watch.Noticed`."""
        import torch

        layout = Layout.of([sheet.pack], 0)
        self._first, self._given, self._states = len(sheet.pack.opening), [], []
        self._places = torch.zeros(sheet.pack.size, len(sheet.sentences))
        for column, (start, end) in enumerate(sheet.sentences):
            self._places[start:end, column] = 1.0
        unseen = torch.zeros(layout.mask.shape).masked_fill(~layout.mask, torch.finfo(torch.float32).min)
        self._noting = True
        with torch.autocast("cpu", dtype=torch.bfloat16):
            self._body(input_ids=layout.ids, attention_mask=unseen, position_ids=layout.positions)
        self._noting = False
        given, at = torch.cat(self._given), 0
        for branch, asked in zip(sheet.pack.branches, sheet.asked, strict=True):
            behind = given[:, at : at + len(branch.ids)]
            states = torch.stack([one[at : at + asked].mean(0) for one in self._states])
            yield looks(behind, asked), states
            at += len(branch.ids)

    def _look(self, module: Any, asked: Any, made: Any) -> None:
        import torch

        if self._noting:
            with torch.autocast("cpu", enabled=False):
                self._given.append(made[1][0, :, self._first :].float() @ self._places)

    def _state(self, module: Any, asked: Any, made: Any) -> None:
        if self._noting:
            states = made[0] if isinstance(made, tuple) else made
            self._states.append(states[0, self._first :].float())


def looks(given: Any, asked: int) -> Any:
    """`app.reader.attention.looks` of tensors: shape (sentences, 3 * heads). `asked`: the question's tokens."""
    import torch

    parts = torch.cat([given[:, :asked].mean(1), given[:, -1], given[:, asked:].mean(1)])
    found = (parts.T + FLOOR).log()
    return found - found.mean(0)


@dataclass
class Judge:
    """The linear models that the looks and the states are weighed by. What is said of the last questions is kept for telling
    how it goes: whether the first sentence answers; (log-odds of knowing, answerable).
    """

    weights: Any
    length: Any
    bias: Any
    probe: Any
    first: deque[bool]
    known: deque[tuple[float, bool]]

    @classmethod
    def of(cls, attention: Attention, probe: Probe) -> Judge:
        """Begins with those that were fitted."""
        import torch

        numbers = (torch.from_numpy(attention.weights.copy()), torch.tensor(attention.length), torch.tensor(probe.bias))
        weights, length, bias = (torch.nn.Parameter(one) for one in numbers)
        return cls(
            weights, length, bias, torch.from_numpy(probe.weights.copy()), deque(maxlen=LAST), deque(maxlen=LAST)
        )

    def attention(self, adapter: str) -> Attention:
        """What weighs the looks, as learnt with the adapter with this SHA-256."""
        return Attention(self.weights.detach().numpy().copy(), self.length.item(), adapter)

    def loss(self, sheet: Sheet, watching: Watching) -> Any:
        """Mean over the sheet's questions: does it know, and where there is an answer, does it look there."""
        import torch

        losses = []
        for answers, (look, states) in zip(sheet.answers, watching.read(sheet), strict=True):
            telling = torch.tensor(answers)
            knows, held = (states * self.probe).sum() + self.bias, telling.any()
            losses.append(KNOWING * torch.nn.functional.binary_cross_entropy_with_logits(knows, held.float()))
            self.known.append((knows.item(), bool(held)))
            if held:
                shares = (look @ self.weights + self.length * torch.from_numpy(sheet.lengths)).log_softmax(0)
                losses.append(-0.5 * shares[telling].logsumexp(0) - 0.5 * shares[telling].mean())
                self.first.append(bool(telling[shares.argmax()]))
        return torch.stack(losses).sum() / len(sheet.answers)


def focus(options: argparse.Namespace) -> None:
    """Trains, checkpoints, writes the adapter and its figures to `options.out`."""
    import torch
    from tqdm import tqdm

    torch.manual_seed(options.seed)
    chance = random.Random(options.seed)
    adapter = Adapter.open(options.start)
    attention, probe = fitted_on(adapter)
    judge = Judge.of(attention, probe)
    tokenizer, model = adaptable(options.base, options.rank, options.start)
    prompter = Prompter(tokenizer)
    found = [searched(folder) for folder in taught(options.practice, options.leave_out)]
    leaflets = read_leaflets(options.leaflets)
    watching = Watching(model.base_model.model.model, probe.layers)
    made = list[Quiz]()
    for _ in range(options.epochs):
        of_clinics = [one for clinic in found for one in quizzes(clinic, chance)]
        of_leaflets = [one for leaflet in leaflets for one in of_leaflet(leaflet, chance)]
        made += mixed(of_clinics + mixed(of_leaflets, chance)[: options.most_of_leaflets], chance)
    sheets = [sheet for quiz in made if (sheet := Sheet.of(quiz, prompter))]
    plan = [sheets[at : at + QUIZZES] for at in range(0, len(sheets), QUIZZES)]
    replay = own_items(options.items, tokenizer, len(plan), chance)
    learning = {name: one for name, one in model.named_parameters() if one.requires_grad}
    weighing = {"weights": judge.weights, "length": judge.length, "bias": judge.bias}
    course = Course([(learning, options.rate), (weighing, WEIGHTS_RATE)], len(plan), options.out, told(options))
    started = time.monotonic()
    model.train()
    ahead = tqdm(plan[course.begun :], initial=course.begun, total=len(plan), unit="step", mininterval=10)
    for step, part in enumerate(ahead, course.begun):
        model.set_attn_implementation("eager")
        for sheet in part:
            (judge.loss(sheet, watching) / len(part)).backward()
        model.set_attn_implementation("sdpa")
        if step % ITEMS_EVERY == 0 and replay:
            loss_of(model, replay[step // ITEMS_EVERY % len(replay)], tokenizer.pad_token_id).backward()
        if course.take() or (step + 1) % 10 == 0:
            first, known = float(np.mean(judge.first)), told_apart(judge.known)
            print(f"step {step + 1}: first sentence answers {first:.3f}, knows {known:.3f}", flush=True)
    figures = {
        "clinics": len(found), "leaflets": len(leaflets), "quizzes": len(sheets),
        "questions": sum(len(sheet.asked) for sheet in sheets),
        "minutes": round((time.monotonic() - started) / 60, 1), "seed": options.seed, "epochs": options.epochs,
        "rate": options.rate, "rank": options.rank, "left_out": options.leave_out,
    }  # fmt: skip
    digest = save(model, options, figures)
    judge.attention(digest).save(options.out)
    replace(probe, bias=judge.bias.item(), adapter=digest).save(options.out)


def fitted_on(adapter: Adapter) -> tuple[Attention, Probe]:
    """The linear models beside an adapter."""
    folder = adapter.path.parent
    attention, probe = Attention.load(folder, adapter.sha256), Probe.load(folder, adapter.sha256)
    if attention is None or probe is None:
        raise SpinewiseError(
            f"{folder} holds no attention.npz and probe.npz", "run python -m eval attend, then calibrate"
        )
    return attention, probe


def taught(practice: Path, left_out: Sequence[str]) -> list[Path]:
    """The practice clinics to learn from. A name that is none would have a clinic learnt that was to be kept for measuring."""
    folders = clinics(practice)
    unknown = set(left_out) - {folder.name for folder in folders}
    if unknown:
        raise SpinewiseError(f"{practice} holds no clinic {', '.join(sorted(unknown))}", "mend --leave-out")
    return [folder for folder in folders if folder.name not in left_out]


def mixed(made: list[Quiz], chance: random.Random) -> list[Quiz]:
    """The same in an order of chance."""
    return chance.sample(made, len(made))


def own_items(
    files: Sequence[Path], tokenizer: Any, steps: int, chance: random.Random, tokens: int = 1000
) -> list[Any]:
    """Batches of the reader's items, enough for so many steps."""
    learnt = [item for item in read_items(files) if not held_out(item)]
    return list(batches(packs(learnt, tokenizer, tokens, chance), tokens, chance))[: steps // ITEMS_EVERY + 1]


def told_apart(known: Iterable[tuple[float, bool]]) -> float:
    """The share of pairs, one answerable and one not, in which the first is known better (the area under the ROC curve)."""
    from sklearn.metrics import roc_auc_score

    values, held = zip(*known, strict=True)
    return float(roc_auc_score(held, values)) if len(set(held)) == 2 else float("nan")


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m app.reader.focus", description=__doc__)
    parser.add_argument("--base", type=Path, required=True, help="folder of the converted base model")
    parser.add_argument(
        "--start", type=Path, required=True, help="folder of the adapter to go on from, with what was fitted on it"
    )
    parser.add_argument(
        "--items", nargs="*", type=Path, default=(), help="the reader's own items, so that it goes on writing"
    )
    parser.add_argument("--practice", type=Path, default=PRACTICE, help="folder of practice clinics")
    parser.add_argument(
        "--leave-out", nargs="*", default=(), help="clinics kept for measuring and for fitting afterwards"
    )
    parser.add_argument(
        "--leaflets", nargs="*", type=Path, default=(), help="pages whose sentences are asked about, too"
    )
    parser.add_argument(
        "--most-of-leaflets", type=int, default=400, help="quizzes of leaflets in an epoch, drawn by chance"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--seed", type=int, default=7)
    focus(parser.parse_args())


if __name__ == "__main__":
    main()
