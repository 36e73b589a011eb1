"""Fits when to abstain, and how sure an answer may be: app/answerability.json and the reader's probe, on development cases.

For each case but those whose source the corpus sets aside the assistant's signals and its answer are collected on one or more
indexes. The model learns the case's own truth, whether the sources hold the answer; the threshold comes from probabilities of
models that had not seen the case, and so does the line from there to whether the answer, where one is given, is right. What the
reader's states say (eval/probe.py) is learnt first, and told to the model by probes that had not seen the case either; and with
`--folds` the answers are chosen by models of where the reader looks that had not (eval/attend.py), or they would be more often
right than any other's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from corpus.command import note
from corpus.errors import SpinewiseError
from corpus.home import replacing
from eval import probe as probing
from eval.cases import ANSWERING, Case, Needs, find, locate, set_aside
from eval.fitted import Fitted, Sample, calibrated
from eval.metrics import nuggets_hit
from eval.pool import in_processes
from eval.probe import Known
from eval.retrieval import relevance
from eval.score import score

if TYPE_CHECKING:
    from app.answer import Answer
    from app.answerability import Answerability, Signals
    from app.reader.probe import Probe
    from index.passage import Hit
    from index.search import Index
    from index.snapshot import Snapshots


PARTS = 2  # of each home's cases, collected apart: whatever the machine, so that the order stays the same


class Listening:
    """Stands where the fitted decision would and keeps what it is asked; lets every answer through."""

    threshold = 0.5

    def __init__(self) -> None:
        self.heard: list[Signals] = []

    def probability(self, seen: Signals) -> float:
        """Notes the signals."""
        self.heard.append(seen)
        return 1.0

    def possible(self, seen: Signals) -> bool:
        """Always, so that the reader's doubt is heard."""
        return True

    def confidence(self, probability: float) -> float:
        """Not known yet."""
        return probability


def samples(cases: Sequence[Case], home: Path, folds: Path | None = None) -> Iterator[Sample]:
    """Those of the cases that reach the decision on this home's index: no alarm, not declined, no approved answer.

    The assistant itself is asked, so that what is fitted on is what it will see. `folds`: the file of models of where the
    reader looks that have not seen a part of the cases each.
    """
    from app.reader.local import LocalReader
    from app.select import HITS
    from app.settings import AppSettings
    from app.site import open_assistant, reader_adapter
    from eval.attend import Folds

    refuse_test(cases)
    listening, probe = Listening(), probing.Listening()
    assistant = open_assistant(home, cast("Answerability", listening))
    adapter, index, reader = reader_adapter(AppSettings.load("app")), assistant.index, assistant.reader
    if adapter and isinstance(reader, LocalReader):
        reader.probe = cast("Probe", probe)
    elif folds:
        raise SpinewiseError("--folds needs a reader with an adapter", "leave it out")
    unseen = Folds.load(folds, adapter.sha256) if folds and adapter else None
    for case in cases:
        if case.expected not in ("answer", "abstain"):
            continue
        listening.heard.clear()
        probe.heard.clear()
        if unseen and isinstance(reader, LocalReader):
            reader.attention = unseen.of(case.id)
        answer = assistant.ask(case.question, case.turns)
        if listening.heard:
            answerable = case.expected == "answer"
            found = answerable and holds_answer(case, index.search(answer.standalone_question, HITS), index)
            right, states = is_right(case, answer, index), probe.heard[0] if probe.heard else None
            yield Sample(case.id, listening.heard[0], found, answerable, right, states)


def with_sources(cases: Sequence[Case], homes: Sequence[Path]) -> list[Case]:
    """Those whose evidence isn't set aside (an advert, say) by the documents of any home: the others would teach that what no
    passage says is an answer.
    """
    from index.content import Content
    from index.snapshot import Snapshots

    documents = [Content.read(one.folder(one.current())).documents for one in map(Snapshots, homes)]

    def gone(case: Case) -> bool:
        quotes = [
            (quote, held[quote.document])
            for need in case.evidence
            for quote in need
            for held in documents
            if quote.document in held
        ]
        return bool(quotes) and all(set_aside(*one) and not find(*one) for one in quotes)

    return [case for case in cases if not gone(case)]


def is_right(case: Case, answer: Answer, index: Index) -> bool | None:
    """Whether an answer is right as the report means it; None for a reply that is none."""
    if answer.kind not in ANSWERING:
        return None
    scored = score(case, answer.to_json(), locate(case, index.documents), index.documents)
    return scored.scores["correct"] == 1.0


def refuse_test(cases: Sequence[Case]) -> None:
    """Thresholds are never fitted on what they are reported on."""
    for case in cases:
        if case.split == "test":
            raise SpinewiseError(f"{case.source}: case {case.id} is a test case", "calibrate on development cases only")


def holds_answer(case: Case, hits: Sequence[Hit], index: Index) -> bool:
    """Whether the hits meet a need of the case or hold its vital nuggets: the second where the evidence is
    elsewhere.
    """
    needs: Needs = locate(case, index.documents)
    if any(needs):
        met = relevance(needs, [hit.passage for hit in hits])
        return bool(met)
    text = " ".join(hit.passage.text for hit in hits)
    vital = [one.patterns for one in case.nuggets if one.vital]
    return bool(vital) and all(nuggets_hit(text, vital))


def write(fitted: Fitted, names: Sequence[str], provenance: dict[str, Any], path: Path, probe: str = "") -> None:
    """The file that `app.answerability` reads; `probe` is the checksum of the one that belongs to it."""
    model = fitted.model
    payload = {
        "names": list(names),
        "means": [round(one, 6) for one in model.means],
        "scales": [round(one, 6) for one in model.scales],
        "weights": [round(one, 6) for one in model.weights],
        "bias": round(model.bias, 6),
        "threshold": fitted.threshold,
        "right": list(fitted.right),
        "bounds": fitted.bounds,
        "probe": probe,
        "provenance": provenance | fitted.report,
    }
    with replacing(path) as stream:
        stream.write((json.dumps(payload, indent=1, allow_nan=False) + "\n").encode())


@dataclass(frozen=True, slots=True)
class Part:
    """What one process collects: the cases on one home's index, and some of the practice clinics."""

    cases: Sequence[Case]
    home: Path
    folds: Path | None
    folders: Sequence[Path]
    each: int

    def collected(self) -> tuple[list[Sample], list[Known]]:
        """All that is fitted on."""
        from app.reader.local import LocalReader
        from app.settings import AppSettings
        from app.site import open_reader

        asked, known = list(samples(self.cases, self.home, self.folds)), list[Known]()
        note(f"{len(asked)} cases asked of {self.home}")
        if self.folders:
            reader = open_reader(self.home, AppSettings.load("app"), probed=False)
            assert isinstance(reader, LocalReader)  # no other has an adapter, and without one there is no practice
            known = list(probing.of_practice(self.folders, self.each, reader))
        return asked, known


def calibrate(
    cases: Sequence[Case],
    files: Sequence[Path],
    homes: Sequence[Path],
    practice: tuple[Sequence[Path], int],
    out: tuple[Path, Path | None],
    folds: Path | None,
    ridge: float,
) -> dict[str, Any]:
    """Collects, fits, writes; returns the report. `practice`: folders of clinics, and how many wishes of each; without them, or
    without an adapter of the reader's, there is no probe. `out`: the file of the decision, and the folder of the probe where it
    is not the adapter's. `folds`: see `samples`.
    """
    from app.answerability import Signals
    from app.settings import AppSettings
    from app.site import reader_adapter
    from index.snapshot import Snapshots

    provenance = {
        "fitted_by": "python -m eval calibrate",
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "split": "dev",
        "cases_sha256": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
        "indexes": [about(Snapshots(home)) for home in homes],
        "answers_chosen_as_on_unseen_cases": folds is not None,
    }
    adapter = reader_adapter(AppSettings.load("app"))
    folders, each = practice if adapter else ((), 0)
    if folders:
        probing.require_scikit_learn()
    told = with_sources(cases, homes)
    asked = [(told[at::PARTS], home) for home in homes for at in range(PARTS)]
    parts = [Part(some, home, folds, folders[at :: len(asked)], each) for at, (some, home) in enumerate(asked)]
    collected = in_processes(Part.collected, parts)
    known = [one for _, states in collected for one in states]
    fitted = calibrated([one for some, _ in collected for one in some], known, ridge)
    names = tuple(Signals.__dataclass_fields__)
    file, folder = out
    probe = fitted.probe.probe(adapter.sha256) if fitted.probe and adapter else None
    if probe and adapter:
        probe.save(folder or adapter.path.parent)
    write(fitted, names, provenance, file, probe.checksum if probe else "")
    weights = dict(zip(names, fitted.model.weights, strict=True))
    return fitted.report | {"threshold": fitted.threshold, "right": fitted.right, "weights": weights, "file": str(file)}


def about(snapshots: Snapshots) -> dict[str, Any]:
    """An index in a line of provenance."""
    manifest = snapshots.manifest(snapshots.current())
    return {
        "fingerprint": manifest.fingerprint[:12],
        "embedder": manifest.embedder.name,
        "documents": manifest.documents,
        "passages": manifest.passages,
    }
