"""The README's figures: a folder of results, the section that is made of it, and that the README says the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import SpinewiseError
from eval.__main__ import command
from eval.at_scale import BM25, SHIPPED
from eval.everything import Sources, Step, carry_out, steps
from eval.figures import (
    BEGIN,
    END,
    README,
    SHOWN,
    gathered,
    percent,
    placed,
    read_figures,
    section,
    spelt,
    standing,
)


def a_run(folder: Path, value: float) -> None:
    """A finished run of which only what the README needs is there."""
    folder.mkdir(parents=True)
    figure = {"value": value, "low": value - 0.1, "high": value + 0.1, "n": 40}
    summary = {
        "metrics": dict.fromkeys(SHOWN, figure), "trivial": {"echo": {"correct": {"value": 0.25}}}, "stages": {},
        "times_ms": {"total": {"p50": 700.0, "p95": 1500.0, "p99": 2000.0, "n": 40}},
    }  # fmt: skip
    about = dict.fromkeys(("cases", "documents", "passages", "commit", "code", "machine"), 1)
    (folder / "summary.json").write_text(json.dumps(summary))
    (folder / "run.json").write_text(json.dumps(about | {"split": "test", "started": "2026-01-02 03:04 UTC"}))


def test_a_folder_of_results_becomes_a_section_of_the_readme(tmp_path: Path) -> None:
    a_run(tmp_path / "one" / "seeds", 0.5)
    a_run(tmp_path / "one" / "shipped", 0.8)
    found = gathered({"runs": {}}, tmp_path / "one")
    made = section(found)
    row = next(line for line in made.splitlines() if line.startswith("| Right in the end"))
    assert row.endswith("| 80 % (70–90), n=40 | 50 % (40–60), n=40 | 25 % |")
    assert "Answers what the sources hold (at least 90 %);" in made  # of both corpora
    assert "vital fact, or rightly not answered (at least 80 %), raw sources" in made
    page = placed("# Name\n\n## The files\n\ntree\n", made)
    assert standing(page) == made
    a_run(tmp_path / "two" / "shipped", 0.9)
    again = section(gathered(found, tmp_path / "two"))  # a folder of some steps changes only those
    assert "| 90 % (80–100), n=40 | 50 % (40–60), n=40 |" in again
    assert standing(placed(page, again)) == again
    assert page.count(BEGIN) == page.count(END) == 1
    with pytest.raises(SpinewiseError, match="no folder of results"):
        gathered(found, tmp_path / "three")


def test_every_study_has_its_place_in_the_section(tmp_path: Path) -> None:
    figure = {"value": 0.5, "low": 0.4, "high": 0.6, "n": 312}
    measures = dict.fromkeys(("hit@1", "ndcg@10"), figure)
    parts: dict[str, Any] = {
        "faq-seeds/faq.json": {"FAQ masked": {"faq-as-written": {"answered": figure, "vital facts": None}}},
        "retrieval.json": {
            "pages": 3000, "file": "medquad.jsonl", "questions": 312, "asked": "medquad_questions.jsonl",
            "rows": {BM25: measures, SHIPPED: measures}, "against": {BM25: {"difference": figure, "p": 0.0004}},
        },
    }  # fmt: skip
    took, fast = {"p50": 700.0, "p95": 1500.0}, {"prefill_tokens_per_second": 300.0, "decode_tokens_per_second": 20.0}
    way = {"query_ms": took, "recall@10": 0.97}
    parts["bench/bench.json"] = {
        "machine": "a machine", "start_seconds": 5.0, "peak_rss_mb": 900.0, "build": {"passages_per_second": 10.0},
        "answers_ms": {"warm": {"total": took}}, "search": [{"vectors": 1000, "exact": way, "hnsw": way}],
        "engines": {"ours": fast, "llama.cpp": fast | {"model": "m.gguf"}, "ours_over_llama.cpp": fast},
        "peers": {"A starter": {"times_ours": 12.5}, "another": {"error": "exit 1"}},
    }  # fmt: skip
    for name, payload in parts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(json.dumps(payload))
    made = section(gathered({"runs": {}}, tmp_path))
    assert "| raw sources, FAQ masked, as written | 50 % (40–60), n=312 | – | – |" in made
    assert "Finding the right page among 3,000 of medquad.jsonl, with 312 questions of medquad_questions.jsonl" in made
    assert "| 0.50 (0.40–0.60), n=312, p=0.0004 |" in made
    assert "| llama.cpp's server, the same prompts and threads | reads 300, writes 20 tokens a second |" in made
    assert "| Ours beside llama.cpp's | reads 300, writes 20 times as fast |" in made
    assert "| Whole answer, of half / of 95 in 100 | 0.70 s / 1.50 s |" in made
    assert "| A starter | 12.5 times as long as ours |" in made


def test_what_is_done_is_not_done_again_and_a_failure_says_where(tmp_path: Path) -> None:
    todo = list(steps(Sources(tmp_path / "home", tmp_path / "seeds", tmp_path / "pairs.jsonl"), tmp_path))
    assert [one.name for one in todo] == ["shipped", "seeds", "faq-shipped", "faq-seeds", "meta", "retrieval", "bench"]
    assert [one.name for one in steps(Sources(tmp_path, bench=None), tmp_path)] == ["shipped", "faq-shipped", "meta"]
    here = tmp_path / "out"
    here.mkdir()
    made = Step("made", ("no-such-command",), "made.json")
    (here / "made.json").write_text("{}")
    said: list[str] = []
    carry_out([made], here, said.append)
    assert said == ["1 of 1: made: done before"]
    with pytest.raises(SpinewiseError, match=r"other failed \(exit 2\)"):
        carry_out([Step("other", ("no-such-command",), "other.json")], here, said.append)


def test_what_is_named_and_not_there_is_said_before_the_first_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPINEWISE_HOME", str(tmp_path))
    line = ["all", "--out", str(tmp_path / "out"), "--pairs", str(tmp_path / "pairs.jsonl")]
    assert command().run(line) == 1
    assert "pairs.jsonl: name a file or folder that is there" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_almost_all_never_reads_as_all() -> None:
    assert [percent(share) for share in (1.0, 0.999, 0.004, 0.0, 0.66)] == ["100", "99.9", "0.4", "0", "66"]
    assert spelt("auc", {"value": 0.7, "low": 0.6, "high": 0.8, "n": 9}) == "0.70 (0.60–0.80), n=9"
    assert spelt("alarm", None) == "–"


def test_the_readme_says_what_the_figures_say() -> None:
    assert standing(README.read_text(encoding="utf-8")) == section(read_figures()), "run python -m eval readme"
