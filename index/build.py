"""Documents to a new snapshot, embedding only what is new. Knows nothing of searching."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from corpus.document import Document
from corpus.errors import SpinewiseError
from corpus.home import make_folder, unwritable
from corpus.library import SHIPPED
from corpus.reader import read_folder
from corpus.settings import CorpusSettings
from index.content import Content, all_pairs
from index.dense import Dense, Method, method_for
from index.embed import Embedder, Kind, embedder_of
from index.passage import Passage
from index.passages import cut, embedded_text, sentence_text
from index.settings import IndexSettings
from index.snapshot import FORMAT, EmbedderRecord, Manifest, Snapshots, new_identity
from index.words import Words

Vectors = NDArray[np.float32]
Progress = Callable[[int, int], None]
"""Called with (texts embedded, texts to embed) after each batch."""

BATCH = 64
_ADAPTER = TypeAdapter(Document)


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did. `snapshot` is the one that is now current: the old one where nothing had changed."""

    snapshot: str
    added: int
    changed: int
    unchanged: int
    removed: int
    documents: int
    passages: int
    embedded: int
    seconds: float
    failures: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the snapshot is to hold, before anything is embedded."""

    documents: dict[str, Document]
    passages: tuple[Passage, ...]
    method: Method
    folders: tuple[str, ...]
    failures: tuple[tuple[str, str], ...]
    checksums: dict[str, str] = field(default_factory=dict)

    def fingerprint(self, embedder: Embedder) -> str:
        """Equal for plans that give the same snapshot: documents, how they were cut, embedder, method, folders."""
        digest = hashlib.sha256(repr((FORMAT, embedder.name, embedder.checksum, self.method, self.folders)).encode())
        digest.update(repr(sorted(self.checksums.items())).encode())
        for passage in self.passages:
            digest.update(embedded_text(passage).encode("utf-8", "surrogatepass") + b"\0")
        return digest.hexdigest()

    def texts(self) -> tuple[list[str], list[str], list[str]]:
        """Texts to embed: passages, sentences, questions of pairs."""
        return (
            [embedded_text(passage) for passage in self.passages],
            [sentence_text(passage, one) for passage in self.passages for one in passage.sentences],
            [pair.question.of(document.text) for document, pair in all_pairs(self.documents.values())],
        )


def build(
    home: Path,
    folders: Sequence[Path],
    settings: IndexSettings,
    progress: Progress | None = None,
    *,
    force: bool = False,
) -> BuildReport:
    """Makes what `folders` hold (none: the shipped corpus) the current snapshot.

    Nothing is written where nothing has changed. `force` embeds everything anew. Raises SpinewiseError where no
    document can be read, another build runs, or the home can't be written; the current snapshot is then as it was.
    """
    began = time.monotonic()
    snapshots = Snapshots(home)
    with snapshots.writing(create=True):
        embedder = embedder_of(settings)
        plan = _plan(folders, settings)
        old = _whole(snapshots)
        fingerprint = plan.fingerprint(embedder)
        embedded = 0
        if old is not None and old.fingerprint == fingerprint and not force:
            identity = old.id
        else:
            snapshots.prune(settings.keep_snapshots)  # what a killed build left could fill the disk
            memory = _Memory(embedder, {} if old is None or force else _known(snapshots, old, embedder))
            content = _content(plan, memory, progress or (lambda done, total: None))
            identity = _write(snapshots, plan, content, embedder, fingerprint)
            snapshots.prune(settings.keep_snapshots)
            embedded = memory.embedded
    before = old.checksums if old is not None else {}
    shared = before.keys() & plan.checksums.keys()
    unchanged = sum(before[name] == plan.checksums[name] for name in shared)
    return BuildReport(
        snapshot=identity,
        added=len(plan.checksums) - len(shared),
        changed=len(shared) - unchanged,
        unchanged=unchanged,
        removed=len(before) - len(shared),
        documents=len(plan.documents),
        passages=len(plan.passages),
        embedded=embedded,
        seconds=round(time.monotonic() - began, 3),
        failures=plan.failures,
    )


def build_if_missing(home: Path, note: Callable[[str], None]) -> None:
    """Builds an index of the settings' folders where `home` has none; leaves one that is there alone, whole or not."""
    if (home / "index" / "CURRENT").exists():
        return
    note("building the index")
    report = build(home, CorpusSettings.load("corpus").documents, IndexSettings.load("index"))
    for file, reason in report.failures:
        note(f"left out {file}: {reason}")
    note(f"index {report.snapshot}: {report.documents} documents, {report.passages} passages")


def _plan(folders: Sequence[Path], settings: IndexSettings) -> _Plan:
    library = read_folder(list(folders) or [SHIPPED], CorpusSettings.load("corpus"))
    passages: list[Passage] = []
    for document in library.documents:
        passages += cut(document, settings.passage_words_min, settings.passage_words_max, first=len(passages))
    where = ", ".join(str(folder) for folder in folders) or "the shipped corpus"
    if not passages:
        reasons = "".join(f"; {file}: {reason}" for file, reason in library.failures[:3])
        raise SpinewiseError(
            f"no readable document in {where}{reasons}", "see python -m corpus check, or name a folder with --documents"
        )
    return _Plan(
        documents={document.id: document for document in library.documents},
        passages=tuple(passages),
        method=method_for(len(passages), settings.exact_below),
        folders=tuple(str(folder.absolute()) for folder in folders),
        failures=tuple((str(file), reason) for file, reason in library.failures),
        checksums={one.id: hashlib.sha256(_ADAPTER.dump_json(one)).hexdigest() for one in library.documents},
    )


def _whole(snapshots: Snapshots) -> Manifest | None:
    """The current manifest; None where there is none, or a file is damaged and all has to be built anew."""
    try:
        return snapshots.verify(snapshots.current())
    except SpinewiseError:
        return None


class _Memory:
    """Vectors by the exact text that was embedded, so that a text is never embedded twice."""

    def __init__(self, embedder: Embedder, known: dict[tuple[Kind, str], Vectors]) -> None:
        self._embedder, self._known = embedder, known
        self.embedded = 0

    def learn(self, wanted: Iterable[tuple[Kind, str]], progress: Progress) -> None:
        """Embeds what is not known yet."""
        missing = [one for one in dict.fromkeys(wanted) if one not in self._known]
        for kind in ("passage", "query"):
            texts = [text for its_kind, text in missing if its_kind == kind]
            for at in range(0, len(texts), BATCH):
                batch = texts[at : at + BATCH]
                vectors = self._embedder.encode(batch, kind)
                self._known.update({(kind, text): row for text, row in zip(batch, vectors, strict=True)})
                self.embedded += len(batch)
                progress(self.embedded, len(missing))

    def vectors(self, kind: Kind, texts: Sequence[str]) -> Vectors:
        """The vectors of texts that were learnt, shape (len(texts), d)."""
        if not texts:
            return np.zeros((0, self._embedder.dimensions), dtype=np.float32)
        return np.stack([self._known[kind, text] for text in texts])


def _known(snapshots: Snapshots, old: Manifest, embedder: Embedder) -> dict[tuple[Kind, str], Vectors]:
    """What the old snapshot has embedded; nothing where its embedder was another."""
    if (old.embedder.name, old.embedder.checksum) != (embedder.name, embedder.checksum):
        return {}
    content = Content.read(snapshots.folder(old.id))
    texts = _Plan(content.documents, content.passages, "exact", (), ()).texts()
    vectors = (content.dense.vectors(), content.sentences, content.questions)
    kinds: tuple[Kind, ...] = ("passage", "passage", "query")
    return {
        (kind, text): row
        for kind, its_texts, rows in zip(kinds, texts, vectors, strict=True)
        for text, row in zip(its_texts, rows, strict=True)
    }


def _content(plan: _Plan, memory: _Memory, progress: Progress) -> Content:
    passages, sentences, questions = plan.texts()
    memory.learn(
        [*(("passage", text) for text in passages + sentences), *(("query", text) for text in questions)], progress
    )
    return Content(
        plan.documents,
        plan.passages,
        Dense.build(memory.vectors("passage", passages), plan.method),
        Words.build(passages),
        memory.vectors("passage", sentences),
        memory.vectors("query", questions),
    )


def _write(snapshots: Snapshots, plan: _Plan, content: Content, embedder: Embedder, fingerprint: str) -> str:
    """Writes the snapshot and makes it current; leaves nothing behind when that fails."""
    identity = new_identity(fingerprint)
    folder = make_folder(snapshots.folder(identity))
    try:
        content.write(folder)
        manifest = Manifest(
            format=FORMAT,
            id=identity,
            built_at=datetime.now(UTC),
            fingerprint=fingerprint,
            embedder=EmbedderRecord(name=embedder.name, checksum=embedder.checksum, dimensions=embedder.dimensions),
            dense=plan.method,
            folders=plan.folders,
            documents=len(content.documents),
            passages=len(content.passages),
            sentences=len(content.sentences),
            pairs=len(content.questions),
            checksums=plan.checksums,
            files=snapshots.seal(folder),
        )
        snapshots.publish(manifest)
    except BaseException as problem:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(problem, OSError):
            raise unwritable(folder, problem) from problem
        raise
    return identity
