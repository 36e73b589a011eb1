"""Cases: what is refused on load, and how evidence is found."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from corpus.document import Document, Dropped, Source
from corpus.errors import SpinewiseError
from eval.cases import MAIN, SMOKE, Case, Place, locate, read_cases, shipped
from eval.frozen import FOLDER, freeze

ROW = {"id": "a", "question": "When can I drive?", "category": "daily", "kind": ["answered"], "split": "dev"}
DOCUMENT = Document("leaflet", Source("leaflet.txt", "0" * 64, "Leaflet"), "Rest first.\nDrive  after\nsix weeks.")


def written(folder: Path, *rows: dict[str, Any] | str, name: str = "cases.jsonl") -> Path:
    path = folder / name
    path.write_text(
        "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows) + "\n", encoding="utf-8"
    )
    return path


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ('{"id": "b"', "line 2: not JSON"),
        ({**ROW, "id": "b", "kind": ["maybe"]}, "line 2: kind.0"),
        ({**ROW, "id": "b", "knd": []}, "line 2: knd"),
        ({**ROW, "id": "b", "forbidden": ["("]}, "line 2: forbidden.0: Value error, pattern '('"),
        ({**ROW, "id": "b", "question": ""}, "line 2: question"),
        ({**ROW, "id": "b", "evidence": [[]]}, "line 2: evidence.0"),
        (ROW, "line 2: id a is also in cases.jsonl, line 1"),
        ("[1]", "line 2"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, bad: dict[str, Any] | str, said: str) -> None:
    with pytest.raises(SpinewiseError, match="line 2") as caught:
        read_cases([written(tmp_path, ROW, bad)])
    assert said in str(caught.value)


def test_a_half_is_chosen(tmp_path: Path) -> None:
    path = written(tmp_path, ROW, {**ROW, "id": "b", "split": "test"})
    assert [case.id for case in read_cases([path])] == ["a"]
    assert [case.id for case in read_cases([path], "all")] == ["a", "b"]
    with pytest.raises(SpinewiseError, match="no test case"):
        read_cases([written(tmp_path, ROW)], "test")


def test_a_changed_test_half_is_refused(tmp_path: Path) -> None:
    row = {**ROW, "id": "b", "split": "test"}
    path = written(tmp_path, ROW, row)
    freeze(tmp_path)
    assert len(read_cases([path], "all")) == 2
    written(tmp_path, {**ROW, "question": "Dev rows may change?"}, row)
    assert len(read_cases([path], "all")) == 2
    written(tmp_path, ROW, {**row, "question": "Changed?"})
    relabelled = {**row, "split": "dev"}
    for changed in ({**row, "question": "Changed?"}, relabelled):
        written(tmp_path, ROW, changed)
        for half in ("all", "dev"):
            with pytest.raises(SpinewiseError, match="not the frozen one"):
                read_cases([path], half)  # type: ignore[arg-type]
    path.write_text("no JSON\n")
    with pytest.raises(SpinewiseError, match="line 1: not JSON"):
        read_cases([path], "all")


def test_misuse_is_put_to_the_language_model_too() -> None:
    kinds = {"kind": ["answered", "quoted", "not_found", "declined"]}
    calm, misuse = (
        Case.model_validate({**ROW, **kinds, "source": f"{name}.jsonl, line 1"}) for name in ("triage", "adversarial")
    )
    assert (calm.before_reading, misuse.before_reading) == (True, False)
    assert calm.expected == misuse.expected


def test_a_case_is_the_same_while_it_asks_and_wants_the_same() -> None:
    one = Case.model_validate({**ROW, "source": "a.jsonl, line 1"})
    moved = Case.model_validate({**ROW, "source": "b.jsonl, line 9", "note": "seen"})
    other = Case.model_validate({**ROW, "kind": ["not_found"], "source": "a.jsonl, line 1"})
    assert one.checksum == moved.checksum != other.checksum


def case(*needs: list[dict[str, str]]) -> Case:
    return Case.model_validate({**ROW, "evidence": list(needs), "source": "cases.jsonl, line 7"})


def test_evidence_is_located() -> None:
    elsewhere = {"document": "other", "quote": "Anything."}
    needs = locate(
        case([{"document": "leaflet", "quote": "Drive after six weeks."}, elsewhere], [elsewhere]),
        {"leaflet": DOCUMENT},
    )
    assert needs == ((Place("leaflet", 12, 35),), ())
    assert DOCUMENT.text[12:35] == "Drive  after\nsix weeks."


def test_evidence_that_is_gone_names_its_case() -> None:
    with pytest.raises(SpinewiseError, match=r"cases\.jsonl, line 7: case a: document leaflet does not hold"):
        locate(case([{"document": "leaflet", "quote": "Drive at once."}]), {"leaflet": DOCUMENT})


def test_evidence_that_the_reader_set_aside_is_left_out() -> None:
    kept = replace(DOCUMENT, dropped=(Dropped("advert", "Book  now!"),))
    assert locate(case([{"document": "leaflet", "quote": "Book now!"}]), {"leaflet": kept}) == ((),)


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["urgent"], "urgent"),
        (["not_found", "declined"], "abstain"),
        (["answered", "quoted"], "answer"),
        (["answered", "quoted", "approved", "declined"], "either"),
        (["answered", "quoted", "approved", "not_found", "declined"], "not urgent"),
    ],
)
def test_what_a_case_is_about(kinds: list[str], expected: str) -> None:
    assert Case.model_validate({**ROW, "kind": kinds}).expected == expected


def test_the_shipped_cases_are_well_formed_and_their_test_half_is_frozen() -> None:
    assert len(read_cases(shipped(MAIN), "all")) > 1000
    assert len(read_cases(shipped((SMOKE,)))) == 30
    assert (FOLDER / "frozen.json").exists()
