"""Building snapshots: what is embedded again, what is kept, and what a reader sees when a build is cut off."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import SpinewiseError
from index.build import build, build_if_missing
from index.content import Content
from index.search import Index
from index.settings import IndexSettings
from index.snapshot import MANIFEST, Manifest, Snapshots, verify

ROOT = Path(__file__).parents[1]
HASHING = IndexSettings(embedder="hashing")
WALKING = "# Walking\n\n## First days\n\nMost people walk on the first day.\nA nurse helps with the first steps.\n"
EATING = "# Eating\n\n## Frequently asked questions\n\n### When can I eat?\n\nYou may eat on the same day.\n"


@pytest.fixture
def leaflets(tmp_path: Path) -> Path:
    folder = tmp_path / "leaflets"
    folder.mkdir()
    (folder / "walking.md").write_text(WALKING, encoding="utf-8")
    (folder / "eating.md").write_text(EATING, encoding="utf-8")
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def counts(home: Path, leaflets: Path, settings: IndexSettings = HASHING) -> tuple[int, int, int, int]:
    report = build(home, [leaflets], settings)
    return report.added, report.changed, report.unchanged, report.removed


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_build_can_be_opened_and_says_what_it_holds(home: Path, leaflets: Path) -> None:
    report = build(home, [leaflets], HASHING)
    index = Index.open(home, HASHING)
    assert (report.added, report.changed, report.unchanged, report.removed, report.failures) == (2, 0, 0, 0, ())
    assert index.snapshot == report.snapshot == (home / "index" / "CURRENT").read_text()
    assert sorted(index.documents) == ["eating", "walking"]
    assert [passage.number for passage in index.passages] == list(range(report.passages))
    assert all(passage.document is index.documents[passage.document.id] for passage in index.passages)
    assert [pair.question.of(document.text) for document, pair in index.pairs] == ["When can I eat?"]
    assert index.pair_vectors.shape == (1, 256)
    for passage in index.passages:
        assert index.sentence_vectors(passage).shape == (len(passage.sentences), 256)
    manifest = verify(home)
    assert (manifest.documents, manifest.passages, manifest.pairs) == (2, report.passages, 1)
    assert (manifest.embedder.name, manifest.dense, manifest.folders) == ("hashing", "exact", (str(leaflets),))


def test_a_second_build_of_the_same_makes_no_snapshot(home: Path, leaflets: Path) -> None:
    first = build(home, [leaflets], HASHING)
    second = build(home, [leaflets], HASHING)
    assert (second.added, second.unchanged, second.embedded, second.snapshot) == (0, 2, 0, first.snapshot)
    assert Snapshots(home).all() == (first.snapshot,)


def test_documents_that_come_change_and_go_are_counted_and_only_new_text_is_embedded(
    home: Path, leaflets: Path
) -> None:
    assert counts(home, leaflets) == (2, 0, 0, 0)
    (leaflets / "sleep.md").write_text("# Sleep\n\nSleep on your side.\nUse a pillow.\n", encoding="utf-8")
    report = build(home, [leaflets], HASHING)
    assert (report.added, report.unchanged) == (1, 2)
    assert report.embedded == 3  # one passage and its two sentences
    (leaflets / "sleep.md").write_text("# Sleep\n\nSleep on your back.\n", encoding="utf-8")
    assert counts(home, leaflets) == (0, 1, 2, 0)
    (leaflets / "sleep.md").unlink()
    assert counts(home, leaflets) == (0, 0, 2, 1)


def test_a_new_review_date_is_a_change_that_embeds_nothing(home: Path, leaflets: Path) -> None:
    build(home, [leaflets], HASHING)
    (leaflets / "walking.md").write_text(f"---\nreviewed_on: 2025-01-31\n---\n{WALKING}", encoding="utf-8")
    report = build(home, [leaflets], HASHING)
    assert (report.changed, report.unchanged, report.embedded) == (1, 1, 0)
    assert Index.open(home, HASHING).documents["walking"].source.reviewed_on == date(2025, 1, 31)


def test_vectors_that_were_kept_are_those_that_would_be_made(home: Path, leaflets: Path, tmp_path: Path) -> None:
    build(home, [leaflets], HASHING)
    (leaflets / "another.md").write_text("# Another\n\nBring your glasses.\n", encoding="utf-8")
    kept = build(home, [leaflets], HASHING)
    fresh = build(tmp_path / "fresh", [leaflets], HASHING)
    assert kept.embedded < fresh.embedded
    one, two = files(home / "index" / kept.snapshot), files(tmp_path / "fresh" / "index" / fresh.snapshot)
    assert one.keys() == two.keys()
    assert {name for name in one if one[name] != two[name]} == {MANIFEST}  # its id and date


def test_force_embeds_everything_again(home: Path, leaflets: Path) -> None:
    first = build(home, [leaflets], HASHING)
    again = build(home, [leaflets], HASHING, force=True)
    assert again.embedded == first.embedded > 0
    assert again.snapshot != first.snapshot


def test_damaged_vectors_are_not_carried_into_the_next_snapshot(home: Path, leaflets: Path) -> None:
    first = build(home, [leaflets], HASHING)
    vectors = home / "index" / first.snapshot / "sentences.npy"
    data = bytearray(vectors.read_bytes())
    data[-3] ^= 0xFF
    vectors.write_bytes(data)
    (leaflets / "sleep.md").write_text("# Sleep\n\nSleep on your side.\nUse a pillow.\n", encoding="utf-8")
    second = build(home, [leaflets], HASHING)
    assert second.embedded == first.embedded + 3
    content = Content.read(home / "index" / second.snapshot)
    assert np.allclose(np.linalg.norm(content.sentences, axis=1), 1)


@pytest.mark.parametrize(
    "settings",
    [
        HASHING.model_copy(update={"exact_below": 2}),
        HASHING.model_copy(update={"passage_words_min": 1, "passage_words_max": 8}),
    ],
)
def test_settings_that_change_the_index_build_it_anew(home: Path, leaflets: Path, settings: IndexSettings) -> None:
    first = build(home, [leaflets], HASHING)
    second = build(home, [leaflets], settings)
    assert second.snapshot != first.snapshot
    assert second.unchanged == 2
    assert Index.open(home, settings).search("walk on the first day", 1)[0].passage.document.id == "walking"


def test_above_the_limit_the_manifest_says_hnsw(home: Path, leaflets: Path) -> None:
    build(home, [leaflets], HASHING.model_copy(update={"exact_below": 2}))
    assert verify(home).dense == "hnsw"


def test_an_index_of_another_embedder_does_not_open_and_is_built_anew(home: Path, leaflets: Path) -> None:
    build(home, [leaflets], HASHING)
    with pytest.raises(
        SpinewiseError, match=r"built with hashing \(256 .*all-MiniLM-L6-v2 \(384 .*python -m index build"
    ):
        Index.open(home, IndexSettings())
    snapshots = Snapshots(home)
    manifest = snapshots.manifest(snapshots.current())
    embedder = manifest.embedder.model_copy(update={"checksum": "0"})
    other = manifest.model_copy(update={"embedder": embedder, "fingerprint": "0"})
    snapshots.publish(other)
    with pytest.raises(SpinewiseError, match=r"checksums differ.*python -m index build"):
        Index.open(home, HASHING)
    assert build(home, [leaflets], HASHING).embedded > 0
    Index.open(home, HASHING)


def test_unreadable_files_are_listed_and_the_rest_is_built(home: Path, leaflets: Path) -> None:
    (leaflets / "not-really.pdf").write_bytes(b"%PDF-1.7\n" + bytes(range(256)))
    (leaflets / "empty.txt").touch()
    report = build(home, [leaflets], HASHING)
    assert report.added == 2
    assert [file for file, _ in report.failures] == ["empty.txt", "not-really.pdf"]


def test_no_readable_document_is_an_error_that_leaves_the_index_alone(
    home: Path, leaflets: Path, tmp_path: Path
) -> None:
    first = build(home, [leaflets], HASHING)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "empty.txt").touch()
    with pytest.raises(SpinewiseError, match=r"no readable document in .*bad; empty.txt: the file is empty"):
        build(home, [tmp_path / "bad"], HASHING)
    with pytest.raises(SpinewiseError, match="nowhere"):
        build(home, [tmp_path / "nowhere"], HASHING)
    assert Index.open(home, HASHING).snapshot == first.snapshot


def test_build_if_missing_builds_once(home: Path, monkeypatch: pytest.MonkeyPatch, leaflets: Path) -> None:
    monkeypatch.setenv("SPINEWISE_INDEX_EMBEDDER", "hashing")
    monkeypatch.setenv("SPINEWISE_CORPUS_DOCUMENTS", f'["{leaflets}"]')
    said: list[str] = []
    build_if_missing(home, said.append)
    build_if_missing(home, said.append)
    assert len(said) == 2
    assert "2 documents" in said[1]


def test_progress_ends_at_the_whole(home: Path, leaflets: Path) -> None:
    seen: list[tuple[int, int]] = []
    report = build(home, [leaflets], HASHING, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (report.embedded, report.embedded)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


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


def test_opening_is_quick(home: Path, leaflets: Path) -> None:
    build(home, [leaflets], HASHING)
    Index.open(home, HASHING)
    began = time.monotonic()
    Index.open(home, HASHING)
    assert time.monotonic() - began < 1


def test_a_passage_read_back_is_the_passage_that_was_cut(home: Path, leaflets: Path) -> None:
    (leaflets / "risks.md").write_text("# Risks\n\nThe risks are:\n\n- Bleeding.\n- Infection.\n", encoding="utf-8")
    build(home, [leaflets], HASHING)
    index = Index.open(home, HASHING)
    read = Content.read(home / "index" / index.snapshot).passages
    assert [replace(one, document=two.document) for one, two in zip(read, index.passages, strict=True)] == list(
        index.passages
    )
    leads = [one.lead for passage in read for one in passage.sentences if one.lead]
    assert [lead.of(index.documents["risks"].text) for lead in leads] == ["The risks are:"] * 2
