"""A sentence with those that it can't be said without. Knows nothing of questions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.evidence import Evidence
from app.language import content, leans_back, says_whom_it_suits, suited, takes_back


def whole_thought(evidence: Evidence, ranked: Sequence[Evidence]) -> list[Evidence]:
    """The sentence with those that it leans on, and with the one that leans on it or takes some of it back.

    One that is not quotable stands between: what leans on that one keeps hanging. So does what stands behind a list, for it
    leans on all of it.
    """
    inside = in_order(evidence, ranked)
    place = place_of(evidence, inside)
    thought, after = [evidence], inside[place + 1 : place + 2]
    while goes_on(thought[0]) and place > 0 and (before := inside[place - 1]) and not ends_list(before, thought[0]):
        place -= 1
        thought.insert(0, before)
    return [*thought, *(one for one in after if one and goes_on(one) and not ends_list(evidence, one))]


def in_order(evidence: Evidence, ranked: Sequence[Evidence]) -> list[Evidence | None]:
    """The sentences around it under its headings, as far as the passages found hold them without a gap; None for each that can't
    be quoted.
    """
    found = {one.sentence.start: one for one in ranked if section(one) == section(evidence)}
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


def section(evidence: Evidence) -> tuple[str, tuple[str, ...]]:
    """The document and the headings that it stands under."""
    return evidence.document.id, evidence.passage.path


def goes_on(evidence: Evidence) -> bool:
    """Whether the sentence leans on the one before it, or takes some of it back."""
    return leans_back(evidence.quote) or takes_back(evidence.quote)


def ends_list(before: Evidence, after: Evidence) -> bool:
    """Whether the one is the last item of a list that the other stands behind."""
    return before.sentence.lead is not None and after.sentence.lead is None


def hangs(thought: Sequence[Evidence], ranked: Sequence[Evidence], said: Iterable[Evidence] = ()) -> bool:
    """Whether nobody could tell what its first sentence speaks of: it leans back, and neither a sentence, nor a list that was
    `said`, nor a question is before it.
    """
    first = thought[0]
    if not leans_back(first.quote) or first.sentence.lead is not None or first.question is not None:
        return False
    inside = in_order(first, ranked)
    before = next(iter(inside[: place_of(first, inside)][-1:]), None)
    if before is None or not ends_list(before, first):
        return True
    return before.key not in {one.key for one in said} and not about_its_title(before)


def about_its_title(item: Evidence) -> bool:
    """Whether the item's list is of those whom the very thing suits that its whole document is about, by its title: then what
    comes behind the list speaks of that thing, too.
    """
    thing = content(suited(item.lead)) if says_whom_it_suits(item.lead) else []
    return bool(thing) and set(thing) <= set(content(item.document.title))
