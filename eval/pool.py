"""The assistant in processes of its own, several cases at a time, one thread each; or other work. Knows nothing of scores.

One thread each, because two that wait for each other are slower than one wherever anything else runs: 24 questions took
112 s with two threads, 33 s with one, and 21 s with one in each of two processes (a shared machine with 2 cores). It also
makes answers the same whatever the number of processes. One that hangs or dies is ended and replaced, and its case says why.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TypeVar

from corpus.errors import SpinewiseError
from eval.cases import Case
from eval.systems import Replied, assistant_of, received

LOADING = 600.0  # seconds that a process may take to load its models
MEMORY = 2.0  # gigabytes that one process may need

Task = TypeVar("Task")
Made = TypeVar("Made")


def workers_for(cases: int) -> int:
    """How many processes: one a core, as far as memory goes, and no more than there are cases."""
    import psutil

    room = int(psutil.virtual_memory().available / (MEMORY * 1e9))
    return max(1, min(os.cpu_count() or 1, room, cases))


def in_processes(work: Callable[[Task], Made], tasks: Sequence[Task]) -> list[Made]:
    """What the work makes of each task, in their order; what it raises is raised here, and tasks not yet begun are left."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with ProcessPoolExecutor(workers_for(len(tasks)), multiprocessing.get_context("spawn")) as pool:
        try:
            return list(pool.map(work, tasks))
        except BrokenProcessPool as problem:
            raise SpinewiseError(
                "a process ended before its work was done", "see that enough memory is free, and start again"
            ) from problem


@dataclass(frozen=True, slots=True)
class Refused:
    """What a process says when it can't load the assistant."""

    problem: str
    mend: str | None


@dataclass
class Worker:
    """A process, the line to it, and the case that it has; no case while it loads or waits."""

    process: BaseProcess
    line: Connection
    case: Case | None = None
    until: float = field(default_factory=lambda: time.monotonic() + LOADING)
    began: float = 0.0
    ready: bool = False


@dataclass(frozen=True, slots=True)
class Pool:
    """A system (see `eval.systems.System`) that answers in whatever order the processes are done."""

    name: str
    home: Path
    workers: int = 0  # 0: as many as the machine can hold

    def replies(self, cases: Sequence[Case], seconds: float) -> Iterator[Replied]:
        """One reply for each case, as they come."""
        left, team = list(reversed(cases)), [self._hired() for _ in range(self.workers or workers_for(len(cases)))]
        due = len(left)
        try:
            while due:
                for worker in self._heard(team):
                    replied = self._taken(worker, seconds)
                    if replied is not None:
                        due -= 1
                        yield replied
                    if not worker.process.is_alive() or worker.until < time.monotonic():
                        self._ended(worker)
                        team[team.index(worker)] = worker = self._hired()
                    if worker.ready and worker.case is None and left:
                        self._given(worker, left.pop(), seconds)
        finally:
            for worker in team:
                self._ended(worker)

    def _hired(self) -> Worker:
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        here, there = multiprocessing.get_context("spawn").Pipe()
        process = multiprocessing.get_context("spawn").Process(
            target=serve, args=(there, self.name, str(self.home)), daemon=True
        )
        process.start()
        there.close()
        return Worker(process, here)

    def _heard(self, team: Sequence[Worker]) -> list[Worker]:
        """Those that said something, died, or are late; waits until there is one."""
        while True:
            late = min(worker.until for worker in team) - time.monotonic()
            spoken = wait([worker.line for worker in team], timeout=max(0.0, min(late, 1.0)))
            now = time.monotonic()
            heard = [one for one in team if one.line in spoken or one.until < now or not one.process.is_alive()]
            if heard:
                return heard

    def _taken(self, worker: Worker, seconds: float) -> Replied | None:
        """What the worker has to say of its case; None while it has none."""
        case, took = worker.case, time.monotonic() - worker.began
        try:
            said: Any = worker.line.recv() if worker.line.poll() else None
        except (EOFError, OSError):
            said = None
        if isinstance(said, Refused):
            raise SpinewiseError(said.problem, said.mend)
        if said == "ready":
            worker.ready, worker.until = True, float("inf")
            return None
        if said is not None and case is not None:
            worker.case, worker.until = None, float("inf")
            outcome, spent = said
            if isinstance(outcome, str):
                return Replied(case, None, spent, {}, outcome)
            return received(case, outcome, spent)
        dead, late = not worker.process.is_alive(), worker.until < time.monotonic()
        if not worker.ready and (dead or late):
            why = f"it took longer than {LOADING:g} s" if late else f"exit {worker.process.exitcode}"
            raise SpinewiseError(f"the process that answers could not start: {why}", "see what it wrote above")
        if case is None or not (dead or late):
            return None
        why = (
            f"the process ended (exit {worker.process.exitcode})"
            if dead
            else f"TimeoutError: no answer in {seconds:g} s"
        )
        return Replied(case, None, took, {}, why)

    def _given(self, worker: Worker, case: Case, seconds: float) -> None:
        worker.case, worker.began, worker.until = case, time.monotonic(), time.monotonic() + seconds
        worker.line.send(case)

    def _ended(self, worker: Worker) -> None:
        worker.line.close()  # one that waits for a case goes by itself, and takes its semaphores along
        worker.process.join(5 if worker.ready and worker.case is None else 0)
        worker.process.kill()
        worker.process.join()


def serve(line: Connection, name: str, home: str) -> None:
    """What a process does: it loads the assistant, then answers case after case."""
    try:
        ask, assistant = assistant_of(name, Path(home))
    except SpinewiseError as problem:
        line.send(Refused(problem.problem, problem.mend))
        return
    assistant.red_flags.check("Is it warm?")  # it reads its weights on the first call, as a server has long done
    line.send("ready")
    while True:
        try:
            case = line.recv()
        except EOFError:
            return
        began = time.perf_counter()
        try:
            outcome: object = ask(case)
        except Exception as problem:
            outcome = f"{type(problem).__name__}: {problem}"
        line.send((outcome, time.perf_counter() - began))
