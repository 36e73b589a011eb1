"""Whether a sentence says no more than its evidence. Knows nothing of the question, and does not judge whether it answers it.

A drafted sentence is aligned with one evidence sentence. It passes when it brings no content word of its own, says none in
two ways, leaves out next to none, keeps their order, and agrees in numbers, negation, hedges and relations, and in what each of
these stands beside. Nothing here trusts a marker that a model wrote.
Not covered: evidence that is itself wrong.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.evidence import Evidence
from app.language import bonds, content, hedges, negations, quantities, relations, words

Synonyms = Callable[[str], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Judgement:
    """`supported` lets the sentence through; `support` is 0 to 1; `reasons` says what failed, for reports and tests."""

    supported: bool
    support: float
    evidence: Evidence | None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """How strict the alignment is: least share of the evidence that a sentence must keep, and of its words kept in order."""

    kept: float = 0.9  # "in smokers" is a word or two, and the claim without it another
    in_order: float = 0.8


def no_synonyms(stem: str) -> frozenset[str]:
    """Every word is only itself."""
    return frozenset((stem,))


def judge(
    sentence: str, candidates: Sequence[Evidence], synonyms: Synonyms = no_synonyms, limits: Limits = Limits()
) -> Judgement:
    """The best supported reading of `sentence` among the candidates."""
    judged = [weigh(sentence, evidence, synonyms, limits) for evidence in candidates]
    return max(
        judged, key=lambda one: (one.supported, one.support), default=Judgement(False, 0.0, None, ("no evidence",))
    )


def weigh(sentence: str, evidence: Evidence, synonyms: Synonyms, limits: Limits) -> Judgement:
    """`sentence` against one evidence sentence alone: what its heading says, nobody sees beside the quote."""
    if words(sentence) == words(evidence.quote):
        return Judgement(True, 1.0, evidence)
    said, source = content(sentence), content(evidence.quote)
    placed = [position(word, source, synonyms) for word in said]
    novel = [word for word, place in zip(said, placed, strict=True) if place is None]
    found = [place for place in placed if place is not None]
    coverage = 1 - len(novel) / len(said) if said else 0.0
    kept = len(set(found)) / len(set(source)) if source else 0.0
    doubled = len(found) - len(set(found)) > len(source) - len(set(source))
    reasons = [
        *([f"new words: {', '.join(dict.fromkeys(novel))}"] if novel else []),
        *([] if said else ["no content"]),
        *(["says a word of the evidence twice"] if doubled else []),  # a synonym may stand for it, not beside it
        *(["leaves most of the evidence out"] if kept < limits.kept else []),
        *(["order of words changed"] if found and longest_rise(found) / len(found) < limits.in_order else []),
        *disagreements(sentence, evidence.quote),
    ]
    return Judgement(not reasons, round(coverage * (0.5 + kept / 2), 3), evidence, tuple(reasons))


def disagreements(sentence: str, quote: str) -> list[str]:
    """The hard rules: numbers, negation, hedges, relations ("before"). Each must agree whatever the words' likeness."""
    kinds: dict[str, Callable[[str], Counter[str]]] = {"numbers": quantities, "hedge": hedges, "relation": relations}
    found = [
        f"{name} {how}: {', '.join(sorted(differing))}"
        for name, kind in kinds.items()
        for how, differing in (("added", kind(sentence) - kind(quote)), ("lost", kind(quote) - kind(sentence)))
        if differing
    ]
    if negations(sentence) != negations(quote):
        found.append("negation differs")
    elif not found and (moved := bonds(sentence) - bonds(quote)):
        found.append(f"belongs elsewhere: {', '.join(sorted({what for _, what, _ in moved}))}")
    return found


def position(stem: str, source: Sequence[str], synonyms: Synonyms) -> int | None:
    """Where the evidence first holds the word, or else a synonym of it."""
    if stem in source:
        return source.index(stem)
    same = synonyms(stem)
    return next((place for place, other in enumerate(source) if other in same), None)


def longest_rise(places: Sequence[int]) -> int:
    """Length of the longest non-decreasing subsequence: how many words kept their order (patience sorting)."""
    tails: list[int] = []
    for place in places:
        slot = bisect_left(tails, place + 1)
        tails[slot : slot + 1] = [place]
    return len(tails)
