"""A conversation as HTML: everything escaped, markers and terms in their places, an urgent card alone."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from scripted_answers import ANSWERED, APPROVED, DECLINED, DRIVE, NOT_FOUND, QUOTED, URGENT, answer

from app.answer import Answer, AnswerSentence
from app.settings import SiteSettings
from app.strings import Strings
from app.ui.conversation import Conversation, Exchange
from app.ui.view import View, dialled, nearby

VIEW = View(Strings("en", SiteSettings(emergency_number="911")))
EVIL = "<img src=x onerror=alert(1)><script>alert(2)</script>[x](http://evil.example) {{7*7}} ${7*7} & \"quoted\" 'too'"


def conversation(*answers: Answer, question: str = "When can I drive?") -> Conversation:
    return Conversation(
        tuple(
            Exchange(
                f"e{n}",
                question,
                "done",
                answer=each,
                contexts=tuple(("before ", c.quote, " after") for c in each.citations),
            )
            for n, each in enumerate(answers)
        )
    )


def parsed(page: str) -> tuple[set[str], set[str]]:
    """The tags and the attributes' names of a page."""
    tags: set[str] = set()
    attributes: set[str] = set()

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            tags.add(tag)
            attributes.update(name for name, _ in attrs)

    Reader().feed(page)
    return tags, attributes


def test_hostile_text_is_shown_and_never_markup() -> None:
    citation = replace(DRIVE, title=EVIL, publisher=EVIL, section=EVIL, quote=EVIL, document='"><script>')
    hostile = answer("answered", EVIL, citations=(citation,), suggestions=(EVIL,), notice=EVIL, terms={"quoted": EVIL})
    talk = conversation(hostile, question=EVIL)
    for page in (VIEW.log(talk), VIEW.sources(talk), VIEW.log(Conversation(), (EVIL,))):
        tags, attributes = parsed(page)
        assert not tags & {"img", "script", "iframe", "object", "form", "input", "style", "link"}
        assert not any(name.startswith("on") for name in attributes)
        assert "&lt;img src=x" in page
    links = re.findall(r'href="([^"]*)"', VIEW.log(talk) + VIEW.sources(talk))
    assert all(link.startswith(("#source-", "/source/")) for link in links)


def test_markers_lead_to_their_source_and_other_brackets_stay_text() -> None:
    talk = conversation(answer("declined", "See [1] and [7].", citations=(DRIVE,)))
    page = VIEW.log(talk)
    assert re.findall(r'href="(#[^"]+)" aria-label="([^"]+)">\[1\]<', page) == [
        ("#source-e0-1", "Source 1: After your operation")
    ]
    assert "and [7]." in page
    assert 'id="source-e0-1"' in VIEW.sources(talk)


def test_each_sentence_has_its_markers_once() -> None:
    sentences = (AnswerSentence("A stop. [1]", (1,)), AnswerSentence("Weeks [2].", (2,)))
    inline = replace(ANSWERED, text="A stop. [1] Weeks [2].", sentences=sentences)
    for each in (ANSWERED, inline):
        assert re.findall(r">(\[\d\])</a>", VIEW.log(conversation(each))) == ["[1]", "[2]"]


def test_list_items_are_a_list() -> None:
    lead, items = (
        AnswerSentence("Bring:", (1,)),
        [AnswerSentence(name, (1,), 1.0, True) for name in ("Shoes.", "Pills.")],
    )
    text = "Bring: [1]\n- Shoes. [1]\n- Pills. [1]"
    listed = answer("quoted", text, citations=(DRIVE,), sentences=(lead, *items))
    page = VIEW.log(conversation(listed))
    assert len(re.findall(r"<li>(?:Shoes|Pills)\.<a", page)) == 2
    assert "- Shoes" not in page


def test_a_text_that_says_more_than_its_sentences_is_shown_whole() -> None:
    more = replace(ANSWERED, kind="declined", text=f"I can't judge your case.\n{ANSWERED.text}")
    page = VIEW.log(conversation(more))
    assert "I can&#39;t judge your case." in page
    assert page.count(">[1]</a>") == 1


def test_a_term_is_explained_once() -> None:
    twice = answer("declined", "An emergency stop. Emergency stop again.", terms={"emergency stop": "Brake hard."})
    page = VIEW.log(conversation(twice))
    assert page.count('class="term"') == page.count("Brake hard.") == 1


def test_urgent_stands_alone() -> None:
    talk = conversation(ANSWERED, URGENT)
    page = VIEW.log(talk)
    assert VIEW.sources(talk) == ""
    assert re.search(r'role="alert">.*<h2>Call your emergency number now\. Do not wait\.</h2>', page, re.DOTALL)
    assert not re.search(r"<a |<button|When can I drive", page)
    one_line = VIEW.log(conversation(answer("urgent", "Call 911 now. Do not wait. Nerves may be pressed.")))
    number = r'<b class="number">911</b>'  # larger than the rest, and never broken in two
    assert re.search(rf"<h2>Call {number} now\.</h2>\s*<p>Do not wait\. Nerves may be pressed\.</p>", one_line)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("Call 911 now.", ["911"]), ("Call +34 91 (555) 01-00. Do not wait.", ["+34 91 (555) 01-00"]), ("Within 24 hours.", []),
     ("Call your team at Hill Clinic on 555-0100 today, or 112.", ["555-0100", "112"]), ("अभी 112 पर फ़ोन करें।", ["112"])],
)  # fmt: skip
def test_a_telephone_number_is_told_from_other_figures(text, numbers) -> None:
    pieces = list(dialled(text))
    assert [piece for piece, number in pieces if number] == numbers
    assert "".join(piece for piece, _ in pieces) == text


@pytest.mark.parametrize("each", [ANSWERED, QUOTED, APPROVED, NOT_FOUND, DECLINED])
def test_each_kind_says_what_it_is_in_words(each) -> None:
    page = VIEW.log(conversation(each))
    assert Strings("en").table("kinds")[each.kind].replace("'", "&#39;") in page
    assert f'class="reply {each.kind}"' in page


def test_a_source_card_names_tier_and_date_in_words() -> None:
    page = VIEW.sources(conversation(ANSWERED))
    assert "Checked by a clinician" in page
    assert "Last checked 1 March 2025" in page
    assert "Promotional article" in page
    assert "No review date" in page
    assert f"before <mark>{DRIVE.quote}</mark> after" in page
    assert f'href="/source/leaflet#{DRIVE.start}-{DRIVE.end}"' in page


def test_a_check_without_a_date_is_not_called_a_check() -> None:
    undated = replace(ANSWERED, citations=(replace(DRIVE, reviewed_on=None),))
    page = VIEW.sources(conversation(undated))
    assert "Checked by a clinician" not in page
    assert "Based on what a clinician checked · No review date" in " ".join(page.split())


def test_only_the_last_answers_sources_are_open() -> None:
    groups = re.findall(r'data-exchange="(\w+)" (hidden)?', VIEW.sources(conversation(ANSWERED, QUOTED)))
    assert groups == [("e0", "hidden"), ("e1", "")]
    groups = re.findall(r'data-exchange="(\w+)" (hidden)?', VIEW.sources(conversation(ANSWERED, NOT_FOUND)))
    assert groups == [("e0", "hidden")]


def test_surroundings_are_cut_between_words() -> None:
    long = "word " * 100  # 500 characters
    assert nearby("short", "before") == "short"
    assert nearby(long, "before").startswith("…")
    assert nearby(long, "after").endswith("word…")
    assert len(nearby(long, "after")) <= 221


def test_stopping_takes_the_half_answer_away() -> None:
    half = Conversation((Exchange("e0", "q", sentences=(AnswerSentence("You may drive.", (1,)),)),))
    page = VIEW.log(half.stopped())
    assert "You may drive." not in page
    assert "You stopped this answer" in page
    assert half.stopped().stopped() == half.stopped()
