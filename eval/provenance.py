"""Where figures are from: this machine, this commit, this code. Knows nothing of runs or cases."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from app.settings import AppSettings
from index.settings import IndexSettings

ROOT = Path(__file__).parents[1]
MEASURED = {"figures.json", "baseline.json"}  # what came out of runs does not change how anything answers


def machine() -> str:
    """This machine in a few words."""
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


# Seconds for the model where answers are judged: one must not depend on how busy the machine is.
UNHURRIED = ("SPINEWISE_APP_READER_SECONDS", "100")


def settings() -> dict[str, Any]:
    """The site's choices that decide how it answers: its models, and how passages are cut and found."""
    app, index = AppSettings.load("app"), IndexSettings.load("index")
    readers = app.model_dump(mode="json", include={"reader", "reader_url", "reader_adapter"})
    return {"app": readers, "index": index.model_dump(mode="json", exclude={"keep_snapshots", "allow_download"})}


# What decides how it answers.
CODE = frozenset((".py", ".toml", ".md", ".json", ".txt", ".tsv", ".npz", ".safetensors"))


def code_digest() -> str:
    """SHA-256 over the program's code, prompts, word lists and weights; equal code answers alike."""
    digest = hashlib.sha256()
    for room in ("corpus", "index", "app", "eval"):
        for path in sorted((ROOT / room).rglob("*")):
            if path.name in MEASURED:
                continue
            if path.suffix in CODE and path.is_file() and "cases" not in path.relative_to(ROOT).parts:
                digest.update(f"{path.relative_to(ROOT).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def commit() -> str | None:
    """The commit that is checked out; None without git."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def peak_rss() -> float:
    """The most memory that this process held, in MB."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if platform.system() == "Darwin" else 1024), 1)
