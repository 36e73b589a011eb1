"""`python -m index`, as another program meets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def leaflets(tmp_path: Path) -> Path:
    folder = tmp_path / "leaflets"
    folder.mkdir()
    (folder / "walking.md").write_text(
        "# Walking\n\n## First days\n\nMost people walk on the first day.\n", encoding="utf-8"
    )
    (folder / "food.md").write_text("# Food\n\n## Meals\n\nSoup is served on the same day.\n", encoding="utf-8")
    return folder


def run(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "index", *arguments, "--home", str(home)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "SPINEWISE_INDEX_EMBEDDER": "hashing", "OMP_NUM_THREADS": "1", **environment},
    )


def answer(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refused(done: subprocess.CompletedProcess[str], *mentions: str, code: int = 1) -> None:
    assert done.returncode == code
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert "Traceback" not in done.stderr
    assert lines[-1].startswith("error: ") or code == 2
    for mention in mentions:
        assert mention in lines[-1]


def test_build_search_and_the_rest(home: Path, leaflets: Path) -> None:
    built = answer(run(home, "build", "--documents", str(leaflets), "--json"))
    assert {
        "snapshot",
        "added",
        "changed",
        "unchanged",
        "removed",
        "passages",
        "documents",
        "seconds",
        "failures",
    } <= built.keys()
    assert (built["added"], built["failures"]) == (2, [])

    again = run(home, "build")  # the folder is remembered
    assert str(leaflets) in again.stderr
    assert "added 0, changed 0, unchanged 2, removed 0" in again.stdout

    found = answer(run(home, "search", "walk on which day", "-k", "1", "--json"))
    assert found.keys() == {"query", "expanded", "hits"}
    (hit,) = found["hits"]
    assert hit.keys() == {"rank", "document", "title", "section", "start", "end", "text", "scores", "tier"}
    assert (hit["rank"], hit["document"], hit["title"], hit["section"]) == (1, "walking", "Walking", "First days")
    assert hit["text"] == "Most people walk on the first day."
    assert hit["scores"].keys() == {"dense", "sentence", "words", "fused"}
    assert "Most people walk" in run(home, "search", "walk").stdout
    assert run(home, "search", "zzqx").stdout == "nothing found\n"

    assert answer(run(home, "info", "--json"))["manifest"]["id"] == built["snapshot"]
    assert built["snapshot"] in run(home, "info").stdout
    assert answer(run(home, "verify", "--json"))["ok"] is True

    (leaflets / "food.md").write_text("# Food\n\n## Meals\n\nBread is served.\n", encoding="utf-8")
    changed = answer(run(home, "build", "--json"))
    assert answer(run(home, "list", "--json")) == {
        "current": changed["snapshot"],
        "snapshots": [built["snapshot"], changed["snapshot"]],
    }
    assert answer(run(home, "rollback", "--json"))["current"] == built["snapshot"]
    assert run(home, "list").stdout == f"* {built['snapshot']}\n  {changed['snapshot']}\n"
    pruned = answer(run(home, "prune", "--json", SPINEWISE_INDEX_KEEP_SNAPSHOTS="1"))
    assert pruned == {"removed": [], "kept": [built["snapshot"], changed["snapshot"]]}  # the current one and the newest
    refused(run(home, "rollback", "20200101"), "no snapshot 20200101", "python -m index list")


def test_failures_of_files_are_named_and_the_build_goes_on(home: Path, leaflets: Path) -> None:
    (leaflets / "empty.txt").touch()
    done = run(home, "build", "--documents", str(leaflets), "--json")
    assert answer(done)["failures"] == [{"file": "empty.txt", "reason": "the file is empty"}]
    assert "left out empty.txt: the file is empty" in done.stderr


def test_several_folders_are_read(home: Path, leaflets: Path, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "sleep.txt").write_text("Sleep\n\nSleep on your side.\n", encoding="utf-8")
    done = run(home, "build", "--documents", str(leaflets), "--documents", str(tmp_path / "more"), "--json")
    assert answer(done)["documents"] == 3


def test_the_shipped_corpus_is_what_is_built_when_nothing_is_named(home: Path) -> None:
    done = run(home, "build", "--json")
    assert answer(done)["documents"] > 0
    assert "the shipped corpus" in done.stderr
    assert answer(run(home, "info", "--json"))["manifest"]["folders"] == []


def test_errors_are_one_line_with_what_mends_them(home: Path, leaflets: Path) -> None:
    refused(run(home, "search", "walk"), "there is no index", "python -m index build")
    for action in ("info", "verify", "list", "rollback", "prune"):
        refused(run(home, action), "there is no index", "python -m index build")
    assert not home.exists()  # a mistyped home must not come to be by being looked at
    refused(run(home, "build", "--documents", str(home / "nowhere")), "nowhere")
    refused(run(home, "build", SPINEWISE_INDEX_EMBEDDER="no/such"), "no/such", "embedder")
    refused(run(home, "build", SPINEWISE_INDEX_EXACT_BELOW="many"), "index.exact_below")
    refused(run(home, "build", SPINEWISE_INDEX_PASSAGE_WORDS_MIN="130"), "passage_words_min")
    refused(run(home, "search", "walk", "-k", "0"), "must be 1 or more", code=2)
    answer(run(home, "build", "--documents", str(leaflets), "--json"))
    refused(
        run(home, "search", "walk", SPINEWISE_INDEX_EMBEDDER="all-MiniLM-L6-v2"), "hashing", "python -m index build"
    )
    victim = max((home / "index").rglob("*.npy"), key=lambda path: path.stat().st_size)
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 0xFF
    victim.write_bytes(data)
    refused(run(home, "verify"), victim.name, "python -m index build --force")


def test_a_home_that_can_not_be_made_is_one_line(tmp_path: Path, leaflets: Path) -> None:
    (tmp_path / "index").touch()
    refused(run(tmp_path, "build", "--documents", str(leaflets)), "can't write")


def test_help_has_an_example_for_each_action(home: Path) -> None:
    for action in ("build", "search", "info", "verify", "list", "rollback", "prune"):
        assert f"example: python -m index {action}" in run(home, action, "--help").stdout
