"""The one kind of error that a user sees. Knows nothing of what went wrong."""

from __future__ import annotations

import zipfile
import zlib

# what numpy raises on a file of arrays that is missing, damaged, or lacks one
DAMAGED_ARRAYS = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)


class SpinewiseError(Exception):
    """A failure that is explained in one line: what is wrong, and the command or setting that mends it."""

    def __init__(self, problem: str, mend: str | None = None) -> None:
        self.problem, self.mend = problem, mend
        super().__init__(f"{problem}: {mend}" if mend else problem)
