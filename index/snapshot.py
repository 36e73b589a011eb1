"""Snapshots of an index: complete or not there, one of them current. Knows nothing of what is in their files.

A builder and a reader never meet: a snapshot is not changed once its manifest stands, and the manifest is written last.
Not covered: a disk that changes bytes later (`verify` finds those, opening does not), and folders shared over a network
that does not keep locks.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from corpus.errors import SpinewiseError
from corpus.home import make_folder, replacing, unwritable

T = TypeVar("T")
FORMAT = 2  # 2: items keep the heading that turns them round
MANIFEST = "manifest.json"


class Record(BaseModel):
    """A frozen part of the manifest."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class EmbedderRecord(Record):
    """Which vectors these are."""

    name: str
    checksum: str
    dimensions: int

    def __str__(self) -> str:
        return f"{self.name} ({self.dimensions} dimensions)"


class FileRecord(Record):
    """A file's size and checksum."""

    bytes: int
    sha256: str


class Manifest(Record):
    """What a snapshot says of itself.

    `fingerprint` is equal for builds that would hold the same; `dense` is how vectors are searched (exact or hnsw);
    `folders` is empty for the shipped corpus; `checksums` has one for each document, metadata included.
    """

    format: int
    id: str
    built_at: datetime
    fingerprint: str
    embedder: EmbedderRecord
    dense: str
    folders: tuple[str, ...]
    documents: int
    passages: int
    sentences: int
    pairs: int
    checksums: dict[str, str]
    files: dict[str, FileRecord]


class Snapshots:
    """The snapshots below a home."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.root = home / "index"

    def folder(self, identity: str) -> Path:
        """Where a snapshot's files lie."""
        return self.root / identity

    def all(self) -> tuple[str, ...]:
        """The complete snapshots, oldest first; those without a manifest don't count."""
        return tuple(sorted(path.parent.name for path in self.root.glob(f"*/{MANIFEST}")))

    def current(self) -> str:
        """The id that CURRENT holds. Raises where there is no index, or CURRENT names none."""
        identity = self._pointed()
        if identity not in self.all():
            raise SpinewiseError(
                f"{self.root / 'CURRENT'} names the snapshot {identity[:40]!a}, which is not there",
                "run python -m index build, or python -m index rollback",
            )
        return identity

    def _pointed(self) -> str:
        pointer = self.root / "CURRENT"
        try:
            return pointer.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            raise missing(self.home) from None
        except (OSError, UnicodeDecodeError) as problem:
            raise SpinewiseError(f"{pointer} can't be read: {problem}", "run python -m index build") from problem

    def opened(self, read: Callable[[Manifest, Path], T]) -> T:
        """`read` of the current snapshot's manifest and folder; again where a build swaps and removes it meanwhile."""
        while True:
            pointed = self._pointed()
            try:
                identity = self.current()
                return read(self.manifest(identity), self.folder(identity))
            except SpinewiseError:
                if self._pointed() == pointed:
                    raise
            except Exception as problem:  # what a parser makes of bytes that are not as they were written
                if self._pointed() == pointed:
                    raise damaged(
                        identity, "a file", f"can't be read ({type(problem).__name__}: {problem})"
                    ) from problem

    def manifest(self, identity: str) -> Manifest:
        """The manifest, once the size of each file agrees with it."""
        path = self.folder(identity) / MANIFEST
        try:
            manifest = Manifest.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as problem:
            raise SpinewiseError(f"the index's manifest {path} is damaged", "run python -m index build") from problem
        if manifest.format != FORMAT:
            raise SpinewiseError(
                f"index {identity} has format {manifest.format}, this program reads {FORMAT}",
                "run python -m index build",
            )
        for name, record in manifest.files.items():
            file = self.folder(identity) / name
            if not file.is_file() or file.stat().st_size != record.bytes:
                raise damaged(identity, name, "is missing or has another size than its manifest says")
        return manifest

    def verify(self, identity: str) -> Manifest:
        """The manifest, once the SHA-256 of each file agrees with it. Raises with the first that is damaged."""
        manifest = self.manifest(identity)
        for name, record in manifest.files.items():
            if _sha256(self.folder(identity) / name) != record.sha256:
                raise damaged(identity, name, "does not have the checksum that its manifest says")
        return manifest

    def seal(self, folder: Path) -> dict[str, FileRecord]:
        """Sizes and checksums of the files in `folder`, each of them on disk (not in a cache of the system) by then."""
        records: dict[str, FileRecord] = {}
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            with path.open("r+b") as stream:
                os.fsync(stream.fileno())
            name = path.relative_to(folder).as_posix()
            records[name] = FileRecord(bytes=path.stat().st_size, sha256=_sha256(path))
        return records

    def publish(self, manifest: Manifest) -> None:
        """Completes the snapshot with its manifest and makes it the current one."""
        with replacing(self.folder(manifest.id) / MANIFEST) as stream:
            stream.write(manifest.model_dump_json(indent=1).encode())
        self.point(manifest.id)

    def point(self, identity: str) -> None:
        """Swaps CURRENT: a reader sees the old id or the new one."""
        with replacing(self.root / "CURRENT") as stream:
            stream.write(identity.encode())

    def rollback(self, identity: str | None = None) -> str:
        """Makes `identity` current, by default the newest that is older than the current one. Returns its id."""
        known = self.all()
        if identity is None:
            with suppress(SpinewiseError):
                known = tuple(one for one in known if one < self.current())
            if not known:
                raise SpinewiseError("there is no older snapshot to go back to", "see python -m index list")
            identity = known[-1]
        if identity not in known:
            raise SpinewiseError(f"there is no snapshot {identity}", "see python -m index list")
        self.manifest(identity)
        self.point(identity)
        return identity

    def prune(self, keep: int) -> tuple[str, ...]:
        """Removes all but the current and the newest `keep` snapshots, and what broken builds left; returns the names."""
        kept = set(self.all()[-keep:])
        with suppress(SpinewiseError):
            kept.add(self.current())
        removed = sorted(path.name for path in self.root.glob("*/") if path.is_dir() and path.name not in kept)
        for name in removed:
            (self.folder(name) / MANIFEST).unlink(missing_ok=True)  # first: half-removed is not complete
            shutil.rmtree(self.folder(name), ignore_errors=True)
        return tuple(removed)

    @contextmanager
    def writing(self, create: bool = False) -> Iterator[None]:
        """Keeps other writers out; a second one is told at once. The system frees the lock of a killed process.

        Only with `create` is the folder made where there is none: else a mistyped home would seem to be one.
        """
        from filelock import FileLock, Timeout

        if not create and not self.root.is_dir():
            raise missing(self.home)
        make_folder(self.root)
        holder = self.root / ".builder"
        try:
            lock = FileLock(self.root / ".lock", timeout=0)
            lock.acquire()
        except Timeout:
            pid = holder.read_text(encoding="utf-8") if holder.exists() else "unknown"
            raise SpinewiseError(
                f"another build is running (pid {pid})", "wait until it is done, then try again"
            ) from None
        except OSError as problem:
            raise unwritable(self.root / ".lock", problem) from problem
        try:
            with replacing(holder) as stream:
                stream.write(str(os.getpid()).encode())
            yield
        finally:
            lock.release()


def verify(home: Path) -> Manifest:
    """The current snapshot's manifest, once every checksum has been checked."""
    snapshots = Snapshots(home)
    return snapshots.verify(snapshots.current())


def missing(home: Path) -> SpinewiseError:
    """The error for a home without an index."""
    return SpinewiseError(f"there is no index in {home}", "run python -m index build")


def damaged(identity: str, name: str, how: str) -> SpinewiseError:
    """The error for a file of a snapshot that is not as it was built."""
    return SpinewiseError(
        f"index {identity}: {name} {how}", "run python -m index build --force, or python -m index rollback"
    )


def new_identity(fingerprint: str) -> str:
    """An id that sorts by time and tells what is inside."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{fingerprint[:6]}"


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
