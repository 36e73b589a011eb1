"""Bad input, end to end: one line that says what is wrong and what mends it, no traceback, nothing half-written."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from clinic import indexed_home

from app.doctor import disk, writable
from app.models import SMOLLM2
from index.mpnet import MPNET

ROOT = Path(__file__).parents[1]


def run(*arguments: str, home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SPINEWISE_HOME": str(home), **variables}
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        check=False,
        timeout=120,
    )


def explained(done: subprocess.CompletedProcess[str], *mentions: str) -> None:
    assert done.returncode == 1, (done.stdout, done.stderr)
    *progress, error = done.stderr.strip().splitlines()
    assert error.startswith("error: "), done.stderr
    assert not any("error" in line.lower() or "Traceback" in line for line in progress), done.stderr
    for mention in mentions:
        assert mention in done.stderr


def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    explained(run("index", "build", home=tmp_path / "file" / "home"), "--home")


def test_asking_before_there_is_an_index(tmp_path: Path) -> None:
    explained(run("app", "ask", "How long is recovery?", home=tmp_path), "python -m index build")


def test_a_missing_model(tmp_path: Path) -> None:
    (tmp_path / "index").symlink_to(indexed_home() / "index")
    explained(run("app", "ask", "How long is recovery?", home=tmp_path), "python -m app models fetch")


@pytest.mark.parametrize("model", [SMOLLM2.name, MPNET.name])
def test_a_damaged_model(tmp_path: Path, model: str) -> None:
    (tmp_path / "index").symlink_to(indexed_home() / "index")
    copy = tmp_path / "models" / model
    for file in (indexed_home() / "models").rglob("*"):
        if file.is_file():
            link = tmp_path / "models" / file.relative_to(indexed_home() / "models")
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(file.resolve())
    (copy / "config.json").unlink()
    (copy / "config.json").write_text("{}")
    explained(run("app", "ask", "How long is recovery?", home=tmp_path), "config.json is damaged", "models fetch")


@pytest.mark.parametrize(
    ("name", "value"), [("SPINEWISE_SITE_PHON", "1"), ("SPINEWISE_APP_PORT", "x"), ("SPINEWISE_PORT", "1")]
)
def test_an_unknown_or_wrong_setting(tmp_path: Path, name: str, value: str) -> None:
    key = name.removeprefix("SPINEWISE_").split("_")[-1].lower()
    done = run("app", "ask", "How long is recovery?", home=indexed_home(), **{name: value})
    explained(done)
    assert key in done.stderr.lower()


def test_an_unknown_setting_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('[site]\nclinic_phon = "1"\n')
    explained(
        run("app", "ask", "hello", home=indexed_home(), SPINEWISE_SETTINGS=str(tmp_path / "settings.toml")),
        "clinic_phon",
    )


def test_a_port_in_use() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        explained(run("app", "serve", "--port", str(port), home=indexed_home()), str(port), "--port")


def test_a_port_that_is_none(tmp_path: Path) -> None:
    explained(run("app", "serve", "--port", "99999", home=tmp_path / "home"), "99999", "65535")
    assert not (tmp_path / "home").exists()


def test_looking_makes_no_home(tmp_path: Path) -> None:
    home = tmp_path / "a" / "home"
    explained(run("app", "ask", "How long is recovery?", home=home), "python -m index build")
    (found,) = writable(home)
    assert found.ok
    assert "not there yet" in found.detail
    assert next(iter(disk(home))).detail.endswith("GB free")
    assert not (tmp_path / "a").exists()


def test_neither_question_nor_batch(tmp_path: Path) -> None:
    explained(run("app", "ask", home=tmp_path), "--batch")


def test_a_broken_line_of_a_batch_is_named(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"id": "a", "question": "What?"}\n{"id": "b", "quest\n')
    explained(run("app", "ask", "--batch", str(tmp_path / "in.jsonl"), home=tmp_path), "line 2")
