"""Which sentences are said: half a list only with a word about it, the same thing once, the lines of a table each for itself."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from two_leaflets import HASHING, every_sentence

from app.evidence import Evidence
from app.lists import adds, completed, every_item, items_to_say, same_table
from app.reply import Reply
from app.select import candidates, choose, readable, repeats, weighed, widened, with_limit
from app.shown import LOWEST, attended
from app.site import vocabulary_of
from app.taste import ATTENDED, Taste
from app.thought import hangs
from index.build import build
from index.search import Index

RISKS = (
    "The wound may bleed.",
    "The nail may bend.",
    "The cast may rub.",
    "The joint may stiffen.",
    "The skin may itch.",
)
LEAFLET = f"""# Ankle

## Risks

The risks of an ankle nail include:

{"".join(f"- {one}{chr(10)}" for one in RISKS)}
## Healing

The bone heals in ten weeks. Bone heals in about ten weeks. A cast is worn by day.

## Pictures

A picture before the operation shows the break. A picture after the operation shows the nail.

## Loose nails

A loose nail is often taken out. Not all loose nails need that. A loose nail means that the bone around it has given way.

## Other ways

A broad heel is less suitable for a nail. A plaster is an alternative to the nail.

## Boots

A boot can be considered for dancers. Boots are black. A boot is not right for runners.

## Sticks

A stick can be considered for older people. Sticks are brown. A frame is wider. It is less suitable for stairs.

## Umbrellas

An umbrella can be considered for walks. An umbrella is less suitable for storms.

## Dangers of a boot

Common dangers of a boot are:

- a blister
- a sore heel

Rare dangers of a boot are:

- a torn tendon
- a burnt sole

## Splint

It goes over the sock for the first month.
"""
FAQ = """# Frequently asked questions

## Is the nail taken out?

Often, but not always. A nail can stay in for good.

## Who may have one?

A nail suits most adults.

## How long does it take?

The nail is put in within an hour.
"""
FACTS = (
    "subject\tpredicate\tobject\nankle nail\tcan be put in\tfrom the front\nankle nail\tcan be put in\tfrom the heel\n"
)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Index:
    home: Path = tmp_path_factory.mktemp("home")
    (home / "ankle.md").write_text(LEAFLET, encoding="utf-8")
    (home / "faq.md").write_text(FAQ, encoding="utf-8")
    (home / "facts.tsv").write_text(FACTS, encoding="utf-8")
    build(home, [home / "ankle.md", home / "faq.md", home / "facts.tsv"], HASHING)
    return Index.open(home, HASHING)


def said(index: Index, *quotes: str) -> list[Evidence]:
    every = {one.quote: one for one in every_sentence(index)}
    return [next(one for quote, one in every.items() if wanted in quote) for wanted in quotes]


def test_one_item_of_a_long_list_is_said_alone_and_most_of_them_bring_the_rest(opened: Index) -> None:
    (one,) = said(opened, RISKS[1])
    assert [*items_to_say([one], opened)] == [([one], True)]
    ((items, more),) = items_to_say(said(opened, *RISKS[:3]), opened)
    assert [item.quote for item in items] == list(RISKS)
    assert not more
    assert every_item(one, opened) == items


def test_each_list_is_whole_or_not_by_itself(opened: Index) -> None:
    blister, *risks = said(opened, "a blister", *RISKS[:3])
    short, long = items_to_say([blister, risks[0]], opened)
    assert ([one.quote for one in short[0]], short[1]) == (["a blister", "a sore heel"], False)
    assert (long[0], long[1]) == ([risks[0]], True)


def test_both_lists_of_one_document_are_said_and_what_search_did_not_find_of_them(opened: Index) -> None:
    vocabulary = vocabulary_of(opened)
    question = "What are the dangers of a boot?"
    vector = opened.encode([question])[0]
    ranked = candidates(question, vector, opened.search(question, 8, vector=vector), opened, vocabulary)
    choice = choose(question, ranked, vocabulary)
    assert choice.listed
    assert [one.quote for one in choice.evidence] == ["a blister", "a sore heel", "a torn tendon", "a burnt sole"]
    found = [choice.evidence[0], choice.evidence[2]]
    assert [one.quote for one in completed(found, opened, vocabulary)] == [
        "a blister", "a sore heel", "a torn tendon", "a burnt sole",
    ]  # fmt: skip


def test_a_list_that_has_more_is_told_of(opened: Index) -> None:
    reply = Reply()
    shown = list(reply.quote_list(said(opened, RISKS[1]), more=True))
    assert [one.text for one in shown] == ["The risks of an ankle nail include:", RISKS[1]]
    assert reply.partial == [1]
    text = opened.documents[reply.citations[0].document].text
    assert text[reply.citations[0].start : reply.citations[0].end] == reply.citations[0].quote
    whole = Reply()
    list(whole.quote_list(said(opened, *RISKS)))
    assert whole.partial == []


def test_the_same_in_nearly_the_same_words_is_said_once(opened: Index) -> None:
    first, again, other = said(opened, "The bone heals", "Bone heals in about", "A cast is worn")
    assert repeats(again, [first])
    assert not repeats(other, [first])


def test_what_denies_or_names_another_thing_under_one_heading_is_no_repetition(opened: Index) -> None:
    loose, back, means = said(opened, "A loose nail is often", "Not all loose nails", "A loose nail means")
    close = [replace(one, vector=loose.vector) for one in (loose, back, means)]
    assert not repeats(close[1], [close[0]])
    assert not repeats(close[2], [close[0]])  # the heading is embedded with both
    assert repeats(close[0], [close[0]])


def test_lines_of_a_table_never_repeat_each_other(opened: Index) -> None:
    front, heel = said(opened, "from the front", "from the heel")
    assert same_table(front, heel)
    assert not same_table(front, front)
    assert not repeats(heel, [front])


def test_half_an_answer_is_said_behind_its_question(opened: Index) -> None:
    half, whole = said(opened, "Often, but not always", "A nail suits")
    reply = Reply()
    assert next(reply.quote(half)).text == "Is the nail taken out?"
    assert reply.citations[0].quote.startswith("Is the nail taken out?")
    assert whole.question is None
    assert [one.text for one in reply.quote(whole)] == ["A nail suits most adults."]


def test_the_model_s_copy_with_a_slip_is_said_as_the_source_says_it(opened: Index) -> None:
    (one,) = said(opened, "A cast is worn")
    reply = Reply()
    assert [each.text for each in reply.write("A cast is worn by da", one, 0.9)] == [one.quote]
    assert not reply.written
    list(reply.write("You wear a cast in the day.", one, 0.9))
    assert reply.written


def test_a_sentence_that_nobody_could_place_is_left_out(opened: Index) -> None:
    (over,) = said(opened, "It goes over")
    assert hangs(over)
    assert not hangs(said(opened, "Often, but not always")[0])


def test_what_takes_a_sentence_back_is_said_with_it(opened: Index) -> None:
    loose, back = said(opened, "A loose nail is often taken out.", "Not all loose nails need that.")
    for one in (loose, back):
        choice = choose(
            "loose nail", [one, *(other for other in (loose, back) if other is not one)], vocabulary_of(opened)
        )
        assert [evidence.quote for evidence in choice.evidence] == [loose.quote, back.quote]


def test_where_a_question_supposes_too_much_the_sentence_that_limits_it_comes_first(opened: Index) -> None:
    loose, back = said(opened, "A loose nail is often taken out.", "Not all loose nails need that.")
    near = [replace(loose, score=0.6), replace(back, score=0.55)]
    vocabulary = vocabulary_of(opened)
    assert weighed("Must every loose nail come out?", near, Taste())[0].quote == back.quote
    assert weighed("Why does a nail come loose?", near, Taste())[0].quote == loose.quote
    assert weighed("a loose nail always out??", near, Taste())[0].quote == back.quote
    assert choose("Must every loose nail come out?", near, vocabulary).evidence


def test_what_a_thing_is_comes_before_what_is_done_about_it(opened: Index) -> None:
    done, meaning = said(opened, "A loose nail is often taken out.", "A loose nail means")
    near = [replace(done, score=0.6), replace(meaning, score=0.55)]
    assert weighed("what is a loose nail", near, Taste())[0].quote == meaning.quote
    assert weighed("is a loose nail taken out", near, Taste())[0].quote == done.quote


def test_before_the_operation_is_not_after_it(opened: Index) -> None:
    before, after = said(
        opened, "A picture before the operation shows the break.", "A picture after the operation shows the nail."
    )
    near = [replace(before, score=0.6), replace(after, score=0.5)]
    for question, first in (
        ("what should the picture show afterwards", after),
        ("what does a picture beforehand show", before),
        ("what does a picture show", before),
        ("is one made before and after the operation", before),
    ):
        assert weighed(question, near, Taste())[0].quote == first.quote, question


def test_what_a_question_turns_on_comes_first(opened: Index) -> None:
    """It lies as near to who may have one as to who may not."""
    suits, other, plaster = said(opened, "A nail suits most adults.", "A broad heel is less", "A plaster is")
    near = [replace(suits, score=0.6), replace(other, score=0.5), replace(plaster, score=0.5)]
    for question, first in (
        ("Who gets turned down for a nail?", other),
        ("is there anything else to try", plaster),
        ("Who may have a nail?", suits),
    ):
        assert weighed(question, near, Taste())[0].quote == first.quote, question
    assert weighed("Who may have a nail?", near, Taste(), (re.compile("alternative"),))[0].quote == plaster.quote


def test_what_a_question_is_about_is_looked_for_deeper(opened: Index) -> None:
    """The passage whose sentence on it lies nearest, once, and no other."""
    question, vocabulary = "Is a nail taken out where the bone heals?", vocabulary_of(opened)
    (vector,) = opened.encode([question])
    every = opened.search(question, 9, vector=vector)
    ranked = candidates(question, vector, every[:1], opened, vocabulary)
    assert widened(ranked, question, vector, every, opened, vocabulary, ()) == ranked
    near = {one.passage.section for one in ranked}
    for thing, more in (
        ("loose nail", {"Loose nails"}),
        ("A loose|For loose", {"Loose nails"}),
        ("zebra", set()),
        ("heals", set()),
    ):
        wider = widened(ranked, question, vector, every, opened, vocabulary, (re.compile(thing), re.compile(thing)))
        assert {one.passage.section for one in wider} - near == more, thing
        assert len({one.key for one in wider}) == len(wider)


def test_the_best_thought_comes_first_and_whole_though_others_stand_before_it(opened: Index) -> None:
    cast, loose, back, items = (
        said(opened, start)[0]
        for start in ("A cast is worn", "A loose nail is often", "Not all loose", "The cast may rub")
    )
    bone, means = (said(opened, start)[0] for start in ("The bone heals in ten", "A loose nail means"))
    order = [one.quote for one in readable([cast, bone], [cast])]
    assert order == [cast.quote, bone.quote]
    order = [one.quote for one in readable([means, loose, back], [loose, back])]
    assert order == [loose.quote, back.quote, means.quote]
    order = [one.quote for one in readable([items, *said(opened, *RISKS[:2]), bone], [items])]
    assert order == [*RISKS[:3], bone.quote]
    assert [one.quote for one in readable([means, loose])] == [loose.quote, means.quote]


def test_whom_it_suits_is_not_said_without_whom_it_does_not(opened: Index) -> None:
    suits, black, limit, heel = (
        said(opened, start)[0]
        for start in ("A boot can", "Boots are", "A boot is not", "A broad heel is less suitable")
    )
    near = [replace(heel, score=0.1), replace(black, score=0.1), replace(limit, score=0.1)]
    assert with_limit([suits], near) == [suits, replace(limit, score=0.1)]
    assert with_limit([black], near) == [black]
    assert [one.quote for one in with_limit([suits, heel], near)] == [suits.quote, heel.quote, limit.quote]
    assert with_limit([suits, limit], near) == [suits, limit]
    walks, rain = (said(opened, start)[0] for start in ("An umbrella can", "An umbrella is less"))
    assert with_limit([suits, walks], [limit, rain]) == [suits, walks, limit, rain]  # each section's own
    stick, frame, stairs = (
        said(opened, start)[0] for start in ("A stick can", "A frame is", "It is less suitable for")
    )
    assert with_limit([stick], [stairs, frame]) == [stick, frame, stairs]  # "it" is the frame


def test_what_leans_on_the_end_of_the_best_thought_stays_with_it(tmp_path: Path) -> None:
    (tmp_path / "drain.md").write_text(
        "# Drains\n\nA belt is worn for six weeks. A drain stays for two days. It is a thin tube. It also itches.\n",
        encoding="utf-8",
    )
    build(tmp_path, [tmp_path / "drain.md"], HASHING)
    index = Index.open(tmp_path, HASHING)
    belt, drain, tube, itches = said(index, "A belt", "A drain", "It is a thin", "It also")
    ranked = [replace(one, score=score) for one, score in ((drain, 0.9), (belt, 0.8), (itches, 0.7), (tube, 0.6))]
    chosen = choose("how long", ranked, vocabulary_of(index)).evidence
    assert [one.quote for one in chosen] == [drain.quote, tube.quote, itches.quote, belt.quote]


def test_something_is_said_even_where_nothing_stands_alone(opened: Index) -> None:
    (over,) = said(opened, "It goes over")
    assert choose("where does it go", [over], vocabulary_of(opened)).evidence == (over,)


def test_half_a_thought_is_not_said_for_want_of_room(opened: Index) -> None:
    loose, back, weeks = said(
        opened, "A loose nail is often taken out.", "Not all loose nails need that.", "A cast is worn"
    )
    near = [replace(weeks, score=0.7), replace(loose, score=0.69), replace(back, score=0.3)]
    quotes = {one.quote for one in choose("how long", near, vocabulary_of(opened), Taste(most=2)).evidence}
    assert (loose.quote in quotes) == (back.quote in quotes)


def test_another_figure_is_no_repetition(opened: Index) -> None:
    one, other = said(opened, "The bone heals in ten weeks.", "Bone heals in about ten weeks.")
    assert repeats(other, [one])
    vocabulary = vocabulary_of(opened)
    assert adds("Healing takes 12 weeks", ["Healing takes 6 weeks"], vocabulary)
    assert not adds("Healing takes 6 weeks", ["Healing takes 6 weeks"], vocabulary)
    assert adds("Bone of the heel", ["Bone of the toe", "Skin of the heel"], vocabulary)  # no one item says it
    assert adds("Pain in the heel", ["Less pain in the heel"], vocabulary)
    assert adds("Do not drive.", ["Drive."], vocabulary)


def test_a_table_is_said_whole_though_the_reader_was_shown_six_of_its_lines(tmp_path: Path) -> None:
    harms = (
        "bleeding",
        "swelling",
        "bruising",
        "itching",
        "numbness",
        "stiffness",
        "cramp",
        "blisters",
        "fever",
        "a limp",
    )
    rows = "".join(f"ankle nail\thas the risk of\t{harm}\n" for harm in harms)
    (tmp_path / "risks.tsv").write_text(f"subject\tpredicate\tobject\n{rows}", encoding="utf-8")
    build(tmp_path, [tmp_path / "risks.tsv"], HASHING)
    index, question = Index.open(tmp_path, HASHING), "What are the risks of an ankle nail?"
    vector = index.encode([question])[0]
    ranked = candidates(question, vector, index.search(question, 8, vector=vector), index, vocabulary_of(index))
    looks = (8.0, 7.0, 5.0, 3.0, 1.0, 0.0)
    again = attended(ranked, [ranked[:6]], looks)
    said_ = choose(question, again, vocabulary_of(index), ATTENDED)
    assert said_.listed
    assert len(said_.evidence) == len(harms)


def test_no_risk_is_left_out_of_a_list_without_a_word(tmp_path: Path) -> None:
    named = "tear clot bleed fever cough rash limp ache cramp chill scar leak bulge faint stroke".split()
    items = "".join(f"- A {name} of its own kind.\n" for name in named)
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "risks.md").write_text(
        f"# Walking\n\n## The risks of walking\n\nThe risks of walking are:\n\n{items}", encoding="utf-8"
    )
    build(tmp_path / "home", [tmp_path / "documents"], HASHING)
    index = Index.open(tmp_path / "home", HASHING)
    question = "What are the risks of walking?"
    (vector,) = index.encode([question])
    vocabulary = vocabulary_of(index)
    ranked = candidates(question, vector, index.search(question, 8, vector=vector), index, vocabulary)
    whole, short = (choose(question, ranked, vocabulary, taste) for taste in (Taste(), Taste(list_items=12)))
    assert (len(whole.evidence), whole.more) == (len(named), False)
    assert (len(short.evidence), short.more) == (12, True)


def test_what_the_reader_looks_at_goes_before_what_it_was_not_shown(opened: Index) -> None:
    found = said(opened, "The bone heals", "A cast is worn", "It goes over", "A nail suits")
    ranked = [replace(one, score=score) for one, score in zip(found, (0.9, 0.8, 0.7, 0.1), strict=True)]
    taste = Taste(attention=0.1)
    again = attended(ranked, [[ranked[1]], [ranked[0]]], (3.0, 1.0), taste)
    assert [(one.quote, round(one.score, 3)) for one in again] == [
        (ranked[1].quote, 0.8),
        (ranked[0].quote, 0.7),
        (ranked[2].quote, 0.5),  # as the one that was looked at least
        (ranked[3].quote, LOWEST),
    ]
