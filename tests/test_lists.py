"""Which list a question gets: the one that is meant, whatever words it is asked with, and of a table the lines that belong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from two_leaflets import HASHING, every_sentence

from app.evidence import Evidence
from app.lists import fills, siblings, sisters, thing_named, whole_list, with_sisters
from app.site import vocabulary_of
from app.taste import PLAIN
from index.build import build
from index.search import Index

FACTS = (
    "subject\tpredicate\tobject\n"
    "heel repair\tcan be done from\tthe front (toe side)\n"
    "heel repair\tcan be done from\tthe back (leg side)\n"
    "heel repair\tcan be done from\tthe sole\n"
    "heel repair\tcan be done with\tskin grafts\n"
    "heel repair\tcan be done with\tan allograft\n"
    "heel repair\tcan be done with\tlong silver pins\n"
    "heel repair\tcan be done with\tthick wool thread\n"
    "heel repair\tcan be done with\tround nails\n"
    "heel repair\tcan be done with\tflat plates\n"
    "heel repair\tcan be done with\tsoft glue\n"
    "heel repair\tcan be done with\ta strong clamp\n"
)
STEPS = """# The visit

## The visit

The visit has these steps:

- You are weighed.
- You are asked about your shoes.
- You walk along a line.

There is a car park.
"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Index:
    home: Path = tmp_path_factory.mktemp("home")
    (home / "facts.tsv").write_text(FACTS, encoding="utf-8")
    (home / "visit.md").write_text(STEPS, encoding="utf-8")
    build(home, [home / "facts.tsv", home / "visit.md"], HASHING)
    return Index.open(home, HASHING)


def ranked(index: Index, *wanted: str) -> list[Evidence]:
    """Every sentence, those that hold the `wanted` words first and in this order, each a little worse than the one before."""
    every = every_sentence(index)
    first = [next(one for one in every if part in one.quote) for part in wanted]
    rest = [one for one in every if one not in first]
    return [replace(one, score=1 / (1 + place)) for place, one in enumerate([*first, *rest])]


def quotes(found: list[Evidence]) -> list[str]:
    return [one.quote.removeprefix("heel repair can be done ") for one in found]


def test_the_few_lines_that_say_the_same_of_other_things_come_with_it(opened: Index) -> None:
    near = ranked(opened, "the back")
    assert quotes(with_sisters(near[:1], near, PLAIN)) == [
        "from the back (leg side)", "from the front (toe side)", "from the sole",
    ]  # fmt: skip
    many = ranked(opened, "an allograft")
    assert quotes(with_sisters(many[:1], many, PLAIN)) == ["with an allograft"]  # of a dozen ways none is a sister
    other = ranked(opened, "You are weighed", "the back")
    assert with_sisters(other[:2], other, PLAIN) == other[:2]
    assert not sisters(near[0], near[0])


def test_of_a_table_the_lines_that_name_the_thing_belong(opened: Index) -> None:
    near = ranked(opened, "skin grafts", "silver pins")
    named = thing_named("what kinds of graft are there", near[0], vocabulary_of(opened))
    assert named == "graft"
    narrow = replace(PLAIN, statement=0.9)
    assert quotes(siblings(near[0], near, narrow, named)) == ["with skin grafts", "with an allograft"]
    assert quotes(siblings(near[0], near, narrow)) == ["with skin grafts"]
    assert thing_named("what kinds of wax are there", near[0], vocabulary_of(opened)) == ""


def test_a_list_that_fills_the_first_places_is_meant_whatever_words_it_is_asked_with(opened: Index) -> None:
    question, vocabulary = "be honest dear, what are the bits and bobs", vocabulary_of(opened)
    near = ranked(opened, "You are weighed", "You are asked", "You walk")
    four = replace(PLAIN, first=4)
    assert quotes(whole_list(question, near, vocabulary, four)) == [
        "You are weighed.", "You are asked about your shoes.", "You walk along a line.",
    ]  # fmt: skip
    assert fills(near[0], near[:4])
    assert not fills(near[0], near[:5])
    alone = ranked(opened, "You are weighed", "the back", "the sole", "skin grafts", "You walk")
    assert not fills(alone[0], alone[:5])
    assert whole_list(question, alone, vocabulary, four) == []
