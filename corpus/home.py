"""The one folder that everything is written under, and how a file in it is replaced. Knows nothing of what is in the files."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from corpus.errors import SpinewiseError


def home_folder(given: str | os.PathLike[str] | None = None) -> Path:
    """`given`, else $SPINEWISE_HOME, else the platform's user data folder; not created here."""
    from platformdirs import user_data_path

    chosen = given or os.environ.get("SPINEWISE_HOME")
    return Path(chosen).expanduser().absolute() if chosen else user_data_path("spinewise", appauthor=False)


def make_folder(folder: Path) -> Path:
    """Creates `folder` below a home; an unwritable home is explained, not traced."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise SpinewiseError(
            f"can't write to {folder}: {problem.strerror or problem}",
            "choose a folder that you may write to with --home DIR or SPINEWISE_HOME",
        ) from problem
    return folder


@contextmanager
def replacing(path: Path, mode: str = "wb") -> Iterator[IO[bytes]]:
    """A new file that takes `path`'s place when the block ends well: a reader sees the old bytes or the new, never a mix.

    The bytes are on disk (fsync) before the name moves. When the block fails, as on a full disk, `path` is as it was
    and nothing half-written is left.
    """
    make_folder(path.parent)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:  # not mkstemp: its files are for their owner alone, and a home may be shared
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    except OSError as problem:
        raise unwritable(path, problem) from problem
    try:
        with os.fdopen(handle, mode) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as problem:
        raise unwritable(path, problem) from problem
    finally:
        temporary.unlink(missing_ok=True)


def damaged(path: Path, problem: Exception) -> SpinewiseError:
    """The error for a database that can't be read."""
    return SpinewiseError(f"can't read {path}: {problem}", "move it away: a new one is made")


def unwritable(path: Path, problem: OSError) -> SpinewiseError:
    """The error for a write that the system refused: disk full, no permission, read-only."""
    return SpinewiseError(
        f"can't write {path}: {problem.strerror or problem}",
        "free disk space or name another folder with --home DIR, then run the same command again",
    )
