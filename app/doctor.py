"""Checks what a site needs before patients use it, and says how to mend what fails. Changes nothing."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from app.settings import AppSettings, SiteSettings
from corpus.command import explain
from corpus.errors import SpinewiseError

DISK_GIGABYTES = 1.0
MEMORY_GIGABYTES = 1.5


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
        "language model": reader, "red flags": red_flags, "port": port, "clinic": clinic, "browser": browser,
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
    AppSettings.load("app"), SiteSettings.load("site"), CorpusSettings.load("corpus"), IndexSettings.load("index")
    path = settings_file()
    yield Finding("settings", True, str(path) if path.exists() else "all at their defaults")


def writable(home: Path) -> Iterable[Finding]:
    """Whether the home takes a file."""
    from corpus.home import replacing

    probe = home / ".doctor"
    with replacing(probe) as stream:
        stream.write(b"ok")
    probe.unlink()
    yield Finding("home", True, str(home))


def disk(home: Path) -> Iterable[Finding]:
    """Room for another model or snapshot."""
    free = shutil.disk_usage(home).free / 1e9
    yield Finding(
        "disk", free >= DISK_GIGABYTES, f"{free:.1f} GB free", f"free {DISK_GIGABYTES:.0f} GB on the disk of {home}"
    )


def memory(home: Path) -> Iterable[Finding]:
    """Room for the models."""
    import psutil

    free = psutil.virtual_memory().available / 1e9
    mend = f"close programs: {MEMORY_GIGABYTES} GB are needed"
    yield Finding("memory", free >= MEMORY_GIGABYTES, f"{free:.1f} GB available", mend)


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
    from app.models import SMOLLM2, checked

    chosen = AppSettings.load("app")
    if chosen.reader_url or chosen.reader != SMOLLM2.name:
        yield Finding("language model", True, f"{chosen.reader} {chosen.reader_url} (the site's own: not checked)")
        return
    checked(home, SMOLLM2.name)
    yield Finding("language model", True, f"{SMOLLM2.name}, every checksum holds")


def red_flags(home: Path) -> Iterable[Finding]:
    """Whether each red-flag rule catches its own examples."""
    from app.triage import Triage

    missed = Triage.load().self_check()
    detail = f"missed: {missed[0]}" if missed else "every rule catches its examples"
    yield Finding("red flags", not missed, detail, "restore app/triage.toml")


def port(home: Path) -> Iterable[Finding]:
    """Whether the port is free."""
    chosen = AppSettings.load("app")
    with socket.socket() as probe:
        taken = probe.connect_ex(("127.0.0.1", chosen.port)) == 0
    detail = f"{chosen.port} is {'taken (this service may be running)' if taken else 'free'}"
    yield Finding("port", not taken, detail, "set app.port or use --port")


def clinic(home: Path) -> Iterable[Finding]:
    """Whether the numbers on the urgent card are the clinic's."""
    site = SiteSettings.load("site")
    empty = [
        name for name in ("emergency_number", "crisis_line", "clinic_phone", "clinic_name") if not getattr(site, name)
    ]
    detail = f"not set: {', '.join(empty)} (cards speak in general words)" if empty else "numbers and name are set"
    yield Finding("clinic", not empty, detail, "set them under [site] in settings.toml")


def browser(home: Path) -> Iterable[Finding]:
    """A browser for a kiosk; a server for other machines needs none."""
    found = next((name for name in ("chromium", "chromium-browser", "google-chrome") if shutil.which(name)), None)
    yield Finding("browser", True, found or "none found: a kiosk on this machine needs chromium")
