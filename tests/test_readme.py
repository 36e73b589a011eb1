"""The README's command table, file tree and code blocks say what is true."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from clinic import home_with_models

from app.settings import SiteSettings
from corpus.command import Command

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ROOMS = ("corpus", "index", "app", "eval")


def actions(room: str) -> dict[str, argparse.ArgumentParser]:
    """The sub-commands of one command."""
    made: Command = import_module(f"{room}.__main__").command()
    chosen = next(one for one in made.parser._actions if isinstance(one, argparse._SubParsersAction))
    return dict(chosen.choices)


def table() -> list[str]:
    """The rows that the README must have."""
    return [
        f"| `python -m {room} {name}` | {parser.description} |"
        for room in ROOMS
        for name, parser in actions(room).items()
    ]


@pytest.mark.parametrize("row", table())
def test_every_command_is_in_the_table(row: str) -> None:
    assert row in README


def test_the_table_has_no_other_commands() -> None:
    rows = re.findall(r"^\| `python -m .*$", README, re.MULTILINE)
    assert sorted(rows) == sorted(table())


@pytest.mark.parametrize(("room", "name"), [(room, name) for room in ROOMS for name in actions(room)])
def test_help_has_an_example(room: str, name: str) -> None:
    assert "example:" in actions(room)[name].format_help()


def test_the_tree_lists_every_file_of_the_code() -> None:
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT, check=True).stdout.split()
    tree = README.split("## The files")[1].split("## ")[0]
    wanted = [name for name in listed if re.match(r"(corpus|index|app|eval)/.*\.(py|toml)$", name)]
    missing = [name for name in wanted if Path(name).name not in (*tree.split(), "__init__.py")]
    assert not missing


def test_the_settings_shown_are_settings() -> None:
    block = re.search(r"```toml\n(.*?)```", README, re.DOTALL)
    assert block
    assert SiteSettings.model_validate(tomllib.loads(block[1])["site"]).clinic_name == "Example Clinic"


def test_the_commands_of_own_documents_run(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "going-home.md").write_text(
        "# Going home\n\nWalk a little every day.\n", encoding="utf-8"
    )
    front = re.search(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert front
    (tmp_path / "documents" / "going-home.md.yaml").write_text(front[1], encoding="utf-8")
    home = home_with_models(tmp_path / "home")
    block = README.split("## Your own documents")[1].split("```sh\n")[1].split("```")[0]
    for line in block.strip().splitlines():
        words = line.replace("path/to/documents", str(tmp_path / "documents")).split()
        command = [sys.executable, *words[1:], "--home", str(home)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        assert done.returncode == 0, done.stderr
