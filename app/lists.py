"""Items of lists, of bullets and of tables of facts: which list a question gets, and when all of it is said."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from app.evidence import Evidence
from app.language import quantities
from app.taste import PLAIN, Taste
from app.vocabulary import Vocabulary
from corpus.document import Span
from index.search import Index


def whole_list(question: str, ranked: Sequence[Evidence], vocabulary: Vocabulary, taste: Taste) -> list[Evidence]:
    """The items of the best list among the first sentences, joined by what other documents' lists add to it, once each."""
    heads = [evidence for evidence in ranked[:8] if evidence.sentence.lead or in_statements(evidence)]
    if not heads or ranked.index(heads[0]) > 3:
        return []
    chosen: list[Evidence] = []
    for head in heads:
        if any(head.document is one.document for one in chosen) or head.score < taste.relative * heads[0].score:
            continue
        named = f"{head.passage.section} {head.lead} {head.quote}"
        if vocabulary.coverage(question, named) < taste.named:  # a list of something else
            continue
        said = " ".join(one.quote for one in chosen)
        chosen += [item for item in siblings(head, ranked, taste) if not said or adds(item.quote, said, vocabulary)]
    return chosen if len(chosen) > 1 else []


def adds(item: str, said: str, vocabulary: Vocabulary) -> bool:
    """Whether the item holds a word or a figure that was not said."""
    return bool(vocabulary.missing(item, said) or quantities(item) - quantities(said))


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


def every_item(run: Sequence[Evidence], index: Index) -> list[Evidence]:
    """Every item of the lists that the run's items stand in, in no order of rank."""
    leads = dict.fromkeys(map(list_of, run))
    found = {
        each.key: each
        for document, lead in leads
        for passage in index.passages_of(document)
        for sentence, vector in zip(passage.sentences, index.sentence_vectors(passage), strict=True)
        if sentence.lead == lead
        for each in [Evidence(passage, sentence, vector)]
    }
    return list(found.values())


def items_to_say(run: Sequence[Evidence], index: Index, taste: Taste = PLAIN) -> tuple[list[Evidence], bool]:
    """(items, whether the list has more): the items chosen; all of a list that is short, or of which most are chosen anyway."""
    every = every_item(run, index)
    short = len(every) <= taste.short_list or 2 * len(run) >= len(every)
    return (every, False) if short else (list(run), True)


def list_of(evidence: Evidence) -> tuple[str, Span | None]:
    """What items of one list share: their document and the line that introduces it."""
    return evidence.document.id, evidence.sentence.lead


def runs(chosen: Sequence[Evidence]) -> list[list[Evidence]]:
    """The evidence in order, cut wherever items of a list and plain sentences change."""
    return [list(group) for _, group in groupby(chosen, key=lambda one: one.sentence.lead is not None)]
