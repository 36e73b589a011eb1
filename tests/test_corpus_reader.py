"""Files and folders: failures that are named, ids, sidecars, and bytes of any kind."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from corpus.document import Document
from corpus.errors import SpinewiseError
from corpus.reader import FORMATS, Unreadable, humanised, read_file, read_folder, slug
from corpus.settings import CorpusSettings

SETTINGS = CorpusSettings()


def fill(folder: Path, **files: str | bytes) -> Path:
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def test_the_rest_of_a_folder_is_read(tmp_path: Path) -> None:
    folder = fill(tmp_path, a_txt="Bones heal.", b_txt="", c_pdf="%PDF-1.4", d_xyz="?", e_txt=b"\x89PNG\r\n", f_md="Knees bend.",
                  g_docx="PK", sub__h_txt="Hips turn.", z_txt=b"Home\n")  # fmt: skip
    os.mkfifo(folder / "pipe.txt")
    library = read_folder([folder], SETTINGS)
    assert [document.id for document in library.documents] == ["a", "f", "h"]
    reasons = dict(library.failures)
    assert list(reasons) == ["b.txt", "c.pdf", "d.xyz", "e.txt", "g.docx", "pipe.txt", "z.txt"]
    assert reasons["b.txt"] == "the file is empty"
    assert reasons["d.xyz"].startswith("files of the format .xyz are not read (known: .txt")
    assert reasons["e.txt"] == "not text but a PNG picture"
    assert reasons["pipe.txt"] == "not a regular file"
    assert reasons["z.txt"] == "no text to read in it: all 1 pieces of it were set aside"


def test_a_file_over_the_limit_is_named(tmp_path: Path) -> None:
    fill(tmp_path, a_txt="Bones heal. " * 200)
    with pytest.raises(Unreadable, match=r"0\.0 MB is over the limit of 0\.001 MB: raise max_megabytes"):
        read_file(tmp_path / "a.txt", CorpusSettings(max_megabytes=0.001))


def test_a_missing_path_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(SpinewiseError, match=r"no such file or folder: .*nowhere"):
        read_folder([tmp_path / "nowhere"], SETTINGS)


def test_the_same_bytes_twice_are_one_source(tmp_path: Path) -> None:
    library = read_folder([fill(tmp_path, a_txt="Bones heal.", b_txt="Bones heal.")], SETTINGS)
    assert library.failures == (("b.txt", "the same bytes as a.txt: left out"),)
    assert len(read_folder([tmp_path, tmp_path, tmp_path / "a.txt"], SETTINGS).documents) == 1


def test_ids_are_stable_and_unique(tmp_path: Path) -> None:
    folder = fill(
        tmp_path,
        one__faq_txt="One is here.",
        two__faq_txt="Two is here.",
        two__faq_md="Three is here.",
        x_md="Four is.",
    )
    library = read_folder([folder], SETTINGS)
    assert [document.id for document in library.documents] == ["x", "one-faq", "faq-md", "faq-txt"]
    assert library == read_folder([folder], SETTINGS)


def test_slugs_and_titles_of_names() -> None:
    assert [slug(name) for name in ("003_210d", "Größe & Co", "日本", "a  b")] == ["003_210d", "groe-co", "", "a-b"]
    assert humanised("before-your_operation") == "Before your operation"


def test_a_name_without_letters_gets_an_id_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "日本.txt").write_text("Bones heal.")
    assert read_file(tmp_path / "日本.txt", SETTINGS).id.startswith("document-")


def test_a_sidecar_says_more_than_the_file(tmp_path: Path) -> None:
    folder = fill(
        tmp_path, a_txt="Bones heal. Click here to buy.", b_md="---\ntitle: Inside\ntier: educational\n---\nKnees bend."
    )
    (folder / "a.txt.yaml").write_text("title: Beside\ntier: clinician-reviewed\nreviewed_by: Dr. A. Lee\nhue: red\n")
    (folder / "b.md.yml").write_text("title: Beside too\n")
    (folder / "lone.yaml").write_text("title: Nothing\n")
    library = read_folder([folder], SETTINGS)
    first, second = library.documents
    assert (first.title, first.source.tier, first.source.reviewed_by) == ("Beside", "clinician-reviewed", "Dr. A. Lee")
    assert any(warning.startswith("a.txt.yaml: unknown key 'hue'") for warning in first.warnings)
    assert not any("promotional" in warning for warning in first.warnings)
    assert (second.title, second.source.tier) == ("Beside too", "educational")
    assert [failure.file for failure in library.failures] == ["lone.yaml"]
    (folder / "a.txt.yaml").write_text("tier: best\n")
    assert (
        "a.txt",
        "a.txt.yaml: tier: 'best' is none of clinician-reviewed, educational, unreviewed, promotional",
    ) in [tuple(failure) for failure in read_folder([folder], SETTINGS).failures]


def check_spans(document: Document) -> None:
    """Sections, blocks and sentences stand in order, one inside the other; so do statements and pairs."""
    text, section_end = document.text, 0
    for section in document.sections:
        assert section_end <= section.start <= section.end <= len(text)
        section_end, block_end = section.end, section.start
        for block in section.blocks:
            assert block_end <= block.start < block.end <= section.end
            assert block.sentences
            block_end, sentence_end = block.end, block.start
            for sentence in block.sentences:
                assert sentence_end <= sentence.start < sentence.end <= block.end
                assert sentence.of(text) == sentence.of(text).strip()
                sentence_end = sentence.end
    for span in (*document.statements, *(pair.answer for pair in document.pairs)):
        assert 0 <= span.start < span.end <= len(text)
    assert text.encode("utf-8").decode("utf-8") == text


PIECES = some.sampled_from(
    [
        *("# A\n", "- x\n", "1. Y\n", "FAQ\n\n", "Can I?\n", "Q: why? A: so\n", "It heals. Yes.\n", "\n\n", "\t"),
        *("a\tb\tc\n", "|a|b|\n|-|-|\n", "---\n", "title: x\n", "question,answer\n", '"', "```\n", "\f", "Home\n"),
        *("<p>Hi there</p>", "<ul><li>", "<!--", "\u200b", "\u202e", "\x00", "\ufffd", "é", "You may have:\n", "ab-\n"),
        *("Click here to buy.\n", "the\n\nformation of it\n", "IntroductionThe end is near to us.\n"),
    ]
)
BYTES = some.one_of(
    some.binary(max_size=300), some.lists(PIECES, max_size=40).map(lambda pieces: "".join(pieces).encode())
)


@settings(max_examples=250, deadline=None, database=None)
@given(data=BYTES, ending=some.sampled_from(sorted(FORMATS)))
def test_any_bytes_give_a_document_with_good_spans_or_a_reason(data: bytes, ending: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"file{ending}"
        path.write_bytes(data)
        try:
            document = read_file(path, SETTINGS)
        except Unreadable:
            return
        check_spans(document)


def test_a_saved_page_with_the_wrong_ending_is_read_as_a_page(tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text(
        "<!DOCTYPE html><html><body><h1>Bones</h1><p>They <b>can</b> heal.</p></body></html>"
    )
    document = read_file(tmp_path / "page.txt", SETTINGS)
    assert (document.title, document.text) == ("Bones", "They can heal.")


def test_the_shipped_documents_have_good_spans() -> None:
    from corpus.library import SHIPPED

    library = read_folder([SHIPPED], SETTINGS)
    assert library.documents
    assert library.failures == ()
    for document in library.documents:
        check_spans(document)
        assert document.warnings == ()
