"""The four texts as people paste them: what must be understood of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.document import Document
from corpus.reader import read_folder
from corpus.settings import CorpusSettings

SEEDS = Path(__file__).parents[2] / "shared" / "seeds"
pytestmark = pytest.mark.skipif(
    not SEEDS.is_dir(), reason="the raw seed texts are not beside this checkout (../shared/seeds)"
)


@pytest.fixture(scope="module")
def seeds() -> dict[str, Document]:
    library = read_folder([SEEDS], CorpusSettings())
    assert library.failures == ()
    return {document.id[:3]: document for document in library.documents}


def texts(document: Document, section: str) -> list[str]:
    found = next(one for one in document.sections if one.title == section)
    return [sentence.of(document.text) for block in found.blocks for sentence in block.sentences]


def test_ids_are_the_stems(seeds: dict[str, Document]) -> None:
    assert [document.id for document in seeds.values()] == sorted(path.stem for path in SEEDS.glob("*.txt"))


def test_triples_are_statements_gathered_by_subject_and_predicate(seeds: dict[str, Document]) -> None:
    document = seeds["000"]
    lines = (SEEDS / document.source.file).read_text(encoding="utf-8").splitlines()
    assert len(document.statements) == len(lines) == 73
    for statement in document.statements:
        assert statement.of(document.text) == lines[statement.line - 1].replace("\t", " ")
    assert texts(document, "spinal fusion may be associated with") == [
        f"spinal fusion may be associated with complications such as {what}"
        for what in ("infection", "blood clots", "nerve damage", "pseudoarthrosis")
    ]
    assert len(texts(document, "spinal fusion can lead to")) == 9  # 4 in one place of the file, 5 in another
    assert document.title == "Spinal fusion"


def test_the_article_of_a_magazine(seeds: dict[str, Document]) -> None:
    document = seeds["001"]
    assert document.title == "Lumbar Spinal Fusion: Technological Advances and Patient Outcomes"
    assert [
        (section.title, sum(block.kind == "item" for block in section.blocks)) for section in document.sections
    ] == [
        ("Introduction", 0),
        ("Technological Innovations in Lumbar Spinal Fusion", 5),
        ("Patient Outcomes and Recovery", 3),
        ("Future Prospects", 3),
    ]
    assert texts(document, "Patient Outcomes and Recovery")[0].startswith("Reduced Complication Rates: With the advent")
    reasons = [item.reason for item in document.dropped]
    assert reasons == ["navigation", "navigation", "repeated title", "advert", "advert", "navigation", "disclaimer"]
    assert document.source.tier == "promotional"
    assert not any(word in document.text for word in ("free quote", "GHA", "Disclaimer", "Certified"))


def test_the_sentence_that_blank_lines_cut(seeds: dict[str, Document]) -> None:
    document = seeds["002"]
    assert document.title == "Spinal Fusion X-Ray Before and After Comparison"
    assert document.text.startswith("A spinal fusion is")
    whole = "The ideal outcome is the formation of a solid bony bridge between the vertebrae, indicating a successful fusion."
    assert whole in texts(document, "")
    assert len(document.sections[0].blocks) == 5


def test_the_guide_with_questions(seeds: dict[str, Document]) -> None:
    document = seeds["003"]
    assert document.title == "Minimally Invasive Spinal Fusion: A Patient Guide"
    assert [section.title for section in document.sections if len(section.path) < 2] == [
        "",
        "What is minimally invasive spinal fusion?",
        "Who is a candidate?",
        "How the procedure is performed",
        "Minimally invasive vs open",
        "Benefits and risks",
        "Alternatives",
        "Recovery and outlook",
        "When to seek a specialist opinion",
        "Frequently asked questions",
    ]
    assert len(document.pairs) == 8
    first, last = document.pairs[0], document.pairs[-1]
    assert first.question.of(document.text) == "What does spinal fusion actually do?"
    assert last.answer.of(document.text).endswith("your general health and your progress.")
    assert document.source.reviewed_by == "Dr. Bhavuk Garg"
    assert document.source.tier == "unreviewed"
    assert {item.reason for item in document.dropped} == {"navigation"}
    assert len(document.dropped) == 5


def test_items_of_the_guide_have_their_lead_and_their_label(seeds: dict[str, Document]) -> None:
    document = seeds["003"]
    items = [block for section in document.sections for block in section.blocks if block.kind == "item"]
    assert len(items) == 5 + 7 + 7
    assert all(len(item.sentences) == 1 and item.sentences[0].lead for item in items)
    risks = [item for item in items if item.sentences[0].lead.of(document.text).startswith("Risks")]
    assert [item.of(document.text) for item in risks][:2] == [
        "Infection or bleeding.",
        "Dural tear with leakage of spinal fluid.",
    ]
    assert any(item.of(document.text).startswith("Closure. The retractors") for item in items)


def test_every_sentence_is_found_in_its_file(seeds: dict[str, Document]) -> None:
    for document in seeds.values():
        source = " ".join((SEEDS / document.source.file).read_text(encoding="utf-8").split())
        for section in document.sections:
            for block in section.blocks:
                assert all(sentence.of(document.text) in source for sentence in block.sentences)


def test_nothing_is_lost(seeds: dict[str, Document]) -> None:
    """Every word of a file is in the text, the title or what was set aside."""
    for document in seeds.values():
        source = (
            (SEEDS / document.source.file)
            .read_text(encoding="utf-8")
            .replace("IntroductionLumbar", "Introduction Lumbar")
        )
        kept = f"{document.title} {document.text} {' '.join(item.text for item in document.dropped)}".split()
        assert set(source.split()) <= set(kept)
