"""How the wording of a question leans on an earlier one: what opens it, what points back, what it names itself.

The patterns and word lists stand in followup.toml. Knows nothing of an index, nor of how a follow-up is said whole.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from app.language import content_places, english, words
from app.vocabulary import Vocabulary

COMMON = 1.2  # a stem less rare than this (in about half of all passages) names nothing
SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")


@dataclass(frozen=True, slots=True)
class Words:
    """The patterns and word lists of followup.toml."""

    patterns: dict[str, re.Pattern[str]]
    pointers: frozenset[str]
    agents: frozenset[str]
    frames: frozenset[str]
    opposites: tuple[tuple[str, str], ...]
    ordinals: dict[str, int]


@cache
def followup_words() -> Words:
    """The shipped lists."""
    table: dict[str, Any] = tomllib.loads((Path(__file__).parent / "followup.toml").read_text(encoding="utf-8"))
    lists = ("pointers", "agents", "frames", "opposites", "ordinals")
    return Words(
        patterns={
            name: re.compile("".join(text.splitlines()).replace("’", "'?"), re.IGNORECASE)
            for name, text in table.items()
            if name not in lists
        },
        pointers=frozenset(table["pointers"].split()),
        agents=frozenset(table["agents"].split()),
        frames=frozenset(table["frames"].split()),
        opposites=tuple((one, other) for pair in table["opposites"] for one, other in (pair, reversed(pair))),
        ordinals=table["ordinals"],
    )


def leans(question: str, vocabulary: Vocabulary) -> bool:
    """Whether the wording shows that something was named before: a correction, a pointer, a fragment, nothing of its own."""
    patterns = followup_words().patterns
    if any(patterns[name].search(question) for name in ("new_topic", "acknowledged", "whole")):
        return False
    if patterns["correction"].search(question):
        return True
    rest = signs_removed(question)
    if not own(rest, vocabulary, common=True) or points(rest, vocabulary) or patterns["ordinal"].match(rest):
        return True
    if patterns["bare"].search(first_sentence(rest)) or patterns["about"].search(opened(question)):
        return True
    fragment = not patterns["clause"].search(rest)
    return fragment and (rest != question or bool(patterns["continues"].search(rest)))


def put_first(question: str) -> str:
    """ "The small one I mean" as "I mean the small one", with a question behind it as one that goes back there; else as it is."""
    found = followup_words().patterns["meant_before"].match(question.strip())
    if not found:
        return question
    return f"back to {found['what']}: {found['rest']}" if words(found["rest"]) else f"I mean {found['what']}"


def first_sentence(rest: str) -> str:
    """The first sentence: of "What for? I feel fine." the part that asks."""
    return SENTENCE.findall(rest)[0] if SENTENCE.search(rest) else rest


def announced(question: str) -> str | None:
    """ "Something else: is it noisy?": the question behind the words that announce another topic; None unless it opens so."""
    patterns = followup_words().patterns
    said = patterns["lead"].sub("", opened(question))
    found = patterns["new_topic"].match(said)
    rest = opened(said[found.end() :].lstrip(" ,.:;!-")) if found else ""
    return sentence(rest) if words(rest) else None


def opened(question: str) -> str:
    """The question without the words that say that it goes on."""
    return followup_words().patterns["opener"].sub("", question.strip())


def signs_removed(question: str) -> str:
    """What is left of the question without "and", "what about", "no, I meant"."""
    patterns = followup_words().patterns
    if patterns["correction"].search(question):
        return patterns["correction"].sub("", question.strip())
    return patterns["about"].sub("", opened(question))


def points(question: str, vocabulary: Vocabulary) -> bool:
    """Whether a word points back beyond the question: one whose own clauses before it name nothing."""
    lists = followup_words()
    if lists.patterns["pointing"].search(question):
        return True
    plain = lists.patterns["empty_pointers"].sub(" ", question)
    for clause in lists.patterns["boundary"].split(plain):
        if pointed := lists.pointers & set(words(clause)):
            return not (pointed <= lists.agents and len(own(plain, vocabulary, common=True)) > 1)
        if own(clause, vocabulary, common=True):
            return False
    return False


def own(question: str, vocabulary: Vocabulary, *, common: bool = False) -> list[str]:
    """The words of the question that name something, in order; those that half the passages hold only with `common`."""
    lists, listed = followup_words(), words(question)
    return [
        listed[place]
        for place, one in content_places(question)
        if listed[place] not in lists.frames | lists.pointers
        and one not in english().units
        and (common or vocabulary.rarity(one) > COMMON)
    ]


def sentence(text: str) -> str:
    """With a capital in front and a mark behind: a question mark, or a stop where the asking is done or it is a request."""
    text = text.strip()
    mark = "." if "?" in text or followup_words().patterns["request"].search(text) else "?"
    text = text if not text or text[-1] in "?!.)" else f"{text}{mark}"
    return text[:1].upper() + text[1:]
