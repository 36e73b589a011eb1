"""Fits which of the reader's heads tell what answers, on development cases and practice clinics: attention.npz by its adapter.

Each question is searched for and shown to the reader as at run time; what every head gives each sentence is noted, and a logistic
model learns from it which of the prompt's sentences answer. The cosine stands beside the heads while it learns, so that they
learn what the cosine does not tell; it is not kept, for the choice of sentences counts it already.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from app.reader.attention import Array, Attention, Places, beside, lengths, looks
from corpus.errors import SpinewiseError
from corpus.home import make_folder, replacing
from eval.calibrate import refuse_test
from eval.cases import Case, Needs, locate
from eval.metrics import nuggets_hit, overlap
from eval.probe import require_scikit_learn
from eval.retrieval import ENOUGH

if TYPE_CHECKING:
    from app.evidence import Evidence
    from app.reader.local import LocalReader
    from app.reader.practice import Search

STRENGTH = 0.01  # inverse regularisation; 0.003 is as good (DECISIONS.md)
PRACTICE = 0.3  # what a practice clinic's question weighs beside a case's
COSINE = 10.0  # what cosines are multiplied by, lest regularisation keep them small
QUIET = (
    0.1  # least spread that looks are measured by: a head that hardly ever differs must not weigh most where it does
)
FOLDS = 10

Labels = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Shown:
    """A question's sentences as the reader saw them: `looks` (sentences, 3 * heads), and of each its length (see
    `app.reader.attention`), its cosine, its score without the reader, and whether it answers.
    """

    name: str
    looks: Array
    lengths: Array
    cosines: Array
    scores: Array
    answers: Labels
    weight: float = 1.0

    @property
    def columns(self) -> Array:
        """What is learnt from: heads, length, cosine."""
        near = COSINE * (self.cosines - self.cosines.mean())
        return np.column_stack([self.looks, self.lengths, near])


class Listening:
    """Stands where the fitted model would and keeps what it is shown."""

    def __init__(self) -> None:
        self.heard: list[tuple[Array, Array]] = []

    def log_odds(self, given: Array, places: Places, words: Sequence[int]) -> tuple[float, ...]:
        """Notes what each head gives; all sentences count the same."""
        self.heard.append((looks(given, places), lengths(words)))
        return (0.0,) * len(words)


def shown_to(reader: LocalReader, search: Search, holds: Callable[[Evidence], bool], name: str) -> Shown | None:
    """What the reader looks at when asked; None where all of its sentences answer, or none."""
    listening = Listening()
    reader.attention = cast("Attention", listening)
    said = search.put_to(reader)
    answers = np.array([holds(one) for one in said], dtype=np.bool_)
    if not listening.heard or not answers.any() or answers.all():
        return None
    cosines, scores = (np.array([getattr(one, key) for one in said], np.float32) for key in ("cosine", "score"))
    return Shown(name, *listening.heard[0], cosines, scores, answers)


def of_cases(cases: Sequence[Case], home: Path, reader: LocalReader) -> Iterator[Shown]:
    """The answerable cases without earlier turns on this home's index. A sentence answers that holds evidence, or, where the
    evidence is of other documents, a vital fact.
    """
    from app.reader.practice import Clinic, Search
    from app.site import vocabulary_of
    from index.search import Index
    from index.settings import IndexSettings

    refuse_test(cases)
    index = Index.open(home, IndexSettings.load("index"))
    clinic = Clinic(index, vocabulary_of(index))
    for case in cases:
        if case.expected == "answer" and not case.turns:
            needs, facts = locate(case, index.documents), [one.patterns for one in case.nuggets if one.vital]
            found = shown_to(reader, Search.of(clinic, case.question), answering(needs, facts), case.id)
            if found:
                yield found


def answering(needs: Needs, facts: Sequence[Sequence[str]]) -> Callable[[Evidence], bool]:
    """Whether a sentence holds most of a place that meets a need, or lies mostly in one; without places, whether it tells a
    fact.
    """
    places = [place for need in needs for place in need]

    def holds(one: Evidence) -> bool:
        start, end = one.sentence.start, one.sentence.end
        if places:
            return any(
                place.document == one.document.id
                and max(overlap(place.start, place.end, start, end), overlap(start, end, place.start, place.end))
                >= ENOUGH
                for place in places
            )
        return bool(facts) and any(nuggets_hit(f"{one.lead} {one.quote}", facts))

    return holds


def of_practice(folders: Sequence[Path], each: int, reader: LocalReader, seed: int = 7) -> Iterator[Shown]:
    """Up to `each` wishes of every practice clinic, in one of their two wordings."""
    from app.reader.practice import Clinic, Search, wishes

    chance = random.Random(seed)
    for folder in folders:
        answered = [wish for wish in wishes(folder) if wish.kind != "abstain"]
        with tempfile.TemporaryDirectory() as home:
            clinic = Clinic.open(folder, Path(home))
            for wish in chance.sample(answered, min(each, len(answered))):
                search = Search.of(clinic, chance.choice((wish.question, wish.other)))
                found = shown_to(reader, search, wish.holds, wish.id)
                if found:
                    yield replace(found, weight=PRACTICE)


def fit(shown: Sequence[Shown], adapter: str) -> Attention:
    """The model of all of them; a question weighs the same however many sentences it has. (With scikit-learn: Newton's method, as
    in eval/logistic.py, is slow with so many columns.)
    """
    from sklearn.linear_model import LogisticRegression

    rows = np.vstack([one.columns for one in shown])
    weights = np.concatenate([np.full(len(one.answers), 10 * one.weight / len(one.answers)) for one in shown])
    spread = np.maximum(rows.std(axis=0), QUIET)
    model = LogisticRegression(C=STRENGTH, max_iter=150)
    model.fit(rows / spread, np.concatenate([one.answers for one in shown]), sample_weight=weights)
    *heads, length, _ = (model.coef_[0] / spread).tolist()
    return Attention(np.array(heads, dtype=np.float32), length, adapter)


@dataclass(frozen=True, slots=True)
class Folds:
    """For each fold a model that has seen its cases on no index."""

    models: tuple[Attention, ...]

    @classmethod
    def fitted(cls, cases: Sequence[Shown], practice: Sequence[Shown], adapter: str) -> Folds:
        """Learns `FOLDS` times."""
        parts = ([one for one in cases if fold_of(one.name) != fold] for fold in range(FOLDS))
        return cls(tuple(fit([*part, *practice], adapter) for part in parts))

    @classmethod
    def load(cls, path: Path, adapter: str) -> Folds:
        """What `save` wrote for the reader with this adapter."""
        mend = "run python -m eval attend --folds FILE"
        found = beside(path, ("weights", "lengths"), adapter, mend)
        if found is None or len(found[0]) != FOLDS:
            raise SpinewiseError(f"{path} holds no model for each of {FOLDS} folds", mend)
        return cls(tuple(Attention(weights, float(length), adapter) for weights, length in zip(*found, strict=True)))

    def save(self, path: Path) -> None:
        """Writes what `load` reads, whole or not at all."""
        with replacing(path) as stream:
            np.savez_compressed(
                stream,
                weights=np.stack([one.weights for one in self.models]),
                lengths=np.array([one.length for one in self.models]),
                adapter=np.array(self.models[0].adapter),
            )

    def of(self, case: str) -> Attention:
        """The model that has not seen the case with this id."""
        return self.models[fold_of(case)]


def cross_validated(cases: Sequence[Shown], folds: Folds, share: float) -> dict[str, Any]:
    """How the cases' sentences are ranked by their scores alone, and with what a model gives that has not seen the case: the
    share whose first sentence answers, and mean average precision. `share`: what a log-odds is worth beside a score.
    """
    before, after = list[tuple[bool, float]](), list[tuple[bool, float]]()
    for one in cases:
        model = folds.of(one.name)
        given = one.looks @ model.weights + model.length * one.lengths
        before.append(ranked(one.scores, one.answers))
        after.append(ranked(one.scores + share * given, one.answers))
    return {
        "cases": len(cases),
        **{
            name: {
                "first": round(float(np.mean([first for first, _ in found])), 4),
                "map": round(float(np.mean([precision for _, precision in found])), 4),
            }
            for name, found in (("without", before), ("with", after))
        },
    }


def fold_of(case: str) -> int:
    """The fold of the case with this id, the same on every index."""
    return crc32(case.encode()) % FOLDS


def ranked(scores: NDArray[np.floating[Any]], answers: Labels) -> tuple[bool, float]:
    """(whether the first answers, average precision)."""
    order = answers[np.argsort(-scores, kind="stable")]
    precision = np.cumsum(order) / np.arange(1, len(order) + 1)
    return bool(order[0]), float(precision[order].mean())


def attend(
    cases: Sequence[Case],
    homes: Sequence[Path],
    folders: Sequence[Path],
    each: int,
    out: Path | None,
    folds: Path | None,
    done: Callable[[], None],
) -> dict[str, Any]:
    """Collects, measures, fits, writes beside the reader's adapter or into `out`; returns the figures. `folds`: the file for
    the models that have not seen a fold, which `python -m eval calibrate` takes.
    """
    from app.reader.local import LocalReader
    from app.settings import AppSettings
    from app.site import open_reader, reader_adapter
    from app.taste import ATTENDED

    settings = AppSettings.load("app")
    reader, adapter = open_reader(homes[0], settings, attended=False, probed=False), reader_adapter(settings)
    if not isinstance(reader, LocalReader) or adapter is None:
        raise SpinewiseError("the settings name no reader with an adapter", "name SmolLM2-135M-Instruct as reader")
    if not folders:
        raise SpinewiseError("there are no practice clinics", "name their folder with --practice")
    require_scikit_learn()
    folder = out or adapter.path.parent
    make_folder(folder)

    def counted(found: Iterable[Shown]) -> list[Shown]:
        made = []
        for one in found:
            made.append(one)
            done()
        return made

    asked = [one for home in homes for one in counted(of_cases(cases, home, reader))]
    practice = counted(of_practice(folders, each, reader))
    if not asked:
        raise SpinewiseError(
            "no case's answer was found", "name answerable cases with --cases, and homes of their documents"
        )
    unseen = Folds.fitted(asked, practice, adapter.sha256)
    if folds:
        make_folder(folds.parent)
        unseen.save(folds)
    figures = cross_validated(asked, unseen, ATTENDED.attention) | {"practice": len(practice)}
    fit([*asked, *practice], adapter.sha256).save(folder)
    return figures | {"folder": str(folder)}
