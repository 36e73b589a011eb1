"""Sentences: where they end and where they don't, each case by hand."""

from __future__ import annotations

import pytest

from corpus.sentences import is_label, quotable, split

CASES = {
    "Dr. Ann Garg operates. He is good.": ["Dr. Ann Garg operates.", "He is good."],
    "Pain fell by 3.5 points, e.g. after rest. J. Smith wrote it.": [
        "Pain fell by 3.5 points, e.g. after rest.",
        "J. Smith wrote it.",
    ],
    "Take vitamin D. Ask first.": ["Take vitamin D.", "Ask first."],
    "Is it safe? No. The team decides. See No. 5 and Fig. 3.": [
        "Is it safe?",
        "No.",
        "The team decides.",
        "See No. 5 and Fig. 3.",
    ],
    "Infection, bleeding, etc. The risk is low.": ["Infection, bleeding, etc.", "The risk is low."],
    "It hurts.The surgeon looks at it.": ["It hurts.", "The surgeon looks at it."],
    "At 5 p.m. The nurse came at 6 p.m. sharp.": ["At 5 p.m.", "The nurse came at 6 p.m. sharp."],
    "“It heals.” She said so. (It is solid.) Yes!": ["“It heals.”", "She said so.", "(It is solid.)", "Yes!"],
    "1. Open the disc. 2. Add bone.": ["1. Open the disc.", "2. Add bone."],
    "It was 1999. 20 people came.": ["It was 1999.", "20 people came."],
    "Is it so? why not": ["Is it so? why not"],
    "See www.Site.com for more. Or ask.": ["See www.Site.com for more.", "Or ask."],
    "  spaces  \n around.  ": ["spaces  \n around."],
    "": [],
}


@pytest.mark.parametrize("text", CASES)
def test_split(text: str) -> None:
    assert [span.of(text) for span in split(text)] == CASES[text]


def test_offsets_count_in_the_whole_text() -> None:
    text = "Skip. It is one. It is two."
    assert [(span.start, span.end) for span in split(text, 6, 16)] == [(6, 16)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Closure. The cuts are closed. It is done.", ["Closure. The cuts are closed.", "It is done."]),
        ("Often, but not always. Many need screws.", ["Often, but not always. Many need screws."]),
        ("Is it safe? No. The team decides.", ["Is it safe?", "No. The team decides."]),
        ("Infection or bleeding.", ["Infection or bleeding."]),
        ("Keep it dry. It heals. You can walk.", ["Keep it dry.", "It heals.", "You can walk."]),
    ],
)
def test_a_label_is_never_quoted_alone(text: str, expected: list[str]) -> None:
    assert [span.of(text) for span in quotable(text)] == expected


def test_a_label_has_no_verb_and_few_words() -> None:
    assert is_label("Anaesthesia and positioning.")
    assert not is_label("It can hurt.")
    assert not is_label("Small cuts through the skin of the lower back.")
    assert not is_label("Why?")
