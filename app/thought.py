"""A sentence with those that it can't be said without. Knows nothing of questions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.evidence import Evidence
from app.language import content, leans_back, says_whom_it_suits, suited, takes_back

LONGEST = 4  # sentences that one may lean on, one on the other; one that leans on more is left hanging
_IT = re.compile(r"it\b", re.IGNORECASE)


def whole_thought(evidence: Evidence, ranked: Sequence[Evidence]) -> list[Evidence]:
    """The sentence with those that it leans on, and with the one that leans on it or takes some of it back, all under the same
    headings. One that is not quotable stands between: what leans on that one keeps hanging.
    """
    inside = in_order(evidence, ranked)
    place = place_of(evidence, inside)
    thought, after = [evidence], inside[place + 1 : place + 2]
    while goes_on(thought[0]) and len(thought) <= LONGEST and place > 0 and (before := inside[place - 1]):
        place -= 1
        thought.insert(0, before)
    return [*thought, *(one for one in after if one and goes_on(one))]


def in_order(evidence: Evidence, ranked: Sequence[Evidence]) -> list[Evidence | None]:
    """The sentences around it under its headings, as far as the passages found hold them without a gap; None for each that can't
    be quoted.
    """
    found = {one.sentence.start: one for one in ranked if under(one) == under(evidence)}
    passages = {one.passage.number: one.passage for one in found.values()}
    first = last = evidence.passage.number
    while first - 1 in passages:
        first -= 1
    while last + 1 in passages:
        last += 1
    return [found.get(one.start) for number in range(first, last + 1) for one in passages[number].sentences]


def place_of(evidence: Evidence, inside: Sequence[Evidence | None]) -> int:
    """Where it stands among them, whatever its score."""
    return next(place for place, one in enumerate(inside) if one and one.key == evidence.key)


def under(evidence: Evidence) -> tuple[str, tuple[str, ...]]:
    """The document and the headings that it stands under."""
    return evidence.document.id, evidence.passage.path


def goes_on(evidence: Evidence) -> bool:
    """Whether the sentence leans on the one before it, or takes some of it back."""
    return leans_back(evidence.quote) or takes_back(evidence.quote)


def hangs(evidence: Evidence) -> bool:
    """Whether nobody could tell what it speaks of: it leans back, and neither a sentence nor a question is before it."""
    return goes_on(evidence) and evidence.sentence.lead is None and evidence.question is None


def stands_first(evidence: Evidence, ranked: Sequence[Evidence]) -> bool:
    """Whether its "it" can open an answer: the one thing that its whole document is about, by its title, for it stands right
    behind the list of those whom that thing suits.
    """
    inside = in_order(evidence, ranked)
    before = next(iter(inside[: place_of(evidence, inside)][-1:]), None)
    if before is None or not _IT.match(evidence.quote) or not says_whom_it_suits(before.lead):
        return False
    thing, title = set(content(suited(before.lead))), set(content(before.document.title.partition(":")[0]))
    return bool(thing) and thing <= title and len(title - thing) <= 1
