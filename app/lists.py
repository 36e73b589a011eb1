"""Items of lists, of bullets and of tables of facts: which list a question gets, and when all of it is said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from app.evidence import Evidence
from app.taste import PLAIN, Taste
from app.vocabulary import Vocabulary
from corpus.document import Span
from index.search import Index
from index.words import telling


def whole_list(question: str, ranked: Sequence[Evidence], vocabulary: Vocabulary, taste: Taste) -> list[Evidence]:
    """The items of the best list among the first sentences, joined by what other lists add to it, once each."""
    heads = [evidence for evidence in ranked[:8] if evidence.sentence.lead or in_statements(evidence)]
    if not heads or ranked.index(heads[0]) > 3:
        return []
    chosen: list[Evidence] = []
    for head in heads:
        if any(list_of(head) == list_of(one) for one in chosen) or head.score < taste.relative * heads[0].score:
            continue
        named = f"{head.passage.section} {head.lead} {head.quote}"
        if vocabulary.coverage(question, named) < taste.named:  # a list of something else
            continue
        said = [one.quote for one in chosen]
        chosen += [item for item in siblings(head, ranked, taste) if adds(item.quote, said, vocabulary)]
    return chosen if len(chosen) > 1 else []


def adds(item: str, said: Sequence[str], vocabulary: Vocabulary) -> bool:
    """Whether the item holds a word or a figure that none of what was said holds, or turns it round: "less pain"."""
    return all(telling(item) != telling(one) or vocabulary.missing(item, one) for one in said)


def in_statements(evidence: Evidence) -> bool:
    """Whether the sentence is a line of a table of facts."""
    return any(line.start == evidence.sentence.start for line in evidence.document.statements)


def siblings(head: Evidence, ranked: Sequence[Evidence], taste: Taste) -> list[Evidence]:
    """The items of `head`'s list in the order of its document."""
    same = [
        other
        for other in ranked
        if other.document is head.document
        and (
            other.sentence.lead == head.sentence.lead if head.sentence.lead else other.passage.path == head.passage.path
        )
        and (
            head.sentence.lead or other.score >= taste.statement * head.score
        )  # a table holds much under one predicate
    ]
    return sorted(same, key=lambda evidence: evidence.sentence.start)


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
