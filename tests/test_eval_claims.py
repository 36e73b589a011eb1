"""The judge of a sentence against its quotes, and the reading grade, on small examples."""

from __future__ import annotations

import pytest

from eval.claims import judge, quantities, supports
from eval.readability import grade, sentence_length, syllables

SOURCE = "Many people may return to desk work within 4 to 6 weeks, while heavier work takes longer."


@pytest.mark.parametrize(
    "sentence",
    [
        SOURCE,
        "Many people may return to desk work within 4 to 6 weeks.",
        "People may return to desk work within four to six weeks.",
    ],
)
def test_a_faithful_sentence_is_supported(sentence: str) -> None:
    assert supports(sentence, [SOURCE])


@pytest.mark.parametrize(
    ("sentence", "fault"),
    [
        ("Many people may return to desk work within 2 to 6 weeks.", "numbers"),
        ("Many people may return to desk work within 4 to 6 months.", "numbers"),
        ("Many people may not return to desk work within 4 to 6 weeks.", "negation"),
        ("Many people return to desk work within 4 to 6 weeks.", "hedges"),
        ("Many people may always return to desk work within 4 to 6 weeks.", "degree"),
        ("All people may return to desk work within 4 to 6 weeks.", "degree"),
        ("Perhaps people sometimes return to desk work within 4 to 6 weeks.", "hedges"),
    ],
)
def test_what_changes_a_claim_is_named(sentence: str, fault: str) -> None:
    verdict = judge(sentence, [SOURCE])
    assert getattr(verdict, fault)
    assert not verdict.supported


def test_other_words_are_not_supported() -> None:
    verdict = judge("Swimming is good for the heart.", [SOURCE])
    assert verdict.coverage == 0.0
    assert not verdict.supported


def test_nothing_cited_supports_nothing() -> None:
    assert not supports(SOURCE, [])


def test_two_quotes_support_together() -> None:
    assert supports("Bone heals slowly and smoking delays it.", ["Bone heals slowly.", "Smoking delays it."])


def test_words_from_here_and_there_do_not_add_up() -> None:
    quotes = ["The surgeon removes the worn disc. The nurse checks the wound every day."]
    assert supports("The nurse checks the wound every day.", quotes)
    assert supports("The surgeon removes the worn disc, and the nurse checks the wound every day.", quotes)
    assert not supports("The surgeon checks the worn wound disc nurse.", quotes)


def test_numbers_keep_their_units() -> None:
    assert quantities("after 4 to 6 weeks or 1,000 steps; 2.5 mg") == {
        ("4", "week"),
        ("6", "week"),
        ("1000", ""),
        ("2.5", "mg"),
    }
    assert quantities("one of the doctors") == frozenset()
    assert quantities("one week") == {("1", "week")}


def test_a_grade_worked_by_hand() -> None:
    # 3 + 4 words in 2 sentences; syllables: the-cat-sat 3, it-was-hap-py-then... 1+1+2+1
    assert grade(["The cat sat. It was happy then."]) == pytest.approx(0.39 * 7 / 2 + 11.8 * 8 / 7 - 15.59)
    assert sentence_length(["The cat sat. It was happy then."]) == 3.5
    assert grade([""]) is None
    assert sentence_length([]) is None


def test_a_grade_is_textstats(monkeypatch: pytest.MonkeyPatch) -> None:
    """In words that its hyphenation dictionary counts right; its pronouncing dictionary it would fetch from the network."""
    textstat = pytest.importorskip("textstat")
    monkeypatch.setattr("textstat.backend.counts._count_syllables.get_cmudict", lambda lang: {})
    for text in (
        "Most people walk on the first day. A nurse helps them. They go home after three days.",
        "The operation joins two bones of the back. Screws hold them still while new bone grows. That takes months.",
        "You may eat and drink as soon as you feel well. Do not lift, bend or twist for six weeks.",
    ):
        assert grade([text]) == pytest.approx(textstat.flesch_kincaid_grade(text), abs=0.01)


SYLLABLES = {
    1: "bone bones weeks screws joined fused large nerve build asked weight twice",
    2: "doctor cages lifted needed table muscles people little because movement question special patients"
    " science quiet careful being symptoms technique fluid therefore someone safely loses wishes wounded"
    " create healing alone guidance before region language",
    3: "surgery vertebrae gradual infection area medicine hospital permanent serious various reaction video"
    " element beautiful suicide",
    4: "operation recovery experience radiation usually emergency situation material diagnosis titanium",
    5: "individual",
    6: "physiotherapy",
}


def test_syllables_are_right_for_nineteen_words_in_twenty() -> None:
    known = {word: count for count, words in SYLLABLES.items() for word in words.split()}
    wrong = {word: syllables(word) for word, count in known.items() if syllables(word) != count}
    assert len(wrong) <= len(known) / 20, wrong
