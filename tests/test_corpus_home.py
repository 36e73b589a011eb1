"""A file under the home is the old one or the new one, never a mix; what can't be written is explained."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.settings import AppSettings, SiteSettings
from corpus.errors import SpinewiseError
from corpus.home import home_folder, make_folder, replacing

ROOT = Path(__file__).parents[1]


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.txt"
    with replacing(path) as stream:
        stream.write(b"one")
    with replacing(path) as stream:
        stream.write(b"two")
    assert path.read_bytes() == b"two"
    assert [one.name for one in path.parent.iterdir()] == ["a.txt"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")

    def fail_halfway() -> None:
        with replacing(path) as stream:
            stream.write(b"half")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail_halfway()
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["a.txt"]


def test_others_may_read_what_the_umask_lets_them(tmp_path: Path) -> None:
    with replacing(tmp_path / "a.txt") as stream:
        stream.write(b"x")
    mask = os.umask(0)
    os.umask(mask)
    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o666 & ~mask


def test_a_home_that_is_a_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder")
    with pytest.raises(SpinewiseError, match="--home"):
        make_folder(tmp_path / "home" / "index")


def test_a_full_disk_is_explained_and_the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    script = f"""
import resource
from pathlib import Path
from corpus.errors import SpinewiseError
from corpus.home import replacing
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    with replacing(Path({str(path)!r})) as stream:
        stream.write(bytes(5000))
except SpinewiseError as problem:
    print(problem)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert "free disk space" in done.stdout
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["a.bin"]


def test_a_list_in_the_environment_is_toml_and_a_name_may_begin_with_a_bracket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPINEWISE_SITE_CLINIC_NAME", "[Hill] Clinic")
    assert SiteSettings.load("site").clinic_name == "[Hill] Clinic"
    monkeypatch.setenv("SPINEWISE_APP_ALLOWED_HOSTS", '["a.example"]')
    assert AppSettings.load("app").allowed_hosts == ["a.example"]
    monkeypatch.setenv("SPINEWISE_APP_ALLOWED_HOSTS", "[a.example]")
    with pytest.raises(SpinewiseError, match="SPINEWISE_APP_ALLOWED_HOSTS is no list"):
        AppSettings.load("app")


def test_the_home_is_named_by_argument_then_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPINEWISE_HOME", str(tmp_path / "env"))
    assert home_folder() == tmp_path / "env"
    assert home_folder(tmp_path / "given") == tmp_path / "given"
