"""Studies beside a run: judges against people and made-up faults, retrieval at scale, the gate's choice."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from corpus.document import Document, Sentence, Source
from corpus.errors import SpinewiseError
from corpus.sentences import split
from eval.at_scale import (
    BM25,
    BOTH,
    SHIPPED,
    TAUGHT,
    UNTAUGHT,
    Asked,
    Entry,
    compared,
    indexed,
    measured,
    rank_fused,
    read_asked,
    read_entries,
    sampled,
    told,
    untaught,
    ways,
    with_patients,
)
from eval.cases import Case, read_cases, shipped
from eval.corruptions import KINDS, Corruption, corrupted, negated, other_number, turned, widened
from eval.gate import untouched
from eval.meta import MARKS, Mark, agreement, marks, missed, overlap, read, rules
from eval.same import same_as
from eval.subset import spread, subset
from eval.summary import METRICS
from index.passage import Passage

# -- faults that are made -----------------------------------------------------------------------------------------------

TEXT = (
    "Most people may walk on the first day after the operation. The wound is checked by a nurse every 2 days. "
    "Heavy work can often start again after six weeks. Screws hold the bones still while new bone grows slowly. "
    "Patients avoid bending low and lifting heavy things."
)


def passage(text: str = TEXT) -> Passage:
    document = Document("leaflet", Source("leaflet.txt", "0" * 64, "Leaflet"), text)
    spans = tuple(Sentence(one.start, one.end) for one in split(text))
    return Passage(0, document, 0, len(text), ("Leaflet",), spans)


def test_every_kind_of_fault_is_made_and_the_same_each_time() -> None:
    made = list(corrupted([passage()]))
    assert made == list(corrupted([passage()]))
    assert {one.kind for one in made} == set(KINDS)
    assert all(one.sentence not in one.sources for one in made)
    assert all(source in TEXT for one in made for source in one.sources)


def test_faults_worked_by_hand() -> None:
    assert negated("The wound is closed.") == "The wound is not closed."
    assert negated("It is not safe.") == "It is safe."
    assert negated("Rest first.") is None
    assert other_number("After six weeks.", "", (), None) == "After eleven weeks."  # type: ignore[arg-type]


def test_a_condition_and_a_forbidding_are_left_out() -> None:
    assert widened("You may drive again when it no longer hurts.") == "You may drive again."
    assert widened("After the operation, X-rays are taken.") == "X-rays are taken."
    assert widened("X-rays are taken.") is None
    assert turned("You should avoid driving for two weeks.") == "You should driving for two weeks."


def test_what_is_missed_is_counted_by_kind() -> None:
    source = "The wound is checked by a nurse."
    made = [
        Corruption("negation flipped", "The wound is not checked by a nurse.", (source,)),
        Corruption("invented", "The nurse checked the wound.", (source,)),  # all its words are there
    ]
    found = missed(made, overlap)
    assert [found[kind].value for kind in ("all", "negation flipped", "invented") if found[kind]] == [1.0, 1.0, 1.0]  # type: ignore[union-attr]
    assert missed(made, rules)["negation flipped"].value == 0.0  # type: ignore[union-attr]


# -- what people marked -------------------------------------------------------------------------------------------------


def test_two_hundred_drafts_are_marked_by_hand_and_the_judge_agrees_better_than_overlap() -> None:
    pairs = list(marks())
    assert len(pairs) >= 200
    assert min(Counter(pair.note for pair in pairs).values()) >= 40
    ours, words = agreement("drafts", pairs), agreement("drafts", pairs, overlap)
    assert ours.kappa is not None
    assert words.kappa is not None
    assert ours.kappa.low > 0.5
    assert ours.kappa.value > words.kappa.value


def test_every_mark_that_is_not_full_says_why() -> None:
    for one in read(MARKS, Mark):
        assert bool(one.why) == (one.support != "full"), one.id


# -- retrieval at scale -------------------------------------------------------------------------------------------------


def entries(folder: Path, count: int = 30) -> Path:
    rows = [
        {
            "question": f"How is condition{number} treated?",
            "answer": f"Remedy{number} eases condition{number}. It is given for {number + 2} days by a nurse.",
            "focus": f"Condition{number}",
        }
        for number in range(count)
    ]
    path = folder / "pairs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_pages_are_found_among_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPINEWISE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SPINEWISE_INDEX_EMBEDDER", "hashing")
    sample = sampled(read_entries(entries(tmp_path)), 20, 8)
    assert (len(sample.pages), len(sample.questions)) == (20, 8)
    index = indexed(sample, tmp_path / "work")
    vectors, embedder = untaught(index, tmp_path / "work")
    found = compared(sample, ways(index, vectors, embedder), lambda: None)
    assert list(found["rows"]) == [BM25, UNTAUGHT, BOTH, TAUGHT, SHIPPED]
    assert found["rows"][BM25]["hit@1"].value == 1.0
    assert set(found["against"]) == {BM25, UNTAUGHT, BOTH, TAUGHT}
    assert all(0 < one["p"] <= 1 for one in found["against"].values())
    assert len(list(told(found))) == 7
    again, _ = untaught(index, tmp_path / "work")  # read from where it was kept
    assert (again == vectors).all()
    assert vectors.shape == (len(index.passages), embedder.dimensions)


def test_a_question_in_a_patients_words_wants_its_page_and_those_of_other_sources() -> None:
    pairs = [
        Entry(doc_id="a1", source="A", question="What is flu ?", answer="It is a virus."),
        Entry(doc_id="a2", source="A", question="What is flu ?", answer="There is a vaccine."),
        Entry(doc_id="b1", source="B", question="what is  flu ?", answer="A virus of the nose."),
        *(Entry(doc_id=f"c{number}", question=f"{number}?", answer="No.") for number in range(9)),
    ]
    asked = [Asked(id="q", page="a1", question="got the flu, whats that", split="test")]
    whole, few = with_patients(pairs, asked, 0), with_patients(pairs, asked, 4)
    assert (len(whole.pages), len(few.pages)) == (12, 4)
    ((question, right),) = whole.questions
    assert question == "got the flu, whats that"
    assert {whole.pages[name].doc_id for name in right} == {"a1", "b1"}
    with pytest.raises(SpinewiseError, match="no pair has the doc_id a1"):
        with_patients(pairs[3:], asked, 0)


def test_three_hundred_questions_in_patients_words_that_nothing_was_taught_with() -> None:
    def words(text: str) -> frozenset[str]:
        return frozenset(re.findall(r"\w+", text.casefold()))

    asked = read_asked()
    assert len(asked) >= 300
    assert len({one.page for one in asked}) == len({one.question for one in asked}) == len(asked)
    taught = [
        words(json.loads(line)["question"])
        for path in sorted((Path(__file__).parents[1] / "app" / "training").glob("items*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    assert len(taught) > 1000
    for one in asked:
        said = words(one.question)
        alike = max(len(said & other) / len(said | other) for other in taught)
        assert alike < 0.7, one.question


def test_one_question_worked_by_hand() -> None:
    values = measured(["x", "a", "b"], frozenset("ab"))
    assert (values["hit@1"], values["recall@10"], values["mrr@10"]) == (0.0, 1.0, 0.5)
    assert values["ndcg@10"] == pytest.approx((0.6309298 + 0.5) / (1 + 0.6309298))
    # a: 1/61 + 1/62, b: 1/62 + 1/61, so the name decides; c: 1/63
    assert rank_fused([["a", "b"], ["b", "a", "c"]]) == ["a", "b", "c"]


def test_a_bad_line_of_pairs_is_named(tmp_path: Path) -> None:
    (tmp_path / "pairs.jsonl").write_text('{"question": "Why?"}\n', encoding="utf-8")
    with pytest.raises(SpinewiseError, match=r"pairs\.jsonl, line 1: answer"):
        read_entries(tmp_path / "pairs.jsonl")


# -- the gate's choice --------------------------------------------------------------------------------------------------


def test_the_choice_holds_some_of_every_kind_and_new_cases_move_only_their_own() -> None:
    cases = read_cases(shipped())
    chosen = subset(cases)
    assert 100 < len(chosen) < 200
    assert {(one.suite, one.category, one.expected) for one in chosen} == {
        (one.suite, one.category, one.expected) for one in cases
    }
    new = Case(id="new", question="?", category="new", kind=("quoted",), split="dev", source="new.jsonl, line 1")
    assert set(subset([*cases, new])) == {*chosen, new}
    assert len(spread(chosen)) == 12


def test_a_metric_without_a_case_is_a_finding() -> None:
    metrics: dict[str, Any] = {name: {"value": 1.0, "n": 3} for name in METRICS}
    assert list(untouched(metrics)) == []
    metrics["alarm"] = None
    (finding,) = untouched(metrics)
    assert finding.seen.startswith("no case measures alarm")


def test_questions_of_different_faqs_are_known_to_be_one() -> None:
    assert len(same_as("What are the risks?")) == 2
    assert same_as("Something else?") == {"Something else?"}
