"""Tables of facts: triples, questions with answers, two columns, and rows that don't fit."""

from __future__ import annotations

import pytest

from corpus.decode import Unreadable
from corpus.layout import assemble
from corpus.questions import arrange
from corpus.rules import load_rules
from corpus.tables import inside_text, looks_like_table, read


def text_of(table: str, comma: bool = False) -> str:
    return assemble(arrange(read(table, comma).parts, "", load_rules())).text


def test_triples_with_one_subject_and_predicate_stand_together() -> None:
    layout = assemble(read("knee\tcan\tbend\nknee\thas\ta  cap\nKnee\tCan\thurt\n").parts)
    assert layout.text == "knee can\n\nknee can bend\nKnee Can hurt\n\nknee has\n\nknee has a cap"
    assert [(one.line, one.subject, one.predicate, one.object) for one in layout.statements] == [
        (1, "knee", "can", "bend"),
        (3, "Knee", "Can", "hurt"),
        (2, "knee", "has", "a cap"),
    ]
    assert [one.of(layout.text) for one in layout.statements] == ["knee can bend", "Knee Can hurt", "knee has a cap"]


def test_the_title_is_the_only_subject() -> None:
    assert read("knee\tcan\tbend\nknee\thas\ta cap\n").title == "Knee"
    assert read("knee\tcan\tbend\nhip\thas\ta cap\n").title is None


def test_lines_that_do_not_fit_are_set_aside() -> None:
    dropped = read("knee\tcan\tbend\nknee\tcan\nknee\tcan\tbend\nknee\t\tx\na\tb\tc\td\n").dropped
    assert [(item.line, item.reason) for item in dropped] == [
        (2, "malformed line: 2 of 3 columns filled"),
        (3, "repeated line"),
        (4, "malformed line: 2 of 3 columns filled"),
        (5, "too many columns"),
    ]


def test_a_header_may_name_the_columns_in_any_order() -> None:
    reading = read("object,subject,source,predicate\nbend,knee,me,can\n", comma=True)
    assert [part.text for part in reading.parts] == ["knee can", "knee can bend"]
    assert reading.warnings == ("columns left out: source",)
    assert text_of("subject\tpredicate\tobject\nknee\tcan\tbend\n") == "knee can\n\nknee can bend"


@pytest.mark.parametrize(
    ("table", "comma"),
    [
        ('question,answer\n"Can I drive, then?","Not yet.\nAsk us."\n', True),
        ("question;answer\nCan I drive, then?;Not yet. Ask us.\n", True),
        ("Question\tAnswer\nCan I drive, then?\tNot yet. Ask us.\n", False),
        ("Can I drive, then?\tNot yet. Ask us.\n", False),
    ],
)
def test_questions_and_answers(table: str, comma: bool) -> None:
    layout = assemble(arrange(read(table, comma).parts, "", load_rules()))
    (pair,) = layout.pairs
    assert pair.question.of(layout.text) == "Can I drive, then?"
    assert pair.answer.of(layout.text).split() == ["Not", "yet.", "Ask", "us."]
    assert [section.kind for section in layout.sections] == ["faq"]


def test_a_question_without_its_mark_is_a_pair_too() -> None:
    layout = assemble(arrange(read("question,answer\nDriving,Not yet.\n", comma=True).parts, "", load_rules()))
    assert layout.pairs[0].question.of(layout.text) == "Driving"


def test_two_columns_of_other_names() -> None:
    assert text_of("Problem,How often\nClot,1 in 200\n", comma=True) == "Problem: How often\n\nClot: 1 in 200"
    assert text_of("Stay\t3 days\nWound\t2 weeks\n") == "Stay: 3 days\nWound: 2 weeks"


def test_a_table_in_a_text_of_many_columns_becomes_items() -> None:
    table = inside_text([(1, ["Level", "Stay", "Work"]), (2, ["One", "2 days", ""])], header=True, level=3)
    assert [part.text for part in table.parts] == ["Level: One; Stay: 2 days"]


@pytest.mark.parametrize(
    ("table", "comma", "reason"),
    [
        ("", False, "no rows"),
        ("question,answer\n", True, "only a header"),
        ("a,b,c,d\n1,2,3,4\n", True, "a, b, c, d; expected"),
        ("question,answer\nCan I drive?,\n", True, "1 of 2"),
    ],
)
def test_no_table(table: str, comma: bool, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read(table, comma)


def test_which_text_is_a_table() -> None:
    assert looks_like_table("a\tb\tc\nd\te\tf\n\ng\th\ti\n")
    assert not looks_like_table("A heading\n\nText with\ta tab.\nAnd more.")
    assert not looks_like_table("a\tb\tc")
    assert not looks_like_table("After surgery\n" + "•\tDo not lift.\n" * 10 + "1.\tWalk.\n" * 4)
