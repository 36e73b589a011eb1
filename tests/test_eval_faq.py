"""FAQ evaluation: that masking leaves nothing of the FAQ to find, that files are read, that the judge is measured."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import SpinewiseError
from eval.cases import Nugget
from eval.faq import REWORDED, WRITTEN, Entry, Reworded, entries_of, faq_cases, read_entries, read_reworded
from eval.masking import masked_index
from eval.meta import Pair, agreement, paraphrases, physicians
from index.build import build
from index.search import Index
from index.settings import IndexSettings

LEAFLET = """# After the operation

## Walking

Most people walk on the first day. A nurse helps.

## Frequently asked questions

### When can I swim?

Swimming is fine after twelve weeks.

### May I fly?

Short flights are fine after six weeks.
"""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """A leaflet with an FAQ of two questions, indexed with the hashing embedder."""
    home = tmp_path_factory.mktemp("home")
    (home / "documents").mkdir()
    (home / "documents" / "leaflet.md").write_text(LEAFLET, encoding="utf-8")
    settings = IndexSettings(embedder="hashing")
    build(home, [home / "documents"], settings)
    return Index.open(home, settings)


def test_masking_leaves_nothing_of_the_faq(index: Index) -> None:
    assert len(index.pairs) == 2
    assert any("welve weeks" in hit.passage.text for hit in index.search("When can I swim?", 5))
    masked = masked_index(index)
    assert masked.pairs == ()
    assert [passage.text for passage in masked.passages] == ["Most people walk on the first day. A nurse helps."]
    assert not any("swim" in hit.passage.text.lower() for hit in masked.search("When can I swim?", 5))
    assert all(section.kind != "faq" for section in masked.documents["leaflet"].sections)


def test_the_rest_is_found_and_cited_as_before(index: Index) -> None:
    masked = masked_index(index)
    hit = masked.search("Who walks on the first day?", 1)[0]
    assert hit.passage.number == 0
    assert masked.sentence_vectors(hit.passage).shape[0] == len(hit.passage.sentences)
    original = next(one for one in index.passages if one.text == hit.passage.text)
    assert (hit.passage.start, hit.passage.end) == (original.start, original.end)
    assert np.allclose(masked.sentence_vectors(hit.passage), index.sentence_vectors(original))


def test_each_question_is_asked_as_written_and_in_other_words(index: Index) -> None:
    fact = Nugget(text="twelve weeks", patterns=("twelve",))
    reworded = [
        Reworded(id="swim-a", faq="When can I swim?", question="pool when?", nuggets=(fact,), split="dev"),
        Reworded(id="swim-b", faq="When can I swim?", question="back in the water", nuggets=(fact,), split="test"),
        Reworded(id="other", faq="Gone?", question="gone", nuggets=(fact,), split="dev"),
    ]
    cases = faq_cases(entries_of(index), reworded)
    assert [(case.id, case.category) for case in cases] == [
        ("faq-1", WRITTEN),
        ("faq-2", WRITTEN),
        ("swim-a", REWORDED),
    ]
    assert cases[0].nuggets == cases[2].nuggets == (fact,)
    assert cases[2].evidence[0][0].quote == "Swimming is fine after twelve weeks."


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("faq.jsonl", '{"question": "May I fly?", "answer": "After six weeks."}\n'),
        ("faq.csv", "question,answer\nMay I fly?,After six weeks.\nMay I swim?,After twelve weeks.\n"),
        ("faq.md", "# FAQ\n\n## Frequently asked questions\n\n### May I fly?\n\nAfter six weeks.\n"),
    ],
)
def test_a_clinics_faq_is_read(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert read_entries(tmp_path / name)[0] == Entry("May I fly?", "After six weeks.")


def test_a_bad_faq_or_paraphrase_is_named(tmp_path: Path) -> None:
    (tmp_path / "faq.jsonl").write_text('{"question": "May I fly?"}\n', encoding="utf-8")
    with pytest.raises(SpinewiseError, match=r"faq\.jsonl: 'answer'"):
        read_entries(tmp_path / "faq.jsonl")
    with pytest.raises(SpinewiseError, match=r"faq\.jsonl, line 1: id"):
        read_reworded(tmp_path / "faq.jsonl")


# -- the judge, measured ---------------------------------------------------------------------------------------------


def test_agreement_worked_by_hand() -> None:
    # the judge passes 1 and 2, refuses 3 and 4; people pass 1 and 3: half agree, half by chance
    source = "Walk on the first day."
    said = [source, "Walk the first day.", "Some other words here.", "Walk on the second week."]
    found = agreement("pairs", [Pair(text, source, text in (said[0], said[2]), "note") for text in said])
    assert found.kappa is not None
    assert found.kappa.value == 0.0
    assert found.precision is not None
    assert (found.precision.value, found.precision.n) == (0.5, 2)
    assert found.wrong == {"passed: note": 1, "refused: note": 1}


def test_the_shipped_judge_is_better_than_chance_on_pairs_marked_by_hand() -> None:
    found = agreement("dev", list(paraphrases()))
    assert found.kappa is not None
    assert found.kappa.n > 150
    assert found.kappa.low > 0.2


def test_physicians_pairs_are_read(tmp_path: Path) -> None:
    row = {"claim": "It spreads.", "answer": "It can spread.", "majority": "Entailment", "category": "Must_have"}
    (tmp_path / "kqa.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert list(physicians(tmp_path / "kqa.jsonl")) == [Pair("It spreads.", "It can spread.", True, "Must_have")]
