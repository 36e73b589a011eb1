"""Teaches the encoder what a report is: `python -m app.triage.teach --cases FILE`. Not needed to run anything.

From the same examples as train.py (app/learner.py says how). They are varied as they are learnt: typed badly, told after
something harmless, and of a long one that reports nothing often a stretch alone, for so long texts are read. The rules' own
examples, which people check, come once more at the end, among as many others: they have to hold. Seeded. Test rows of an
evaluation are never read.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from app.encoder import LONGEST, folder
from app.learner import Learner, batches, typed_badly
from app.triage.check import MEANING, Triage
from app.triage.likeness import NONE
from app.triage.meaning import TURN_BREAK, Meaning, excerpts
from app.triage.train import Example, arguments, examples, joined
from corpus.command import note

EPOCHS, RATE = 4, 1e-4
LAST_EPOCHS, LAST_RATE = 6, 3e-5  # over the rules' own examples
SMOOTHING = 0.05  # of the labels: some examples could be argued about
BADLY_TYPED, LATE = 0.3, 0.12  # shares of the examples that are typed badly, and told after something harmless
WHOLE = 0.4  # share of the times that a long text which reports nothing is learnt whole
BRIEF = 20  # words that may stand before an example: more, and what it tells would be cut off


def length(example: Example) -> int:
    """Characters of the text."""
    return len(example[1])


def harmless_parts(triage: Triage, chosen: Sequence[Example]) -> dict[str, list[str]]:
    """The excerpts of each long text that reports nothing, without those which the rules take for a report by themselves."""
    parts = {text: [*excerpts(text)][1:] for label, text, _ in chosen if label == NONE}
    return {text: [one for one in found if not triage.check(one).report] for text, found in parts.items() if found}


def varied(text: str, parts: Sequence[str], quiet: Sequence[str], chance: random.Random) -> str:
    """The text or one of its parts, at times after a harmless one, at times typed badly."""
    if parts and chance.random() >= WHOLE:
        text = chance.choice(parts)
    elif TURN_BREAK not in text and chance.random() < LATE:
        text = chance.choice(quiet) + chance.choice((" ", TURN_BREAK)) + text
    return typed_badly(text, chance) if chance.random() < BADLY_TYPED else text


def main() -> None:
    """Fits and writes; the thresholds are app.triage.train's."""
    import torch

    given = arguments("python -m app.triage.teach", __doc__, MEANING)
    triage, chance = Triage.load(weights=None, meaning=None), random.Random(7)
    chosen = list(examples(triage, given))
    own = {joined(text.split(TURN_BREAK)) for _, text, _ in triage.examples()}
    checked = [one for one in chosen if one[1] in own]
    base = folder()
    if base is None:
        raise SystemExit("error: the packaged sentence model is missing\nrun pip install -e .")
    labels, parts = tuple(sorted({label for label, _, _ in chosen})), harmless_parts(triage, chosen)
    learner = Learner(base, len(labels), seed=7, longest=LONGEST)
    note(f"{len(chosen)} examples, {len(labels)} labels")

    def loss_of(batch: Sequence[Example]) -> Any:
        scores = learner.scores([varied(text, parts.get(text, ()), quiet, chance) for _, text, _ in batch])
        target = torch.tensor([labels.index(label) for label, _, _ in batch])
        return torch.nn.functional.cross_entropy(scores, target, label_smoothing=SMOOTHING)

    for taught, epochs, rate in (
        (chosen, EPOCHS, RATE),
        ([*checked, *chance.sample(chosen, len(checked))], LAST_EPOCHS, LAST_RATE),
    ):
        plan = batches(taught, length, epochs, chance)
        quiet = [text for label, text, _ in taught if label == NONE and len(text.split()) <= BRIEF]
        learner.fit(plan, loss_of, rate)
    Meaning.save(given.out, *learner.learnt(), labels)


if __name__ == "__main__":
    main()
