"""Which evidence sentences answer a question, from which passages, in which order. Knows nothing of models or of tiers' names.

A question that asks for a list gets the whole list (app/lists.py); any other gets two to four sentences, the most direct
first, none twice. A sentence that leans on the one before it ("They help …") brings that one along.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.asked import (
    asks_for_list,
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
from app.language import (
    content,
    fragment,
    leans_back,
    says_nothing,
    says_whom_it_suits,
    says_whom_not,
    takes_back,
)
from app.lists import in_statements, list_of, whole_list
from app.taste import PLAIN, Taste
from app.vocabulary import Vocabulary
from index.passage import Hit
from index.search import Index

HITS = 8  # passages that an answer is made of


def candidates(
    question: str, vector: Vector, hits: Sequence[Hit], index: Index, vocabulary: Vocabulary, taste: Taste = PLAIN
) -> list[Evidence]:
    """Every quotable sentence of the hits with its score for the question (`vector` is its embedding), best first."""
    found: dict[tuple[str, int, int], Evidence] = {}
    for hit in hits:
        vectors = index.sentence_vectors(hit.passage)
        for sentence, row in zip(hit.passage.sentences, vectors, strict=True):
            evidence = Evidence(hit.passage, sentence, row)
            if says_nothing(evidence.quote) or (not sentence.lead and fragment(evidence.quote)):
                continue
            heading = f"{hit.passage.section} {evidence.lead}"
            cosine = float(vector @ row)
            score = (
                taste.cosine * cosine
                + taste.words * vocabulary.coverage(question, f"{heading} {evidence.quote}")
                + taste.rank / hit.rank
            )
            score *= taste.promotional if evidence.promotional else 1.0
            found.setdefault(evidence.key, replace(evidence, cosine=cosine, score=score))
    return sorted(found.values(), key=lambda evidence: -evidence.score)


@dataclass(frozen=True, slots=True)
class Choice:
    """The evidence to say, in the order to say it; `listed` when it is the items of lists, `more` when there are others,
    `after`: what is said behind them.
    """

    evidence: tuple[Evidence, ...]
    listed: bool = False
    more: bool = False
    after: tuple[Evidence, ...] = ()


def choose(question: str, ranked: Sequence[Evidence], vocabulary: Vocabulary, taste: Taste = PLAIN) -> Choice:
    """What answers the question, of all that was found."""
    if not ranked:
        return Choice(())
    if asks_for_list(question) and (items := to_the_point(question, whole_list(question, ranked, vocabulary, taste))):
        after = with_limit(items, ranked)[len(items) :]
        return Choice(tuple(items[: taste.list_items]), True, len(items) > taste.list_items, tuple(after))
    ranked = weighed(question, ranked, taste)
    chosen, best = list[Evidence](), list[Evidence]()
    for evidence in ranked:
        weak = not fits(evidence, ranked, taste) and len(chosen) >= taste.least
        if weak or len(chosen) >= taste.most:
            break
        thought = whole_thought(evidence, ranked)
        new = [one for one in thought if one.key not in {other.key for other in chosen}]
        fitting = not chosen or len(chosen) + len(new) <= taste.most  # half a thought may be half the truth
        if fitting and not repeats(evidence, chosen, taste) and not hangs(thought[0]):
            if not best or {one.key for one in thought} & {one.key for one in best}:
                best += new  # what leans on the end of the best thought stays with it
            chosen += new
    near = [one for one in ranked if fits(one, ranked, taste)]
    whole = with_limit(with_contradiction(chosen or [ranked[0]], near), ranked)
    return Choice(tuple(readable(whole, best)))


def weighed(question: str, ranked: Sequence[Evidence], taste: Taste) -> list[Evidence]:
    """The same, best first, by what its words and meaning don't tell: half the truth is near a question, too."""
    too_much, thing, turning = supposes_too_much(question), thing_asked(question), turning_points(question)

    def weight(one: Evidence) -> float:
        said = f"{one.lead} {one.quote}"
        return math.prod(
            (
                taste.sets_right if too_much and sets_limits(one.quote) else 1.0,
                taste.defines if thing and not one.lead and says_what_it_is(one.quote, thing) else 1.0,
                taste.turns_on if any(point.search(said) for point in turning) else 1.0,
                taste.other_phase if other_phase(question, said) else 1.0,
            )
        )

    return sorted((replace(one, score=one.score * weight(one)) for one in ranked), key=lambda one: -one.score)


def fits(evidence: Evidence, ranked: Sequence[Evidence], taste: Taste = PLAIN) -> bool:
    """Whether it is near enough to the question, beside the best, to be said."""
    return evidence.score >= taste.relative * ranked[0].score


def with_contradiction(chosen: list[Evidence], near: Sequence[Evidence]) -> list[Evidence]:
    """What was chosen, and right after it the sentence of another document that contradicts it: a patient must see both."""
    keys = {one.key for one in chosen}
    found = [one for one in contradicting(chosen, near) if one.key not in keys]
    return [*chosen, *found]


def to_the_point(question: str, items: list[Evidence]) -> list[Evidence]:
    """The items, but none where they are those whom it suits, and the question asks whom it doesn't."""
    point = only_whom_not(question)
    return items if not point or any(point.search(f"{one.lead} {one.quote}") for one in items) else []


def with_limit(chosen: Sequence[Evidence], ranked: Sequence[Evidence]) -> list[Evidence]:
    """What was chosen, and where it says whom something suits, each time its section's thought on whom it doesn't."""
    limited = {section(one) for one in chosen if limits(one)}
    open_ = {section(one) for one in chosen if says_whom_it_suits(f"{one.lead} {one.quote}")} - limited
    whole = [*chosen]
    for limit in ranked:
        if section(limit) in open_ and limits(limit) and not hangs((thought := whole_thought(limit, ranked))[0]):
            said = {one.key for one in whole}
            whole += [one for one in thought if one.key not in said]
            open_.remove(section(limit))
    return whole


def limits(evidence: Evidence) -> bool:
    """Whether it says whom something doesn't suit, and is no item of a list of those whom it suits."""
    return says_whom_not(f"{evidence.lead} {evidence.quote}") and not says_whom_it_suits(evidence.lead)


def section(evidence: Evidence) -> tuple[str, tuple[str, ...]]:
    """The document and the headings that it stands under."""
    return evidence.document.id, evidence.passage.path


def repeats(evidence: Evidence, chosen: Sequence[Evidence], taste: Taste = PLAIN) -> bool:
    """Whether something chosen says the same: nearly the same meaning, or nearly all of its words in a like one.

    Lines of one table never do: "from the front" and "from the back" lie close together.
    """
    named = set(content(evidence.quote))
    for other in chosen:
        alike = float(np.dot(evidence.vector, other.vector))
        if alike <= taste.alike or same_table(evidence, other) or contradict(evidence, other):
            continue
        held = len(named & set(content(other.quote))) / (len(named) or 1)
        if alike > taste.repeat or held >= taste.held:
            return True
    return False


def same_table(one: Evidence, other: Evidence) -> bool:
    """Whether both are different lines of the tables of facts in one document."""
    return one.document is other.document and one.key != other.key and in_statements(one) and in_statements(other)


def whole_thought(evidence: Evidence, ranked: Sequence[Evidence]) -> list[Evidence]:
    """The sentence with those that it leans on, and with the one that leans on it or takes some of it back.

    One that is not quotable stands between: what leans on that one keeps hanging.
    """
    found = {one.sentence.start: one for one in ranked if one.passage is evidence.passage}
    inside = [found.get(sentence.start) for sentence in evidence.passage.sentences]
    place = inside.index(evidence)
    thought = [evidence]
    while goes_on(thought[0]) and place > 0 and (before := inside[place - 1]):
        place -= 1
        thought.insert(0, before)
    after = inside[inside.index(evidence) + 1 :][:1]
    return [*thought, *(one for one in after if one and goes_on(one))]


def goes_on(evidence: Evidence) -> bool:
    """Whether the sentence leans on the one before it, or takes some of it back."""
    return leans_back(evidence.quote) or takes_back(evidence.quote)


def hangs(evidence: Evidence) -> bool:
    """Whether nobody could tell what it speaks of: it leans back, and neither a sentence nor a question is before it."""
    return leans_back(evidence.quote) and evidence.sentence.lead is None and evidence.question is None


def readable(chosen: Sequence[Evidence], best: Sequence[Evidence] = ()) -> list[Evidence]:
    """The best thought first, for some read no further, with all items of a list that it stands in; then the best sentence's
    passage; sentences of one passage together and in their own order.
    """
    passages = list(dict.fromkeys(evidence.passage.number for evidence in chosen))
    keys, lists = {one.key for one in best}, {list_of(one) for one in best if one.lead}

    def place(evidence: Evidence) -> tuple[bool, int, int]:
        leads = evidence.key in keys or list_of(evidence) in lists
        return (not leads, passages.index(evidence.passage.number), evidence.sentence.start)

    return sorted(chosen, key=place)
