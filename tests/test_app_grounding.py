"""What the guard lets through. Each pair is small enough to judge by reading."""

from __future__ import annotations

import numpy as np
import pytest

from app.evidence import Evidence
from app.grounding import judge, longest_rise
from corpus.document import Document, Sentence, Source
from index.passage import Passage


def evidence(text: str, section: str = "Recovery") -> Evidence:
    document = Document("doc", Source("doc.md", "0" * 64, "A guide"), text)
    sentence = Sentence(0, len(text))
    passage = Passage(0, document, 0, len(text), ("A guide", section), (sentence,))
    return Evidence(passage, sentence, np.zeros(3, np.float32))


DESK = "Many people return to sedentary work within a few weeks, while heavier work takes longer."
HEAL = "Nerve symptoms often improve where the nerves have been freed."
RODS = "Screws and rods are often, but not always, used to hold the bones still."


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        (DESK, DESK),
        ("Many people return to sedentary work within a few weeks, while heavier work takes longer!", DESK),
        ("Nerve symptoms often improve where nerves have been freed.", HEAL),
        ("Screws and rods are often but not always used to hold bones still.", RODS),
        ("Many people return to sedentary work within a few weeks, but heavier work takes longer.", DESK),
    ],
)
def test_faithful_sentences_pass(sentence: str, quote: str) -> None:
    assert judge(sentence, [evidence(quote)]).supported


@pytest.mark.parametrize(
    ("sentence", "quote", "reason"),
    [
        ("Many people return to sedentary work within six weeks, while heavier work takes longer.", DESK, "numbers"),
        ("Many people return to sedentary work within a few days, while heavier work takes longer.", DESK, "numbers"),
        ("Most people return to sedentary work within a few weeks, while heavier work takes longer.", DESK, "numbers"),
        ("Nerve symptoms improve where the nerves have been freed.", HEAL, "hedge lost"),
        ("Nerve symptoms always improve where the nerves have been freed.", HEAL, "hedge"),
        ("Nerve symptoms often improve.", HEAL, "hedge lost: limit"),
        ("Nerve symptoms often do not improve where the nerves have been freed.", HEAL, "negation"),
        ("Screws and rods are always used to hold the bones still.", RODS, "negation"),
        ("Screws and plates are often, but not always, used to hold the bones still.", RODS, "new words: plate"),
        ("Many people return to heavier work within a few weeks, while sedentary work takes longer.", DESK, "order"),
        ("You should not stop the tablets.", "You do not have to stop the tablets.", "hedge added: duty"),
        ("Wear it for 12 weeks, 6 hours a day.", "Wear it for 6 weeks, 12 hours a day.", "belongs elsewhere"),
        ("The answer is yes.", DESK, "new words"),
        ("", DESK, "no content"),
    ],
)
def test_a_changed_claim_fails_and_says_why(sentence: str, quote: str, reason: str) -> None:
    judgement = judge(sentence, [evidence(quote)])
    assert not judgement.supported
    assert reason in "; ".join(judgement.reasons)


def test_the_evidence_that_supports_is_found_among_others() -> None:
    candidates = [evidence(HEAL), evidence(DESK), evidence(RODS)]
    assert judge(DESK, candidates).evidence is candidates[1]


def test_two_sentences_merged_are_supported_by_neither() -> None:
    merged = "Screws and rods are often used within a few weeks."
    assert not judge(merged, [evidence(RODS), evidence(DESK)]).supported


def test_no_evidence_supports_nothing() -> None:
    assert not judge(DESK, []).supported


def test_a_synonym_of_the_glossary_is_no_new_word() -> None:
    sentence = "Many people return to desk work within a few weeks, while heavier work takes longer."
    assert not judge(sentence, [evidence(DESK)]).supported
    assert judge(
        sentence, [evidence(DESK)], lambda stem: frozenset({stem, "sedentari"} if stem == "desk" else {stem})
    ).supported


def test_a_synonym_stands_for_a_word_and_not_beside_it() -> None:
    words = {"desk": "sedentari", "sedentari": "desk"}

    def synonyms(stem: str) -> frozenset[str]:
        return frozenset({stem, words.get(stem, stem)})

    both = DESK.replace("sedentary work", "sedentary (desk) work")
    judgement = judge(both, [evidence(DESK)], synonyms)
    assert not judgement.supported
    assert judgement.reasons == ("says a word of the evidence twice",)
    assert (
        judge(both.replace("Many people", "Many people may"), [evidence(both)], synonyms).reasons[0].startswith("hedge")
    )
    assert judge(both.replace("Many", "many"), [evidence(both.replace(".", ""))], synonyms).supported


BEND = "At home you should walk each day, and you should not bend or twist your back for 6 weeks after the operation."
STEPS = "Walk short ways after 2 days, climb the stairs after 5 days and drive after 6 weeks."


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("At home, do not walk each day: bend or twist your back for 6 weeks after the operation you should.", BEND),
        ("Walk short ways after 5 days, climb the stairs after 2 days and drive after 6 weeks.", STEPS),
        ("You may walk the day after, and you might lift.", "You might walk the day after, and you may not lift."),
    ],
)
def test_a_not_or_a_figure_that_has_moved_says_something_else(sentence: str, quote: str) -> None:
    assert not judge(sentence, [evidence(quote)]).supported


def test_longest_rise() -> None:
    assert longest_rise([0, 1, 2, 3]) == 4
    assert longest_rise([2, 0, 1, 1]) == 3  # 0 1 1
    assert longest_rise([]) == 0


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("You should drive for two weeks.", "You should avoid driving for two weeks."),
        ("Take aspirin a week before surgery.", "Stop taking aspirin a week before surgery."),
        ("Stop taking aspirin a week after surgery.", "Stop taking aspirin a week before surgery."),
        (
            "Patients need a second operation within five years.",
            "Few patients need a second operation within five years of a lumbar fusion.",
        ),
        (
            "You can drive when you are pain-free.",
            "You can drive when you are pain-free, but only if you can brake hard.",
        ),
        ("The risk of an unhealed fusion is higher.", "In smokers the risk of an unhealed fusion is higher."),
        ("Healing takes 6 weeks.", "Healing takes at least 6 weeks."),
        ("Wear the brace for 15 cm.", "Wear the brace for 1,5 cm."),
    ],
)
def test_what_turns_a_claim_round_or_widens_it_fails(sentence: str, quote: str) -> None:
    assert not judge(sentence, [evidence(quote)]).supported
