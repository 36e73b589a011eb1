"""The signals of the decision to answer, on evidence made up for it; what was fitted on them is tested with `eval calibrate`."""

from __future__ import annotations

import pytest

from app.answerability import MISSING, kind_cosine, signals
from app.evidence import Evidence
from app.select import candidates
from app.site import vocabulary_of
from index.build import build
from index.search import Index
from index.settings import IndexSettings

HASHING = IndexSettings(embedder="hashing")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Index:
    home = tmp_path_factory.mktemp("home")
    (home / "documents").mkdir()
    (home / "documents" / "brace.md").write_text(
        "# Brace\n\n## The brace\n\nThe brace is worn at night. It stays on for six weeks.\n", encoding="utf-8"
    )
    build(home, [home / "documents"], HASHING)
    return Index.open(home, HASHING)


def ranked(index: Index, question: str) -> list[Evidence]:
    (vector,) = index.encode([question])
    return candidates(question, vector, index.search(question, 3, vector=vector), index, vocabulary_of(index))


def test_only_a_sentence_of_the_kind_asked_for_counts(opened: Index) -> None:
    found = ranked(opened, "when is the brace worn")
    assert kind_cosine(None, found) == max(one.cosine for one in found)
    assert kind_cosine("time", found) == max(
        one.cosine for one in found if "night" in one.quote or "weeks" in one.quote
    )
    assert kind_cosine("cost", found) == 0.0


def test_a_long_story_misses_no_more_words_than_a_short_one(opened: Index) -> None:
    vocabulary = vocabulary_of(opened)
    story = "My uncle Ted, a baker from Hull, bought parrots, kettles and a boat. Is the brace worn at night?"
    seen = signals(story, opened.search(story, 3), ranked(opened, story), vocabulary)
    assert seen.missing_words == MISSING
    assert seen.kind_asked == 0.0
