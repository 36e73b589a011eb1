"""Snapshots on disk: which are kept, and what a reader sees when builds swap, are cut off, or leave damage."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from two_leaflets import HASHING

from corpus.errors import SpinewiseError
from index.build import build
from index.search import Index
from index.snapshot import MANIFEST, Manifest, Snapshots, verify

ROOT = Path(__file__).parents[1]


def test_the_newest_snapshots_and_the_current_one_are_kept(home: Path, leaflets: Path) -> None:
    made = []
    for number in range(5):
        (leaflets / "more.md").write_text(f"# More\n\nVersion {number}.\n", encoding="utf-8")
        made.append(build(home, [leaflets], HASHING).snapshot)
    snapshots = Snapshots(home)
    assert list(snapshots.all()) == made[-3:]
    assert snapshots.rollback() == made[-2]
    assert snapshots.rollback() == made[-3]
    with pytest.raises(SpinewiseError, match="no older snapshot"):
        snapshots.rollback()
    assert "Version 2." in Index.open(home, HASHING).documents["more"].text
    assert snapshots.prune(keep=1) == (made[-2],)
    assert snapshots.all() == (made[-3], made[-1])
    assert snapshots.rollback(made[-1]) == made[-1]
    with pytest.raises(SpinewiseError, match="no snapshot gone"):
        snapshots.rollback("gone")


def test_two_builders_exclude_each_other_and_the_second_is_told(home: Path, leaflets: Path) -> None:
    building, done = threading.Event(), threading.Event()

    def slow(_: int, __: int) -> None:
        building.set()
        done.wait(30)

    first = threading.Thread(target=build, args=(home, [leaflets], HASHING, slow))
    first.start()
    try:
        assert building.wait(30)
        with pytest.raises(SpinewiseError, match=rf"another build is running \(pid {os.getpid()}\)"):
            build(home, [leaflets], HASHING)
    finally:
        done.set()
        first.join()
    assert build(home, [leaflets], HASHING).unchanged == 2


def test_readers_keep_their_snapshot_while_builds_swap_it(home: Path, leaflets: Path) -> None:
    settings = HASHING.model_copy(update={"keep_snapshots": 1})
    build(home, [leaflets], settings)
    reader, stop, failures, opened = Index.open(home, settings), threading.Event(), [], 0
    before = reader.search("first steps", 3)

    def read() -> None:
        nonlocal opened
        while not stop.is_set():
            try:
                assert reader.search("first steps", 3) == before
                assert Index.open(home, settings).search("first steps", 1)[0].passage.document.id == "walking"
                opened += 1
            except Exception as problem:
                failures.append(problem)

    thread = threading.Thread(target=read)
    thread.start()
    for number in range(12):
        (leaflets / "more.md").write_text(f"# More\n\nVersion {number}.\n", encoding="utf-8")
        build(home, [leaflets], settings)
    stop.set()
    thread.join()
    assert not failures
    assert opened > 0


KILLED_AT_TEXT = """
import os, signal, sys
from pathlib import Path
from index.build import build
from index.settings import IndexSettings
def progress(done, total):
    os.kill(os.getpid(), signal.SIGKILL)
build(Path(sys.argv[1]), [Path(sys.argv[2])], IndexSettings(embedder="hashing"), progress)
"""
KILLED_AT_WRITE = """
import os, signal, sys
from pathlib import Path
from index.build import build
from index.settings import IndexSettings
events = 0
def watch(event, arguments):  # the interpreter's own audit hook: called before each open, rename and removal
    global events
    if event in ("open", "os.rename", "os.remove", "os.mkdir") and str(arguments[0]).startswith(sys.argv[1] + "/index/"):
        events += 1
        if events == int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
build(Path(sys.argv[1]), [Path(sys.argv[2])], IndexSettings(embedder="hashing"))
"""
SMALL_DISK = """
import resource, sys
from pathlib import Path
from corpus.errors import SpinewiseError
from index.build import build
from index.settings import IndexSettings
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
try:
    build(Path(sys.argv[1]), [Path(sys.argv[2])], IndexSettings(embedder="hashing"))
except SpinewiseError as problem:
    print(problem)
    sys.exit(1)
"""


def run(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True
    )


def test_a_build_killed_while_it_embeds_leaves_the_index_as_it_was(home: Path, leaflets: Path) -> None:
    first = build(home, [leaflets], HASHING)
    (leaflets / "more.md").write_text("# More\n\nOne more.\n", encoding="utf-8")
    assert run(KILLED_AT_TEXT, home, leaflets).returncode == -signal.SIGKILL
    assert Index.open(home, HASHING).snapshot == first.snapshot
    assert build(home, [leaflets], HASHING).added == 1  # the dead builder's lock is free


def test_a_build_killed_at_any_write_leaves_an_index_that_opens(home: Path, leaflets: Path) -> None:
    build(home, [leaflets], HASHING)
    done = False
    for moment in range(1, 400, 7):
        (leaflets / "more.md").write_text(f"# More\n\nVersion {moment}.\n", encoding="utf-8")
        finished = run(KILLED_AT_WRITE, home, leaflets, moment)
        verify(home)
        assert Index.open(home, HASHING).search("first steps", 1)
        if finished.returncode == 0:
            done = True
            break
        assert finished.returncode == -signal.SIGKILL, finished.stderr
    assert done
    assert moment > 21  # it was killed at several places before it ran to its end
    complete = set(Snapshots(home).all())
    assert {path.name for path in (home / "index").iterdir() if path.is_dir()} == complete


@pytest.mark.parametrize("limit", [0, 100, 1000, 3000, 10_000])
def test_a_full_disk_is_one_line_and_nothing_is_left(home: Path, leaflets: Path, limit: int) -> None:
    first = build(home, [leaflets], HASHING)
    before = {path for path in (home / "index").rglob("*") if path.name != ".builder"}
    (leaflets / "more.md").write_text("# More\n\n" + "One more. " * 300, encoding="utf-8")
    failed = run(SMALL_DISK, home, leaflets, limit)
    assert failed.returncode == 1, failed.stderr
    assert failed.stdout.count("\n") == 1
    assert "can't write" in failed.stdout
    assert {path for path in (home / "index").rglob("*") if path.name != ".builder"} == before
    assert Index.open(home, HASHING).snapshot == first.snapshot


def test_a_home_that_can_not_be_written_is_one_line(tmp_path: Path, leaflets: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SpinewiseError, match="can't write"):
        build(tmp_path / "file" / "home", [leaflets], HASHING)


def test_half_a_snapshot_is_not_listed_and_goes_with_the_next_build(home: Path, leaflets: Path) -> None:
    first = build(home, [leaflets], HASHING)
    half = home / "index" / "20200101T000000000000-abcdef"
    half.mkdir()
    (half / "documents.jsonl").write_text("{")
    assert Snapshots(home).all() == (first.snapshot,)
    (leaflets / "more.md").write_text("# More\n\nOne more.\n", encoding="utf-8")
    build(home, [leaflets], HASHING)
    assert not half.exists()


def every_file(home: Path) -> list[str]:
    snapshots = Snapshots(home)
    return sorted(snapshots.manifest(snapshots.current()).files)


def test_verify_names_each_damaged_file_and_a_build_mends_it(home: Path, leaflets: Path) -> None:
    build(home, [leaflets], HASHING)
    for name in every_file(home):
        path = home / "index" / Snapshots(home).current() / name
        data = path.read_bytes()
        path.write_bytes(bytes([data[0] ^ 1]) + data[1:])
        with pytest.raises(
            SpinewiseError, match=rf"{path.name} does not have the checksum.*python -m index build --force"
        ):
            verify(home)
        path.write_bytes(data)
    verify(home)
    path.write_bytes(data[:-1])
    with pytest.raises(SpinewiseError, match=rf"{path.name} is missing or has another size.*python -m index build"):
        Index.open(home, HASHING)
    path.unlink()
    with pytest.raises(SpinewiseError, match=rf"{path.name} is missing"):
        verify(home)
    build(home, [leaflets], HASHING)
    verify(home)


@pytest.mark.parametrize("content", [b"", b"gone", b"../..", b"\xff\xfe", b"a\nb", b"/", b"."])
def test_a_damaged_pointer_is_one_line_and_the_next_build_mends_it(home: Path, leaflets: Path, content: bytes) -> None:
    build(home, [leaflets], HASHING)
    (home / "index" / "CURRENT").write_bytes(content)
    with pytest.raises(SpinewiseError, match="python -m index build") as caught:
        Index.open(home, HASHING)
    assert "\n" not in str(caught.value)
    build(home, [leaflets], HASHING)
    Index.open(home, HASHING)


def test_a_file_with_other_bytes_of_the_same_length_is_one_line(home: Path, leaflets: Path) -> None:
    build(home, [leaflets], HASHING)
    for name in ("passages.jsonl", "dense.faiss", "bm25/vocab.index.json"):
        path = home / "index" / Snapshots(home).current() / name
        data = path.read_bytes()
        path.write_bytes(b"?" * len(data))
        with pytest.raises(SpinewiseError, match=r"can't be read .*python -m index build --force") as caught:
            Index.open(home, HASHING)
        assert "\n" not in str(caught.value)
        path.write_bytes(data)
    Index.open(home, HASHING)


def test_no_index_yet_is_one_line(home: Path) -> None:
    with pytest.raises(SpinewiseError, match=r"there is no index in .*python -m index build"):
        Index.open(home, HASHING)


@pytest.mark.parametrize("change", ["garbage", "other format", "missing"])
def test_a_manifest_that_does_not_match_refuses_to_open(home: Path, leaflets: Path, change: str) -> None:
    build(home, [leaflets], HASHING)
    path = home / "index" / Snapshots(home).current() / MANIFEST
    manifest = Manifest.model_validate_json(path.read_bytes())
    if change == "missing":
        path.unlink()
    else:
        path.write_text("{" if change == "garbage" else manifest.model_copy(update={"format": 99}).model_dump_json())
    with pytest.raises(SpinewiseError, match="python -m index build"):
        Index.open(home, HASHING)
    build(home, [leaflets], HASHING)
    Index.open(home, HASHING)
