"""Retrieval among thousands of pages: a file of question–answer pairs as corpus and as questions. Knows no answers' text.

Every pair's answer becomes a page under its focus as title. Asked are the pairs' own questions, or questions in patients'
words that name their page (`cases/medquad_questions.jsonl`). That page has to be found, or one that answers the same
question. Measured are pages, not passages: the first passage of a page counts. The index is built with the shipped settings
and kept in the work folder, so that a second call only searches. Not covered: a page that would answer too, but was written
for another question, counts as wrong; it does so for every way of finding alike.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from corpus.errors import SpinewiseError
from corpus.home import make_folder, replacing
from eval.frozen import FOLDER, check_frozen, numbered
from eval.metrics import hit_at, ndcg_at, recall_at, reciprocal_rank
from eval.statistics import Interval, bootstrap_mean, holm, paired_permutation

if TYPE_CHECKING:
    from index.dense import Vectors
    from index.embed import Embedder
    from index.passage import Hit
    from index.search import Index

SEED, DEPTH, PASSAGES, RANKED, BATCH = 3, 10, 60, 60, 256
BM25, UNTAUGHT, BOTH, TAUGHT, SHIPPED = (
    "BM25", "dense, untaught", "BM25 + untaught, rank fusion", "dense, taught", "as shipped",
)  # fmt: skip
PATIENTS = FOLDER / "medquad_questions.jsonl"
Progress = Callable[[int, int], None]


class Entry(BaseModel):
    """One question with its answer; other keys of the file are left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    doc_id: str = ""
    source: str = ""
    question: str = Field(min_length=1)
    answer: str = Field(min_length=1)
    focus: str = ""


class Asked(BaseModel):
    """A question in a patient's words, and the `doc_id` of the pair whose answer it asks for."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    page: str
    question: str = Field(min_length=1)
    split: Literal["dev", "test"]
    note: str = ""


Form = TypeVar("Form", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Sample:
    """The pages, and which of them are asked for: (question, names of the pages that answer it)."""

    pages: Mapping[str, Entry]
    questions: tuple[tuple[str, frozenset[str]], ...]


def read_lines(path: Path, form: type[Form], mend: str) -> list[Form]:
    """The rows of a JSONL file; a line that is none is named."""
    found = []
    for number, line in numbered(path):
        try:
            found.append(form.model_validate_json(line))
        except ValidationError as problem:
            first = problem.errors()[0]
            key = ".".join(map(str, first["loc"])) or "the row"
            raise SpinewiseError(f"{path.name}, line {number}: {key}: {first['msg']}", mend) from None
    return found


def read_entries(path: Path) -> list[Entry]:
    """The pairs of a file."""
    return read_lines(path, Entry, 'write {"question": "…", "answer": "…"} on each line')


def read_asked(path: Path = PATIENTS) -> list[Asked]:
    """Questions in patients' words; the shipped ones have to be the frozen ones."""
    check_frozen(path, numbered(path))
    return read_lines(path, Asked, "the schema is the class Asked in eval/at_scale.py")


def same(question: str) -> str:
    """A question's words, however it is spaced and written."""
    return " ".join(question.casefold().split())


def sampled(entries: Sequence[Entry], pages: int, questions: int, seed: int = SEED) -> Sample:
    """`pages` of the entries (0: all) as a corpus, and `questions` of those to ask; seeded."""
    draw = random.Random(seed)
    chosen = list(entries) if pages == 0 else draw.sample(list(entries), min(pages, len(entries)))
    named = {f"page-{number:06}": one for number, one in enumerate(chosen)}
    alike: dict[str, set[str]] = {}
    for name, one in named.items():
        alike.setdefault(same(one.question), set()).add(name)
    asked = draw.sample(sorted(alike), min(questions, len(alike)))
    spelt = {same(one.question): one.question for one in chosen}
    return Sample(named, tuple((spelt[key], frozenset(alike[key])) for key in asked))


def with_patients(entries: Sequence[Entry], asked: Sequence[Asked], pages: int, seed: int = SEED) -> Sample:
    """The pages that are asked for, among `pages` in all (0: all of them); seeded.

    Right is the page that a question names, and pages of other sources that were written for the same question. Pages of the
    same source with the same question are its parts about other things.
    """
    wanted = {one.page for one in asked}
    gone = wanted - {one.doc_id for one in entries}
    if gone:
        raise SpinewiseError(
            f"no pair has the doc_id {sorted(gone)[0]}", "name the file that the questions were written for"
        )
    others = [one for one in entries if one.doc_id not in wanted]
    more = others if pages == 0 else random.Random(seed).sample(others, min(max(0, pages - len(wanted)), len(others)))
    drawn = {id(one) for one in more}
    named = {
        f"page-{number:06}": one
        for number, one in enumerate(one for one in entries if one.doc_id in wanted or id(one) in drawn)
    }
    alike: dict[str, set[str]] = {}
    for name, one in named.items():
        alike.setdefault(same(one.question), set()).add(name)
    by_id = {one.doc_id: name for name, one in named.items() if one.doc_id}

    def right(page: str) -> frozenset[str]:
        own = named[by_id[page]]
        others = {name for name in alike[same(own.question)] if named[name].source != own.source}
        return frozenset({by_id[page], *others})

    return Sample(named, tuple((one.question, right(one.page)) for one in asked))


def indexed(sample: Sample, work: Path, progress: Progress | None = None) -> Index:
    """An index of the sample's pages below `work`, built once for these pages."""
    from index.build import build
    from index.search import Index
    from index.settings import IndexSettings

    pages, settings = work / "pages", IndexSettings.load("index")
    make_folder(pages)
    for left in pages.glob("*.md"):
        if left.stem not in sample.pages:
            left.unlink()
    for name, one in sample.pages.items():
        text = f"# {one.focus or 'Page'}\n\n{one.answer.strip()}\n"
        path = pages / f"{name}.md"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    build(work, [pages], settings, progress)
    return Index.open(work, settings)


# -- ways of finding ---------------------------------------------------------------------------------------------------

Way = Callable[[str], list[str]]
"""A question to names of pages, best first."""


def ways(index: Index, untaught: Vectors, embedder: Embedder) -> dict[str, Way]:
    """The baselines, the taught embedder alone, and the shipped search. All but the last get no glossary: the baselines are
    what anybody has. `untaught`: the passages' vectors, shape (n, d), by the `embedder` as its makers left it.
    """
    plain = replace(index, settings=index.settings.model_copy(update={"expansion_weight": 0.0}))

    def words(question: str) -> list[str]:
        return pages_of(plain.search(question, PASSAGES, by="words"))

    def dense(question: str) -> list[str]:
        scores = untaught @ embedder.encode([question], "query")[0]
        best = np.argsort(-scores, kind="stable")[:PASSAGES]
        return list(dict.fromkeys(index.passages[int(row)].document.id for row in best))

    return {
        BM25: words,
        UNTAUGHT: dense,
        BOTH: lambda question: rank_fused([words(question), dense(question)]),
        TAUGHT: lambda question: pages_of(plain.search(question, PASSAGES, by="dense")),
        SHIPPED: lambda question: pages_of(index.search(question, PASSAGES)),
    }


def untaught(index: Index, work: Path, progress: Progress | None = None) -> tuple[Vectors, Embedder]:
    """The passages' vectors by the settings' embedder without the shipped adapter, kept in `work`; and that embedder."""
    from index.embed import open_embedder
    from index.passages import embedded_text

    embedder = open_embedder(index.settings.embedder, index.settings.allow_download, adapted=False)
    texts = [embedded_text(one) for one in index.passages]
    key = hashlib.sha256("\n".join([embedder.name, embedder.checksum, *texts]).encode()).hexdigest()[:16]
    path = work / f"untaught-{key}.npy"
    if path.exists():
        kept: Vectors = np.load(path)
        return kept, embedder
    parts = []
    for start in range(0, len(texts), BATCH):
        parts.append(embedder.encode(texts[start : start + BATCH], "passage"))
        if progress:
            progress(min(start + BATCH, len(texts)), len(texts))
    vectors = np.concatenate(parts)
    with replacing(path) as stream:
        np.save(stream, vectors)
    return vectors, embedder


def pages_of(hits: Sequence[Hit]) -> list[str]:
    """The pages of the passages, each at its first."""
    return list(dict.fromkeys(hit.passage.document.id for hit in hits))


def rank_fused(rankings: Sequence[Sequence[str]], constant: int = RANKED) -> list[str]:
    """Reciprocal rank fusion: Σ 1 / (60 + rank) (Cormack, Clarke and Büttcher 2009)."""
    score: dict[str, float] = {}
    for ranking in rankings:
        for rank, name in enumerate(ranking, 1):
            score[name] = score.get(name, 0.0) + 1 / (constant + rank)
    return sorted(score, key=lambda name: (-score[name], name))


# -- figures -----------------------------------------------------------------------------------------------------------

MEASURES = ("hit@1", "recall@10", "mrr@10", "ndcg@10")


def measured(ranking: Sequence[str], right: frozenset[str]) -> dict[str, float]:
    """Every measure of one question; each of its pages is a need of its own."""
    number = {name: place for place, name in enumerate(sorted(right))}
    found = [frozenset({number[name]}) if name in number else frozenset[int]() for name in ranking[:DEPTH]]
    values = {
        "hit@1": hit_at(found, len(right), 1),
        "recall@10": recall_at(found, len(right), DEPTH),
        "mrr@10": reciprocal_rank(found, len(right), DEPTH),
        "ndcg@10": ndcg_at(found, len(right), DEPTH),
    }
    return {name: value or 0.0 for name, value in values.items()}


def compared(sample: Sample, by: Mapping[str, Way], tick: Callable[[], None]) -> dict[str, Any]:
    """{"pages", "questions", "rows": {way: {measure: Interval}}, "against": {way: {"difference": Interval, "p"}}}.

    `against` is nDCG@10 of the shipped search less that of the way, question by question: paired permutation, then Holm.
    """
    scores: dict[str, list[dict[str, float]]] = {name: [] for name in by}
    for question, right in sample.questions:
        for name, way in by.items():
            scores[name].append(measured(way(question), right))
        tick()
    rows: dict[str, dict[str, Interval | None]] = {
        name: {measure: bootstrap_mean([one[measure] for one in values]) for measure in MEASURES}
        for name, values in scores.items()
    }
    shipped = [one["ndcg@10"] for one in scores.get(SHIPPED, [])]
    gains = {
        name: [ours - one["ndcg@10"] for ours, one in zip(shipped, values, strict=True)]
        for name, values in scores.items()
        if name != SHIPPED and shipped
    }
    p = holm({name: paired_permutation(gain) or 1.0 for name, gain in gains.items()})
    against = {name: {"difference": bootstrap_mean(gain), "p": p[name]} for name, gain in gains.items()}
    return {"pages": len(sample.pages), "questions": len(sample.questions), "rows": rows, "against": against}


def told(found: Mapping[str, Any]) -> Iterator[str]:
    """The figures as lines."""
    yield f"{found['questions']} questions among {found['pages']} pages; {found.get('passages', '?')} passages"
    yield f"{'':<30}" + "".join(f"{name:<24}" for name in MEASURES) + "nDCG@10 of the shipped less this; p (Holm)"
    for name, row in found["rows"].items():
        cells = "".join(f"{f'{one.value:.3f} [{one.low:.3f}, {one.high:.3f}]':<24}" for one in row.values())
        yield f"{name:<30}{cells}" + (gained(found["against"][name]) if name in found["against"] else "")


def gained(one: Mapping[str, Any]) -> str:
    """A difference with its range and p."""
    gain = one["difference"]
    return f"{gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]; {one['p']:.4f}"


def provenance(path: Path) -> dict[str, Any]:
    """Which file the figures are from."""
    return {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
