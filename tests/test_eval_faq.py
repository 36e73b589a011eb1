"""FAQ evaluation: that masking leaves nothing of the FAQ to find, that files are read, that the judge is measured."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import SpinewiseError
from eval.cases import Nugget
from eval.faq import (
    BY_RULE,
    REWORDED,
    WRITTEN,
    Reworded,
    entries_of,
    faq_cases,
    found_again,
    home_with,
    names,
    only_there,
    read_reworded,
)
from eval.faq_file import Entry, read_entries
from eval.masking import masked_index
from eval.meta import Pair, agreement, paraphrases, physicians
from eval.rewording import rewordings
from eval.run import RESULTS
from eval.score import reference_said
from index.build import build
from index.search import Index
from index.settings import IndexSettings

LEAFLET = """# After the operation

## Walking

Most people walk on the first day. A nurse helps.

## Frequently asked questions

### When can I swim?

Swimming is fine after twelve weeks.

### May I fly?

Short flights are fine after six weeks.
"""


def index_home(home: Path) -> Path:
    """A home whose index is of a leaflet with an FAQ of two questions, by the hashing embedder."""
    (home / "documents").mkdir()
    (home / "documents" / "leaflet.md").write_text(LEAFLET, encoding="utf-8")
    build(home, [home / "documents"], IndexSettings(embedder="hashing"))
    return home


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """The index of such a home."""
    return Index.open(index_home(tmp_path_factory.mktemp("home")), IndexSettings(embedder="hashing"))


def test_masking_leaves_nothing_of_the_faq(index: Index) -> None:
    assert len(index.pairs) == 2
    assert any("welve weeks" in hit.passage.text for hit in index.search("When can I swim?", 5))
    masked = masked_index(index)
    assert masked.pairs == ()
    assert [passage.text for passage in masked.passages] == ["Most people walk on the first day. A nurse helps."]
    assert not any("swim" in hit.passage.text.lower() for hit in masked.search("When can I swim?", 5))
    assert all(section.kind != "faq" for section in masked.documents["leaflet"].sections)


def test_the_rest_is_found_and_cited_as_before(index: Index) -> None:
    masked = masked_index(index)
    hit = masked.search("Who walks on the first day?", 1)[0]
    assert hit.passage.number == 0
    assert masked.sentence_vectors(hit.passage).shape[0] == len(hit.passage.sentences)
    original = next(one for one in index.passages if one.text == hit.passage.text)
    assert (hit.passage.start, hit.passage.end) == (original.start, original.end)
    assert np.allclose(masked.sentence_vectors(hit.passage), index.sentence_vectors(original))


def test_each_question_is_asked_as_written_and_in_other_words(index: Index) -> None:
    fact = Nugget(text="twelve weeks", patterns=("twelve",))
    reworded = [
        Reworded(id="swim-a", faq="When can I swim?", question="pool when?", nuggets=(fact,), split="dev"),
        Reworded(id="swim-b", faq="When can I swim?", question="back in the water", nuggets=(fact,), split="test"),
        Reworded(id="other", faq="Gone?", question="gone", nuggets=(fact,), split="dev"),
    ]
    cases = faq_cases(entries_of(index), reworded)
    assert [(case.id, case.category) for case in cases] == [
        ("faq-when-swim", WRITTEN), ("faq-fly", WRITTEN), ("swim-a", REWORDED),
        ("faq-when-swim-story", BY_RULE), ("faq-when-swim-words-alone", BY_RULE), ("faq-when-swim-mistyped", BY_RULE),
        ("faq-fly-story", BY_RULE), ("faq-fly-words-alone", BY_RULE), ("faq-fly-mistyped", BY_RULE),
    ]  # fmt: skip
    assert cases[0].reference == cases[3].reference == "Swimming is fine after twelve weeks."
    assert cases[0].nuggets == cases[2].nuggets == (fact,)
    assert cases[2].evidence[0][0].quote == "Swimming is fine after twelve weeks."


def test_a_question_is_reworded_by_rule_and_always_alike() -> None:
    question = "How long do I stay in hospital?"
    made = dict(rewordings(question))
    assert list(made) == ["story", "words alone", "mistyped"]
    assert question in made["story"]
    assert made["words alone"] == "how long stay hospital"
    assert sorted(made["mistyped"]) == sorted("how long do i stay in hospital")  # letters changed places, none is lost
    assert made["mistyped"] != "how long do i stay in hospital"
    assert dict(rewordings(question)) == made


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("faq.jsonl", '{"question": "May I fly?", "answer": "To Nîmes, after six weeks; not before."}\n'),
        ("faq.csv", 'question,answer\nMay I fly?,"To Nîmes, after six weeks; not before."\nMay I swim?,No.\n'),
        ("excel.csv", 'sep=;\nFrage;Antwort\nMay I fly?;"To Nîmes, after six weeks; not before."\nMay I swim?;No.\n'),
        ("bare.csv", 'May I fly?;"To Nîmes, after six weeks; not before.";ward 3\nHow to swim;No.\n'),
        ("commas.csv", 'May I fly?;"To Nîmes, after six weeks; not before."\nMay I, too, swim?;No, not here, never.\n'),
        ("faq.tsv", "May I fly?\tTo Nîmes, after six weeks; not before.\n"),
        (
            "faq.md",
            "# FAQ\n\n## Frequently asked questions\n\n### May I fly?\n\nTo Nîmes, after six weeks; not before.\n",
        ),
        (
            "leaflet.md",
            "# Ours\n\nWelcome.\n\n## May I fly?\n\nTo Nîmes, after six weeks; not before.\n\n## Parking\n\nFree.\n",
        ),
    ],
)
def test_a_clinics_faq_is_read_as_clinics_keep_them(tmp_path: Path, name: str, text: str) -> None:
    for encoding in ("utf-8",) if name.endswith("jsonl") else ("utf-8", "latin-1"):
        (tmp_path / name).write_bytes(text.replace("\n", "\r\n").encode(encoding))
        assert read_entries(tmp_path / name)[0] == Entry("May I fly?", "To Nîmes, after six weeks; not before.")


def test_a_clinics_own_other_wordings_are_asked_too(tmp_path: Path) -> None:
    table = tmp_path / "faq.csv"
    table.write_text("question;answer;unit;in other words;in other words 2\nMay I fly?;Yes.;3B;plane ok?;\n")
    lines = tmp_path / "faq.jsonl"
    lines.write_text('{"question": "May I fly?", "answer": "Yes.", "in other words": ["plane ok?"]}\n')
    assert read_entries(table) == read_entries(lines) == [Entry("May I fly?", "Yes.", None, ("plane ok?",))]
    cases = faq_cases(read_entries(table), ())
    assert [(case.id, case.question) for case in cases if case.category == REWORDED] == [
        ("faq-fly-other-1", "plane ok?")
    ]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("empty.csv", "", "empty.csv: the file is empty"),
        ("empty.jsonl", "\n", "empty.jsonl: no question with an answer"),
        ("phones.csv", "name,phone\nBob,12\nAnn,13\n", "phones.csv: no question with an answer"),
        ("faq.jsonl", '{"question": "May I fly?"}\n', r"faq\.jsonl, line 1: no 'answer'"),
        ("prose.md", "# Ours\n\nWelcome.\n", "prose.md: no question with an answer"),
        ("table.xlsx", "x", r"table\.xlsx: files of the format \.xlsx are not read"),
    ],
)
def test_a_file_that_is_no_faq_is_named(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(SpinewiseError, match=said):
        read_entries(tmp_path / name)
    with pytest.raises(SpinewiseError, match=r"can't read .*gone\.csv: No such file"):
        read_entries(tmp_path / "gone.csv")


def test_a_clinics_faq_is_masked_in_an_index_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # the same question as in the leaflet with another answer, and one that is new: both are the file's own
    monkeypatch.setenv("SPINEWISE_INDEX_EMBEDDER", "hashing")
    entries = [Entry("When can I swim?", "Swim when the wound is dry."), Entry("Where can I park?", "On Mill Lane.")]
    made = Index.open(home_with(entries, index_home(tmp_path), tmp_path / "out"), IndexSettings(embedder="hashing"))
    there = found_again(entries, made)
    assert [(one.answer, one.document) for one in there] == [
        ("Swim when the wound is dry.", "faq"), ("On Mill Lane.", "faq"),
    ]  # fmt: skip
    assert any("Mill Lane" in hit.passage.text for hit in made.search("Where can I park?", 5))
    masked = masked_index(made)
    assert not any("Mill" in one.text or "dry" in one.text or "welve" in one.text for one in masked.passages)
    with pytest.raises(SpinewiseError, match="not read as a question with an answer: “Who\\?”"):
        found_again([Entry("Who?", "You.")], made)


def test_documents_that_are_all_faq_leave_nothing_to_mask(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "faq.csv").write_text("question,answer\nMay I fly?,Yes.\n")
    settings = IndexSettings(embedder="hashing")
    build(tmp_path, [tmp_path / "documents"], settings)
    with pytest.raises(SpinewiseError, match="without the FAQ nothing is left"):
        masked_index(Index.open(tmp_path, settings))


def test_an_answer_is_held_against_the_faqs_own() -> None:
    answer = "Swimming is fine after twelve weeks. Take it easy."
    assert reference_said("Swimming is fine after twelve weeks.", answer) == 0.5
    assert reference_said("Ask your team.", answer) == 0.0
    assert reference_said("Ask your team.", "") is None


def test_what_only_the_faq_answers_is_listed(tmp_path: Path) -> None:
    for folder, right in (("with", (1.0, 1.0)), ("masked", (1.0, 0.0))):
        (tmp_path / folder).mkdir()
        rows = [
            {"id": f"faq-{place}", "category": WRITTEN, "question": "?", "scores": {"correct": one}}
            for place, one in enumerate(right, 1)
        ]
        (tmp_path / folder / RESULTS).write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert [row["id"] for row in only_there(tmp_path / "with", tmp_path / "masked")] == ["faq-2"]


def test_a_bad_paraphrase_is_named(tmp_path: Path) -> None:
    (tmp_path / "faq.jsonl").write_text('{"question": "May I fly?"}\n', encoding="utf-8")
    with pytest.raises(SpinewiseError, match=r"faq\.jsonl, line 1: id"):
        read_reworded(tmp_path / "faq.jsonl")


# -- the judge, measured ---------------------------------------------------------------------------------------------


def test_agreement_worked_by_hand() -> None:
    # the judge passes 1 and 2, refuses 3 and 4; people pass 1 and 3: half agree, half by chance
    source = "Walk on the first day."
    said = [source, "Walk the first day.", "Some other words here.", "Walk on the second week."]
    found = agreement("pairs", [Pair(text, source, text in (said[0], said[2]), "note") for text in said])
    assert found.kappa is not None
    assert found.kappa.value == 0.0
    assert found.precision is not None
    assert (found.precision.value, found.precision.n) == (0.5, 2)
    assert found.wrong == {"passed: note": 1, "refused: note": 1}


def test_the_shipped_judge_is_better_than_chance_on_pairs_marked_by_hand() -> None:
    found = agreement("dev", list(paraphrases()))
    assert found.kappa is not None
    assert found.kappa.n > 150
    assert found.kappa.low > 0.2


def test_physicians_pairs_are_read(tmp_path: Path) -> None:
    row = {"claim": "It spreads.", "answer": "It can spread.", "majority": "Entailment", "category": "Must_have"}
    (tmp_path / "kqa.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert list(physicians(tmp_path / "kqa.jsonl")) == [Pair("It spreads.", "It can spread.", True, "Must_have")]


def test_questions_of_the_same_words_have_names_of_their_own() -> None:
    asked = ("May I fly?", "Can I fly?", "Warum?", "為什麼?", "Is it?")
    assert list(names([Entry(one, "Yes.") for one in asked])) == ["faq-fly", "faq-fly-2", "faq-warum", "faq-4", "faq-5"]
