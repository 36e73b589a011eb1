"""One question through every stage, with each stage's scores: for staff who want to know why an answer is what it is.

Looks at the parts of an Assistant and changes nothing; the answer itself is `Assistant.stream`'s. Sentences stand as they are
ranked before the reader has looked at them. Knows nothing of pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.answer import Answer
from app.answerability import Answerability
from app.approved import Match
from app.assistant import Assistant
from app.evidence import Evidence
from app.select import HITS, candidates
from index.passage import Hit

Cell = str | float | None


@dataclass(frozen=True, slots=True)
class Stage:
    """What one stage saw: `name` is a key of the strings' [staff.stages]; rows of column name to text or number."""

    name: str
    rows: tuple[Mapping[str, Cell], ...]


def trace(assistant: Assistant, question: str) -> tuple[Stage, ...]:
    """The stages before an answer is written, with their scores. Stops where triage or scope ends the trip; goes on behind an
    approved match or a wish outside, where `Assistant.stream` stops.
    """
    verdict = assistant.red_flags.check(question, ())
    stages = [Stage("triage", ({"rule": verdict.rule, "urgent": str(verdict.report)},))]
    if verdict.report:
        return tuple(stages)
    ruling, asked = assistant.ruled(question)
    stages.append(Stage("scope", ({"rule": ruling.rule, "declines": str(ruling.declines)},)))
    if ruling.declines:
        return tuple(stages)
    stages.append(Stage("searched", ({"question": asked, "added": ", ".join(assistant.index.expanded(asked))},)))
    vector = assistant.index.encode([asked])[0]
    near = assistant.faq.near(asked, vector)
    pair = assistant.faq.chosen(near)
    stages.append(Stage("approved", tuple(_beside(one, pair) for one in near) or ({"match": "no"},)))
    hits = assistant.index.search(asked, HITS, vector=vector)
    stages.append(Stage("passages", tuple(_hit(hit) for hit in hits)))
    ranked = candidates(asked, vector, hits, assistant.index, assistant.vocabulary)
    stages.append(Stage("sentences", tuple(_sentence(one) for one in ranked[:8])))
    return tuple(stages)


def _beside(one: Match, found: Match | None) -> dict[str, Cell]:
    return {
        "question": one.question,
        "probability": round(one.probability, 3),
        "match": "yes" if one is found else "no",
    }


def _hit(hit: Hit) -> dict[str, Cell]:
    scores: dict[str, Cell] = {name: round(value, 3) for name, value in hit.scores.items()}
    place = f"{hit.passage.document.source.title}: {hit.passage.section}"
    return {"rank": float(hit.rank), **scores, "passage": place}


def _sentence(one: Evidence) -> dict[str, Cell]:
    return {"score": round(one.score, 3), "cosine": round(one.cosine, 3), "sentence": one.quote}


def decision(answer: Answer, answerability: Answerability) -> Stage:
    """The probability that the sources answer the question, and what it needs to be; none where a rule decided before it."""
    sure = answer.confidence if answer.kind != "approved" else None  # an FAQ's answer is given by its match
    if sure is not None:  # an abstention's confidence is that the sources don't answer, an answer's that it is right
        sure = 1 - sure if answer.kind in ("not_found", "declined") else answerability.behind(sure)
    probability = None if sure is None else round(sure, 3)
    row = {
        "kind": answer.kind, "rule": answer.rule, "probability": probability,
        "threshold": round(answerability.threshold, 3),
    }  # fmt: skip
    return Stage("decision", (row,))


def written(answer: Answer) -> tuple[Stage, ...]:
    """The sentences with how well their sources support them, and the time of each step."""
    rows = (
        {"support": one.support, "sources": ", ".join(map(str, one.citations)), "sentence": one.text}
        for one in answer.sentences
    )
    times: dict[str, Cell] = {**answer.timings_ms}
    return Stage("answer", tuple(rows)), Stage("times", (times,))
