"""The training items: every one is whole, grounded in its own passages, and none gives an evaluation case away."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from rapidfuzz import fuzz, process

from app.intent import examples
from app.matters import EXAMPLES as MATTERS
from app.reader.prompt import ABSTENTION
from app.teach_sameness import PAIRS, read
from app.triage.train import read_lines
from index.lessons import read_leaflets
from index.words import stems

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "app" / "training").glob("items*.jsonl"))
PAGES = ROOT / "app" / "training" / "page_questions.jsonl"
LEAFLETS = ROOT / "app" / "training" / "leaflets.jsonl"
TRIAGE = [ROOT / "app" / "training" / f"triage_{name}.tsv" for name in ("lines", "stories")]
CASES = sorted((ROOT / "eval" / "cases").glob("*.jsonl"))
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
SENTENCE = re.compile(r"([^\[\]]+)((?:\[\d+\]\s*)+)")


@pytest.fixture(scope="module")
def items() -> list[dict[str, Any]]:
    return [json.loads(line) for path in FILES for line in path.read_text(encoding="utf-8").splitlines()]


def test_there_are_enough_and_a_third_abstain(items: list[dict[str, Any]]) -> None:
    kinds = Counter(item["kind"] for item in items)
    assert len(items) >= 4000
    assert 0.28 < kinds["abstain"] / len(items) < 0.42
    assert set(kinds) == {"answer", "list", "both", "abstain"}
    assert len({item["id"] for item in items}) == len(items)


def test_markers_are_valid_and_figures_stand_in_the_cited_passage(items: list[dict[str, Any]]) -> None:
    for item in items:
        reply, passages = item["answer"], item["passages"]
        assert 3 <= len(passages) <= 5, item["id"]
        assert (reply == ABSTENTION) == (item["kind"] == "abstain"), item["id"]
        if reply == ABSTENTION:
            continue
        parts = SENTENCE.findall(reply)
        assert "".join("".join(part).split()[0] for part in parts), item["id"]
        assert re.sub(r"\s", "", "".join(a + b for a, b in parts)) == re.sub(r"\s", "", reply), item["id"]
        for said, marks in parts:
            numbers = [int(number) for number in re.findall(r"\d+", marks)]
            assert all(1 <= number <= len(passages) for number in numbers), item["id"]
            cited = " ".join(passages[number - 1] for number in numbers)
            assert set(NUMBER.findall(said)) <= set(NUMBER.findall(cited)), item["id"]


def test_replies_follow_their_passages(items: list[dict[str, Any]]) -> None:
    shares = []
    for item in items:
        for said, marks in SENTENCE.findall(item["answer"]):
            cited = " ".join(item["passages"][int(number) - 1] for number in re.findall(r"\d+", marks))
            known = set(stems(cited))
            own = stems(said)
            shares.append(sum(stem in known for stem in own) / max(1, len(own)))
    assert sum(shares) / len(shares) > 0.9
    assert sum(share < 0.5 for share in shares) / len(shares) < 0.01


def test_leaflets_name_the_sentence_that_answers_and_twins_differ() -> None:
    leaflets = read_leaflets([LEAFLETS])
    assert len({page.title for page in leaflets}) == len(leaflets) >= 100
    for page in leaflets:
        assert len(set(page.sentences)) == len(page.sentences) >= 18, page.title
        assert len({one.question for one in page.asked}) == len(page.asked), page.title
        for one in page.asked:
            assert set(one.answered_by) <= set(range(len(page.sentences))), one
            assert one.answered_by or not one.twin, one  # an unanswered question needs no twin
            assert one.twin.casefold() != one.question.casefold(), one
    asked = [one for page in leaflets for one in page.asked]
    unanswered = sum(not one.answered_by for one in asked) + sum(bool(one.twin) for one in asked)
    assert 0.15 < unanswered / len(asked) < 0.35


def test_no_question_is_an_evaluation_case(items: list[dict[str, Any]]) -> None:
    """Nearly the same letters (a ratio of 90 in 100) would be the same question, misspelt another way."""
    asked = [
        json.loads(line)["question"].lower()
        for path in CASES
        for line in path.read_text(encoding="utf-8").splitlines()
        if '"question"' in line
    ]
    pages = map(json.loads, PAGES.read_text(encoding="utf-8").splitlines())
    leaflets = [
        put for page in read_leaflets([LEAFLETS]) for one in page.asked for put in (one.question, one.twin) if put
    ]
    same = [pair.asked for pair in read(PAIRS)]
    taught = [
        *(row["question"] for row in (*items, *pages)), *leaflets, *(question for _, question in examples()), *same,
        *(question for _, question in read_lines(MATTERS)),
    ]  # fmt: skip
    own = [question.lower() for question in taught]
    scores = process.cdist(own, list(dict.fromkeys(asked)), scorer=fuzz.ratio, score_cutoff=90, dtype="uint8")
    assert [own[row] for row in scores.max(axis=1).nonzero()[0]] == []


def test_no_line_of_triage_is_a_test_case() -> None:
    """Development cases may be among them: triage learns those anyway."""
    rows = [json.loads(line) for path in CASES for line in path.read_text(encoding="utf-8").splitlines()]
    asked = [row["question"].lower() for row in rows if row.get("split") == "test" and "question" in row]
    own = [text.lower() for file in TRIAGE for _, text in read_lines(file)]
    scores = process.cdist(own, asked, scorer=fuzz.ratio, score_cutoff=90, dtype="uint8")
    assert [own[row] for row in scores.max(axis=1).nonzero()[0]] == []
