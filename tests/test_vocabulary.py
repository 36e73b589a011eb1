"""Respelling: slips of the corpus's words are put right, and what may be a word, a name or a brand stays as typed."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.language import stem
from app.spelling import distance
from app.vocabulary import Vocabulary
from corpus.glossary import Glossary, Term
from index.embed import embedder_of
from index.settings import IndexSettings

ROOT = Path(__file__).parents[1]
WORDS = tomllib.loads(Path(__file__).with_name("spelling_words.toml").read_text(encoding="utf-8"))
SMALL = Vocabulary(
    ["The surgeon is ready for surgery.", "Cervical plates and screws fuse the bones.", "Patients report healing."],
    Glossary((Term(term="stenosis", plain="A narrow place.", lay=("narrowing",), typos=("stennosus",)),)),
    frozenset({"really", "patents", "heading", "trouble"}),
)


@dataclass
class Count:
    """What became of one half's words."""

    right: int = 0
    wrong: int = 0
    harmed: int = 0


@pytest.fixture(scope="module")
def shipped() -> Vocabulary:
    """The shipped documents' words, and the default embedder's as the language's."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "corpus" / "documents").glob("*.md"))]
    return Vocabulary(texts, Glossary.load(), embedder_of(IndexSettings()).whole_words())


def counted(vocabulary: Vocabulary, half: str) -> Count:
    """A slip that stays as typed counts neither as right nor as wrong: the embedder reads it as it is."""
    count = Count()
    for slip in WORDS[half]["slips"].split():
        typed, meant = slip.split(":")
        became = vocabulary.corrected(typed)
        named = {name for numbers in vocabulary.concepts(meant).values() for name in numbers}
        same = {name for numbers in vocabulary.concepts(became).values() for name in numbers}
        if stem(became) == stem(meant) or named & same:
            count.right += 1
        elif became != typed:
            count.wrong += 1
    count.harmed = sum(vocabulary.corrected(word) != word for word in WORDS[half]["stay"].split())
    return count


# of the blind ones "hernie" becomes "hernia", which it means, since the glossary knows that word
@pytest.mark.parametrize(("half", "right", "wrong", "harmed"), [("tuned", 67, 0, 4), ("blind", 63, 0, 3)])
def test_slips_are_put_right_and_words_stay(
    shipped: Vocabulary, half: str, right: int, wrong: int, harmed: int
) -> None:
    count = counted(shipped, half)
    assert count.right >= right
    assert count.wrong <= wrong
    assert count.harmed <= harmed


@pytest.mark.parametrize(
    ("typed", "became"),
    [
        ("the surgon's", "the surgon's"),  # not letters alone
        ("When is my surgrey?", "When is my surgery?"),
        ("SURGRY", "surgery"),
        ("stennosus", "stenosis"),  # the glossary's own list of slips
        ("narowing", "narrowing"),  # the glossary's words count as the corpus's
        ("pateints", "patients"),  # as near to "patents": a patient asks about patients
        ("realy", "realy"),  # nearer to a real word that the corpus lacks than to "ready"
        ("headings", "headings"),  # a form of a real word
        ("cortical", "cortical"),  # a word that nobody listed, too far from "cervical"
        ("iFuse", "iFuse"),  # a name with a capital inside
        ("skrew", "skrew"),  # nearest is "screws", but for five letters that is too far
        ("trubble", "trubble"),  # a word of another matter
        ("wat els can go rong", "what else can go wrong"),  # small words, as they sound
        ("Els", "Els"),  # a name
        ("surgishun", "surgishun"),  # an ending as it sounds makes no word of it
    ],
)
def test_only_what_is_surely_a_slip_is_changed(typed: str, became: str) -> None:
    assert SMALL.corrected(typed) == became


@pytest.mark.parametrize(
    "word", ["pilates", "weaning", "suction", "shingles", "helper", "perioperative", "facets", "supine"]
)
def test_words_of_health_that_no_model_lists_stay(shipped: Vocabulary, word: str) -> None:
    assert shipped.corrected(word) == word


def test_a_likely_slip_is_nearer_than_an_arbitrary_letter() -> None:
    assert distance("screws", "screws") == 0
    assert distance("scerws", "screws") < 1  # swapped
    assert distance("skrews", "screws") < 1  # one sound
    assert distance("screwws", "screws") < 1  # doubled
    assert distance("scrws", "screws") < 1  # a vowel left out
    assert distance("sctews", "screws") < 1  # the key beside
    assert distance("scpews", "screws") == 1
    assert distance("bcrews", "screws") > 1  # nobody misses the first letter
    assert distance("crews", "screws") > 1
    assert distance("skrws", "screws") == pytest.approx(distance("skrews", "screws") + distance("scrws", "screws"))


def test_the_same_both_ways() -> None:
    for one, other in (("surgen", "surgeon"), ("stenossis", "stenosis"), ("fushion", "fusion"), ("", "a")):
        assert distance(one, other) == distance(other, one)
