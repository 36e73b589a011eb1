"""Two teachings of triage to one between them: `python -m app.triage.blend OLD NEW --share 0.65 --out FOLDER`.

Each folder holds what teach.py and train.py wrote, under the names that app/ has. All that differs is added up by its share
(model soups, Wortsman et al. 2022): what was learnt anew is kept, and less of what was known is forgotten. Not needed to run
anything.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from app.encoder import DOWN, UP, Array
from app.learner import RANK
from app.triage.check import MEANING, WEIGHTS, Triage
from app.triage.likeness import Likeness
from app.triage.meaning import Meaning
from app.triage.train import measured, read_lines
from corpus.command import explain, note
from corpus.errors import SpinewiseError
from corpus.home import make_folder

Learnt = tuple[dict[str, Array], Array, Array, tuple[str, ...]]  # what `Meaning.read` gives


def words(old: Likeness, new: Likeness, share: float) -> Likeness:
    """`share` of the new model of words and the rest of the old one, thresholds too; `joint` is the new one's."""
    same_labels(old.labels, new.labels)
    mixed = {
        name: (1 - share) * getattr(old, name) + share * getattr(new, name) for name in ("weights", "bias", "threshold")
    }
    return replace(new, **mixed)


def meanings(old: Path, new: Path, share: float) -> Learnt:
    """The same of the files of meaning.py; each layer's change is cut to the rank that `teach` keeps."""
    before, old_weights, old_bias, old_labels = Meaning.read(old)
    after, new_weights, new_bias, labels = Meaning.read(new)
    same_labels(old_labels, labels)
    if before.keys() != after.keys():
        raise SpinewiseError("the two were taught in other layers", "teach both with the same version")
    changes: dict[str, Array] = {}
    for layer in (name.removesuffix(UP) for name in after if name.endswith(UP)):
        up = np.hstack([(1 - share) * before[layer + UP], share * after[layer + UP]])
        down = np.vstack([before[layer + DOWN], after[layer + DOWN]])
        changes[layer + UP], changes[layer + DOWN] = cut(up, down, RANK)
    weights = (1 - share) * old_weights + share * new_weights
    return changes, weights, (1 - share) * old_bias + share * new_bias, labels


def cut(up: Array, down: Array, rank: int) -> tuple[Array, Array]:
    """The two factors, of shapes (out, rank) and (rank, in), of the best approximation of `up @ down` with this rank."""
    left, right = np.linalg.qr(up), np.linalg.qr(down.T)  # so that only a small matrix has to be taken apart
    first, sizes, second = np.linalg.svd(left.R @ right.R.T, full_matrices=False)
    root = np.sqrt(sizes[:rank])
    return (left.Q @ first[:, :rank]) * root, (root[:, None] * second[:rank]) @ right.Q.T


def same_labels(old: tuple[str, ...], new: tuple[str, ...]) -> None:
    """Refuses models that tell other things apart."""
    if old != new:
        other = ", ".join(sorted(set(old) ^ set(new))) or "the same in another order"
        raise SpinewiseError(
            f"the two were taught with other rules: {other}", "teach both with the same app/triage.toml"
        )


def main() -> None:
    """Reads the command line, writes both files, and says what they do with held-out lines."""
    parser = argparse.ArgumentParser(prog="python -m app.triage.blend", description=__doc__)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--share", type=share_of, required=True, help="of the new one, 0 to 1")
    parser.add_argument("--held", type=Path, help="lines of label<TAB>text that neither has learnt")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    try:
        mixed = words(Likeness.load(given.old / WEIGHTS.name), Likeness.load(given.new / WEIGHTS.name), given.share)
        learnt = meanings(given.old / MEANING.name, given.new / MEANING.name, given.share)
    except SpinewiseError as problem:
        raise SystemExit(f"error: {explain(problem)}") from None
    make_folder(given.out)
    weights, meaning = given.out / WEIGHTS.name, given.out / MEANING.name
    mixed.save(weights)
    Meaning.save(meaning, *learnt)
    if given.held:
        triage = Triage.load(weights=weights, meaning=meaning)
        note(f"cards on held-out lines: {measured(triage, list(read_lines(given.held)))}")


def share_of(text: str) -> float:
    """A number from 0 to 1."""
    if not 0 <= (share := float(text)) <= 1:
        raise ValueError
    return share


if __name__ == "__main__":
    main()
