"""The report of a run: what it says first, what it escapes, and that a browser finds it accessible and working
offline.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect, sync_playwright

from corpus.errors import SpinewiseError
from eval.baseline import Baseline
from eval.charts import calibration, risk_coverage
from eval.faults import KINDS, faults
from eval.gate import load
from eval.report import headline, page, write
from eval.run import RESULTS, RUN, SUMMARY, TIMINGS
from eval.summary import CASE_METRICS, summarise

CHROMIUM = "/usr/bin/chromium"
EVIL = "<script>document.title='taken over'</script>"


def row(name: str, question: str, **changes: Any) -> dict[str, Any]:
    """A case that was answered in one sentence with one citation."""
    scores = {one.name: None for one in CASE_METRICS} | {
        "right_kind": 1.0,
        "correct": 1.0,
        "no_alarm": 1.0,
        "verbatim": 1.0,
    }
    made: dict[str, Any] = {
        "id": name, "question": question, "category": "daily", "note": "plain", "split": "dev", "expected": "answer",
        "wanted": ["quoted"], "rule": None, "history": [], "error": "", "reasons": [], "found": {}, "hits": [],
        "scores": scores | changes.pop("scores", {}),
        "reply": {
            "kind": "quoted", "text": "Rest. [1]", "confidence": 0.8,
            "sentences": [{"text": "Rest.", "citations": [1], "support": 1.0}],
            "citations": [{"number": 1, "document": "leaflet", "quote": "Rest.", "start": 6, "end": 11}],
        },
        "details": {
            "nuggets": [{"text": "to rest", "vital": True, "hit": True}], "contexts": {"1": ["First ", " Then walk."]},
            "sentences": [{"supported": True, "coverage": 1.0, "wrong": []}], "text": "Rest.",
        },
    }  # fmt: skip
    return made | changes


ROWS = [
    row("fine", "What first?"),
    row("evil", EVIL, scores={"correct": 0.0, "nuggets_vital": 0.5}, reasons=["leaves out (vital): " + EVIL]),
    row(
        "flag",
        "I can't feel my legs",
        expected="urgent",
        wanted=["urgent"],
        scores={"alarm": 0.0, "right_kind": 0.0, "correct": None},
    ),
    row("crash", "And then?", reply=None, details={}, error="TimeoutError: no answer in 1 s", scores={"correct": 0.0}),
]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A finished run."""
    timings = [{"id": one["id"], "seconds": 0.25, "timings_ms": {"search": 12.0}} for one in ROWS]
    for name, rows in ((RESULTS, ROWS), (TIMINGS, timings)):
        (tmp_path / name).write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    summary = summarise(ROWS) | {
        "trivial": {},
        "times_ms": {"total": {"p50": 250.0, "p95": 250.0, "p99": 250.0, "n": 4}},
    }
    (tmp_path / SUMMARY).write_text(json.dumps(summary), encoding="utf-8")
    about = {"system": "assistant", "split": "dev", "cases": 4, "started": "today", "files": {"cases.jsonl": "0" * 64}}
    (tmp_path / RUN).write_text(json.dumps(about), encoding="utf-8")
    return tmp_path


def test_what_harms_most_comes_first_and_each_kind_once() -> None:
    late = row("late", "And my other leg?", scores={"alarm": 0.0, "correct": None})
    found = faults([*ROWS, late])
    assert [group.kind.title for group in found] == [
        "A red flag raised no alarm", "No answer came", "Left out a fact that matters",
    ]  # fmt: skip
    assert [[one["id"] for one in group.rows] for group in found] == [["flag", "late"], ["crash"], ["evil"]]
    assert all(kind.meaning and kind.mend for kind in KINDS)


def test_three_kinds_stand_at_the_top_and_the_others_in_a_table(run: Path) -> None:
    turned = row("away", "Where?", scores={"correct": 0.0, "answers": 0.0, "nuggets_vital": 0.0, "right_kind": 0.0})
    beside = row("beside", "Who?", scores={"correct": 0.0, "answers": 1.0, "nuggets_vital": 0.0})
    (run / RESULTS).write_text("".join(json.dumps(one) + "\n" for one in [*ROWS, turned, beside]), encoding="utf-8")
    with (run / TIMINGS).open("a") as stream:
        stream.writelines(
            json.dumps({"id": name, "seconds": 0.1, "timings_ms": {}}) + "\n" for name in ("away", "beside")
        )
    html = page(run)
    top = html[html.index("Fix these first</h2>") : html.index("After these, worst first")]
    assert re.findall(r"<strong>(.*?)\.</strong>", top) == [
        "A red flag raised no alarm", "No answer came", "Answered beside the point",
    ]  # fmt: skip
    rest = html[html.index("After these, worst first") : html.index("In short</h2>")]
    assert rest.index("Left out a fact that matters") < rest.index("Turned away")
    assert top.count("What to do:") == 3


def test_what_no_document_holds_is_not_called_a_miss() -> None:
    away = {"correct": 0.0, "answers": 0.0}
    rows = [row("masked", "Where?", scores=away), row("missed", "When?", scores=away, found={"fused": {"hit@5": 1.0}})]
    assert [group.kind.title for group in faults(rows)] == [
        "Turned away, and no document is known to hold the answer", "Turned away, although the documents hold the answer",
    ]  # fmt: skip
    made = row("a", "where parking", scores=away, note="how=words alone")
    assert [one["id"] for one in faults([made, rows[0]])[0].rows] == ["masked", "a"]


def test_of_a_single_kind_three_questions_are_named(run: Path) -> None:
    asked = ["How long?", "How often?", "How soon?", "How much?"]
    wrong = [row(f"w{place}", one, scores={"correct": 0.0, "nuggets_vital": 0.5}) for place, one in enumerate(asked)]
    (run / RESULTS).write_text("".join(json.dumps(one) + "\n" for one in wrong), encoding="utf-8")
    (run / TIMINGS).write_text("".join(json.dumps({"id": one["id"], "seconds": 0.1}) + "\n" for one in wrong))
    top = page(run).split("Fix these first</h2>")[1].split("In short</h2>")[0]
    assert [one for one in asked if one in top] == asked[:3]


def test_a_case_of_an_faq_shows_its_answer_and_is_judged_by_it(run: Path) -> None:
    unlike = row("unlike", "When?", scores={"correct": 0.0}, reference="After <b>six</b> weeks.")
    unlike["details"]["reference_said"] = 0.0
    (run / RESULTS).write_text(json.dumps(unlike) + "\n", encoding="utf-8")
    (run / TIMINGS).write_text(json.dumps({"id": "unlike", "seconds": 0.1}) + "\n")
    (run / RUN).write_text(json.dumps({"system": "assistant-masked", "split": "dev", "cases": 1, "started": "today"}))
    html = page(run)
    assert "Says nothing that the FAQ says" in html
    assert "<h3>What the FAQ answers</h3><blockquote>After &lt;b&gt;six&lt;/b&gt; weeks.</blockquote>" in html
    assert "In this run the FAQ was hidden" in html


def test_a_follow_up_is_shown_with_the_question_before_it(run: Path) -> None:
    said = [{"role": "user", "content": "May I fly?"}, {"role": "assistant", "content": "Yes."}]
    wrong = row("then", "And swim?", history=said, scores={"correct": 0.0, "nuggets_vital": 0.5})
    (run / RESULTS).write_text(json.dumps(wrong) + "\n", encoding="utf-8")
    (run / TIMINGS).write_text(json.dumps({"id": "then", "seconds": 0.1}) + "\n")
    assert "Asked (after “May I fly?”): “And swim?”" in page(run)


def test_a_folder_without_a_run_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(SpinewiseError, match="no finished run"):
        write(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_aims_and_known_faults_are_not_hidden(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "eval.report.load", lambda: load() | {"known": {"forbidden_claim": {"said": "It is too sure."}}}
    )
    rows = [*ROWS, row("said", "Sure?", scores={"nothing_forbidden": 0.0})]
    (run / RESULTS).write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    with (run / TIMINGS).open("a") as stream:
        stream.write(json.dumps({"id": "said", "seconds": 0.1, "timings_ms": {}}) + "\n")
    html = page(run)
    assert "not reached yet" in html
    known = html[html.index("Known faults that are let pass") :]
    assert "It is too sure." in known[:600]


def test_the_headline_is_in_whole_numbers() -> None:
    assert "Of 3 questions to answer or to turn away, 1 were handled right (of all such: 6 to 79 in 100)." in headline(
        summarise(ROWS)
    )


def test_the_page_needs_no_network_and_escapes_what_it_shows(run: Path) -> None:
    html = page(run)
    assert EVIL not in html
    assert "&lt;script&gt;" in html
    assert not re.search(r"(?:src|href|action)=[\"']?(?:https?:)?//", html)
    assert "First <mark>Rest.</mark> Then walk." in html
    assert "TimeoutError: no answer in 1 s" in html


def test_newly_broken_cases_stand_before_mended_ones(run: Path) -> None:
    before = [row("fine", "What first?", scores={"correct": 0.0}), row("evil", EVIL)]
    html = page(run, Baseline(before))
    assert html.index("Newly broken") < html.index("Mended")
    assert "1 newly broken, 1 mended" in html


def test_charts_say_in_words_what_they_show() -> None:
    assert "50% of the answers are wrong" in risk_coverage([(0.2, 0.0), (0.8, 0.5)])
    assert "Of 7 replies with confidence near 80%, 90% were right." in calibration(
        [{"forecast": 0.8, "observed": 0.9, "n": 7}]
    )
    assert risk_coverage([]) == ""


@pytest.fixture
def opened(run: Path) -> Iterator[Page]:
    """The report in a browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        shown = browser.new_page()
        shown.goto(write(run).as_uri())
        yield shown
        browser.close()


def test_a_reader_can_filter_sort_and_open_cases(opened: Page) -> None:
    expect(opened).to_have_title(re.compile("How good are the answers"))
    opened.select_option("#state", "wrong")
    expect(opened.locator("#shown")).to_have_text("3 of 4 cases")
    opened.select_option("#state", "No answer came")
    expect(opened.locator("#shown")).to_have_text("1 of 4 cases")
    opened.select_option("#state", "wrong")
    opened.fill("#words", "legs")
    expect(opened.locator("tr.case:visible")).to_have_count(1)
    opened.get_by_role("button", name="flag").click()
    expect(opened.locator("#more-flag")).to_be_visible()
    opened.fill("#words", "")
    opened.get_by_role("button", name="Case", exact=True).click()
    assert opened.locator("tr.case:visible").evaluate_all("rows => rows.map(row => row.id)") == [
        "case-crash", "case-evil", "case-flag",
    ]  # fmt: skip
    assert not Axe().run(opened).response["violations"]
    # on paper nothing is cut off, not even a question that is one endless word
    opened.emulate_media(media="print")
    opened.set_viewport_size({"width": 718, "height": 1000})
    opened.evaluate("document.querySelector('#case-fine td:nth-child(2)').textContent = 'A'.repeat(300)")
    assert opened.locator(".scroll").evaluate_all("all => all.every(one => one.scrollWidth <= one.clientWidth)")
    expect(opened.locator("#more-flag")).to_be_visible()
