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

from corpus.errors import SpinewiseError
from eval.__main__ import command
from eval.cases import Case, read_cases
from eval.pool import Pool
from eval.run import JOURNAL, RESULTS, Journal, Plan, Record, read_json, read_rows, run
from eval.systems import received
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
ANY = Case.model_validate({**CASES[0], "evidence": []})


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
    (replied_late,) = Pool("assistant", home, 1).replies([ANY], 0.0)
    assert replied_late.error == "TimeoutError: no answer in 0 s"


def test_a_process_that_can_not_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(SpinewiseError, match=r"there is no index in .*python -m index build"):
        list(Pool("assistant", tmp_path, 1).replies([ANY], 5.0))


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


def test_a_reply_with_figures_as_text_is_read_and_one_that_is_none_is_named() -> None:
    cited = {"number": "1", "document": "driving", "start": "16", "end": "58", "quote": DRIVE}
    told = {"text": DRIVE, "sentences": [{"text": DRIVE, "citations": ["1"]}], "citations": [cited]}
    reply = received(ANY, told, 0.1).reply
    assert reply is not None
    assert reply["citations"][0]["start"] == 16
    assert reply["sentences"][0]["citations"] == [1]
    assert "ValueError" in received(ANY, told | {"citations": [cited | {"start": "here"}]}, 0.1).error


@pytest.mark.parametrize(
    "line", [["run", "--workers", "-1"], ["retrieval", "x", "--pages", "-5"], ["retrieval", "x", "--questions", "0"]]
)
def test_numbers_that_can_not_be_are_refused_before_anything_runs(line: list[str], capsys) -> None:
    with pytest.raises(SystemExit):
        command().run(line)
    assert f"invalid {'count' if '--questions' in line else 'none_or_more'} value" in capsys.readouterr().err


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
