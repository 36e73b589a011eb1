"""What can be judged: our assistant, trivial systems that a good metric must see through, any command, any URL.

Each takes cases and gives a reply for each: the contract's Answer as JSON, or the reason why there is none.
Knows nothing of scores.
"""

from __future__ import annotations

import json
import queue
import shlex
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from app.answer import Answer, AnswerSentence, Citation
from corpus.errors import SpinewiseError
from eval.cases import Case
from eval.masking import masked, masked_index

if TYPE_CHECKING:
    from app.assistant import Assistant
    from index.search import Index

MASKED = "assistant-masked"
NAMES = (
    "assistant",
    MASKED,
    "always-abstain",
    "always-urgent",
    "echo",
    "top-passage",
    "command:…",
    "http://…",
)
KINDS = {"answered", "quoted", "approved", "urgent", "not_found", "declined"}


@dataclass(frozen=True, slots=True)
class Replied:
    """A case's reply as JSON without its timings, those timings, and the seconds it took; or `error` and no reply."""

    case: Case
    reply: dict[str, Any] | None
    seconds: float
    timings_ms: dict[str, float]
    error: str = ""


class System(Protocol):
    """Something that answers."""

    @property
    def name(self) -> str:
        """What reports call it."""

    def replies(self, cases: Sequence[Case], seconds: float) -> Iterator[Replied]:
        """One reply for each case, in any order; a case gets at most `seconds`."""


def received(case: Case, payload: object, seconds: float) -> Replied:
    """A payload in the contract's form. What a system leaves out is filled in; what can't be read is an error."""
    try:
        if not isinstance(payload, dict) or not isinstance(payload["text"], str):
            raise TypeError("not an object with a text")
        if payload.get("id", case.id) != case.id:
            raise ValueError(f"it answers {payload['id']!r}")
        reply = {"kind": "answered", "sentences": [], "citations": [], "confidence": None, "rule": None, **payload}
        timings = {str(step): float(took) for step, took in (reply.pop("timings_ms", None) or {}).items()}
        if reply["kind"] not in KINDS:
            raise ValueError(f"kind {reply['kind']!r}")
        reply["sentences"] = [
            {**one, "text": str(one["text"]), "citations": [int(number) for number in one["citations"]]}
            for one in reply["sentences"]
        ]
        reply["citations"] = [
            {**one, **{key: str(one[key]) for key in ("quote", "document")},
             **{key: int(one[key]) for key in ("number", "start", "end")}}
            for one in reply["citations"]
        ]  # fmt: skip
        reply.pop("id", None)
        return Replied(case, reply, seconds, timings)
    except (TypeError, ValueError, KeyError) as problem:
        return Replied(case, None, seconds, {}, f"the reply is not the contract's: {type(problem).__name__} {problem}")


@dataclass(frozen=True, slots=True)
class Function:
    """A system that is a function of a case, called here; a call that takes too long is left behind."""

    name: str
    ask: Callable[[Case], object]

    def replies(self, cases: Sequence[Case], seconds: float) -> Iterator[Replied]:
        """Each case in a thread of its own, so that one that hangs can be given up."""
        for case in cases:
            began = time.perf_counter()
            box: queue.Queue[object] = queue.Queue()
            threading.Thread(target=self._call, args=(case, box), daemon=True, name=f"case {case.id}").start()
            try:
                outcome = box.get(timeout=seconds)
            except queue.Empty:
                outcome = TimeoutError(f"no answer in {seconds:g} s")
            took = time.perf_counter() - began
            if isinstance(outcome, Exception):
                yield Replied(case, None, took, {}, f"{type(outcome).__name__}: {outcome}")
            else:
                yield received(case, outcome, took)

    def _call(self, case: Case, box: queue.Queue[object]) -> None:
        try:
            box.put(self.ask(case))
        except Exception as problem:
            box.put(problem)


@dataclass(frozen=True, slots=True)
class Command:
    """Any program that reads `--batch IN.jsonl` and prints one Answer a line, as `python -m app ask --batch` does.

    A program that dies or hangs on a case is started again with the cases after it.
    """

    name: str
    line: str

    def replies(self, cases: Sequence[Case], seconds: float) -> Iterator[Replied]:
        """Lines as they come."""
        left = list(cases)
        while left:
            for replied in self._once(tuple(left), seconds):
                left.pop(0)
                yield replied

    def _once(self, cases: Sequence[Case], seconds: float) -> Iterator[Replied]:
        with tempfile.TemporaryDirectory() as folder:
            batch = Path(folder) / "batch.jsonl"
            rows = [{"id": case.id, "question": case.question, "history": history(case)} for case in cases]
            batch.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
            process = subprocess.Popen(
                [*shlex.split(self.line), "--batch", str(batch)], stdout=subprocess.PIPE, text=True, encoding="utf-8"
            )
            lines: queue.Queue[str | None] = queue.Queue()
            pump = threading.Thread(target=_pump, args=(process, lines), daemon=True)
            pump.start()
            try:
                for case in cases:
                    replied = _next_line(case, lines, process, seconds)
                    yield replied
                    if replied.reply is None:
                        return
            finally:
                process.kill()
                process.wait()
                pump.join(5)


def _pump(process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    assert process.stdout is not None
    with process.stdout, suppress(ValueError):
        for line in process.stdout:
            if line.strip():
                lines.put(line)
    lines.put(None)


def _next_line(case: Case, lines: queue.Queue[str | None], process: subprocess.Popen[str], seconds: float) -> Replied:
    began = time.perf_counter()
    try:
        line = lines.get(timeout=seconds)
    except queue.Empty:
        return Replied(case, None, seconds, {}, f"TimeoutError: no answer in {seconds:g} s")
    took = time.perf_counter() - began
    if line is None:
        return Replied(case, None, took, {}, f"the command ended (exit {process.wait()}) before it answered this case")
    try:
        return received(case, json.loads(line), took)
    except ValueError as problem:
        return Replied(case, None, took, {}, f"the line is not JSON: {problem}")


def post(url: str, case: Case) -> object:
    """The reply of a server that speaks `POST /api/ask`."""
    body = json.dumps({"question": case.question, "history": history(case)}).encode()
    request = urllib.request.Request(url, data=body, headers={"content-type": "application/json"})
    with urllib.request.urlopen(request) as reply:
        return json.load(reply)


def history(case: Case) -> list[dict[str, str]]:
    """The case's earlier messages as JSON."""
    return [{"role": one.role, "content": one.content} for one in case.history]


def open_system(name: str, home: Path, workers: int = 0) -> tuple[System, Index]:
    """The system of that name, loaded, and the home's index, which says what there is to find and to cite."""
    from index.search import Index
    from index.settings import IndexSettings

    index = Index.open(home, IndexSettings.load("index"))
    if name in ("assistant", MASKED):
        from eval.pool import Pool

        return Pool(name, home, workers), masked_index(index) if name == MASKED else index
    if name in TRIVIAL:
        return trivial(name, index), index
    if name.startswith("command:"):
        return Command(name, startable(name.removeprefix("command:"))), index
    if name.startswith(("http://", "https://")):
        url = name if "/api/" in name else f"{name.rstrip('/')}/api/ask"
        reachable(url)
        return Function(name, lambda case: post(url, case)), index
    raise SpinewiseError(f"there is no system {name}", f"--system takes {', '.join(NAMES)}")


def startable(line: str) -> str:
    """A command line whose program is there."""
    words = shlex.split(line)
    if not words or shutil.which(words[0]) is None:
        raise SpinewiseError(f"there is no program {words[0] if words else ''} to run", "write --system command:LINE")
    return line


def reachable(url: str) -> None:
    """Refuses a server that nobody listens at: better now than once for each case."""
    place = urlsplit(url)
    try:
        port = place.port or {"http": 80, "https": 443}[place.scheme]
        socket.create_connection((place.hostname or "", port), timeout=10).close()
    except (OSError, ValueError) as problem:
        raise SpinewiseError(f"nothing answers at {url}: {problem}", "start the server, or mend the address") from None


def assistant_of(name: str, home: Path) -> tuple[Callable[[Case], object], Assistant]:
    """Our assistant, or the one that has never seen the FAQ, as a function of a case."""
    from app.site import open_assistant

    assistant = open_assistant(home)
    if name == MASKED:
        assistant = masked(assistant)
    # where only the alarm or an approved answer is judged, which come before the model, its seconds are saved
    silent = replace(assistant, reader=None)

    def ask(case: Case) -> object:
        return (silent if case.before_reading else assistant).ask(case.question, case.turns).to_json()

    return ask, assistant


# -- trivial systems: a metric that they do well in can be gamed -------------------------------------------------------


def abstaining(case: Case) -> Answer:
    """Never knows."""
    return Answer("not_found", case.question, case.question, "The documents do not say.", confidence=0.5)


def alarming(case: Case) -> Answer:
    """Always raises the alarm."""
    return Answer("urgent", case.question, case.question, "Call your emergency number now.")


def echoing(case: Case) -> Answer:
    """Says the question again, with nothing cited: all its words are on topic."""
    sentence = AnswerSentence(case.question)
    return Answer("answered", case.question, case.question, case.question, (sentence,), confidence=1.0)


def quoting(case: Case, index: Index) -> Answer:
    """Quotes the whole first passage, whatever it says."""
    hits = index.search(case.question, 1)
    if not hits:
        return abstaining(case)
    passage, source = hits[0].passage, hits[0].passage.document.source
    citation = Citation(
        number=1, document=passage.document.id, title=source.title, publisher=source.publisher, section=passage.section,
        quote=passage.text, start=passage.start, end=passage.end, tier=source.tier, reviewed_on=source.reviewed_on,
        url=source.url,
    )  # fmt: skip
    said = tuple(AnswerSentence(one.of(passage.document.text), (1,), 1.0) for one in passage.sentences)
    text = " ".join(f"{one.text} [1]" for one in said)
    return Answer("quoted", case.question, case.question, text, said, (citation,), confidence=1.0)


TRIVIAL: dict[str, Callable[[Case, Index], Answer]] = {
    "always-abstain": lambda case, index: abstaining(case),
    "always-urgent": lambda case, index: alarming(case),
    "echo": lambda case, index: echoing(case),
    "top-passage": quoting,
}


def trivial(name: str, index: Index) -> Function:
    """One of the trivial systems."""
    answer = TRIVIAL[name]
    return Function(name, lambda case: answer(case, index).to_json())
