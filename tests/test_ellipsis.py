"""Follow-ups by their wording alone: what leans on an earlier question, and what of that one is carried over."""

from __future__ import annotations

from app.ellipsis import carry, last_question, runs, topic
from app.leaning import followup_words, leans, points
from app.vocabulary import Vocabulary
from corpus.glossary import Glossary

TEXTS = ("Recovery is gradual and takes weeks.", "Screws hold the bones.", "Open surgery has risks such as bleeding.")
VOCABULARY = Vocabulary(TEXTS, Glossary(), frozenset())


def test_pointers() -> None:
    assert points("does it heal", VOCABULARY)
    assert not points("it takes years to heal", VOCABULARY)
    assert not points("is there pain", VOCABULARY)
    assert not points("when the screws heal, are they still", VOCABULARY)  # the question names screws before "they"


def test_leaning() -> None:
    assert leans("and bleeding?", VOCABULARY)
    assert leans("how often?", VOCABULARY)
    assert not leans("bleeding?", VOCABULARY)  # one word, but it names what it asks about
    assert not leans("how long is recovery", VOCABULARY)


def test_the_topic_is_the_last_turn_that_names_something() -> None:
    assert topic(["What are screws?", "ok", "thanks!"], VOCABULARY) == "What are screws?"
    assert topic(["What are screws?", "How long is recovery?"], VOCABULARY) == "How long is recovery?"
    assert topic([], VOCABULARY) == ""


def test_of_a_long_turn_its_last_question_is_read() -> None:
    assert last_question("I am scared. Will it hurt? I hope not.") == "Will it hurt?"
    assert last_question("I am scared. Tell me about screws.") == "Tell me about screws."
    assert last_question("... !") == ""
    assert len(last_question("screws " * 200)) == 200


def test_the_earlier_question_is_carried_as_it_was_asked() -> None:
    assert carry("ok and are screws not always used", "why", VOCABULARY) == "Are screws not always used?"
    assert carry("Why? (How long is recovery?)", "and then", VOCABULARY) == "How long is recovery?"
    assert carry("Are screws used? (What is recovery?)", "why", VOCABULARY) == "Are screws used?"
    assert carry("How long (roughly) is recovery?", "why", VOCABULARY) == "How long (roughly) is recovery?"
    assert carry("Are screws used?", "are screws bad", VOCABULARY) == ""  # the follow-up names them itself


def test_runs_are_stretches_of_naming_words() -> None:
    assert runs("How long is recovery after open surgery?", VOCABULARY) == ["recovery", "open surgery"]


def test_opposites_go_both_ways() -> None:
    pairs = set(followup_words().opposites)
    assert all((other, one) in pairs for one, other in pairs)
