"""`python -m corpus check` and `show`, run as a user runs them, and the library file that `show` reads."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from corpus.__main__ import warnings_of
from corpus.errors import SpinewiseError
from corpus.library import SHIPPED, find_library, read_documents, write_documents
from corpus.reader import read_folder
from corpus.settings import CorpusSettings

ROOT = Path(__file__).parents[1]
LEAFLET = """---
title: About knees
publisher: A clinic
tier: educational
review_due: 2020-01-01
---

Knees can bend. They may hurt.

## FAQ

### Can I walk?

You can.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "knee.md").write_text(LEAFLET)
    (documents / "empty.txt").write_text("")
    (documents / "page.txt").write_text("Bones\n\nBones heal over time.\n\nTo get a free quote click on the link:\n")
    return documents


def corpus(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "corpus", *arguments, "--home", str(home)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def test_check_says_what_was_understood(folder: Path, tmp_path: Path) -> None:
    done = corpus(tmp_path / "home", "check", str(folder))
    assert done.returncode == 0
    for line in (
        "knee  (knee.md)",
        "title      About knees",
        "source     A clinic; tier educational; due 2020-01-01",
        "(before the first heading) (2 sentences)",
        "Can I walk? (1 sentence, faq)",
        "questions with answers 1",
        "warning    review is overdue since 2020-01-01",
        "line 5, advert: To get a free quote click on the link:",
        "failed     empty.txt: the file is empty",
        "2 documents read, 1 failed",
    ):
        assert line in done.stdout
    assert not (tmp_path / "home").exists()


def test_check_as_json(folder: Path, tmp_path: Path) -> None:
    payload = json.loads(corpus(tmp_path, "check", str(folder), "--json").stdout)
    assert payload["failures"] == [{"file": "empty.txt", "reason": "the file is empty"}]
    knee, page = payload["documents"]
    assert knee["pairs"] == [{"question": "Can I walk?", "answer": "You can."}]
    assert [section["title"] for section in knee["sections"]] == ["", "FAQ", "Can I walk?"]
    assert page["tier"] == "promotional"
    assert page["dropped"][0]["reason"] == "advert"


def test_check_fails_when_nothing_could_be_read(folder: Path, tmp_path: Path) -> None:
    done = corpus(tmp_path, "check", str(folder / "empty.txt"))
    assert done.returncode == 1
    assert done.stderr == (
        "error: no document could be read: 1 of 1 files failed: name files or folders: python -m corpus check PATH\n"
    )
    missing = corpus(tmp_path, "check", str(folder / "nowhere"))
    assert missing.returncode == 1
    assert "no such file or folder" in missing.stderr
    assert "nowhere" in missing.stderr


def test_check_without_a_path_reads_the_shipped_documents(tmp_path: Path) -> None:
    payload = json.loads(corpus(tmp_path, "check", "--json").stdout)
    files = {path.name for path in SHIPPED.iterdir() if path.suffix != ".yaml"}
    assert {document["file"] for document in payload["documents"]} == files
    assert payload["failures"] == []


def test_show_prints_the_text_that_offsets_count_in(folder: Path, tmp_path: Path) -> None:
    payload = json.loads(corpus(tmp_path, "show", "knee", "--documents", str(folder), "--json").stdout)
    assert payload["text"] == "Knees can bend. They may hurt.\n\nFAQ\n\nCan I walk?\n\nYou can."
    section = payload["sections"][2]
    assert payload["text"][section["start"] : section["end"]] == "Can I walk?\n\nYou can."
    assert (section["path"], section["kind"]) == (["FAQ", "Can I walk?"], "faq")
    assert payload["source"]["review_due"] == "2020-01-01"
    assert corpus(tmp_path, "show", "knee", "--documents", str(folder)).stdout == payload["text"] + "\n"


def test_show_names_near_ids(folder: Path, tmp_path: Path) -> None:
    done = corpus(tmp_path, "show", "knees", "--documents", str(folder))
    assert done.returncode == 1
    assert done.stderr == "error: no document 'knees' (near: knee): python -m corpus check lists all\n"


def test_show_reads_the_current_index_first(folder: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert find_library(home) is None
    library = read_folder([folder], CorpusSettings())
    write_documents(home / "index" / "s1" / "documents.jsonl", library.documents)
    (home / "index" / "CURRENT").write_text("s1\n")
    assert corpus(home, "show", "knee").stdout.startswith("Knees can bend.")
    assert find_library(home) == home / "index" / "s1" / "documents.jsonl"


def test_documents_come_back_as_they_were_written(folder: Path, tmp_path: Path) -> None:
    documents = read_folder([folder], CorpusSettings()).documents
    write_documents(tmp_path / "documents.jsonl", documents)
    back = read_documents(tmp_path / "documents.jsonl")
    assert tuple(back) == documents
    assert [one.dropped for one in back] == [one.dropped for one in documents]
    (tmp_path / "documents.jsonl").write_text('{"id": 1}\n')
    with pytest.raises(SpinewiseError, match="line 1, is no document"):
        read_documents(tmp_path / "documents.jsonl")
    with pytest.raises(SpinewiseError, match="run python -m index build"):
        read_documents(tmp_path / "none.jsonl")


def test_a_review_is_overdue_from_the_day_after(folder: Path) -> None:
    knee = read_folder([folder / "knee.md"], CorpusSettings()).documents[0]
    assert warnings_of(knee, date(2020, 1, 1)) == []
    assert warnings_of(knee, date(2020, 1, 2)) == ["review is overdue since 2020-01-01"]
