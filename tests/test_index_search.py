"""Finding passages: every stage with the hashing embedder, whose scores can be followed, and a few with the real one."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from index.build import build
from index.fuse import HALF, SHARE
from index.search import Index
from index.settings import IndexSettings

HASHING = IndexSettings(embedder="hashing")
GLOSSARY = """
[[term]]
term = "physiotherapy"
plain = "Exercise with a therapist."
forms = ["physical therapy"]
lay = ["physio", "keep fit class"]
"""
FRONT = "---\ntier: {tier}\n---\n# {title}\n\n## {heading}\n\n{text}\n"


def leaflet(title: str, heading: str, text: str, tier: str = "educational") -> str:
    return FRONT.format(title=title, heading=heading, text=text, tier=tier)


def opened(folder: Path, leaflets: dict[str, str], **settings: object) -> Index:
    documents = folder / "documents"
    documents.mkdir()
    for name, text in leaflets.items():
        (documents / f"{name}.md").write_text(text, encoding="utf-8")
    (folder / "glossary.toml").write_text(GLOSSARY, encoding="utf-8")
    chosen = HASHING.model_copy(update={"glossary": folder / "glossary.toml", **settings})
    build(folder / "home", [documents], chosen)
    return Index.open(folder / "home", chosen)


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return opened(
        tmp_path,
        {
            "walking": leaflet("Walking", "First days", "Most people walk on the first day. A nurse helps."),
            "therapy": leaflet("Exercise", "Who helps", "Physiotherapy begins in the second week."),
            "eating": leaflet("Food", "Meals", "You may eat soup on the same day. Bread comes later."),
        },
    )


def test_each_hit_says_the_score_of_each_stage(index: Index) -> None:
    hits = index.search("who helps people to walk", 2)
    first = hits[0]
    assert [hit.rank for hit in hits] == [1, 2]
    assert first.passage.document.id == "walking"
    asked = index.encode(["who helps people to walk"])[0]
    assert first.scores["sentence"] == pytest.approx(
        float((index.sentence_vectors(first.passage) @ asked).max()), abs=1e-5
    )
    assert first.scores["fused"] == pytest.approx(
        (first.scores["dense"] + first.scores["sentence"]) / 2
        + SHARE * first.scores["words"] / (first.scores["words"] + HALF),
        abs=1e-5,
    )
    assert hits[0].scores["fused"] >= hits[1].scores["fused"]


def test_a_lay_word_finds_the_documents_word(index: Index, tmp_path: Path) -> None:
    assert index.expanded("Is there a keep fit class?") == ("physiotherapy", "physical therapy")
    (hit, *_) = index.search("Is there a keep fit class?")
    assert hit.passage.document.id == "therapy"
    assert hit.scores["words"] > 0
    off = Index(
        index.manifest,
        index.content,
        index.embedder,
        index.glossary,
        HASHING.model_copy(update={"expansion_weight": 0.0}),
    )
    assert off.search("Is there a keep fit class?") == []


def test_the_glossarys_words_count_less_than_the_questions_own(index: Index) -> None:
    own = index.search("physiotherapy", 1, by="words")[0].scores["words"]
    lay = index.search("physio", 1, by="words")[0].scores["words"]
    assert 0 < lay < own


@pytest.mark.parametrize("stage", ["fused", "dense", "words"])
def test_each_stage_can_rank_alone(index: Index, stage: str) -> None:
    hits = index.search("eat soup and walk", 3, by=stage)  # type: ignore[arg-type]
    scores = [hit.scores[stage] for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert {"eating", "walking"} <= {hit.passage.document.id for hit in hits}


def test_the_questions_vector_may_be_given(index: Index) -> None:
    question = "Who helps me to walk with physio?"
    assert index.search(question, vector=index.encode([question])[0]) == index.search(question)


@pytest.mark.parametrize("question", ["", "  ", "???", "🙂", "zzqx qqzz", "the of and"])
def test_a_question_without_known_words_finds_nothing(index: Index, question: str) -> None:
    assert index.search(question) == []


def test_k_bounds_the_hits(index: Index) -> None:
    question = "walk eat physiotherapy"
    assert index.search(question, 0) == []
    assert len(index.search(question, 1)) == 1
    assert len(index.search(question, 1000)) == 3


def test_a_very_long_question_is_searched(index: Index) -> None:
    assert index.search("walk " * 50_000, 1)[0].passage.document.id == "walking"


def test_of_two_copies_the_more_trusted_is_shown(tmp_path: Path) -> None:
    text = "Most people walk on the first day after surgery."
    index = opened(
        tmp_path,
        {
            "advert": leaflet("Walking well", "Days", text, "promotional"),
            "clinic": leaflet("Walking", "First days", text.replace("surgery", "SURGERY"), "clinician-reviewed"),
            "other": leaflet("Food", "Meals", "Soup on the first day."),
        },
    )
    found = [hit.passage.document.id for hit in index.search("walk on the first day", 3)]
    assert found == ["clinic", "other"]


@pytest.mark.parametrize(
    "other",
    ["Walk after 12 weeks at the earliest.", "Do not walk after 6 weeks at the earliest.", "Walk after six weeks."],
)
def test_passages_that_disagree_are_both_shown(tmp_path: Path, other: str) -> None:
    index = opened(
        tmp_path,
        {
            "one": leaflet("Walking", "When", "Walk after 6 weeks at the earliest."),
            "two": leaflet("Walking", "When", other),
        },
        near_duplicate=0.2,
    )
    assert {hit.passage.document.id for hit in index.search("walk after how many weeks")} == {"one", "two"}


def test_near_copies_are_dropped_above_the_limit(tmp_path: Path) -> None:
    words = " ".join(f"word{chr(97 + n)}" for n in range(26))
    leaflets = {"one": leaflet("T", "H", f"{words}."), "two": leaflet("T", "H", f"{words} extra.")}
    assert len(opened(tmp_path, leaflets).search("worda wordb")) == 1


def test_an_approved_answer_that_repeats_a_section_stays(tmp_path: Path) -> None:
    text = "Most people walk on the first day."
    faq = f"# Questions\n\n## Frequently asked questions\n\n### When can I walk?\n\n{text}\n"
    index = opened(tmp_path, {"faq": faq, "guide": leaflet("Walking", "First days", text)})
    assert {hit.passage.document.id for hit in index.search("walk on the first day")} == {"faq", "guide"}


def test_about_sections_are_never_found(tmp_path: Path) -> None:
    text = leaflet("Walking", "First days", "Most people walk.") + "\n## About this page\n\nWritten by Zebedee.\n"
    assert opened(tmp_path, {"one": text}).search("Zebedee") == []


def test_threads_find_what_one_finds(index: Index) -> None:
    questions = ["walk", "soup", "physio", "nurse"] * 5
    alone = [index.search(question) for question in questions]
    together: dict[int, object] = {}
    threads = [
        threading.Thread(target=lambda place=place: together.update({place: index.search(questions[place])}))
        for place in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[place] for place in range(20)] == alone


def test_the_graph_finds_what_exact_search_finds(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    words = [f"w{chr(97 + a)}{chr(97 + b)}" for a in range(20) for b in range(20)]
    text = "".join(f"## H{n}\n\n{' '.join(rng.choice(words, 12))}.\n\n" for n in range(300))
    for name in ("exact", "graph"):
        (tmp_path / name).mkdir()
    exact = opened(tmp_path / "exact", {"one": f"# T\n\n{text}"})
    graph = opened(tmp_path / "graph", {"one": f"# T\n\n{text}"}, exact_below=10)
    assert (exact.manifest.dense, graph.manifest.dense) == ("exact", "hnsw")
    for _ in range(20):
        question = " ".join(rng.choice(words, 4))
        assert [hit.passage.number for hit in graph.search(question)] == [
            hit.passage.number for hit in exact.search(question)
        ]


def test_the_real_embedder_finds_by_meaning(tmp_path: Path) -> None:
    index = opened(
        tmp_path,
        {
            "work": leaflet("Life afterwards", "Employment", "Sedentary employment is resumed within a few weeks."),
            "food": leaflet("Food", "Meals", "Soup and bread are served on the same day."),
            "sleep": leaflet("Nights", "Rest", "A firm pillow between the knees helps many people."),
        },
        embedder="all-MiniLM-L6-v2",
    )
    (hit, *_) = index.search("When can I sit at my desk in the office again?")
    assert hit.passage.document.id == "work"
    assert hit.scores["words"] == 0  # no word is shared
    assert {"office", "desk", "pillow"} <= index.real_words()
