"""A question as patients put it, made by rule: in a story, as words alone, mistyped. Knows nothing of what is asked.

For an FAQ for which nobody wrote other wordings. Seeded by the question itself: the same question gives the same ones.
Not covered: other words for the same thing; those have to be written by someone who knows them.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

LONG = 5  # letters that a word needs to be mistyped and still be known
WORD = re.compile(r"[^\W\d_]+")


@cache
def lists() -> dict[str, Any]:
    """The shipped stories and word list."""
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def rewordings(question: str) -> Iterator[tuple[str, str]]:
    """(how, other wording) three times, or twice where nothing but small words is left of a question."""
    draw = random.Random(question)
    yield "story", draw.choice(lists()["stories"]).format(question=question)
    if bare := words_alone(question):
        yield "words alone", bare
    yield "mistyped", mistyped(question, draw)


def words_alone(question: str) -> str:
    """What is left without small words, as typed into a search box: "How long do I stay?" is "how long stay"."""
    small = set(lists()["dropped"].split())
    return " ".join(one for one in re.findall(r"[\w'’-]+", question.lower()) if one not in small)


def mistyped(question: str, draw: random.Random) -> str:
    """In lower case and without its mark, two neighbouring inner letters swapped in each of its two longest words."""
    text = question.lower().rstrip("?!. ")
    long = sorted((one for one in WORD.finditer(text) if len(one.group()) >= LONG), key=lambda one: -len(one.group()))
    for found in long[:2]:
        places = [at for at in range(found.start() + 1, found.end() - 2) if text[at] != text[at + 1]]
        if places:
            at = draw.choice(places)
            text = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text
