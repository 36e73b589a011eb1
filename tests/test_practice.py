"""Practice clinics: what they claim is true of their documents, and the items made of them are what they should be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.reader.practice import Wish, items, leaflet, plain, wishes
from app.reader.prompt import ABSTENTION
from corpus.reader import read_folder
from corpus.settings import CorpusSettings

ROOT = Path(__file__).parents[1]
CLINICS = sorted((ROOT / "app" / "training" / "practice").iterdir())
DOCUMENTS = ("article.txt", "facts.tsv", "guide.txt")


@pytest.mark.parametrize("folder", CLINICS, ids=lambda folder: folder.name)
def test_all_evidence_stands_in_the_documents(folder: Path) -> None:
    library = read_folder([folder / name for name in DOCUMENTS], CorpusSettings())
    assert not library.failures
    text = " ".join(plain(document.text) for document in library.documents)
    rows = wishes(folder)
    assert len(rows) >= 75
    assert len({row.id for row in rows}) == len(rows)
    assert 0.25 < sum(row.kind == "abstain" for row in rows) / len(rows) < 0.45
    for row in rows:
        assert (row.kind == "abstain") == (not row.evidence), row.id
        assert all(plain(quote) in text for quote in row.evidence), row.id
    follow_ups = folder / "followups.jsonl"
    for line in follow_ups.read_text(encoding="utf-8").splitlines() if follow_ups.exists() else ():
        turn = json.loads(line)
        assert turn["history"], turn["id"]
        assert all(plain(quote) in text for quote in turn["evidence"]), turn["id"]


GUIDE = """Tooth bridges

What is a bridge?

A bridge fills the gap of a lost tooth. It is cemented to the teeth beside it.

How long does it last?

A bridge lasts about twelve years. Some last much longer. Grinding at night shortens that.

Eating

Avoid toffee for two days. Chew on the other side at first. Nuts are fine after a week.
"""
LASTING = Wish(
    id="b-1",
    question="how many years is it good for",
    other="Will it need replacing one day?",
    kind="answer",
    evidence=("A bridge lasts about twelve years.", "Some last much longer."),
)
COST = Wish(id="b-2", question="what does it cost", other="is it dear", kind="abstain", evidence=(), note="no price")
CLINIC = {
    "guide.txt": GUIDE,
    "facts.tsv": "bridge\tis made of\tporcelain\nbridge\tneeds\ttwo visits\n",
    "questions.jsonl": f"{LASTING.model_dump_json()}\n{COST.model_dump_json()}\n",
}


@pytest.fixture
def bridges(tmp_path: Path) -> Path:
    """The folder of a small clinic."""
    clinic = tmp_path / "clinic"
    clinic.mkdir()
    for name, text in CLINIC.items():
        (clinic / name).write_text(text, encoding="utf-8")
    return clinic


def test_as_a_leaflet_it_holds_every_sentence_under_its_heading_and_both_wordings(
    bridges: Path, tmp_path: Path
) -> None:
    made = leaflet(bridges, tmp_path / "home")
    answers = {one.question: {made.sentences[place] for place in one.answered_by} for one in made.asked}
    assert answers[LASTING.question] == answers[LASTING.other] == {
        "How long does it last?\nA bridge lasts about twelve years.", "How long does it last?\nSome last much longer.",
    }  # fmt: skip
    assert answers[COST.question] == answers[COST.other] == set()
    assert len(answers) == 4
    assert len(made.sentences) == 10


def test_items_show_what_is_found_with_the_answer_and_without(bridges: Path, tmp_path: Path) -> None:
    made = {item["id"]: item for item in items(bridges, tmp_path / "home")}
    assert set(made) == {"b-1a", "b-1a-without", "b-1b", "b-2a", "b-2b"}
    whole = made["b-1a"]
    number = next(n for n, text in enumerate(whole["passages"], 1) if "twelve years" in text)
    assert f"A bridge lasts about twelve years. [{number}]" in whole["answer"]
    assert whole["passages"][number - 1].startswith("How long does it last? ")
    without = made["b-1a-without"]
    assert without["answer"] == ABSTENTION
    assert without["kind"] == "abstain"
    assert not any("twelve" in text or "much longer" in text for text in without["passages"])
    assert any("Grinding at night" in text for text in without["passages"])  # what stood beside it tempts
    assert made["b-2a"]["answer"] == made["b-2b"]["answer"] == ABSTENTION


def test_an_answer_that_is_not_found_is_given_once_more(tmp_path: Path) -> None:
    clinic = tmp_path / "clinic"
    clinic.mkdir()
    near = "\n\n".join(
        f"Price {n}\n\nThe price of a crown of kind {n} is listed at the desk of floor {n}." for n in range(12)
    )
    (clinic / "guide.txt").write_text(
        f"Dental prices\n\n{near}\n\nInsurance\n\nPensioners get a third back.\n", encoding="utf-8"
    )
    row = Wish(
        id="p", question="the price of a crown at the desk", other="price of a crown, which floor", kind="answer",
        evidence=("Pensioners get a third back.",),
    )  # fmt: skip
    (clinic / "questions.jsonl").write_text(row.model_dump_json() + "\n", encoding="utf-8")
    made = {item["id"]: item for item in items(clinic, tmp_path / "home")}
    assert made["pa"]["answer"] == ABSTENTION
    assert "Pensioners get a third back. [" in made["pa-given"]["answer"]
