"""Whether the passages found answer the question: a calibrated probability, before a word is written.

A logistic model over a few readable signals; its weights, its threshold and what they were fitted on stand in
answerability.json, which `python -m eval calibrate` writes. Knows nothing of how the language model writes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.asked import asks_yes_or_no, holds_kind, kind_asked, lacks_difference, lacks_figure, lacks_matter
from app.evidence import Evidence
from app.language import content
from app.vocabulary import Vocabulary, rarest
from corpus.errors import SpinewiseError
from index.passage import Hit

if TYPE_CHECKING:
    from app.matters import About

FILE = Path(__file__).parent / "answerability.json"
LOOKED_AT = 12  # sentences that are searched for the kind of thing asked for
MISSING = 3  # words that no passage holds; more are a story's, and say nothing of whether it is answered
UNLIKELY = 0.05  # the probability left when a figure, a matter or a difference is asked for that no passage names
TUPLES = ("names", "means", "scales", "weights", "right")


@dataclass(frozen=True, slots=True)
class Signals:
    """What the decision sees. Cosines and coverages are 0 to 1; rarities are inverse document frequencies.

    `kind_asked` is 1 where only a time, a figure, a comparison … would answer, `kind_cosine` that of the nearest sentence which
    holds one (of any where nothing in particular is asked for); `yes_no` is 1 where yes or no would do.
    `doubt` is the reader's log-odds that it would rather abstain, `knows` those that it knows of an answer (app/reader/probe.py),
    both read off its first pass without a word being written; `ordinary` is the log-odds that the question is of a kind that
    leaflets answer (app/intent.py), `unnamed` the probability that it is about a matter which no passage names (app/matters.py).
    Each is None where it can't be told: the decision then rests on the others.
    """

    passage_cosine: float
    sentence_cosine: float
    third_cosine: float
    passage_coverage: float
    sentence_coverage: float
    context_coverage: float
    rarest_missing: float
    missing_words: float
    content_words: float
    kind_asked: float
    kind_cosine: float
    yes_no: float
    doubt: float | None
    knows: float | None
    ordinary: float | None
    unnamed: float | None


def signals(
    question: str,
    hits: Sequence[Hit],
    ranked: Sequence[Evidence],
    vocabulary: Vocabulary,
    ordinary: float | None = None,
    unnamed: float | None = None,
) -> Signals:
    """The signals of a question with its hits and its evidence sentences, best first; what the reader thinks is not known yet."""
    dense = sorted((hit.scores.get("dense", 0.0) for hit in hits), reverse=True)
    near = [hit.passage.under_headings for hit in hits[:5]]
    best = max(near, key=lambda text: vocabulary.coverage(question, text), default="")
    missing, kind = vocabulary.missing(question, " ".join(near)), kind_asked(question)
    sentences = [f"{one.passage.section} {one.introduced}" for one in ranked[:8]]
    return Signals(
        passage_cosine=dense[0] if dense else 0.0,
        sentence_cosine=max((one.cosine for one in ranked), default=0.0),
        third_cosine=dense[2] if len(dense) > 2 else 0.0,
        passage_coverage=vocabulary.coverage(question, best),
        sentence_coverage=max((vocabulary.coverage(question, text) for text in sentences), default=0.0),
        context_coverage=vocabulary.coverage(question, " ".join(near)),
        rarest_missing=rarest(missing),
        missing_words=float(min(len(missing), MISSING)),
        content_words=float(min(len(content(question)), 8)),
        kind_asked=float(kind is not None),
        kind_cosine=kind_cosine(kind, ranked),
        yes_no=float(asks_yes_or_no(question)),
        doubt=None,
        knows=None,
        ordinary=ordinary,
        unnamed=unnamed,
    )


def kind_cosine(kind: str | None, ranked: Sequence[Evidence]) -> float:
    """The cosine of the nearest sentence that holds the kind of thing asked for: a near one that speaks of it otherwise ("how
    long", where only the way is told) is no answer."""
    return max((one.cosine for one in ranked[:LOOKED_AT] if kind is None or holds_kind(kind, one.quote)), default=0.0)


def not_named(question: str, text: str, about: About) -> bool:
    """Whether a figure, a matter or a difference is asked for that `text`, all that was found, never names: then there is no
    answer, however near it is."""
    return (
        lacks_figure(question, text)
        or lacks_difference(question, text)
        or lacks_matter(question, text, about.passes_by)
    )


def text_of(hits: Sequence[Hit]) -> str:
    """All that the passages say."""
    return "\n".join(hit.passage.text for hit in hits)


@dataclass(frozen=True, slots=True)
class Answerability:
    """The fitted decision: `probability` is calibrated, `threshold` is where answering begins.

    `bounds` = (least, most) of what the reader thinks, so that a refusal which nothing of that could turn needs no reading.
    `probe` names the one that it was fitted with (`Probe.checksum`; empty without one).
    `right` = (slope, bias) leads from the log-odds that the sources answer to those that our answer is right: it can still
    leave out what matters (Platt scaling).
    """

    names: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    threshold: float
    right: tuple[float, ...]
    bounds: dict[str, tuple[float, float]]
    probe: str
    provenance: dict[str, Any]

    @classmethod
    def load(cls, path: Path = FILE) -> Answerability:
        """Reads the fitted file; one that is damaged, or was fitted on other signals, is refused."""
        try:
            table = json.loads(path.read_text(encoding="utf-8"))
            bounds = {name: (float(least), float(most)) for name, (least, most) in table["bounds"].items()}
            fitted = cls(**{**table, **{key: tuple(table[key]) for key in TUPLES}, "bounds": bounds})
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as problem:
            raise SpinewiseError(f"can't read {path}: {problem}", "run python -m eval calibrate") from problem
        if fitted.names != tuple(Signals.__dataclass_fields__) or not bounds.keys() <= set(fitted.names):
            raise SpinewiseError(
                f"{path} was fitted on other signals than this version's", "run python -m eval calibrate"
            )
        return fitted

    def probability(self, seen: Signals) -> float:
        """The probability that the passages answer the question."""
        # what is no number tells as little as what isn't known
        values = {name: value for name, value in asdict(seen).items() if value is not None and math.isfinite(value)}
        for name in values.keys() & self.bounds.keys():
            values[name] = bounded(values[name], self.bounds[name])
        score = self.bias + sum(
            weight * (value - mean) / scale
            for name, mean, scale, weight in zip(self.names, self.means, self.scales, self.weights, strict=True)
            if (value := values.get(name)) is not None
        )
        return chance(score)

    def possible(self, seen: Signals) -> bool:
        """Whether the reader could think anything with which it would be answered; if not, it needn't read."""
        thoughts = (dict(zip(self.bounds, ends, strict=True)) for ends in product(*self.bounds.values()))
        return any(self.probability(replace(seen, **ends)) >= self.threshold for ends in thoughts)

    def confidence(self, probability: float) -> float:
        """The probability that an answer is right, where the sources answer the question with this `probability`."""
        slope, bias = self.right
        return chance(slope * log_odds(probability) + bias)

    def behind(self, confidence: float) -> float:
        """The probability that led to a `confidence`, for staff who ask why."""
        slope, bias = self.right
        return chance((log_odds(confidence) - bias) / slope)


def bounded(value: float, within: tuple[float, float]) -> float:
    """The value within (least, most)."""
    least, most = within
    return min(max(value, least), most)


def chance(score: float) -> float:
    """The probability whose log-odds are `score`."""
    return 1 / (1 + math.exp(-score))


def log_odds(probability: float) -> float:
    """ln(p / (1 - p)), kept finite."""
    p = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(p / (1 - p))
