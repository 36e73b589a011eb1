"""Building snapshots: what is embedded again, what is kept, and what a build says of it."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from two_leaflets import HASHING, WALKING, files

from corpus.errors import SpinewiseError
from index.build import build, build_if_missing
from index.content import Content
from index.search import Index
from index.settings import IndexSettings
from index.snapshot import MANIFEST, Snapshots, verify


def counts(home: Path, leaflets: Path, settings: IndexSettings = HASHING) -> tuple[int, int, int, int]:
    report = build(home, [leaflets], settings)
    return report.added, report.changed, report.unchanged, report.removed


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
        Index.open(home, IndexSettings(embedder="all-MiniLM-L6-v2"))
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
