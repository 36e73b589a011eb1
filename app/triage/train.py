"""Makes the weights of likeness.py from examples: `python -m app.triage.train`. Not needed to run anything.

Examples are lines `rule<TAB>text`, `none` for a text that reports nothing, and the examples in the rule file itself. With
--questions come questions of patients that report nothing unless an example says otherwise; with --cases the development
rows of an evaluation file. Test rows are never read.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from app.answer import Turn
from app.triage.check import EXAMPLES, WEIGHTS, Triage
from app.triage.likeness import BUCKETS, NONE, Likeness, features
from app.triage.meaning import TURN_BREAK
from corpus.command import note

QUESTION_WEIGHT = 0.2  # of a question that is only presumed to report nothing
STRENGTH = 30.0  # inverse regularisation; 10 to 100 differ by less than one point
FALSE_ALARMS = 0.03  # the share of texts without a report that the threshold lets through; the examples are hard ones
FOLDS = 5
JOINT = 0.41  # least mean of both models' probabilities; measured on rows that neither had learnt from (DECISIONS.md)

Example = tuple[str, str, float]  # label, text, weight


def typed_badly(text: str, chance: random.Random) -> str:
    """The text without capitals, commas and apostrophes, and with two slips of the finger."""
    text = text.lower().replace(",", "").replace("'", "").rstrip(".!")
    for _ in range(2):
        place = chance.randrange(1, max(2, len(text) - 1))
        kind = chance.choice("dst")
        if kind == "d":
            text = text[:place] + text[place + 1 :]
        elif kind == "s":
            text = text[:place] + chance.choice("aeioust") + text[place + 1 :]
        else:
            text = text[:place] + text[place + 1 : place + 2] + text[place : place + 1] + text[place + 2 :]
    return text


def examples(triage: Triage, files: Sequence[Path], questions: Path | None, cases: Path | None) -> Iterator[Example]:
    """All examples; a text that is listed twice keeps its first label."""
    told = {text: rule for rule, text, must in triage.examples() if must}
    listed = {joined(text.split(TURN_BREAK)): rule for text, rule in told.items()}
    for _, text, must in triage.examples():
        *before, question = text.split(TURN_BREAK)
        if not must and not triage.check(question, [Turn("user", one) for one in before]).report:  # nor another rule's
            listed.setdefault(joined([*before, question]), NONE)
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            label, _, text = line.partition("\t")
            listed.setdefault(joined(text.split(TURN_BREAK)), label)
    for row in read_rows(cases):
        if row["split"] == "dev":
            before = [turn["content"] for turn in row.get("history", ()) if turn["role"] == "user"]
            listed.setdefault(joined([*before, row["question"]]), row["rule"] if row["kind"] == ["urgent"] else NONE)
    yield from ((label, text, 1.0) for text, label in listed.items())
    for text in sorted({row["question"] for row in read_rows(questions)} - listed.keys()):
        if not triage.check(text).report:
            yield NONE, text, QUESTION_WEIGHT


def joined(turns: Sequence[str]) -> str:
    """What meaning.py compares: the last turn, after the one before where there is one."""
    return TURN_BREAK.join(turns[-2:])


def read_rows(file: Path | None) -> Iterator[dict[str, Any]]:
    """The objects of a JSONL file; none without a file."""
    for line in file.read_text(encoding="utf-8").splitlines() if file else ():
        yield json.loads(line)


def fit(triage: Triage, chosen: Sequence[Example], seed: int = 7) -> Likeness:
    """The model of the examples, each in clean and in bad spelling."""
    from sklearn.linear_model import LogisticRegression

    chance = random.Random(seed)
    rows = [
        one
        for label, text, weight in chosen
        for one in ((label, text, weight), (label, typed_badly(text, chance), weight))
    ]
    matrix = vectors(triage, [text for _, text, _ in rows])
    model = LogisticRegression(C=STRENGTH, max_iter=3000)
    model.fit(matrix, [label for label, _, _ in rows], sample_weight=[weight for _, _, weight in rows])
    weights, bias = model.coef_.T.astype(np.float32), model.intercept_.astype(np.float32)
    return Likeness(weights, bias, tuple(model.classes_), threshold=1.0, joint=1.0)


def vectors(triage: Triage, texts: Sequence[str]) -> Any:
    """Sparse float matrix of shape (len(texts), BUCKETS), rows of length 1."""
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

    found = [whole(triage, text) for text in texts]
    ends = np.cumsum([0, *map(len, found)])
    values = np.concatenate([np.full(len(one), 1 / np.sqrt(max(1, len(one)))) for one in found])
    return csr_matrix((values, np.concatenate(found), ends), shape=(len(texts), BUCKETS))


def whole(triage: Triage, text: str) -> Any:
    """The features of a whole text."""
    reading, stance = triage.read([text])
    return features(reading, stance, range(len(reading.tokens)))


def cross_validated(triage: Triage, chosen: list[Example]) -> list[tuple[str, float]]:
    """(label, probability of a report) of every example, by a model that has not seen it."""
    judged: list[tuple[str, float]] = []
    for fold in range(FOLDS):
        model = fit(triage, [one for place, one in enumerate(chosen) if place % FOLDS != fold])
        none = model.labels.index(NONE)
        for label, text, _ in chosen[fold::FOLDS]:
            judged.append((label, 1 - float(model.probabilities(whole(triage, text))[none])))
    return judged


def main() -> None:
    """Fits, says what cross-validation gives, and writes the weights."""
    parser = argparse.ArgumentParser(prog="python -m app.triage.train", description=__doc__)
    parser.add_argument("--examples", type=Path, action="append", default=[], help="more lines of rule<TAB>text")
    parser.add_argument("--questions", type=Path, help='JSONL with "question"')
    parser.add_argument("--cases", type=Path, help="JSONL of an evaluation; its dev rows are used")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    options = parser.parse_args()
    triage = Triage.load(weights=None)
    known = examples(triage, [EXAMPLES, *options.examples], options.questions, options.cases)
    chosen = [one for one in known if TURN_BREAK not in one[1]]  # the words of one turn are compared at a time
    random.Random(7).shuffle(chosen)
    judged = cross_validated(triage, chosen)
    silent = np.array([score for label, score in judged if label == NONE])
    threshold = float(np.quantile(silent, 1 - FALSE_ALARMS))
    told = np.array([score for label, score in judged if label != NONE])
    note(f"cross-validated: threshold {threshold:.3f}, recall {np.mean(told >= threshold):.3f} of {len(told)} reports")
    model = fit(triage, chosen)
    Likeness(model.weights, model.bias, model.labels, threshold, JOINT).save(options.out)


if __name__ == "__main__":
    main()
