"""Items of lists, of bullets and of tables of facts: which list a question gets, and when all of it is said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, takewhile
from operator import eq

from app.evidence import Evidence
from app.language import content, words
from app.taste import PLAIN, Taste
from app.vocabulary import Vocabulary
from corpus.document import Span
from index.search import Index
from index.words import telling

SHORTEST = 4  # letters of a stem that may be found within a word
LAST_WORDS = 3  # in which lines of a table differ that say the same of different things


def whole_list(question: str, ranked: Sequence[Evidence], vocabulary: Vocabulary, taste: Taste) -> list[Evidence]:
    """The items of the best list among the first sentences, joined by what other lists add to it, once each."""
    heads = [evidence for evidence in ranked[:8] if evidence.sentence.lead or in_statements(evidence)]
    if not heads or ranked.index(heads[0]) > 3:
        return []
    chosen: list[Evidence] = []
    for head in heads:
        if any(list_of(head) == list_of(one) for one in chosen) or head.score < taste.relative * heads[0].score:
            continue
        named = f"{head.passage.section} {head.lead}"
        if not (chosen and head.lead):  # behind another list one that is of something else may yet name it
            named = f"{named} {head.quote}"
        of_it = vocabulary.coverage(question, named) >= taste.named or fills(head, ranked[: taste.first])
        if not of_it:  # a list of something else
            continue
        said = [one.quote for one in chosen]
        items = siblings(head, ranked, taste, thing_named(question, head, vocabulary))
        if not chosen or head.lead or len(items) > 1:  # one line of a table is no list
            chosen += [item for item in items if adds(item.quote, said, vocabulary)]
    return chosen if len(chosen) > 1 else []


def fills(head: Evidence, first: Sequence[Evidence]) -> bool:
    """Whether the first sentences are items of the head's list, but for one: then it is meant, whatever words were asked with."""
    inside = [list_of(one) == list_of(head) for one in first]
    return head.sentence.lead is not None and inside[0] and sum(inside) >= len(first) - 1


def adds(item: str, said: Sequence[str], vocabulary: Vocabulary) -> bool:
    """Whether the item holds a word or a figure that none of what was said holds, or turns it round: "less pain"."""
    return all(telling(item) != telling(one) or vocabulary.missing(item, one) for one in said)


def in_statements(evidence: Evidence) -> bool:
    """Whether the sentence is a line of a table of facts."""
    return any(line.start == evidence.sentence.start for line in evidence.document.statements)


def thing_named(question: str, head: Evidence, vocabulary: Vocabulary) -> str:
    """The rarest stem that the question and the end of a line of a table name, "graft"; "" where there is none."""
    shared = (set(content(question)) & set(content(head.quote))) - set(content(head.passage.section))
    return max(
        (one for one in shared if len(one) >= SHORTEST), key=lambda one: (vocabulary.rarity(one), one), default=""
    )


def siblings(head: Evidence, ranked: Sequence[Evidence], taste: Taste, named: str = "") -> list[Evidence]:
    """The items of `head`'s list in the order of its document.

    Of a table, which holds much under one predicate: the lines nearly as good, and those that name the thing `named`, be it
    within a word ("allograft").
    """
    if head.sentence.lead:
        same = [other for other in ranked if list_of(other) == list_of(head)]
    else:
        good = taste.statement * head.score
        same = [
            other
            for other in ranked
            if (other.passage.path == head.passage.path and other.score >= good and other.document is head.document)
            or (named and named in other.quote.lower() and (other is head or same_table(head, other)))
        ]
    return sorted(same, key=lambda evidence: evidence.sentence.start)


def same_table(one: Evidence, other: Evidence) -> bool:
    """Whether both are different lines of the tables of facts in one document."""
    return one.document is other.document and one.key != other.key and in_statements(one) and in_statements(other)


def with_sisters(chosen: Sequence[Evidence], ranked: Sequence[Evidence], taste: Taste) -> list[Evidence]:
    """What was chosen, and if the best is a line of a table the few lines that say the same of another thing: "from the front",
    "from the back".
    """
    same = [one for one in ranked if sisters(chosen[0], one)]
    if len(same) >= taste.sisters:
        return [*chosen]
    keys = {one.key for one in chosen}
    return [*chosen, *(one for one in same if one.key not in keys)]


def sisters(one: Evidence, other: Evidence) -> bool:
    """Whether two lines of a table differ in their last few words only."""
    if one.passage.path != other.passage.path or not same_table(one, other):
        return False
    first, second = words(one.quote), words(other.quote)
    alike = len(list(takewhile(bool, map(eq, first, second))))
    return min(len(first), len(second)) - alike <= LAST_WORDS


def every_item(one: Evidence, index: Index) -> list[Evidence]:
    """Every item of the list that an item stands in, in the order of its document."""
    document, lead = list_of(one)
    found = {
        each.key: each
        for passage in index.passages_of(document)
        for sentence, vector in zip(passage.sentences, index.sentence_vectors(passage), strict=True)
        if sentence.lead == lead
        for each in [Evidence(passage, sentence, vector)]
    }
    return list(found.values())


def completed(chosen: Sequence[Evidence], index: Index, vocabulary: Vocabulary) -> list[Evidence]:
    """The items of `chosen`, and behind those of each list what search has not found of it and none of them says."""
    said = [one.quote for one in chosen]
    keys, whole = {one.key for one in chosen}, list[Evidence]()
    for group in by_list(chosen):
        rest = every_item(group[0], index) if group[0].sentence.lead else []
        whole += [*group, *(one for one in rest if one.key not in keys and adds(one.quote, said, vocabulary))]
    return whole


def items_to_say(run: Sequence[Evidence], index: Index, taste: Taste = PLAIN) -> Iterator[tuple[list[Evidence], bool]]:
    """For each list (items, whether it has more): the items chosen; all of one that is short, or of which most are chosen."""
    for group in by_list(run):
        every = every_item(group[0], index)
        short = len(every) <= taste.short_list or 2 * len(group) >= len(every)
        yield (every, False) if short else (group, True)


def by_list(items: Sequence[Evidence]) -> list[list[Evidence]]:
    """The items of each list together, the lists in the order of their first ones."""
    groups: dict[tuple[str, Span | None], list[Evidence]] = {}
    for one in items:
        groups.setdefault(list_of(one), []).append(one)
    return list(groups.values())


def list_of(evidence: Evidence) -> tuple[str, Span | None]:
    """What items of one list share: their document and the line that introduces it."""
    return evidence.document.id, evidence.sentence.lead


def runs(chosen: Sequence[Evidence]) -> list[list[Evidence]]:
    """The evidence in order, cut wherever items of a list and plain sentences change."""
    return [list(group) for _, group in groupby(chosen, key=lambda one: one.sentence.lead is not None)]
