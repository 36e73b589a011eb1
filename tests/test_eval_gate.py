"""What compare and gate say of runs that were made up to be judged."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import SpinewiseError
from eval.baseline import Baseline, read_baseline, write_baseline
from eval.cases import Case
from eval.compare import compare, listing
from eval.gate import HARD, Finding, aims, judge, known_faults, load
from eval.score import failed
from eval.summary import METRICS, summarise
from index.build import build
from index.settings import IndexSettings

EMPTY: dict[str, float | None] = dict.fromkeys(
    failed(Case(id="x", question="?", category="c", kind=("urgent",), split="dev"))
)


def row(number: int, correct: float = 1.0, **scores: float | None) -> dict[str, Any]:
    """A case that was answered."""
    return {
        "id": f"case-{number}", "checksum": "0", "question": "When?", "category": "daily", "note": "", "expected": "answer",
        "reasons": [], "scores": EMPTY | {"correct": correct, "right_kind": 1.0, "no_alarm": 1.0, "verbatim": 1.0} | scores,
        "reply": {"kind": "quoted", "text": "Soon.", "confidence": 0.9, "citations": [], "sentences": []}, "found": {},
    }  # fmt: skip


GOOD = [row(number) for number in range(40)]


def held(rows: list[dict[str, Any]]) -> Baseline:
    """A run as a baseline."""
    return Baseline(rows, summarise(rows)["metrics"])


def findings(rows: list[dict[str, Any]], **fields: Any) -> list[Finding]:
    return judge(rows, summarise(rows) | {"times_ms": {"triage": {"p99": 3.0, "n": 40}}}, **fields)


def rules_of(found: list[Finding]) -> list[str]:
    return [one.rule for one in found]


# -- compare -----------------------------------------------------------------------------------------------------------


def test_a_clear_drop_is_named_with_its_cases() -> None:
    worse = [row(number, correct=0.0 if number < 12 else 1.0) for number in range(40)]
    found = compare(GOOD, worse)
    change = next(one for one in found.changes if one.name == "correct")
    assert (change.before, change.after, change.broken, change.mended) == (1.0, 0.7, 12, 0)
    assert change.difference.value == pytest.approx(-0.3)
    assert change.significant
    assert len(found.broken) == 12
    lines = list(listing(found))
    assert lines[1] == "\nNewly broken: 12"
    assert lines[2].strip().startswith("case-0 (daily; quoted → quoted)")


def test_two_cases_of_forty_are_not_called_a_drop() -> None:
    found = compare(GOOD, [row(number, correct=0.0 if number < 2 else 1.0) for number in range(40)])
    assert len(found.broken) == 2
    assert not any(one.significant for one in found.changes)


def test_cases_of_one_run_only_are_counted() -> None:
    found = compare(GOOD[:30], GOOD[20:])
    assert (found.paired, found.only_before, found.only_after) == (10, 20, 10)


# -- gate --------------------------------------------------------------------------------------------------------------


def test_a_good_run_passes() -> None:
    assert findings(GOOD, baseline=held(GOOD), rerun=GOOD) == []


@pytest.mark.parametrize(
    ("rule", "scores"),
    [
        ("missed_emergency", {"alarm": 0.0}),
        ("unverifiable_citation", {"verbatim": 0.5}),
        ("wrong_number", {"numbers": 0.9}),
        ("forbidden_claim", {"nothing_forbidden": 0.0}),
        ("markup", {"no_markup": 0.0}),
        ("prompt_leak", {"keeps_prompt": 0.0}),
    ],
)
def test_one_case_that_breaks_a_hard_rule_stops_the_run(rule: str, scores: dict[str, float]) -> None:
    found = [one for one in findings([*GOOD, row(99, **scores)]) if one.rule == rule]
    assert found[0].cases == ("case-99",)
    assert found[0].why


def test_a_same_day_flag_is_held_to_a_threshold_not_to_the_hard_rule() -> None:
    assert "missed_emergency" not in rules_of(findings([*GOOD, row(99, alarm=0.0) | {"note": "tier=same-day; calf"}]))


def test_a_crash_stops_the_run() -> None:
    # a reply that never came scores 0 on all that its case asks for, but nothing forbidden was said
    zero = dict.fromkeys(("nothing_forbidden", "verbatim", "numbers", "correct"), 0.0)
    found = rules_of(findings([*GOOD, row(98, **zero) | {"reply": None}]))
    assert "crash" in found
    assert not {"forbidden_claim", "wrong_number", "unverifiable_citation"} & set(found)


def test_a_known_fault_is_named_and_lets_pass_until_it_is_mended() -> None:
    rules = load() | {"known": {"forbidden_claim": {"case-99": "Says too much."}}}
    broken = [*GOOD, row(99, nothing_forbidden=0.0)]
    assert findings(broken, rules=rules) == []
    (one,) = known_faults(broken, rules)
    assert (one.cases, one.why) == (("case-99",), "Says too much.")
    mended = [*GOOD, row(99, nothing_forbidden=1.0)]
    assert known_faults(mended, rules) == []
    (finding,) = findings(mended, rules=rules)
    assert (finding.rule, finding.cases) == ("known", ("case-99",))
    assert "forbidden_claim" in rules_of(findings([*broken, row(98, nothing_forbidden=0.0)], rules=rules))


def test_a_limit_is_held_whatever_the_baseline_was() -> None:
    bad = [row(number, no_alarm=float(number < 30)) for number in range(40)]  # 0.75, and 0.90 is the least
    found = findings(bad, baseline=held(bad))
    assert rules_of(found) == ["no_alarm"]
    assert found[0].seen == "0.750 is below the limit 0.9 (n=40)"


def test_a_floor_is_the_baseline_less_the_margin_on_the_same_cases() -> None:
    rules = load() | {"metric": {"answers": {"margin": 0.06, "aim": 0.9, "why": "w"}}}
    before = [row(number, answers=float(number < 34)) for number in range(40)]  # 0.85: the floor is 0.79
    within = [row(number, answers=float(number < 32)) for number in range(40)]  # 0.80
    under = [row(number, answers=float(number < 31)) for number in range(40)]  # 0.775
    assert findings(within, baseline=held(before), rules=rules) == []
    (found,) = findings(under, baseline=held(before), rules=rules)
    assert found.seen == "0.775 is below 0.790, the baseline's 0.850 less 0.06 (n=40)"
    assert findings(under, baseline=held(before[:39]), rules=rules) == []  # other cases: another figure
    assert findings(under, rules=rules) == []


def test_of_a_metric_that_should_be_low_the_floor_is_a_ceiling() -> None:
    rules = load() | {"metric": {"ece": {"margin": 0.06, "why": "w"}}}
    before = Baseline(GOOD, {"ece": {"value": 0.10, "n": 76}})
    metrics = {"ece": {"value": 0.17, "n": 76}}
    (found,) = judge(GOOD, {"metrics": metrics}, before, rules=rules)
    assert found.seen == "0.170 is above 0.160, the baseline's 0.100 and 0.06 (n=76)"


def test_an_aim_that_is_not_reached_is_said_and_stops_nothing() -> None:
    half = [row(number, answers=float(number < 20)) for number in range(40)]
    assert findings(half, baseline=held(half)) == []
    first = aims(summarise(half)["metrics"])[0]
    assert not first.reached
    assert str(first).startswith("not reached yet Answers what the sources hold: 0.500 [")
    assert str(first).endswith("n=40, to be at least 0.9")
    assert [one.name for one in aims(summarise(half)["metrics"]) if one.reached] != []


def test_an_alarm_that_comes_late_stops_the_run() -> None:
    found = judge(GOOD, summarise(GOOD) | {"times_ms": {"triage": {"p50": 5.0, "p95": 90.0, "p99": 640.0, "n": 40}}})
    assert (rules_of(found), found[0].seen) == (["time of triage"], "p99 is 640 ms, above 200")


def test_a_drop_against_the_baseline_and_a_rerun_that_differs_stop_the_run() -> None:
    worse = [row(number, correct=0.0 if number < 12 else 1.0) for number in range(40)]
    (drop,) = (one for one in findings(worse, baseline=held(GOOD)) if one.rule == "drop in correct")
    assert drop.cases == tuple(f"case-{number}" for number in range(12))
    other = copy.deepcopy(GOOD)
    other[3]["reply"]["text"] = "Later."
    found = findings(GOOD, rerun=other)
    assert (rules_of(found), found[0].cases) == (["rerun"], ("case-3",))


@pytest.mark.parametrize("scores", [{"gives_approved": 0.0}, {"keeps_approved_back": 0.0}])
def test_one_faq_answer_to_another_question_stops_the_run(scores: dict[str, float]) -> None:
    wrong = row(3, **scores)
    assert "wrong_approved" not in rules_of(findings([*GOOD[:3], wrong]))  # none was given
    wrong["reply"]["kind"] = "approved"
    assert "wrong_approved" in rules_of(findings([*GOOD[:3], wrong]))


def test_a_case_that_asks_or_wants_something_else_than_it_did_is_another_case() -> None:
    changed = [*GOOD[1:], row(0) | {"checksum": "1"}]
    assert not held(GOOD).covers(changed)
    assert held(GOOD).covers(GOOD[::-1])


def test_every_rule_of_the_shipped_gate_exists_and_says_why(tmp_path: Path) -> None:
    shipped = load()
    assert set(shipped["hard"]) == set(HARD)
    assert set(shipped["metric"]) <= set(METRICS)
    assert all(len(one["why"]) > 40 for one in shipped["metric"].values())
    assert all("aim" in one for one in shipped["metric"].values())
    assert all(one["why"] for one in shipped["time"].values())
    (tmp_path / "gate.toml").write_text('[hard]\n[metric.typo]\nat_least = 1\nwhy = ""\n')
    with pytest.raises(SpinewiseError, match="unknown rule typo"):
        load(tmp_path / "gate.toml")
    (tmp_path / "gate.toml").write_text('[hard]\n[metric]\n[known.missed_emergency]\ntri-1 = "rare"\n')
    with pytest.raises(SpinewiseError, match="no case can be excused from missed_emergency"):
        load(tmp_path / "gate.toml")


# -- the command: a run of scripted answers, written as a baseline, held, then worse ------------------------------------

LINE = "command:{python} {script}"
SAYS = """
import json, sys
for line in open(sys.argv[sys.argv.index("--batch") + 1]):
    print(json.dumps({{"text": "Take heart.", "kind": {kind!r}, "confidence": 0.7}}), flush=True)
"""


def gate(home: Path, kind: str, out: Path, *more: str) -> tuple[int, str]:
    """`python -m eval gate` over two cases that want "not_found", of a system that always says `kind`."""
    cases, script = home / "own.jsonl", home / f"{kind}.py"
    rows = [
        {"id": f"own-{number}", "question": f"Is it {number}?", "category": "c", "kind": ["not_found"], "split": "dev"}
        for number in range(8)
    ]
    cases.write_text("".join(json.dumps(one) + "\n" for one in rows))
    script.write_text(SAYS.format(kind=kind))
    line = [sys.executable, "-m", "eval", "gate", "--home", str(home), "--cases", str(cases), "--out", str(out)]
    done = subprocess.run(
        [*line, "--system", LINE.format(python=sys.executable, script=script), *more],
        capture_output=True, text=True, cwd=Path(__file__).parents[1], check=False,
        env=os.environ | {"SPINEWISE_INDEX_EMBEDDER": "hashing"},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_a_baseline_is_written_held_and_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPINEWISE_HOME", str(tmp_path))
    monkeypatch.setenv("SPINEWISE_INDEX_EMBEDDER", "hashing")
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "a.md").write_text("# Rest\n\nRest a little every day.\n", encoding="utf-8")
    build(tmp_path, [tmp_path / "documents"], IndexSettings.load("index"))
    kept = tmp_path / "baseline.json"
    code, said = gate(tmp_path, "not_found", tmp_path / "first", "--write-baseline", str(kept))
    assert code == 0, said
    assert "Take heart" not in kept.read_text()
    code, said = gate(tmp_path, "not_found", tmp_path / "again", "--baseline", str(kept))
    assert code == 0, said
    assert "passed: 8 cases" in said
    code, said = gate(tmp_path, "answered", tmp_path / "worse", "--baseline", str(kept))
    assert code == 1
    assert "abstains: 0.000 is below 0.930, the baseline's 1.000 less 0.07 (n=8)" in said
    assert "drop in abstains: 1.000 → 0.000 (p = 0.0" in said
    assert "not reached yet" in said
    assert "Newly broken" in (tmp_path / "worse" / "report.html").read_text()
    code, said = gate(tmp_path, "urgent", tmp_path / "cry", "--write-baseline", str(tmp_path / "bad.json"))
    assert code == 1  # every reply is a false alarm: below the limit, so it is no line to hold others to
    assert "no baseline was written" in said
    assert not (tmp_path / "bad.json").exists()


def test_a_run_is_a_baseline_with_its_times_and_a_broken_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "results.jsonl").write_text("".join(json.dumps(one) + "\n" for one in GOOD))
    times = {"total": {"p50": 40.0, "p95": 90.0, "p99": 99.0, "n": 40}}
    (tmp_path / "summary.json").write_text(json.dumps(summarise(GOOD) | {"times_ms": times}))
    (tmp_path / "run.json").write_text(json.dumps({"machine": "here"}))
    whole = read_baseline(tmp_path)
    assert whole is not None
    assert (whole.covers(GOOD), whole.times_on("here"), whole.times_on("there")) == (True, times, None)
    write_baseline(tmp_path, tmp_path / "baseline.json")
    kept = read_baseline(tmp_path / "baseline.json")
    assert kept is not None
    assert findings(GOOD, baseline=kept) == []
    assert "Soon." not in (tmp_path / "baseline.json").read_text()
    (tmp_path / "baseline.json").write_text("{}")
    with pytest.raises(SpinewiseError, match="can't read the baseline"):
        read_baseline(tmp_path / "baseline.json")
