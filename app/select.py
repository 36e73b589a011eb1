"""Which evidence sentences answer a question, from which passages, in which order. Knows nothing of models or of tiers' names.

A question that asks for a list gets the whole list (app/lists.py); any other gets two to four sentences, the most direct
first, none twice. A sentence that leans on the one before it ("They help …") brings that one along.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import repeat

import numpy as np

from app.asked import (
    asks_for_list,
    asks_which,
    only_whom_not,
    other_phase,
    says_what_it_is,
    sets_limits,
    supposes_too_much,
    thing_asked,
    turning_points,
)
from app.disagreement import contradict, contradicting
from app.evidence import Evidence, Vector
from app.language import content, fragment, negations, says_nothing, says_whom_it_suits, says_whom_not
from app.lists import by_list, list_of, same_table, whole_list, with_sisters
from app.taste import PLAIN, Taste
from app.thought import goes_on, hangs, stands_first, under, whole_thought
from app.vocabulary import Vocabulary
from index.passage import Hit, Passage
from index.search import Index

HITS = 8  # passages that the decision sees, and that an answer is mostly made of
DEEPER = 24  # among which what the question is about is looked for, too


def candidates(
    question: str, vector: Vector, hits: Sequence[Hit], index: Index, vocabulary: Vocabulary, taste: Taste = PLAIN
) -> list[Evidence]:
    """Every quotable sentence of the hits, and of what limits them, with its score for the question (`vector` is its embedding),
    best first.
    """
    found: dict[tuple[str, int, int], Evidence] = {}
    places = [(hit.passage, taste.rank / hit.rank) for hit in hits]
    for passage, favour in [*places, *((one, 0.0) for one in limiting(hits, index))]:
        for sentence, row in zip(passage.sentences, index.sentence_vectors(passage), strict=True):
            evidence = Evidence(passage, sentence, row)
            if not quotable(evidence):
                continue
            cosine = float(vector @ row)
            score = (
                taste.cosine * cosine
                + taste.words * vocabulary.coverage(question, f"{passage.section} {evidence.introduced}")
                + favour
            )
            score *= taste.promotional if evidence.promotional else 1.0
            found.setdefault(evidence.key, replace(evidence, cosine=cosine, score=score))
    return sorted(found.values(), key=lambda evidence: -evidence.score)


def limiting(hits: Sequence[Hit], index: Index) -> list[Passage]:
    """The passages next to those found, under the same headings, that say whom something doesn't suit: without them what was
    found is half the truth.
    """
    found = {hit.passage.number for hit in hits}
    return [
        passage
        for hit in hits
        for passage in index.passages_of(hit.passage.document.id)
        if abs(passage.number - hit.passage.number) == 1 and passage.number not in found
        if passage.path == hit.passage.path and says_whom_not(passage.text)
    ]


def widened(
    ranked: Sequence[Evidence],
    question: str,
    vector: Vector,
    hits: Sequence[Hit],
    index: Index,
    vocabulary: Vocabulary,
    meant: Sequence[re.Pattern[str]],
) -> list[Evidence]:
    """The candidates, with those of hits farther down: for each thing that is `meant`, of the one whose sentence on it lies
    nearest.
    """
    deeper: dict[int, Hit] = {}
    for thing in meant:
        nearness = [naming(thing, hit.passage, vector, index) for hit in hits]
        if nearness and max(nearness) > 0:
            nearest = hits[nearness.index(max(nearness))]
            deeper[nearest.passage.number] = nearest
    keys = {one.key for one in ranked}
    more = candidates(question, vector, [*deeper.values()], index, vocabulary)
    return sorted([*ranked, *(one for one in more if one.key not in keys)], key=lambda evidence: -evidence.score)


def naming(thing: re.Pattern[str], passage: Passage, vector: Vector, index: Index) -> float:
    """The cosine of the passage's nearest sentence that names the thing and can be quoted; 0 where none does."""
    told = (Evidence(*one) for one in zip(repeat(passage), passage.sentences, index.sentence_vectors(passage)))
    return max(
        (float(vector @ one.vector) for one in told if quotable(one) and thing.search(one.introduced)), default=0.0
    )


def quotable(evidence: Evidence) -> bool:
    """Whether it says something, and by itself."""
    return not says_nothing(evidence.quote) and (evidence.sentence.lead is not None or not fragment(evidence.quote))


@dataclass(frozen=True, slots=True)
class Choice:
    """The evidence to say, in the order to say it; `listed` when it is the items of lists, `more` when there are others,
    `after`: what is said behind them.
    """

    evidence: tuple[Evidence, ...]
    listed: bool = False
    more: bool = False
    after: tuple[Evidence, ...] = ()


def choose(
    question: str,
    ranked: Sequence[Evidence],
    vocabulary: Vocabulary,
    taste: Taste = PLAIN,
    meant: Sequence[re.Pattern[str]] = (),
) -> Choice:
    """What answers the question, of all that was found; `meant`: what it is likely about."""
    if not ranked:
        return Choice(())
    found, ranked = ranked, to_the_point(question, ranked)
    if asks_for_list(question) and (items := whole_list(question, ranked, vocabulary, taste)):
        after = with_limit(items, found)[len(items) :]
        if len(by_list(items)) > 1:  # nobody could tell which of the lists "it" stands behind
            after = [one for one in after if not goes_on(one)]
        return Choice(tuple(items[: taste.list_items]), True, len(items) > taste.list_items, tuple(after))
    ranked = weighed(question, ranked, taste, meant)
    chosen, best = list[Evidence](), list[Evidence]()
    for evidence in ranked:
        weak = not fits(evidence, ranked, taste) and len(chosen) >= taste.least
        if weak or len(chosen) >= taste.most:
            break
        thought = whole_thought(evidence, found)
        if bare := not chosen and stands_first(evidence, found):
            thought = [evidence]
        new = [one for one in thought if one.key not in {other.key for other in chosen}]
        fitting = not chosen or len(chosen) + len(new) <= taste.most  # half a thought may be half the truth
        if fitting and not repeats(evidence, chosen, taste) and (bare or not hangs(thought[0])):
            if not best or {one.key for one in thought} & {one.key for one in best}:
                best += new  # what leans on the end of the best thought stays with it
            chosen += new
    if chosen and asks_which(question):
        chosen = with_sisters(chosen, found, taste)
    near = [one for one in ranked if fits(one, ranked, taste)]
    whole = with_limit(with_contradiction(chosen or [ranked[0]], near), found)
    return Choice(tuple(readable(whole, best)))


def weighed(
    question: str, ranked: Sequence[Evidence], taste: Taste, meant: Sequence[re.Pattern[str]] = ()
) -> list[Evidence]:
    """The same, best first, by what its words and meaning don't tell: half the truth is near a question, too. What the question
    turns on, by its words or as it is `meant`, comes first.
    """
    too_much, thing = supposes_too_much(question), thing_asked(question)
    turning = (*turning_points(question), *meant)

    def weight(one: Evidence) -> float:
        said = one.introduced
        shares = (
            taste.sets_right if too_much and sets_limits(one.quote) else 1.0,
            taste.defines if thing and not one.lead and says_what_it_is(one.quote, thing) else 1.0,
            taste.other_phase if other_phase(question, said) else 1.0,
        )
        return one.score * math.prod(shares) + (taste.turns_on if any(point.search(said) for point in turning) else 0.0)

    return sorted((replace(one, score=weight(one)) for one in ranked), key=lambda one: -one.score)


def fits(evidence: Evidence, ranked: Sequence[Evidence], taste: Taste = PLAIN) -> bool:
    """Whether it is near enough to the question, beside the best, to be said."""
    return evidence.score >= taste.relative * ranked[0].score


def with_contradiction(chosen: list[Evidence], near: Sequence[Evidence]) -> list[Evidence]:
    """What was chosen, and right after it the sentence of another document that contradicts it: a patient must see both."""
    keys = {one.key for one in chosen}
    found = [one for one in contradicting(chosen, near) if one.key not in keys]
    return [*chosen, *found]


def to_the_point(question: str, ranked: Sequence[Evidence]) -> Sequence[Evidence]:
    """The same, without what says whom something suits where the question asks only whom it doesn't and some of it says that."""
    point = only_whom_not(question)
    if not point or not any(point.search(one.introduced) for one in ranked):
        return ranked
    return [one for one in ranked if point.search(one.introduced) or not says_whom_it_suits(one.introduced)]


def with_limit(chosen: Sequence[Evidence], ranked: Sequence[Evidence]) -> list[Evidence]:
    """What was chosen, and where it says whom something suits, each time its section's thought on whom it doesn't."""
    limited = {under(one) for one in chosen if limits(one)}
    open_ = {under(one) for one in chosen if says_whom_it_suits(one.introduced)} - limited
    whole = [*chosen]
    for limit in ranked:
        if under(limit) in open_ and limits(limit) and not hangs((thought := whole_thought(limit, ranked))[0]):
            said = {one.key for one in whole}
            whole += [one for one in thought if one.key not in said]
            open_.remove(under(limit))
    return whole


def limits(evidence: Evidence) -> bool:
    """Whether it says whom something doesn't suit, and is no item of a list of those whom it suits."""
    return says_whom_not(evidence.introduced) and not says_whom_it_suits(evidence.lead)


def repeats(evidence: Evidence, chosen: Sequence[Evidence], taste: Taste = PLAIN) -> bool:
    """Whether something chosen says the same: all of its words in a like one; under another heading also nearly the same meaning,
    or nearly all of its words in one very like it.

    Under one heading sentences lie close together whatever they say, for it is embedded with each; so do the lines of a table.
    """
    named = set(content(evidence.quote))
    for other in chosen:
        alike = float(np.dot(evidence.vector, other.vector))
        if alike <= taste.alike or same_table(evidence, other) or contradict(evidence, other):
            continue
        held = len(named & set(content(other.quote))) / len(named) if named else float(evidence.quote == other.quote)
        denies = negations(evidence.quote) > negations(other.quote)  # "cannot be guaranteed" is no repetition
        nearly = alike > taste.repeat or (alike > taste.near and held >= taste.held)
        if (held == 1 and not denies) or (nearly and under(evidence) != under(other)):
            return True
    return False


def readable(chosen: Sequence[Evidence], best: Sequence[Evidence] = ()) -> list[Evidence]:
    """The best thought first, for some read no further, with all items of a list that it stands in; then the rest under the best
    sentence's headings; what stands under the same ones together and in its own order.
    """
    sections = list(dict.fromkeys(under(evidence) for evidence in chosen))
    keys, lists = {one.key for one in best}, {list_of(one) for one in best if one.lead}

    def place(evidence: Evidence) -> tuple[bool, int, int]:
        leads = evidence.key in keys or list_of(evidence) in lists
        return (not leads, sections.index(under(evidence)), evidence.sentence.start)

    return sorted(chosen, key=place)
