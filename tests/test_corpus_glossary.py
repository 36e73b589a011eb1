"""Lay words to terms, terms to explanations, and how long that takes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from corpus.errors import SpinewiseError
from corpus.glossary import SHIPPED_GLOSSARY, Glossary

SMALL = """
[[term]]
term = "non-union"
plain = "The bones do not join."
forms = ["nonunion"]
lay = ["failed to heal", "did not take"]
typos = ["non unoin"]

[[term]]
term = "screw"
plain = "It holds the bone."
lay = ["bolt"]

[[term]]
term = "bone screw"
plain = "A screw for bones."

[[term]]
term = "operating room"
plain = "Where surgery is done."
forms = ["OR"]
"""


@pytest.fixture
def glossary(tmp_path: Path) -> Glossary:
    (tmp_path / "glossary.toml").write_text(SMALL, encoding="utf-8")
    return Glossary.load(tmp_path / "glossary.toml")


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What if it FAILED to heal?", ("non-union", "nonunion")),
        ("is non unoin bad", ("non-union", "nonunion")),
        ("is nonunion bad", ("non-union",)),
        ("Do the bolts stay?", ("screw",)),
        ("Do the bolt’s threads wear?", ("screw",)),
        ("unbolted or bolting", ()),
        ("one or two, in the OR", ("operating room",)),
        ("it failed. To heal takes time", ()),
        ("", ()),
    ],
)
def test_expand(glossary: Glossary, question: str, expected: tuple[str, ...]) -> None:
    assert glossary.expand(question) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What if it failed to heal?", ("non-union",)),
        ("Do the bolts stay, or does it fail to heal?", ("screw",)),
        ("is nonunion when it failed to heal?", ()),  # it names the term itself
        ("bolts, bolts and a screw", ()),
        ("", ()),
    ],
)
def test_what_is_meant_is_the_term_where_only_a_patients_word_stands(
    glossary: Glossary, question: str, expected: tuple[str, ...]
) -> None:
    assert glossary.meant(question) == expected


def test_explain_finds_the_longest_and_each_once(glossary: Glossary) -> None:
    text = "A bone screw holds; screws may break. Non union is rare. A bolt, a screw."
    found = [(span.of(text), term.term) for span, term in glossary.explain(text)]
    assert found == [("bone screw", "bone screw"), ("screws", "screw"), ("Non union", "non-union")]


def test_a_broken_entry_is_named(tmp_path: Path) -> None:
    path = tmp_path / "glossary.toml"
    path.write_text('[[term]]\nterm = "screw"\nplain = "x"\nsynonyms = ["y"]\n', encoding="utf-8")
    with pytest.raises(SpinewiseError, match="term screw: synonyms"):
        Glossary.load(path)
    path.write_text("[[term", encoding="utf-8")
    with pytest.raises(SpinewiseError, match="can't read the glossary"):
        Glossary.load(path)


def test_the_shipped_glossary_explains_each_of_its_own_terms() -> None:
    glossary = Glossary.load(SHIPPED_GLOSSARY)
    for term in glossary.terms:
        for name in term.names:
            assert term in [found for _, found in glossary.explain(name)], name
        for word in (*term.lay, *term.typos):
            assert term.term.casefold() in [name.casefold() for name in glossary.expand(f"so {word} now")] or (
                term.term.casefold() in word.casefold()
            ), word


def test_a_question_takes_less_than_two_milliseconds() -> None:
    glossary = Glossary.load()
    question = "What can go wrong with the screws in my lower back after the operation, and how long until it is solid?"
    glossary.expand(question)
    times = []
    for _ in range(20):
        start = time.perf_counter()
        glossary.expand(question)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.002
