"""True sentences of an index made untrue in ways that a language model errs. Knows nothing of who has to notice.

Each of nine kinds is made by rule from the documents' own sentences and the word lists of corruptions.toml, seeded: the
same index gives the same corruptions. Not covered: that a change may by chance make another true sentence (a swapped word
that means the same); a sample read by eye held none in forty.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.claims import content, stem

if TYPE_CHECKING:
    from index.passage import Passage

SEED, SHORTEST, LONGEST = 11, 6, 35
WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Corruption:
    """An untrue sentence, the kind of its fault, and the sentences that it claims to rest on."""

    kind: str
    sentence: str
    sources: tuple[str, ...]


@cache
def lists() -> dict[str, Any]:
    """The shipped word lists."""
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def swapped(text: str, table: dict[str, str]) -> str | None:
    """The text with the first word that the table knows exchanged; None where there is none."""
    for found in WORD.finditer(text):
        if other := table.get(found.group().lower()):
            put = other.capitalize() if found.group()[0].isupper() else other
            return text[: found.start()] + put + text[found.end() :]
    return None


# -- the kinds ---------------------------------------------------------------------------------------------------------

Draw = random.Random
Maker = Callable[[str, str, Sequence[str], Draw], str | None]
"""(sentence, its neighbour, words of the whole corpus, draw) to an untrue sentence, or None where the kind can't be made."""


def other_number(text: str, _: str, __: Sequence[str], draw: Draw) -> str | None:
    """Another number, or the same number of another unit."""
    if found := re.search(r"\d+", text):
        return text[: found.start()] + str(int(found.group()) + draw.choice((1, 2, 5))) + text[found.end() :]
    return swapped(text, lists()["numbers"]) or swapped(text, lists()["units"])


def negated(text: str, *_: object) -> str | None:
    """A "not" taken out, or put in behind the first auxiliary."""
    if " not " in text:
        return text.replace(" not ", " ", 1)
    verbs = "|".join(lists()["verbs"]["words"].split())
    found = re.search(rf"\b({verbs})\b", text)
    return None if found is None else f"{text[: found.end()]} not{text[found.end() :]}"


def hardened(text: str, *_: object) -> str | None:
    """A careful word made careless."""
    return swapped(text, lists()["hedges"])


def reversed_(text: str, *_: object) -> str | None:
    """A word made its opposite."""
    return swapped(text, lists()["opposites"])


def other_word(text: str, _: str, words: Sequence[str], draw: Draw) -> str | None:
    """A word of content exchanged for one from elsewhere in the documents."""
    here = {stem(one.lower()) for one in WORD.findall(text)}
    long = [found for found in WORD.finditer(text) if found.start() and len(found.group()) > 5]
    others = [one for one in draw.sample(words, min(len(words), 20)) if stem(one) not in here]
    if not long or not others:
        return None
    found = draw.choice(long)
    return text[: found.start()] + others[0] + text[found.end() :]


def merged(text: str, neighbour: str, *_: object) -> str | None:
    """The subject of one sentence with what another says of its own."""
    verbs = "|".join(lists()["verbs"]["words"].split())
    first, second = (re.search(rf"\b({verbs})\b", one) for one in (text, neighbour))
    if first is None or second is None or not first.start():
        return None
    made = text[: first.start()] + neighbour[second.start() :]
    return None if made in (text, neighbour) else made


def widened(text: str, *_: object) -> str | None:
    """Without words that say when it holds: the phrase that opens the sentence, or the last such one."""
    table = lists()["qualifiers"]
    opening = re.match(rf"(?:{table['words'].title().replace(' ', '|')}) [^,]{{3,40}}, (?=\w)", text)
    if opening:
        rest = text[opening.end() :]
        return rest[0].upper() + rest[1:]
    found = list(re.finditer(rf" (?:{table['words'].replace(' ', '|')}) [^,.;:]{{3,60}}(?=[,.;])", text))
    return text[: found[-1].start()] + text[found[-1].end() :] if found else None


def turned(text: str, *_: object) -> str | None:
    """Without the verb that forbids: "avoid lifting" is "lifting"."""
    verbs = lists()["forbidding"]["words"].replace(" ", "|")
    found = re.search(rf"\b(?:{verbs}) (?=\w)", text, re.IGNORECASE)
    return text[: found.start()] + text[found.end() :] if found else None


def invented(text: str, _: str, __: Sequence[str], draw: Draw) -> str | None:
    """Something that nobody said, about the longest word of the source."""
    word = max(WORD.findall(text), key=len, default="")
    made: str = draw.choice(lists()["inventions"]["frames"]).format(word=word.lower())
    return made[0].upper() + made[1:] if word else None


KINDS: dict[str, Maker] = {
    "number changed": other_number,
    "negation flipped": negated,
    "hedge dropped": hardened,
    "turned round": reversed_,
    "word swapped": other_word,
    "two sentences merged": merged,
    "invented": invented,
    "condition dropped": widened,
    "forbidding dropped": turned,
}


# -- all of them -------------------------------------------------------------------------------------------------------


def corrupted(passages: Sequence[Passage], each: int = 60, seed: int = SEED) -> Iterator[Corruption]:
    """Up to `each` corruptions of every kind; fewer where the documents give no more."""
    draw = random.Random(seed)
    places = list(neighbours(passages))
    words = sorted({word.lower() for one, _ in places for word in WORD.findall(one) if len(word) > 5})
    for kind, make in KINDS.items():
        made = 0
        for text, neighbour in draw.sample(places, len(places)):
            sentence = make(text, neighbour, words, draw)
            if made < each and sentence is not None and sentence != text:
                made += 1
                yield Corruption(kind, sentence, (text, neighbour) if kind == "two sentences merged" else (text,))


def neighbours(passages: Sequence[Passage]) -> Iterator[tuple[str, str]]:
    """(sentence, one beside it in its passage) of every sentence of a usable length, each once."""
    seen = set()
    for passage in passages:
        said = [one.of(passage.document.text) for one in passage.sentences]
        for place, text in enumerate(said):
            if SHORTEST <= len(text.split()) <= LONGEST and content(text) and text not in seen:
                seen.add(text)
                yield text, said[place - 1] if place else said[-1]
