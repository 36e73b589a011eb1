"""Cutting documents into passages. Documents are built by hand, so that every span can be counted."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.document import Block, BlockKind, Document, Pair, Section, Sentence, Source, Span, Statement
from index.passages import cut, embedded_text, sentence_text

Line = tuple[BlockKind, str]


def sentence(number: int, words: int) -> str:
    """`words` words, the first of them telling which sentence it is."""
    return " ".join([f"S{number}", *(["word"] * (words - 1))]) + "."


def document(
    *sections: tuple[str, Literal["body", "faq", "about"], list[list[Line]]], title: str = "Leaflet"
) -> Document:
    """Sections of (heading, kind, blocks); a block is its sentences. An item's lead is the last line of a paragraph."""
    text, built = "", []
    for heading, kind, blocks in sections:
        start = len(text)
        text += heading + "\n"
        made: list[Block] = []
        lead: Span | None = None
        for block in blocks:
            begin, sentences = len(text), []
            for block_kind, line in block:
                sentences.append(Sentence(len(text), len(text) + len(line), lead if block_kind == "item" else None))
                text += line + " "
            made.append(Block(begin, len(text) - 1, block[0][0], tuple(sentences)))
            if block[0][0] == "paragraph":
                lead = Span(sentences[-1].start, sentences[-1].end)
            text += "\n"
        built.append(Section(start, len(text), heading, (heading,), tuple(made), kind))
    return Document("leaflet", Source("leaflet.txt", "0" * 64, title), text, tuple(built))


def paragraph(*lines: str) -> list[Line]:
    return [("paragraph", line) for line in lines]


def firsts(made: Document, **limits: int) -> list[list[str]]:
    """For each passage the first word of each of its sentences."""
    return [[one.of(made.text).split()[0] for one in passage.sentences] for passage in cut(made, **limits)]


def test_a_section_that_fits_is_one_passage_with_its_headings() -> None:
    made = document(("Recovery", "body", [paragraph(sentence(1, 30), sentence(2, 30))]))
    (passage,) = cut(made)
    assert passage.path == ("Leaflet", "Recovery")
    assert passage.section == "Recovery"
    assert passage.text == made.text[passage.start : passage.end] == f"{sentence(1, 30)} {sentence(2, 30)}"
    assert embedded_text(passage) == f"Leaflet\nRecovery\n{sentence(1, 30)}\n{sentence(2, 30)}"
    assert sentence_text(passage, passage.sentences[1]) == f"Recovery\n{sentence(2, 30)}"


def test_a_long_section_is_cut_between_paragraphs() -> None:
    made = document(
        ("H", "body", [paragraph(sentence(1, 50), sentence(2, 20)), paragraph(sentence(3, 40), sentence(4, 40))])
    )
    assert firsts(made) == [["S1", "S2"], ["S3", "S4"]]  # 70 and 80 words; 150 would be too many


def test_a_rest_is_not_left_alone() -> None:
    made = document(("H", "body", [paragraph(*(sentence(n, 26) for n in range(5)))]))
    sizes = [len(group) for group in firsts(made)]
    assert sorted(sizes) == [2, 3]  # 52 and 78 words; filling up to 120 first would leave 104 and 26


def test_a_passage_never_crosses_a_heading_and_a_short_section_stays_alone() -> None:
    made = document(("A", "body", [paragraph(sentence(1, 5))]), ("B", "body", [paragraph(sentence(2, 5))]))
    assert [passage.path[-1] for passage in cut(made)] == ["A", "B"]


def test_a_sentence_that_is_too_long_stands_alone_and_whole() -> None:
    made = document(("H", "body", [paragraph(sentence(1, 50), sentence(2, 150), sentence(3, 50))]))
    assert firsts(made) == [["S1"], ["S2"], ["S3"]]


def test_a_list_that_fits_stays_with_the_line_that_introduces_it() -> None:
    before = paragraph(sentence(0, 60))
    made = document(
        ("H", "body", [before, paragraph("Risks are:"), [("item", sentence(1, 30))], [("item", sentence(2, 30))]])
    )
    assert firsts(made) == [["S0"], ["Risks", "S1", "S2"]]


def test_a_long_list_is_cut_between_items_and_later_parts_are_embedded_with_the_lead() -> None:
    items: list[list[Line]] = [[("item", sentence(n, 25))] for n in range(1, 7)]
    made = document(("H", "body", [paragraph("Risks are:"), *items]))
    first, second = cut(made)
    assert embedded_text(first).count("Risks are:") == 1
    assert "Risks are:" not in second.text
    assert embedded_text(second).startswith("Leaflet\nH\nRisks are:\nS")
    assert sentence_text(second, second.sentences[0]).startswith("H\nRisks are: S")


def test_about_sections_are_not_cut_and_numbers_run_on() -> None:
    made = document(
        ("A", "body", [paragraph("One.")]),
        ("About", "about", [paragraph("Two.")]),
        ("B", "body", [paragraph("Three.")]),
    )
    assert [(passage.number, passage.text) for passage in cut(made, first=7)] == [(7, "One."), (8, "Three.")]


def test_each_approved_pair_is_a_passage_with_its_question_above_it() -> None:
    text = "Questions\nHow long?\nSix weeks.\nDoes it hurt?\nA little.\nAsk us."
    spots = {line: Span(text.index(line), text.index(line) + len(line)) for line in text.split("\n")}
    blocks = tuple(
        Block(spot.start, spot.end, "paragraph", (Sentence(spot.start, spot.end),))
        for line, spot in spots.items()
        if line != "Questions"
    )
    made = Document(
        "faq",
        Source("faq.txt", "0" * 64, "Leaflet"),
        text,
        (Section(0, len(text), "Questions", ("Questions",), blocks, "faq"),),
        pairs=(
            Pair(spots["How long?"], spots["Six weeks."]),
            Pair(spots["Does it hurt?"], spots["A little."]),
        ),
    )
    assert {passage.text: passage.path for passage in cut(made)} == {
        "Six weeks.": ("Leaflet", "Questions", "How long?"),
        "A little.": ("Leaflet", "Questions", "Does it hurt?"),
        "Ask us.": ("Leaflet", "Questions"),
    }


def test_a_heading_that_repeats_the_title_is_said_once() -> None:
    made = document(("Leaflet", "body", [paragraph("One.")]))
    assert cut(made)[0].path == ("Leaflet",)


def test_a_table_is_cut_where_the_predicate_changes() -> None:
    text = ""
    statements: list[Statement] = []
    for predicate in ["may cause"] * 3 + ["needs"] * 3:
        line = f"it {predicate} " + "x " * 22 + "y"
        statements.append(Statement(len(text), len(text) + len(line), "it", predicate, "x", len(statements) + 1))
        text += line + "\n"
    blocks = tuple(Block(one.start, one.end, "statement", (Sentence(one.start, one.end),)) for one in statements)
    made = Document("t", Source("t.tsv", "0", "T"), text, (Section(0, len(text), "", (), blocks),), tuple(statements))
    assert ["needs" in passage.text for passage in cut(made)] == [False, True]
    assert [len(passage.sentences) for passage in cut(made)] == [3, 3]


@given(
    st.lists(
        st.lists(st.lists(st.integers(1, 70), min_size=1, max_size=6), min_size=1, max_size=5), min_size=1, max_size=4
    ),
    st.integers(10, 40),
    st.integers(41, 150),
)
def test_every_sentence_is_in_one_passage_in_order_and_limits_hold(
    shape: list[list[list[int]]], least: int, most: int
) -> None:
    made = document(
        *(
            (f"H{n}", "body", [paragraph(*(sentence(0, size) for size in block)) for block in blocks])
            for n, blocks in enumerate(shape)
        )
    )
    passages = cut(made, least, most)
    everything = [one for section in made.sections for block in section.blocks for one in block.sentences]
    assert [one for passage in passages for one in passage.sentences] == everything
    for passage in passages:
        assert (passage.start, passage.end) == (passage.sentences[0].start, passage.sentences[-1].end)
        assert len(passage.text.split()) <= most or len(passage.sentences) == 1


@pytest.mark.parametrize("least", [1, 120])
def test_limits_may_meet(least: int) -> None:
    made = document(("H", "body", [paragraph(sentence(1, 120))]))
    assert len(cut(made, least, 120)) == 1
