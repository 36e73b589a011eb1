"""One process that is kept running. Knows nothing of what it does, nor how one tells that it hangs."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

WAITS = (0.0, 1.0, 2.0, 4.0, 8.0)  # seconds before each start in a row that soon failed: back within ten, always
STEADY_SECONDS = 30.0  # after so long the next failure is a first one again
STOP_SECONDS = 3.0
PR_SET_PDEATHSIG = 1


class Kept:
    """Starts `command`, and starts it again when it is gone. `keep` is called often and never waits."""

    def __init__(
        self,
        name: str,
        command: Callable[[], Sequence[str]],
        note: Callable[[str], None],
        folder: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name, self.starts = name, 0
        self._command, self._note, self._folder, self._clock = command, note, folder, clock
        self._process: subprocess.Popen[bytes] | None = None
        self._started, self._failures, self._due = 0.0, 0, clock()

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    @property
    def up_seconds(self) -> float | None:
        """How long it has been running; None where it isn't."""
        return self._clock() - self._started if self.running else None

    @property
    def pid(self) -> int | None:
        """The process's number; None where there is none."""
        return self._process.pid if self._process and self.running else None

    def keep(self) -> bool:
        """Starts the process if it is not there and its time has come; whether it did."""
        if self.running:
            return False
        if self._process is not None:
            self._note(f"the {self.name} ended ({self._process.returncode})")
            self._ended()
        if self._clock() < self._due:
            return False
        self._start()
        return True

    def _ended(self) -> None:
        """Works out when the next start is due; what is left of the process's group goes."""
        assert self._process is not None
        self._signal(signal.SIGKILL)
        steady = self._clock() - self._started > STEADY_SECONDS
        self._failures = 1 if steady else self._failures + 1
        self._due = self._clock() + WAITS[min(self._failures, len(WAITS)) - 1]
        self._process = None

    def _start(self) -> None:
        command = self._command()
        self._started, self.starts = self._clock(), self.starts + 1
        try:
            self._process = subprocess.Popen(
                command, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL if self._quiet else None,
                stderr=subprocess.DEVNULL if self._quiet else None, start_new_session=True, preexec_fn=die_with_parent,
            )  # fmt: skip
        except OSError as problem:
            self._note(f"the {self.name} does not start: {problem.strerror or problem}")
            self._failures += 1
            self._due = self._clock() + WAITS[min(self._failures, len(WAITS)) - 1]

    @property
    def _quiet(self) -> bool:
        return self.name == "browser"  # its chatter names addresses and says nothing that helps

    def restart(self) -> None:
        """Ends it at once, for what hangs does not end when it is asked to; the next `keep` starts it."""
        if self._process is not None:
            self._signal(signal.SIGKILL)
            self._process.wait(STOP_SECONDS)

    def stop(self) -> None:
        """Asks it to end, and ends it after three seconds."""
        if self._process is None:
            return
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        self._signal(signal.SIGKILL)
        self._process.wait(STOP_SECONDS)
        self._process = None

    def _signal(self, number: signal.Signals) -> None:
        """To the whole group: a browser is many processes."""
        assert self._process is not None
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


def die_with_parent() -> None:
    """In the child: it gets a SIGKILL when this process dies, however that happens (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
