"""Makes the weights of likeness.py from examples: `python -m app.triage.train`. Not needed to run anything.

Examples are lines `label<TAB>text`: a rule's id, `none` for a text that reports nothing, `doubtful` for one that nothing is to
learn from; and the examples in the rule file itself. With --questions come a third of the questions of a file, which report
nothing unless an example says otherwise, and with --wishes those examples of app/intent.py that tell no symptoms; with --cases
the development rows of an evaluation file. Test rows are never read, nor is a line that --held lists learnt: those are what the
figures at the end are of.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from app.learner import typed_badly
from app.legible import legible
from app.triage.check import EXAMPLES, WEIGHTS, Triage
from app.triage.likeness import BUCKETS, NONE, Features, Likeness, features, stretches
from app.triage.meaning import TURN_BREAK
from app.triage.rules import TIERS
from corpus.command import note

DOUBTFUL = "doubtful"
SYMPTOMS = ("diagnosis", "scan-reading")  # wishes that may tell of a red flag
QUESTION_WEIGHT = 0.2  # of a question that is only presumed to report nothing
SHARE = 3  # of such questions one in so many is learnt; the others are there to measure with
STRENGTH = 30.0  # inverse regularisation; 10 to 100 differ by less than one point
FALSE_ALARMS = 0.03  # the share of texts without a report that the threshold lets through; the examples are hard ones
FOLDS = 5
JOINT = 0.25  # least mean of both models' probabilities; chosen on lines that neither had learnt from (DECISIONS.md)

Example = tuple[str, str, float]  # label, text, weight


def arguments(prog: str, description: str | None, out: Path) -> argparse.Namespace:
    """What the command line of train.py and teach.py says."""
    parser = argparse.ArgumentParser(prog=prog, description=description)
    parser.add_argument("--examples", type=Path, action="append", default=[], help="more lines of label<TAB>text")
    parser.add_argument(
        "--questions", type=Path, help='JSONL with "question", or leaflets with what is "asked" of them'
    )
    parser.add_argument("--wishes", type=Path, help="lines of a wish's label<TAB>text, as app/intent_examples.tsv")
    parser.add_argument("--cases", type=Path, help="JSONL of an evaluation; its dev rows are used")
    parser.add_argument("--held", type=Path, help="lines of label<TAB>text that are not learnt from")
    parser.add_argument("--out", type=Path, default=out)
    return parser.parse_args()


def examples(triage: Triage, given: argparse.Namespace) -> Iterator[Example]:
    """All examples; a text that is listed twice keeps its first label."""
    listed = {joined(text.split(TURN_BREAK)): DOUBTFUL for _, text in read_lines(given.held)}
    for rule, text, must in triage.examples():
        if must:
            listed.setdefault(joined(text.split(TURN_BREAK)), rule)
    for _, text, must in triage.examples():
        if not must and not triage.check_example(text).report:  # nor another rule's
            listed.setdefault(joined(text.split(TURN_BREAK)), NONE)
    for file in (EXAMPLES, *given.examples):
        for label, text in read_lines(file):
            listed.setdefault(joined(text.split(TURN_BREAK)), label)
    for row in read_rows(given.cases):
        if row["split"] == "dev":
            before = [turn["content"] for turn in row.get("history", ()) if turn["role"] == "user"]
            listed.setdefault(joined([*before, row["question"]]), row["rule"] if row["kind"] == ["urgent"] else NONE)
    for wish, text in read_lines(given.wishes):
        if wish not in SYMPTOMS and not triage.check(text).report:
            listed.setdefault(joined([text]), NONE)
    yield from ((label, text, 1.0) for text, label in listed.items() if label != DOUBTFUL)
    asked = {joined([text]) for row in read_rows(given.questions) for text in questions(row)}
    for text in sorted(asked - listed.keys()):
        if crc32(text.encode()) % SHARE == 0 and not triage.check(text).report:
            yield NONE, text, QUESTION_WEIGHT


def questions(row: Mapping[str, Any]) -> Iterator[str]:
    """The question of a row; of a leaflet all that are asked of it, and their twins."""
    for one in row.get("asked", (row,)):
        yield one["question"]
        if twin := one.get("twin"):
            yield twin


def joined(turns: Sequence[str]) -> str:
    """What meaning.py compares: the last turn, after the one before where there is one, as a person reads them."""
    return TURN_BREAK.join(map(legible, turns[-2:]))


def read_lines(file: Path | None) -> Iterator[tuple[str, str]]:
    """(label, text) of each line of a file; none without a file."""
    for line in file.read_text(encoding="utf-8").splitlines() if file else ():
        label, _, text = line.partition("\t")
        yield label, text


def read_rows(file: Path | None) -> Iterator[dict[str, Any]]:
    """The objects of a JSONL file; none without a file."""
    for line in file.read_text(encoding="utf-8").splitlines() if file else ():
        yield json.loads(line)


def fit(triage: Triage, chosen: Sequence[Example], seed: int = 7) -> Likeness:
    """The model of the examples, each in clean and in bad spelling."""
    from sklearn.linear_model import LogisticRegression

    chance = random.Random(seed)
    rows = [
        row
        for label, text, weight in chosen
        for typed in (text, typed_badly(text, chance))
        for row in told(triage, (label, typed, weight))
    ]
    model = LogisticRegression(C=STRENGTH, max_iter=3000)
    model.fit(matrix([one for _, one, _ in rows]), [label for label, _, _ in rows], [weight for _, _, weight in rows])
    weights, bias = model.coef_.T.astype(np.float32), model.intercept_.astype(np.float32)
    return Likeness(weights, bias, tuple(model.classes_), threshold=1.0, joint=1.0)


def told(triage: Triage, example: Example) -> Iterator[tuple[str, Features, float]]:
    """(label, features, weight) of an example; of a long one that reports nothing also of its stretches, for so it is read. They
    weigh together what the text does. One that the rules take for a report by itself is left out.
    """
    label, text, weight = example
    talk = triage.read([text])
    yield label, features(talk.reading, talk.stance, range(len(talk.reading.tokens))), weight
    parts = list(stretches(talk.reading, 0))[1:] if label == NONE else []
    for places in parts:
        if not triage.check(" ".join(talk.reading.tokens[place].word for place in places)).report:
            yield label, features(talk.reading, talk.stance, places), weight / len(parts)


def matrix(found: Sequence[Features]) -> Any:
    """Sparse float matrix of shape (len(found), BUCKETS), rows of length 1."""
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

    ends = np.cumsum([0, *map(len, found)])
    values = np.concatenate([np.full(len(one), 1 / np.sqrt(max(1, len(one)))) for one in found])
    return csr_matrix((values, np.concatenate(found), ends), shape=(len(found), BUCKETS))


def cross_validated(triage: Triage, chosen: list[Example]) -> list[tuple[str, float]]:
    """(label, probability of a report) of every example, by a model that has not seen it; a very short one is none."""
    judged: list[tuple[str, float]] = []
    for fold in range(FOLDS):
        model = fit(triage, [one for place, one in enumerate(chosen) if place % FOLDS != fold])
        for label, text, _ in chosen[fold::FOLDS]:
            talk = triage.read([text])
            judged.append((label, 1 - model.likest(talk.reading, talk.stance, 0).get(NONE, 1.0)))
    return judged


def measured(triage: Triage, lines: Sequence[tuple[str, str]]) -> str:
    """How many of the emergencies, of the other reports and of the harmless texts get a card."""
    counts = {name: [0, 0] for name in (*TIERS, NONE)}
    for label, text in lines:
        if label != DOUBTFUL:
            count = counts[triage.tier_of(label) if label != NONE else NONE]
            count[0] += triage.check_example(text).report
            count[1] += 1
    return ", ".join(f"{name} {cards} of {texts}" for name, (cards, texts) in counts.items())


def main() -> None:
    """Fits, says what cross-validation gives, writes the weights, and says what both models now do with held-out lines."""
    given = arguments("python -m app.triage.train", __doc__, WEIGHTS)
    triage = Triage.load(weights=None)
    chosen = [one for one in examples(triage, given) if TURN_BREAK not in one[1]]  # the words of one turn are compared
    random.Random(7).shuffle(chosen)
    judged = cross_validated(triage, chosen)
    silent = np.array([score for label, score in judged if label == NONE])
    threshold = float(np.quantile(silent, 1 - FALSE_ALARMS))
    told = np.array([score for label, score in judged if label != NONE])
    note(f"cross-validated: threshold {threshold:.3f}, recall {np.mean(told >= threshold):.3f} of {len(told)} reports")
    model = fit(triage, chosen)
    Likeness(model.weights, model.bias, model.labels, threshold, JOINT).save(given.out)
    if given.held:
        note(f"cards on held-out lines: {measured(Triage.load(weights=given.out), list(read_lines(given.held)))}")


if __name__ == "__main__":
    main()
