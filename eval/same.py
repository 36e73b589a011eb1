"""Which questions of different FAQs are one and the same, so that cases written for one corpus serve another too.

`cases/faq_same.jsonl` holds a group of questions a line. Knows nothing of documents.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from eval.provenance import ROOT

FILE = ROOT / "eval" / "cases" / "faq_same.jsonl"


@cache
def groups(path: Path = FILE) -> dict[str, frozenset[str]]:
    """Each question with all that are the same, itself among them."""
    if not path.exists():
        return {}
    rows = [frozenset(json.loads(line)["questions"]) for line in path.read_text(encoding="utf-8").split("\n") if line]
    return {question: row for row in rows for question in row}


def same_as(question: str) -> frozenset[str]:
    """The questions that are the same as this one, itself among them."""
    return groups().get(question, frozenset((question,)))
