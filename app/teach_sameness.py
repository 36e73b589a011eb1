"""Teaches which questions mean the same: `python -m app.teach_sameness`. Not needed to run anything.

From lines `topic<TAB>FAQ's question<TAB>same|near<TAB>patient's question`. An FAQ's question is the same as itself, and another
of the same FAQ is not, so these come as lines too. One topic in eight, by its name's checksum, is never learnt: of those each
question is held against all of its topic's FAQ, as it will run; that is what the threshold is chosen by and what the figures
at the end are of. Seeded (app/learner.py says how it learns).
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from app.answerability import chance, log_odds
from app.approved import fits
from app.encoder import folder
from app.learner import Learner, batches, typed_badly
from app.sameness import FILE, NEARNESS, Sameness
from corpus.command import explain, note
from corpus.errors import SpinewiseError
from index.embed import embedder_of
from index.settings import IndexSettings

if TYPE_CHECKING:
    from index.embed import Embedder

PAIRS = Path(__file__).parent / "training" / "same_questions.tsv"
EPOCHS, RATE = 3, 1e-4
LONGEST_LEARNT = 64  # tokens of both questions
SMOOTHING = 0.05  # of the labels: some lines could be argued about
BADLY_TYPED = 0.2  # share of the patients' questions that are typed badly
OTHERS = 0.6  # other questions of the same FAQ for each line that is the same
HELD = 8  # one topic in so many is never learnt
PRECISION = (
    0.97  # least share of right answers to held-out questions; their near misses are as near as could be written
)

Judged = Callable[[str, str], float]


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
    """The pairs, each FAQ's question as one in its own words, and to some that are the same another, which is not."""
    known = defaultdict[str, set[str]](set)
    for one in pairs:
        known[one.topic].add(one.known)
    others = (
        Pair(one.topic, chance.choice(sorted(known[one.topic] - {one.known})), one.asked, same=False)
        for one in pairs
        if one.same and len(known[one.topic]) > 1 and chance.random() < OTHERS
    )
    own = [Pair(topic, one, one, same=True) for topic, ones in sorted(known.items()) for one in sorted(ones)]
    return [*pairs, *own, *others]


def length(one: Pair) -> int:
    """Characters that are read."""
    return len(one.asked) + len(one.known)


def teach(pairs: Sequence[Pair], seed: int) -> Learner:
    """A learner that has gone over the pairs."""
    import torch

    base = folder()
    if base is None:
        raise SpinewiseError("the packaged sentence model is missing", "run pip install -e .")
    learner, chance = Learner(base, 1, seed, LONGEST_LEARNT), random.Random(seed)
    plan = batches(with_others(pairs, chance), length, EPOCHS, chance)

    def loss_of(batch: Sequence[Pair]) -> Any:
        asked = [typed_badly(one.asked, chance) if chance.random() < BADLY_TYPED else one.asked for one in batch]
        target = torch.tensor([float(one.same) for one in batch]) * (1 - SMOOTHING) + SMOOTHING / 2
        scores = learner.scores(asked, [one.known for one in batch])[:, 0]
        return torch.nn.functional.binary_cross_entropy_with_logits(scores, target)

    learner.fit(plan, loss_of, RATE)
    return learner


def given(judged: Judged, held: Sequence[Pair]) -> Iterator[tuple[float, bool]]:
    """(what it is `judged`, whether it is right) of the FAQ's answer that each question would get, however low a threshold were;
    nothing for those of which something plain keeps all answers back.
    """
    known = {topic: sorted({one.known for one in held if one.topic == topic}) for topic in {one.topic for one in held}}
    for one in held:
        odds = {other: judged(one.asked, other) for other in known[one.topic] if fits(one.asked, other)}
        if odds:
            best = max(odds, key=odds.__getitem__)
            # one that is only near to its FAQ's question may well be the same as another of that FAQ: nobody has said
            if one.same or best == one.known:
                yield odds[best], one.same and best == one.known


def near_too(made: Sameness, read_alone: Judged, held: Sequence[Pair], embedder: Embedder) -> tuple[Sameness, Judged]:
    """The same with what a cosine of this embedder is worth: at `usual` the threshold of reading alone is as precise. And the
    probability by both.
    """
    texts = sorted({text for one in held for text in (one.asked, one.known)})
    vectors = dict(zip(texts, embedder.encode(texts, "query"), strict=True))
    made = replace(made, usual=0.0, embedder=embedder.checksum)

    def odds(asked: str, known: str) -> float:
        worth = made.worth(float(vectors[asked] @ vectors[known]), made.embedder)
        return log_odds(read_alone(asked, known)) + worth

    usual = (least_for(PRECISION, [*given(odds, held)]) - log_odds(made.least)) / NEARNESS
    return replace(made, usual=usual), lambda asked, known: chance(odds(asked, known) - NEARNESS * usual)


def least_for(precision: float, found: Sequence[tuple[float, bool]]) -> float:
    """The least probability (or odds) from which on so many of the answers are right; midway to the next below."""
    ranked = sorted(found, reverse=True)
    right = np.cumsum([one for _, one in ranked])
    good = np.flatnonzero(right / np.arange(1, len(ranked) + 1) >= precision)
    if not len(good):
        raise SpinewiseError(f"no threshold reaches a precision of {precision}", "teach with more lines")
    last = int(good[-1])
    return float(np.mean([one for one, _ in ranked[last : last + 2]]))


def main() -> None:
    """Reads the command line, teaches, writes, and says what it does with held-out lines."""
    parser = argparse.ArgumentParser(prog="python -m app.teach_sameness", description=__doc__)
    parser.add_argument("--pairs", type=Path, default=PAIRS)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=FILE)
    parser.add_argument(
        "--taught",
        type=Path,
        help="a file of before: nothing is taught, only the threshold and what a cosine is worth are found anew",
    )
    options = parser.parse_args()
    try:
        pairs = list(read(options.pairs))
        learnt = [one for one in pairs if not one.held]
        seen = {one.asked.casefold() for one in learnt}
        held = [one for one in pairs if one.held and one.asked.casefold() not in seen]
        note(f"{len(learnt)} pairs to learn, {len(held)} held out")
        made = Sameness.load(options.taught) if options.taught else taught(learnt, options.seed)
        assert made is not None  # the packaged model is there, or teaching would have said so
        read_alone = cache(made.probability)  # the slow part: each pair once
        made = replace(made, least=least_for(PRECISION, [*given(read_alone, held)]))
        made, judged = near_too(made, read_alone, held, embedder_of(IndexSettings.load("index")))
        made.save(options.out)
    except SpinewiseError as problem:
        raise SystemExit(f"error: {explain(problem)}") from None
    for name, judge in (("reading alone", read_alone), ("with the cosine", judged)):
        found = [*given(judge, held)]
        right, wrong = (sum(one is truth and odds >= made.least for odds, one in found) for truth in (True, False))
        same = sum(one.same for one in held)
        note(f"held out, {name}, from {made.least:.3f} on: {right} of {same} answered rightly, {wrong} wrongly")


def taught(learnt: Sequence[Pair], seed: int) -> Sameness | None:
    """The model that teaching makes, as it will run: half the digits."""
    changes, weights, bias = teach(learnt, seed).learnt()
    return Sameness.of(changes, weights[:, 0], float(bias[0]), least=1.0, usual=0.0, embedder="")


if __name__ == "__main__":
    main()
