"""Retrieval among thousands of pages: a file of question–answer pairs as corpus and as questions. Knows no answers' text.

Every pair's answer becomes a page under its focus as title; its question has to find that page again, or another that was
written for the same question. Measured are pages, not passages: the first passage of a page counts. The index is built
with the shipped settings and kept in the work folder, so that a second call only searches.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from corpus.errors import SpinewiseError
from corpus.home import make_folder
from eval.cases import numbered
from eval.metrics import hit_at, ndcg_at, recall_at, reciprocal_rank
from eval.statistics import Interval, bootstrap_mean, holm, paired_permutation

if TYPE_CHECKING:
    from index.passage import Hit
    from index.search import Index

SEED, DEPTH, PASSAGES, RANKED = 3, 10, 60, 60
SHIPPED = "as shipped"
Progress = Callable[[int, int], None]


class Entry(BaseModel):
    """One question with its answer; other keys of the file are left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    question: str = Field(min_length=1)
    answer: str = Field(min_length=1)
    focus: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """The pages, and which of them are asked for: (question, names of the pages that answer it)."""

    pages: Mapping[str, Entry]
    questions: tuple[tuple[str, frozenset[str]], ...]


def read_entries(path: Path) -> list[Entry]:
    """The pairs of a JSONL file; a line that is none is named."""
    found = []
    for number, line in numbered(path):
        try:
            found.append(Entry.model_validate_json(line))
        except ValidationError as problem:
            first = problem.errors()[0]
            key = ".".join(map(str, first["loc"])) or "the row"
            mend = 'write {"question": "…", "answer": "…"} on each line'
            raise SpinewiseError(f"{path.name}, line {number}: {key}: {first['msg']}", mend) from None
    return found


def sampled(entries: Sequence[Entry], pages: int, questions: int, seed: int = SEED) -> Sample:
    """`pages` of the entries (0: all) as a corpus, and `questions` of those to ask; seeded."""
    draw = random.Random(seed)
    chosen = list(entries) if pages == 0 else draw.sample(list(entries), min(pages, len(entries)))
    named = {f"page-{number:06}": one for number, one in enumerate(chosen)}
    alike: dict[str, set[str]] = {}
    for name, one in named.items():
        alike.setdefault(" ".join(one.question.casefold().split()), set()).add(name)
    asked = draw.sample(sorted(alike), min(questions, len(alike)))
    spelt = {" ".join(one.question.casefold().split()): one.question for one in chosen}
    return Sample(named, tuple((spelt[key], frozenset(alike[key])) for key in asked))


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


def ways(index: Index) -> dict[str, Way]:
    """The baselines and the shipped search. The baselines get no glossary: they are what anybody has."""
    plain = replace(index, settings=index.settings.model_copy(update={"expansion_weight": 0.0}))

    def words(question: str) -> list[str]:
        return pages_of(plain.search(question, PASSAGES, by="words"))

    def dense(question: str) -> list[str]:
        return pages_of(plain.search(question, PASSAGES, by="dense"))

    return {
        "BM25": words,
        "dense": dense,
        "rank fusion": lambda question: rank_fused([words(question), dense(question)]),
        SHIPPED: lambda question: pages_of(index.search(question, PASSAGES)),
    }


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
    """{"pages", "questions", "rows": {way: {measure: Interval}}, "p": {way: Holm's p of nDCG@10 against the shipped}}."""
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
    raw = {
        name: paired_permutation([ours - one["ndcg@10"] for ours, one in zip(shipped, values, strict=True)]) or 1.0
        for name, values in scores.items()
        if name != SHIPPED and shipped
    }
    return {"pages": len(sample.pages), "questions": len(sample.questions), "rows": rows, "p": holm(raw)}


def told(found: Mapping[str, Any]) -> Iterator[str]:
    """The figures as lines."""
    yield f"{found['questions']} questions among {found['pages']} pages; {found.get('passages', '?')} passages"
    yield f"{'':<14}" + "".join(f"{name:<24}" for name in MEASURES) + "p of nDCG@10 against the shipped"
    for name, row in found["rows"].items():
        cells = "".join(f"{f'{one.value:.3f} [{one.low:.3f}, {one.high:.3f}]':<24}" for one in row.values())
        yield f"{name:<14}{cells}" + (f"{found['p'][name]:.4f}" if name in found["p"] else "")


def provenance(path: Path) -> dict[str, Any]:
    """Which file the figures are from."""
    return {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
