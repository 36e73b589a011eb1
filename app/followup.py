"""A follow-up ("and how long does that take?") to a question that can be searched alone. Knows nothing of language models.

The wording says whether a question leans on an earlier one, and retrieval whether the two together fit the documents. Only
the visitor's own turns are believed: what a client says that the assistant has said is never read. So for "the second one"
the list of the earlier answer is made again, from the sources.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.answer import Turn
from app.approved import Faq
from app.ellipsis import rewritings, topic
from app.language import content
from app.leaning import (
    announced,
    first_sentence,
    followup_words,
    leans,
    opened,
    own,
    points,
    put_first,
    sentence,
    signs_removed,
)
from app.lists import completed, items_to_say, runs
from app.matters import Matters
from app.select import DEEPER, HITS, candidates, choose, widened
from app.vocabulary import Vocabulary
from index.search import Index

FEW_HITS = 5
COVERED = 0.5  # share of a follow-up's own words that the passages must hold, else it is a new topic
POINTED = 0.15  # the same where a word points back ("what if I carry boxes after that?")


def standalone(
    question: str,
    history: Sequence[Turn],
    index: Index,
    vocabulary: Vocabulary,
    faq: Faq | None = None,
    matters: Matters | None = None,
) -> str:
    """The question as it is searched and shown; unchanged where it stands alone or where what it adds is a new topic, but for
    words that announce one.

    Costs two searches at most, one more for "the second one", none for a question that leans on no earlier one.
    """
    turns = [turn.content for turn in history if turn.role == "user"]
    if turns and (changed := announced(question)):
        return changed
    question = put_first(question) if turns else question
    if back := returned(question, turns, vocabulary):
        return back
    earlier = topic(turns, vocabulary)
    if not earlier or not leans(question, vocabulary):
        return question
    rest = signs_removed(question)
    if item := counted_out(rest, earlier, index, vocabulary, faq, matters):
        return f"{sentence(rest)} ({item})"
    options = rewritings(question, earlier, vocabulary)
    continues = followup_words().patterns["continues"].search(rest)
    if len(options) == 1 and (continues or not own(first_sentence(rest), vocabulary)):
        return options[0]  # it names nothing new, or can only be the end of the earlier question
    found = {option: fit(option, index, vocabulary) for option in options}
    held = [option for option in options if holds(found[option][1], rest, vocabulary)]
    return max(held, key=lambda option: found[option][0], default=question)


def names_its_own(question: str, vocabulary: Vocabulary) -> bool:
    """Whether the follow-up itself names a thing that the glossary knows, points to nothing and is no end of another question
    ("and for the pain?"): it could stand alone.
    """
    rest = signs_removed(question)
    whole = not points(rest, vocabulary) and not followup_words().patterns["continues"].search(rest)
    return whole and bool(vocabulary.concepts(rest))


def fit(option: str, index: Index, vocabulary: Vocabulary) -> tuple[float, str]:
    """How well the passages fit a way to ask, and their text."""
    hits = index.search(option, FEW_HITS)
    text = " ".join(hit.passage.under_headings for hit in hits)
    near = max((hit.scores.get("dense", 0.0) for hit in hits), default=0.0)
    return near + vocabulary.coverage(option, text), text


def returned(question: str, turns: Sequence[str], vocabulary: Vocabulary) -> str | None:
    """ "Back to the brace, is it heavy?": the rest of the question with the earlier one that it goes back to."""
    found = followup_words().patterns["returns"].search(opened(question))
    if not found or not turns:
        return None
    rest = opened(question)[found.end() :].lstrip(" .,:;-")
    shared = [len(set(own(rest, vocabulary, common=True)) & set(own(turn, vocabulary, common=True))) for turn in turns]
    if not any(shared):  # no thing is named, but "the first weeks" may still be said in both
        shared = [len(set(content(rest)) & set(content(turn))) for turn in turns]
    if not any(shared) and not found["first"] and not found["mentioned"]:
        return None  # "the old pain again", "back to work when?": nothing that was asked about
    if (
        any(shared)
        and set(content(rest)) - set(content(" ".join(turns)))
        and not followup_words().patterns["bare"].search(rest)
    ):
        return sentence(rest)  # it names what it goes back to, and what is asked about it
    meant = 0 if found["first"] else shared.index(max(shared)) if any(shared) else -2
    earlier = topic([turns[max(meant, -len(turns))]], vocabulary)
    return f"{sentence(rest)} ({sentence(earlier)})" if rest.strip() and earlier else earlier or None


def holds(text: str, rest: str, vocabulary: Vocabulary) -> bool:
    """Whether the passages' text holds enough of what the follow-up itself names: if not, it is a new topic.

    One word of its own beside a pointer ("is it noisy?") is asked about the earlier thing, whatever the passages hold.
    """
    named, pointed = own(rest, vocabulary), points(rest, vocabulary)
    share = vocabulary.coverage(" ".join(named), text)
    return (pointed and len(named) == 1) or share >= (POINTED if pointed else COVERED)


def counted_out(
    rest: str, earlier: str, index: Index, vocabulary: Vocabulary, faq: Faq | None, matters: Matters | None
) -> str | None:
    """The item that "the second one" means in the list that answered the earlier question; None where there is none.

    An approved answer is one text, whose items nobody can count for sure.
    """
    lists = followup_words()
    if not (found := lists.patterns["ordinal"].search(rest)):
        return None
    vector = index.encode([earlier])[0]
    if (faq or Faq(index)).match(earlier, vector):
        return None
    meant = matters.about(vector, index.embedder.checksum).meant if matters else ()
    every = index.search(earlier, DEEPER, vector=vector)  # as many as the list that the visitor saw was made of
    ranked = candidates(earlier, vector, every[:HITS], index, vocabulary)
    ranked, ordinal = widened(ranked, earlier, vector, every, index, vocabulary, meant), found["ordinal"].lower()
    choice = choose(earlier, ranked, vocabulary, meant=meant)
    said = (run for run in runs(choice.evidence) if run[0].sentence.lead)
    lists_seen = (listed for run in said for listed, _ in items_to_say(run, index))
    items = completed(choice.evidence, index, vocabulary) if choice.listed else next(lists_seen, [])
    place = lists.ordinals[ordinal] if ordinal in lists.ordinals else len(items) // 2
    return items[place].quote.strip().rstrip(".") if -len(items) <= place < len(items) else None
