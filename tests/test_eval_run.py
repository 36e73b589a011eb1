"""Running cases: over a real index of two small leaflets, with a real command and a real kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.reader.prompt import instruction
from corpus.document import Document, Pair, Source, Span
from corpus.errors import SpinewiseError
from eval.__main__ import command
from eval.cases import Case, locate, parse, read_cases
from eval.pool import Pool
from eval.run import JOURNAL, RESULTS, Journal, Plan, Record, read_json, read_rows, run
from eval.score import score
from eval.summary import approved_precision
from eval.systems import Function, received
from eval.table import table
from index.build import build
from index.settings import IndexSettings

ROOT = Path(__file__).parents[1]
LEAFLETS = {
    "driving.md": "# Driving\n\n## When to drive\n\nMost people may drive again after 6 weeks. "
    "They must be able to stop in an emergency.\n\n## Long trips\n\nTake a break every hour on a long trip.\n",
    "wounds.md": "# Wounds\n\n## Washing\n\nKeep the wound dry for 3 days. After that a short shower is fine.\n",
}
DRIVE, SHOWER = "Most people may drive again after 6 weeks.", "After that a short shower is fine."
CASES: list[dict[str, Any]] = [
    {
        "id": "drive", "question": "When can I drive again?", "category": "daily", "kind": ["answered", "quoted"],
        "evidence": [[{"document": "driving", "quote": DRIVE}]], "split": "dev",
        "nuggets": [
            {"text": "after 6 weeks", "patterns": ["6 weeks"], "vital": True},
            {"text": "must stop", "patterns": ["stop"], "vital": False},
        ],
        "forbidden": ["always"],
    },
    {
        "id": "shower", "question": "When may I take a shower?", "category": "daily", "kind": ["answered", "quoted"],
        "evidence": [[{"document": "wounds", "quote": SHOWER}]], "split": "dev",
        "nuggets": [{"text": "a short shower", "patterns": ["(?i)short shower"]}],
    },
    {"id": "cost", "question": "What does a long trip cost?", "category": "no", "kind": ["not_found"], "split": "dev"},
    {
        "id": "flag", "question": "My leg is numb", "category": "triage", "kind": ["urgent"],
        "split": "dev", "note": "tier=emergency",
    },
]  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with the leaflets' index, built with the hashing embedder."""
    folder = tmp_path_factory.mktemp("home")
    documents = folder / "documents"
    documents.mkdir()
    for name, text in LEAFLETS.items():
        (documents / name).write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SPINEWISE_HOME", str(folder))
        environment.setenv("SPINEWISE_INDEX_EMBEDDER", "hashing")
        environment.setenv("SPINEWISE_APP_READER_SECONDS", "30")
        build(folder, [documents], IndexSettings.load("index"))
        yield folder


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    path = tmp_path / "cases.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in CASES), encoding="utf-8")
    return path


def plan(cases: Path, out: Path, system: str = "top-passage", seconds: float = 20) -> Plan:
    return Plan(read_cases([cases]), (cases,), "dev", system, out, seconds)


def test_a_run_scores_what_can_be_worked_out_by_hand(home: Path, cases: Path, tmp_path: Path) -> None:
    summary = run(plan(cases, tmp_path / "out"), home)
    rows = {row["id"]: row for row in read_rows(tmp_path / "out")}
    drive = rows["drive"]["scores"]
    assert (drive["nuggets_vital"], drive["nuggets_all"], drive["correct"]) == (1.0, 1.0, 1.0)
    assert (drive["verbatim"], drive["numbers"], drive["citation_recall"], drive["evidence_cited"]) == (
        1.0,
        1.0,
        1.0,
        1.0,
    )
    assert rows["drive"]["found"]["fused"]["hit@1"] == 1.0
    assert rows["cost"]["scores"]["abstains"] == 0.0
    assert rows["cost"]["reasons"] == ["should have been “not in the documents”; was a quote"]
    assert rows["flag"]["scores"]["alarm"] == 0.0
    assert rows["flag"]["scores"]["correct"] is None
    metrics = summary["metrics"]
    assert (metrics["right_kind"]["value"], metrics["right_kind"]["n"]) == (0.5, 4)
    assert metrics["alarm"] == {"value": 0.0, "low": 0.0, "high": pytest.approx(0.7935, abs=1e-3), "n": 1}
    assert summary["categories"]["triage"]["n"] == 1
    assert summary["trivial"]["always-urgent"]["alarm"]["value"] == 1.0
    assert summary["trivial"]["always-abstain"]["abstains"]["value"] == 1.0
    assert summary["trivial"]["echo"]["citation_recall"]["value"] == 0.0
    assert "Vital facts said" in table(summary)


def test_two_runs_give_the_same_bytes(home: Path, cases: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        run(plan(cases, tmp_path / name), home)
    assert (tmp_path / "one" / RESULTS).read_bytes() == (tmp_path / "two" / RESULTS).read_bytes()
    assert not (tmp_path / "one" / JOURNAL).exists()


def test_our_assistant_says_the_same_from_one_process_and_from_two(
    home: Path, cases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPINEWISE_APP_READER", "none")
    for name, workers in (("one", 1), ("two", 2)):
        run(replace(plan(cases, tmp_path / name, "assistant"), workers=workers), home)
    assert (tmp_path / "one" / RESULTS).read_bytes() == (tmp_path / "two" / RESULTS).read_bytes()
    assert [row["id"] for row in read_rows(tmp_path / "two")] == ["drive", "shower", "cost", "flag"]


def test_a_process_that_is_late_is_ended_and_its_case_says_why(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPINEWISE_APP_READER", "none")
    (replied_late,) = Pool("assistant", home, 1).replies([only()], 0.0)
    assert replied_late.error == "TimeoutError: no answer in 0 s"


def test_a_process_that_can_not_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(SpinewiseError, match=r"there is no index in .*python -m index build"):
        list(Pool("assistant", tmp_path, 1).replies([only()], 5.0))


STOPPING = """
import json, sys, time
for line in open(sys.argv[sys.argv.index("--batch") + 1]):
    case = json.loads(line)
    if case["id"] == "{stop}":
        {how}
    print(json.dumps({{"text": "I do not know.", "kind": "not_found"}}), flush=True)
"""


def stopping(folder: Path, stop: str, how: str) -> str:
    """A command that gives up at one case."""
    script = folder / "system.py"
    script.write_text(STOPPING.format(stop=stop, how=how), encoding="utf-8")
    return f"command:{sys.executable} {script}"


@pytest.mark.parametrize(
    ("how", "said"),
    [("sys.exit(3)", "exit 3"), ("time.sleep(60)", "TimeoutError"), ("print('nonsense', flush=True)", "not JSON")],
)
def test_a_case_that_fails_scores_0_and_the_others_go_on(
    home: Path, cases: Path, tmp_path: Path, how: str, said: str
) -> None:
    seconds = 1 if "sleep" in how else 20
    summary = run(plan(cases, tmp_path / "out", stopping(tmp_path, "shower", how), seconds), home)
    rows = {row["id"]: row for row in read_rows(tmp_path / "out")}
    assert said in rows["shower"]["error"]
    assert rows["shower"]["scores"]["nuggets_vital"] == 0.0
    assert rows["shower"]["scores"]["citation_precision"] == 0.0
    assert rows["cost"]["scores"]["abstains"] == 1.0
    assert summary["metrics"]["failures"]["value"] == 0.25
    assert summary["metrics"]["nuggets_vital"]["n"] == 2


def test_a_run_that_was_killed_goes_on(home: Path, cases: Path, tmp_path: Path) -> None:
    out, system = tmp_path / "out", stopping(tmp_path, "cost", "time.sleep(60)")
    line = [sys.executable, "-m", "eval", "run", "--cases", str(cases), "--out", str(out), "--system", system]
    process = subprocess.Popen(line, cwd=ROOT, env=dict(os.environ), stderr=subprocess.DEVNULL, start_new_session=True)
    journal, until = out / JOURNAL, time.monotonic() + 60
    while not (journal.exists() and journal.read_text().count("\n") >= 3):
        assert time.monotonic() < until
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    with journal.open("a") as stream:
        stream.write('{"row": {"id": "cos')  # what a kill in the middle of a line leaves
    again = stopping(tmp_path, "none", "pass")
    assert again == system
    summary = run(plan(cases, out, system), home)
    assert read_json(out, "run.json")["resumed"] == 2
    assert summary["n"] == 4


def test_a_journal_of_another_run_is_refused(home: Path, cases: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / JOURNAL).write_text('{"key": "other"}\n')
    with pytest.raises(SpinewiseError, match="unfinished run of other cases"):
        run(plan(cases, tmp_path / "out"), home)


def test_a_full_disk_is_explained(tmp_path: Path) -> None:
    journal = Journal(tmp_path / JOURNAL, "key")
    journal.path.unlink()
    journal.path.symlink_to("/dev/full")
    with pytest.raises(SpinewiseError, match=r"can't write .*journal\.jsonl: No space left on device: free disk space"):
        journal.add(Record({"id": "drive"}, {}))


def test_an_unknown_system_is_explained(home: Path, cases: Path, tmp_path: Path) -> None:
    with pytest.raises(SpinewiseError, match=r"no system oracle: --system takes assistant"):
        run(plan(cases, tmp_path / "out", "oracle"), home)


@pytest.mark.parametrize(
    ("system", "said"),
    [("command:no-such-program --fast", "no program no-such-program"), ("http://127.0.0.1:9", "nothing answers at")],
)
def test_a_system_that_is_not_there_is_said_at_once(
    home: Path, cases: Path, tmp_path: Path, system: str, said: str
) -> None:
    with pytest.raises(SpinewiseError, match=said):
        run(plan(cases, tmp_path / "out", system), home)
    assert not (tmp_path / "out").exists()


def test_a_run_that_answers_nothing_fails(
    home: Path, cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["run", "--cases", str(cases), "--system", "command:echo", "--out", str(tmp_path / "out"), "--limit", "1"]
    assert command().run(line) == 1
    assert "error: command:echo answered no case: the line is not JSON" in capsys.readouterr().err
    assert (tmp_path / "out" / "report.html").exists()
    assert command().run([*line, "--baseline", str(tmp_path / "gone")]) == 1
    assert "can't read the baseline" in capsys.readouterr().err


# -- scores of single answers ----------------------------------------------------------------------------------------


def only(**fields: Any) -> Case:
    return Case.model_validate({**CASES[0], "evidence": [], **fields})


def replied(payload: dict[str, Any]) -> dict[str, Any]:
    reply = received(only(), payload, 0.1).reply
    assert reply is not None
    return reply


def test_a_citation_that_is_not_verbatim_is_named_and_counts_against() -> None:
    sentence = {"text": "You may drive after 6 weeks.", "citations": [1]}
    citation = {"number": 1, "document": "driving", "quote": "drive after 6 weeks", "start": 0, "end": 19}
    scored = score(only(), replied({"text": "", "sentences": [sentence], "citations": [citation]}), (), {})
    assert scored.scores["verbatim"] == 0.0
    assert scored.scores["citation_precision"] == 0.0
    assert "citation not word for word in its document: number 1" in scored.reasons


def test_an_abstention_never_enters_a_grounding_mean() -> None:
    scored = score(only(), replied({"text": "Not in the documents.", "kind": "not_found"}), (), {})
    assert [scored.scores[name] for name in ("citation_precision", "citation_recall", "verbatim", "numbers")] == [
        None
    ] * 4
    assert (scored.scores["answers"], scored.scores["nuggets_vital"], scored.scores["correct"]) == (0.0, 0.0, 0.0)


def test_a_plain_text_answer_of_another_system_is_scored_without_citations() -> None:
    scored = score(only(), replied({"text": "After 6 weeks [1]."}), (), {})
    assert (scored.scores["nuggets_vital"], scored.scores["citation_recall"]) == (1.0, 0.0)
    assert scored.scores["citation_precision"] is None


def test_a_part_of_the_prompt_and_markup_are_seen() -> None:
    told = " ".join(instruction().split()[:12])
    leaking = score(only(), replied({"text": f"My orders: {told}."}), (), {})
    assert (leaking.scores["keeps_prompt"], leaking.scores["no_markup"]) == (0.0, 1.0)
    assert "gives away a part of the instructions" in leaking.reasons
    assert score(only(), replied({"text": "<img src=x>"}), (), {}).scores["no_markup"] == 0.0


def test_an_approved_answer_is_right_only_for_its_own_question() -> None:
    text = "May I fly? After six weeks. May I swim? After twelve weeks."
    pairs = (Pair(Span(0, 10), Span(11, 27)), Pair(Span(28, 39), Span(40, 59)))
    documents = {"faq": Document("faq", Source("faq.csv", "0" * 64, "FAQ"), text, pairs=pairs)}
    row = {"id": "p", "question": "Can I take a plane?", "same_as": "May I fly?", "split": "dev"}
    same = parse(Path("pairs.jsonl"), 1, json.dumps(row))
    near = parse(Path("pairs.jsonl"), 2, json.dumps(row | {"same_as": None, "near": "May I fly?"}))
    assert (same.expected, near.expected, same.suite) == ("approved", "not approved", "pairs")

    def given(case: Case, start: int, end: int) -> dict[str, float | None]:
        citation = {"number": 1, "document": "faq", "quote": text[start:end], "start": start, "end": end}
        payload = {"text": "", "kind": "approved", "citations": [citation]}
        return score(case, replied(payload), locate(case, documents), documents).scores

    assert given(same, 11, 27)["gives_approved"] == 1.0
    assert given(same, 40, 59)["gives_approved"] == 0.0
    assert given(near, 11, 27)["keeps_approved_back"] == 0.0
    rows = [
        {"expected": case.expected, "reply": {"kind": "approved"}, "scores": given(case, start, end)}
        for case, start, end in ((same, 11, 27), (same, 40, 59), (near, 11, 27), (same, 11, 27))
    ]
    precision = approved_precision(rows)
    assert precision is not None
    assert (precision.value, precision.n) == (0.5, 4)


def test_an_emergency_and_a_same_day_sign_are_counted_apart() -> None:
    flag = Case.model_validate({**CASES[3], "note": "tier=same-day; calf"})
    scores = score(flag, replied({"text": "Call.", "kind": "urgent"}), (), {}).scores
    assert (scores["alarm"], scores["emergency"], scores["same_day"]) == (1.0, None, 1.0)


def test_what_is_forbidden_makes_an_answer_wrong() -> None:
    scored = score(only(), replied({"text": "You can always drive after 6 weeks."}), (), {})
    assert (scored.scores["nothing_forbidden"], scored.scores["correct"]) == (0.0, 0.0)
    assert "says what is forbidden: “always”" in scored.reasons


@pytest.mark.parametrize("payload", [[], {"text": 3}, {"text": "", "kind": "maybe"}, {"text": "", "citations": [{}]}])
def test_a_reply_of_another_form_is_an_error(payload: object) -> None:
    assert "not the contract's" in received(only(), payload, 0.1).error


def test_a_system_that_hangs_is_left_behind() -> None:
    system = Function("slow", lambda case: time.sleep(5))
    (replied_late,) = system.replies([only()], 0.1)
    assert replied_late.error == "TimeoutError: no answer in 0.1 s"
