"""What a sentence leans on, in its own passage and the one before it, and what may be said behind a list."""

from __future__ import annotations

from pathlib import Path

import pytest
from two_leaflets import HASHING, every_sentence

from app.evidence import Evidence
from app.language import suited
from app.select import candidates, choose, with_limit
from app.site import vocabulary_of
from app.thought import LONGEST, hangs, stands_first, whole_thought
from index.build import build
from index.passage import Hit
from index.search import Index

LONG = " ".join(f"Step {number} of the visit is told by the nurse on that very day." for number in range(1, 9))
GUIDE = f"""# Keyhole heel repair: a guide

## Who may have one?

Keyhole heel repair may be considered for people who have:

- a torn tendon that no plaster has mended within a long summer of trying one kind after another
- a spur on the heel bone that rubs whatever shoe is worn, at work as well as at home or on a walk
- a heel that has been operated on before and gave way again when the plaster had been taken off it
- a heel that aches each morning, for more than a year, whatever insole or shoe was tried in all that time
- a tear that came all at once, in sport or on the stairs, and was seen on a picture of the ankle

It is generally less suitable when the pain is mild and getting better. {LONG}

## Insoles

Insoles are soft. They come in three sizes. It is warm.

## Walking sticks

A stick may be considered for people who have:

- a stiff knee

It is less suitable for stairs.
"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Index:
    home: Path = tmp_path_factory.mktemp("home")
    (home / "heel.md").write_text(GUIDE, encoding="utf-8")
    build(home, [home / "heel.md"], HASHING)
    return Index.open(home, HASHING)


def said(index: Index, *starts: str) -> list[Evidence]:
    return [next(one for one in every_sentence(index) if one.quote.startswith(start)) for start in starts]


def test_what_leans_brings_what_it_leans_on(opened: Index) -> None:
    soft, sizes = said(opened, "Insoles are soft", "They come")
    for one in (soft, sizes):
        assert [each.quote for each in whole_thought(one, every_sentence(opened))][:2] == [soft.quote, sizes.quote]
    assert whole_thought(sizes, [sizes]) == [sizes]
    assert hangs(sizes)  # what it leans on was not found
    assert not hangs(soft)


def test_what_stands_behind_a_list_brings_its_last_item(opened: Index) -> None:
    """Across the passages of a section, for the list fills one."""
    last, mild = said(opened, "a tear that came", "It is generally less")
    assert last.passage.number == mild.passage.number - 1
    assert whole_thought(mild, every_sentence(opened)) == [last, mild]


def test_what_leans_on_too_much_is_left_hanging(tmp_path: Path) -> None:
    (tmp_path / "brace.md").write_text("# Braces\n\nA brace is worn. " + "It is light. " * 12, encoding="utf-8")
    build(tmp_path, [tmp_path / "brace.md"], HASHING)
    found = every_sentence(Index.open(tmp_path, HASHING))
    assert len(whole_thought(found[3], found)) == 5
    assert len(whole_thought(found[-1], found)) == LONGEST + 1
    assert hangs(whole_thought(found[-1], found)[0])


def test_it_can_open_an_answer_where_it_is_what_the_document_is_about(opened: Index) -> None:
    mild, stairs, sizes = said(opened, "It is generally less", "It is less suitable for stairs", "They come")
    assert stands_first(mild, every_sentence(opened))
    assert not stands_first(mild, [mild])
    assert not stands_first(stairs, every_sentence(opened))  # a stick
    assert not stands_first(sizes, every_sentence(opened))
    assert suited("Keyhole repair may be considered for dancers.").strip() == "Keyhole repair"
    assert suited("A plaster is worn.") == ""


def test_whom_it_does_not_suit_is_found_beside_whom_it_suits(opened: Index) -> None:
    """Search found the list alone; the passage behind it belongs to it."""
    vocabulary, (tendon, mild) = vocabulary_of(opened), said(opened, "a torn tendon", "It is generally less")
    vector = opened.encode(["Who may have a keyhole heel repair?"])[0]
    hits = [Hit(tendon.passage, 1, {})]
    for question, mild_first in (
        ("Who may have a keyhole heel repair?", False),
        ("Who gets turned down as less suitable?", True),
    ):
        choice = choose(question, candidates(question, vector, hits, opened, vocabulary), vocabulary)
        quotes = [one.quote for one in (*choice.evidence, *choice.after)]
        assert mild.quote in quotes, question
        assert (quotes[0] == mild.quote) is mild_first, question
    assert with_limit([tendon], [tendon]) == [tendon]
