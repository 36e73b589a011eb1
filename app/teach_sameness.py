"""Teaches which questions mean the same: `python -m app.teach_sameness`. Not needed to run anything.

From lines `topic<TAB>FAQ's question<TAB>same|near<TAB>patient's question`. One topic in eight, by its name's checksum, is never
learnt: with those the threshold is chosen, and the figures at the end are of them. Another question of the same FAQ is not the
same one, so some come as lines too. Seeded (app/learner.py says how it learns).
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from app.encoder import folder
from app.learner import Learner
from app.sameness import FILE, Sameness
from app.triage.train import typed_badly
from corpus.command import explain, note
from corpus.errors import SpinewiseError

PAIRS = Path(__file__).parent / "training" / "same_questions.tsv"
BATCH, EPOCHS, RATE = 32, 3, 1e-4
LONGEST_LEARNT = 64  # tokens of both questions
SMOOTHING = 0.05  # of the labels: some lines could be argued about
BADLY_TYPED = 0.2  # share of the patients' questions that are typed badly
OTHERS = 0.6  # other questions of the same FAQ for each line that is the same
HELD = 8  # one topic in so many is never learnt
PRECISION = 0.98  # least share of those taken for the same that are, on held-out lines


@dataclass(frozen=True, slots=True)
class Pair:
    """A patient's question beside an FAQ's, which it means or is only near to."""

    topic: str
    known: str
    asked: str
    same: bool

    @property
    def held(self) -> bool:
        """Whether its topic is never learnt."""
        return crc32(self.topic.encode()) % HELD == 0


def read(path: Path) -> Iterator[Pair]:
    """The lines of a file; one of another form is refused."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        cells = line.split("\t")
        if len(cells) != 4 or cells[2] not in ("same", "near"):
            raise SpinewiseError(
                f"{path}, line {number} is not topic, FAQ's question, same or near, patient's question", "mend the line"
            )
        topic, known, label, asked = cells
        yield Pair(topic, known, asked, label == "same")


def with_others(pairs: Sequence[Pair], chance: random.Random) -> list[Pair]:
    """The pairs, and to some that are the same another question of the same FAQ, which is not."""
    known = defaultdict[str, set[str]](set)
    for one in pairs:
        known[one.topic].add(one.known)
    others = (
        Pair(one.topic, chance.choice(sorted(known[one.topic] - {one.known})), one.asked, same=False)
        for one in pairs
        if one.same and len(known[one.topic]) > 1 and chance.random() < OTHERS
    )
    return [*pairs, *others]


def batches(pairs: Sequence[Pair], chance: random.Random) -> Iterator[list[Pair]]:
    """All pairs once, in random order, with others of about their length: less padding."""
    order = list(pairs)
    chance.shuffle(order)
    pools = [order[at : at + 16 * BATCH] for at in range(0, len(order), 16 * BATCH)]
    found = [
        part[at : at + BATCH]
        for part in (sorted(pool, key=lambda one: len(one.asked) + len(one.known)) for pool in pools)
        for at in range(0, len(part), BATCH)
    ]
    chance.shuffle(found)
    yield from found


def teach(pairs: Sequence[Pair], seed: int) -> Learner:
    """A learner that has gone over the pairs."""
    import torch

    base = folder()
    if base is None:
        raise SpinewiseError("the packaged sentence model is missing", "run pip install -e .")
    learner, chance = Learner(base, 1, seed, LONGEST_LEARNT), random.Random(seed)
    every = with_others(pairs, chance)
    plan = [batch for _ in range(EPOCHS) for batch in batches(every, chance)]

    def loss_of(batch: Sequence[Pair]) -> Any:
        asked = [typed_badly(one.asked, chance) if chance.random() < BADLY_TYPED else one.asked for one in batch]
        target = torch.tensor([float(one.same) for one in batch]) * (1 - SMOOTHING) + SMOOTHING / 2
        scores = learner.scores(asked, [one.known for one in batch])[:, 0]
        return torch.nn.functional.binary_cross_entropy_with_logits(scores, target)

    learner.fit(plan, loss_of, RATE)
    return learner


def least_for(precision: float, odds: Sequence[float], same: Sequence[bool]) -> float:
    """The least log-odds from which on so many of those above are the same; midway to the next below, so that one stays one."""
    order = np.argsort(odds)[::-1]
    ranked, right = np.array(odds)[order], np.cumsum(np.array(same)[order])
    good = np.flatnonzero(right / np.arange(1, len(order) + 1) >= precision)
    if not len(good):
        raise SpinewiseError(f"no threshold reaches a precision of {precision}", "teach with more lines")
    last = int(good[-1])
    return float(ranked[last : last + 2].mean())


def main() -> None:
    """Reads the command line, teaches, writes, and says what it does with held-out lines."""
    parser = argparse.ArgumentParser(prog="python -m app.teach_sameness", description=__doc__)
    parser.add_argument("--pairs", type=Path, default=PAIRS)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=FILE)
    given = parser.parse_args()
    try:
        pairs = list(read(given.pairs))
        learnt, held = ([one for one in pairs if one.held is truth] for truth in (False, True))
        note(f"{len(learnt)} pairs to learn, {len(held)} held out")
        changes, weights, bias = teach(learnt, given.seed).learnt()
        Sameness.save(given.out, changes, weights[:, 0], float(bias[0]), 0.0)
        made = Sameness.load(given.out)  # measured as it will run: low rank, half the digits
        assert made is not None
        odds = [made.log_odds(one.asked, one.known) for one in held]
        least = least_for(PRECISION, odds, [one.same for one in held])
        Sameness.save(given.out, changes, weights[:, 0], float(bias[0]), least)
    except SpinewiseError as problem:
        raise SystemExit(f"error: {explain(problem)}") from None
    found = sum(one.same and odd >= least for one, odd in zip(held, odds, strict=True))
    false = sum(not one.same and odd >= least for one, odd in zip(held, odds, strict=True))
    note(
        f"held out, from log-odds of {least:.2f} on: {found} of {sum(one.same for one in held)} that are the same, "
        f"{false} of {sum(not one.same for one in held)} that are not"
    )


if __name__ == "__main__":
    main()
