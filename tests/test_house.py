"""The lines that hold the house together: who may import whom, who knows which library, and that no code knows the topic."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("corpus", "index", "app", "eval")
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
ONE_FILE_EACH = {
    "faiss": ("index/dense.py",),
    "bm25s": ("index/words.py",),
    "sentence_transformers": ("index/embed.py", "index/train.py"),
    "transformers": ("app/reader/local.py", "app/reader/train.py", "app/learner.py"),
    "openai": ("app/reader/server.py",),
    "gradio": ("app/ui/",),
    "trafilatura": ("corpus/converters.py",),
    "pypdf": ("corpus/converters.py",),
    "mammoth": ("corpus/converters.py",),
}
HEAVY = {*ONE_FILE_EACH, "torch", "matplotlib"}


def imports(path: Path, *, at_load_only: bool = False) -> set[str]:
    """The top-level names that a module imports; with `at_load_only` not those inside functions or `if TYPE_CHECKING`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(tree.body) if at_load_only else list(ast.walk(tree))
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_one_way(path: Path) -> None:
    room = ROOMS.index(path.relative_to(ROOT).parts[0])
    above = set(ROOMS[room + 1 :])
    assert not imports(path) & above


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_one_heavy_library_one_file(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    for library, places in ONE_FILE_EACH.items():
        if library in imports(path):
            assert name.startswith(places), f"{name} knows {library}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_knows_the_topic(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("spinewise", "").replace("Spinewise", "").replace("SPINEWISE", "")
    topic = re.findall(
        r"\b(spin(?:e|al)|vertebra\w*|lumbar|spondyl\w*|fusion surgery|spinal fusion)\b", text, re.IGNORECASE
    )
    assert not topic, topic


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_what_it_does(path: Path) -> None:
    if path.read_text(encoding="utf-8").strip():
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_drawer_for_odds_and_ends(path: Path) -> None:
    assert path.stem not in {"utils", "common", "helpers", "types", "misc"}


@pytest.mark.parametrize("room", ROOMS)
def test_help_is_quick_because_nothing_heavy_is_loaded(room: str) -> None:
    script = f"""
import runpy, sys
sys.argv = ['{room}', '--help']
try:
    runpy.run_module('{room}', run_name='__main__')
except SystemExit:
    print(sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stderr.strip() == "[]"


def test_dependencies_are_bounded_below_and_above() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    for line in lines:
        assert "==" in line or (">=" in line and ",<" in line), line


def test_what_was_tested_is_written_down() -> None:
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.split(r"[<>=]", line)[0].lower().replace("_", "-") for line in project["dependencies"]}
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in constraints.splitlines() if "==" in line}
    assert names <= pinned


def test_nothing_of_this_machine_is_written_down() -> None:
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT, check=True).stdout.split()
    for name in listed:
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".txt", ".sh", ""} and path.is_file() and name != "LICENSE":
            text = path.read_text(encoding="utf-8", errors="replace")
            assert not re.search(r"(?<![\w.])/(work|root|home)/\w", text), name
