"""What triage learns from: every source once, never a held-out line, nothing from a doubtful one."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from zlib import crc32

from app.triage import Triage
from app.triage.train import QUESTION_WEIGHT, SHARE, examples, measured

BY_RULES = Triage.load(weights=None, meaning=None)
CALM = next(text for text in (f"How long is visit {n}?" for n in range(99)) if crc32(text.encode()) % SHARE == 0)
KEPT = next(text for text in (f"How long is visit {n}?" for n in range(99)) if crc32(text.encode()) % SHARE)


def test_held_and_doubtful_lines_are_never_learnt(tmp_path: Path) -> None:
    lines, held, leaflet = tmp_path / "lines.tsv", tmp_path / "held.tsv", tmp_path / "leaflets.jsonl"
    lines.write_text("clot\tMy shin is odd\ndoubtful\tMy shin is so-so\ninfection\tMy wound is funny\n")
    held.write_text("infection\tMy wound is funny\n")
    leaflet.write_text(json.dumps({"asked": [{"question": CALM}, {"question": KEPT, "twin": "I can't pee"}]}) + "\n")
    given = Namespace(examples=[lines], questions=leaflet, cases=None, held=held)
    learnt = {text: (label, weight) for label, text, weight in examples(BY_RULES, given)}
    assert learnt["My shin is odd"] == ("clot", 1.0)
    assert learnt[CALM] == ("none", QUESTION_WEIGHT)
    assert not {"My shin is so-so", "My wound is funny", KEPT}.intersection(learnt)
    assert learnt.get("I can't pee", ("cauda-equina", 1.0))[0] != "none"


def test_cards_are_counted_by_how_urgent_what_is_told_is() -> None:
    lines = [
        ("cauda-equina", "I can't pee and my groin is numb"),
        ("clot", "My calf is / swollen and red and hurts"),
        ("none", "How long is a visit?"),
        ("doubtful", "My shin is so-so"),
    ]
    assert measured(BY_RULES, lines) == "emergency 1 of 1, same-day 1 of 1, none 0 of 1"
