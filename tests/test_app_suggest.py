"""Which words an answer explains, and what a corpus is said to be about: from its headings and its glossary."""

from __future__ import annotations

from dataclasses import replace

from scripted_answers import document

from app.suggest import named
from app.vocabulary import Vocabulary
from corpus.glossary import Glossary, Term

GLOSSARY = Glossary((
    Term(term="bone", plain="What a skeleton is made of."), Term(term="nerve", plain="What carries feeling.", forms=("nerves",)),
    Term(term="pedicle", plain="A bridge of bone."), Term(term="driving", plain="Steering a car."),
    Term(term="work", plain="A job."), Term(term="operation", plain="Treatment by a surgeon."),
))  # fmt: skip


def test_words_that_everybody_knows_are_not_explained() -> None:
    text = "The nerves and the bone near a pedicle."
    assert Vocabulary([text], GLOSSARY).explained(text) == {"pedicle": "A bridge of bone."}


def test_topics_are_a_word_or_two_from_the_headings_the_most_shared_first() -> None:
    one = document()  # "After your operation", with sections on driving after surgery and getting back to work
    other = replace(one, id="other", sections=one.sections[1:])
    assert named([one, other], GLOSSARY) == ("work", "driving")  # two documents, then one; "operation" is all of it


def test_where_no_heading_names_a_term_the_titles_are_given() -> None:
    assert named([document()], Glossary()) == ("After your operation",)
