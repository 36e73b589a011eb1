"""The ten defects: that each does what it says, and that all are tried, on an assistant over two small leaflets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.site import open_assistant
from app.triage.check import Verdict
from eval.cases import Case
from eval.mutants import OneRuleLess, check, moved, other_numbers, shortened
from index.build import build
from index.settings import IndexSettings

DEFECTS = (
    "wrong citation offset", "citation of another document", "dropped last sentence", "number changed",
    "abstention threshold at 0", "one red-flag rule removed", "random retrieval", "history ignored", "latency tripled",
    "FAQ unmasked",
)  # fmt: skip
SURE = {"wrong citation offset", "citation of another document", "one red-flag rule removed", "FAQ unmasked"}
CASES: tuple[dict[str, Any], ...] = (
    {"id": "drive", "question": "When may I drive again?", "kind": ["answered", "quoted", "approved"],
     "nuggets": [{"text": "six weeks", "patterns": ["6 weeks"]}]},
    {"id": "stop", "question": "Must I be able to stop in an emergency when I drive?", "kind": ["answered", "quoted"]},
    {"id": "legs", "question": "I can't feel my groin and I can't pee", "kind": ["urgent"], "note": "tier=emergency"},
    {"id": "cost", "question": "What does a parking place cost?", "kind": ["not_found", "declined"]},
)  # fmt: skip


def test_defects_of_replies_worked_by_hand() -> None:
    reply = {"sentences": [{"text": "One."}, {"text": "Two."}], "citations": [{"start": 3, "end": 9}]}
    assert shortened(reply)["sentences"] == [{"text": "One."}]
    assert shortened({"sentences": [{"text": "One."}]})["sentences"] == [{"text": "One."}]
    assert moved(reply)["citations"] == [{"start": 4, "end": 10}]
    assert other_numbers("After 6 weeks or 3 months.") == "After 7 days or 4 weeks."


def test_one_rule_is_forgotten_and_no_other() -> None:
    class Flags:
        def check(self, question: str, history: object = ()) -> Verdict:
            return Verdict(question or None, report=bool(question))

    less = OneRuleLess(Flags(), "clot")
    assert (less.check("clot").report, less.check("fall").report) == (False, True)


def test_every_defect_is_tried_and_what_must_be_caught_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("HOME", str(tmp_path)), ("INDEX_EMBEDDER", "hashing"), ("APP_READER", "none")):
        monkeypatch.setenv(f"SPINEWISE_{name}", value)
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "driving.md").write_text(
        "# Driving\n\n## When to drive again\n\nMost people may drive again after 6 weeks. They must be able to stop in an "
        "emergency.\n", encoding="utf-8",
    )  # fmt: skip
    (documents / "faq.csv").write_text(
        "question,answer\nMay I fly?,You may fly after six weeks.\nMay I swim?,You may swim after twelve weeks.\n",
        encoding="utf-8",
    )
    build(tmp_path, [documents], IndexSettings.load("index"))
    cases = [
        Case.model_validate({"category": "c", "split": "dev", "source": "own.jsonl, line 1"} | one) for one in CASES
    ]
    said: list[str] = []
    found = {one.defect: one.findings for one in check(open_assistant(tmp_path), cases, said.append)}
    assert set(found) == set(DEFECTS)
    assert said[:2] == ["warming up", "undamaged"]
    assert {name for name in SURE if found[name]} == SURE, json.dumps(found, indent=1)
