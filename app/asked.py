"""What a question asks for (a kind of thing, a list, a matter, a figure, a difference), and whether a text holds it.

Knows no sources.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from app.language import content, english, is_quantity, stem, words

_SENTENCES = re.compile(r"(?<=[.!?])\s+")
_LINES = re.compile(rf"{_SENTENCES.pattern}|\n")  # of a text in which lists and tables stand
FIGURES = ("cost", "share", "time", "count")  # kinds that only a figure answers
LONGEST_NAME = 3  # content words


def asking(text: str) -> str:
    """The sentences that ask; where none is marked so, the last one. A story before them says little of what is wanted, unless
    they ask nothing but whether it is true.
    """
    sentences = [one for one in _SENTENCES.split(text.strip()) if one]
    wanted = " ".join(one for one in sentences if one.endswith("?")) or "".join(sentences[-1:])
    named = set(content(wanted))
    return text if named and named <= english().pointless else wanted


def kind_asked(question: str) -> str | None:
    """The kind of thing that alone would answer: a cost, a time, a comparison …; None where it could be anything."""
    asked = asking(question)
    return next((name for name, (pattern, _) in english().kinds.items() if pattern.search(asked)), None)


def holds_kind(kind: str, text: str) -> bool:
    """Whether the text holds something of that kind."""
    return bool(english().kinds[kind][1].search(text))


def asks_for_list(question: str) -> bool:
    """Whether the question asks for all there is of something: the risks, the kinds, the steps."""
    return kind_asked(question) not in FIGURES and any(pattern.search(question) for pattern in english().lists)


def asks_yes_or_no(question: str) -> bool:
    """Whether yes or no would do: then any sentence on the matter is an answer, where "how" asks for one aspect of it."""
    return bool(english().yes_no.search(asking(question)))


def asks_which(question: str) -> bool:
    """Whether the question asks which of several things it is: which side, what else, this or that."""
    return bool(english().which.search(asking(question)))


def only_whom_not(question: str) -> re.Pattern[str] | None:
    """What a list must hold if the question asks whom something does not suit, and not whom it does; None for any other."""
    lists, wanted = english(), asking(question)
    asked, held = lists.aspects["unsuitable"]
    positive = any(lists.suits.search(one) and not asked.search(one) for one in wanted.split("?"))
    both = positive or lists.both.search(wanted)
    return held if asked.search(wanted) and not both else None


def supposes_too_much(question: str) -> bool:
    """Whether the question asks if something holds in every case, or by itself: "must everybody …?"."""
    lists = english()
    whole = asks_yes_or_no(question) or not lists.wh.search(question)
    return whole and bool(lists.sweeping.search(question))


def sets_limits(sentence: str) -> bool:
    """Whether the sentence says where such a thing ends: "not every …", "only if …"."""
    return bool(english().limiting.search(sentence))


def thing_asked(question: str) -> tuple[str, ...]:
    """The content stems of the thing's name where the question asks what it is; none where it asks anything else."""
    lists, wanted = english(), asking(question)
    hits = [pattern.search(question) for pattern in lists.told] + [pattern.search(wanted) for pattern in lists.meanings]
    names = (tuple(content(hit["name"])) for hit in hits if hit)
    return next((name for name in names if 0 < len(name) <= LONGEST_NAME), ())


def says_what_it_is(sentence: str, named: Sequence[str]) -> bool:
    """Whether the sentence opens with the name and goes on to say what that is: "A cage is a …"."""
    verb = english().defining.search(sentence)
    subject = content(sentence[: verb.start()]) if verb else []
    return set(named) <= set(subject) and 0 < len(subject) <= len(named) + LONGEST_NAME


def other_phase(question: str, text: str) -> bool:
    """Whether the question speaks of the time before the operation and the text of that after it alone, or the other way."""
    asked, held = (
        {name for name, one in english().phases.items() if one[at].search(words)}
        for at, words in enumerate((asking(question), text))
    )
    return len(asked) == len(held) == 1 and asked != held


def turning_points(question: str) -> tuple[re.Pattern[str], ...]:
    """What the question turns on, as what a text must hold: who is unsuitable, say, where others are told who is suited."""
    wanted = asking(question)
    return tuple(held for asked, held in english().aspects.values() if asked.search(wanted))


def lacks_figure(question: str, text: str) -> bool:
    """Whether the question asks for a figure (a price, a share, a count) of which `text` holds none of the kind."""
    kind = kind_asked(question)
    if kind in ("cost", "share"):
        return not holds_kind(kind, text)
    return kind in FIGURES and not counts(asking(question), text)


def lacks_matter(question: str, text: str, passes_by: Callable[[str], bool] = lambda name: False) -> bool:
    """Whether the question is about something, driving say, that `text` never names. Of a pastime it must ask, not only tell;
    `passes_by` says of any other that is only told whether it is surely not what is asked about.
    """
    lists, wanted = english(), asking(question)
    return any(
        not held.search(text)
        and (asked.search(wanted) or (asked.search(question) and name not in lists.pastimes and not passes_by(name)))
        for name, (asked, held) in lists.matters.items()
    )


def lacks_difference(question: str, text: str) -> bool:
    """Whether the question asks how two things differ that every sentence of `text` which names either only lists: "TLIF, OLIF
    and others".
    """
    wanted, lists = asking(question), english()
    hit = next((found for pattern in lists.apart if (found := pattern.search(wanted))), None)
    if hit is None:
        return False
    one, other = (re.escape(hit[name].rpartition("-")[2]) for name in ("one", "other"))
    if one.lower() == other.lower() or not (content(hit["one"]) and content(hit["other"])):
        return False
    either = re.compile(rf"\b({one}|{other})\b", re.IGNORECASE)
    listed = re.compile(rf"\b({one}|{other})(,| and| or|, and|, or) ([\w-]+-)?({one}|{other})\b", re.IGNORECASE)
    told = [sentence for sentence in _LINES.split(text) if either.search(sentence)]
    return bool(told) and all(listed.search(sentence) and not lists.contrast.search(sentence) for sentence in told)


def asks_matter(question: str) -> bool:
    """Whether the question names one of the matters."""
    return any(asked.search(question) for asked, _ in english().matters.values())


def names_matter(name: str, text: str) -> bool:
    """Whether the text names the matter."""
    _, held = english().matters[name]
    return held.search(text) is not None


def counts(question: str, text: str) -> bool:
    """Whether a quantity stands among the three words before the thing that "how many" asks for; True where none is named. The
    thing is the first of a few words that looks like a plural ("follow-up visits"), else the first.
    """
    _, many, after = " ".join(words(question)).partition("how many ")
    named = [word for word in after.split()[:5] if word not in english().stopwords] if many else []
    plural = (word for word in named[:3] if word.endswith("s") and len(word) > 3)
    thing = stem(next(plural, named[0])) if named else None
    tokens = words(text)
    return thing is None or any(
        stem(word) == thing and any(is_quantity(near) for near in tokens[max(0, place - 3) : place])
        for place, word in enumerate(tokens)
    )
