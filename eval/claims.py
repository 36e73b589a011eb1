"""Whether quotes support a sentence, judged by rules that a reader can follow. Knows nothing of how the answer was
made.

Support is judged from words, numbers, negation and certainty, without a model, so that a rerun says the same. It is a
proxy: it can't see that two different words mean the same, nor that the same words in another order mean something
else. How far it agrees with people is measured by `python -m eval meta`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’-][^\W\d_]+)*|%|°[cf]", re.IGNORECASE)
SENTENCES, CLAUSES = re.compile(r"(?<=[.!?])\s+|\n+"), re.compile(r"\s*[,;:—–]\s+|(?<=[.!?])\s+|\n+|\s+while\s+")
JOINTS = re.compile(r"\s*[,;:—–]\s+|\s+(?:and|but|while|so)\s+")
ENOUGH = 0.8  # share of a sentence's content words that its quotes must hold


@dataclass(frozen=True, slots=True)
class Lists:
    """The word lists of claims.toml."""

    negations: frozenset[str]
    hedges: dict[str, str]
    certainty: frozenset[str]
    amounts: frozenset[str]
    numbers: dict[str, str]
    units: dict[str, str]
    stop: frozenset[str]


@cache
def lists() -> Lists:
    """The shipped word lists."""
    table = tomllib.loads((Path(__file__).parent / "claims.toml").read_text(encoding="utf-8"))
    return Lists(
        negations=frozenset(table["negations"].split()),
        hedges={word: group for group, words in table["hedges"].items() for word in words.split()},
        certainty=frozenset(table["certainty"]["certain"].split()),
        amounts=frozenset(table["amounts"]["words"].split()),
        numbers=table["numbers"],
        units={word: unit for unit, words in table["units"].items() for word in words.split()},
        stop=frozenset(table["stop"]["words"].split()),
    )


def tokens(text: str) -> list[str]:
    """Lower-case words, numbers and signs in order; thousands commas dropped, hyphens kept apart."""
    found = [token.lower().replace("’", "'") for token in TOKEN.findall(text)]
    return [part for token in found for part in parts(token)]


def parts(token: str) -> list[str]:
    """A token as comparable words."""
    if token[0].isdigit():
        return [token.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+", token) else token.replace(",", ".")]
    return [part for part in token.split("-") if part]


@cache
def stem(word: str) -> str:
    """Snowball's English stem."""
    import Stemmer

    return str(Stemmer.Stemmer("english").stemWord(word.removesuffix("'s")))


def content(text: str) -> list[str]:
    """Stems of the words that carry content."""
    known = lists()
    judged_apart = known.negations | known.hedges.keys() | known.amounts | known.numbers.keys() | known.units.keys()
    empty = known.stop | judged_apart
    return [stem(word) for word in tokens(text) if word not in empty and not word[0].isdigit()]


def quantities(text: str) -> frozenset[tuple[str, str]]:
    """(number, unit) of each number in the text; the unit is that of the next unit word among the three after it, or
    "".
    """
    known, words = lists(), tokens(text)
    found = set()
    for place, word in enumerate(words):
        number = word if word[0].isdigit() else known.numbers.get(word)
        if number is None or (word == "one" and not unit_after(words, place)):
            continue  # "one" as a pronoun is no number
        found.add((number, unit_after(words, place)))
    return frozenset(found)


def unit_after(words: Sequence[str], place: int) -> str:
    """The unit that the number at `place` counts ("4 to 6 weeks"), at most three words on and not past another
    amount.
    """
    for step, word in enumerate(words[place + 1 : place + 4], 1):
        if word in lists().units:
            return lists().units[word]
        in_range = step == 1 or (step == 2 and words[place + 1] in ("to", "or", "and"))
        if word[0].isdigit() and not in_range:
            return ""
    return ""


def negated(text: str) -> bool:
    """Whether the text holds an odd number of negations: two turn a sentence round twice."""
    known = lists()
    return sum(word in known.negations or word.endswith("n't") for word in tokens(text)) % 2 == 1


def hedges(text: str) -> frozenset[str]:
    """The groups of hedging words in the text."""
    known = lists()
    return frozenset(known.hedges[word] for word in tokens(text) if word in known.hedges)


def strong(text: str) -> frozenset[str]:
    """The words in the text that promise, or that say how much or how many."""
    known = lists()
    return frozenset(word for word in tokens(text) if word in known.certainty | known.amounts)


def units(text: str) -> frozenset[str]:
    """The units that the text names, with a number or without."""
    known = lists()
    return frozenset(known.units[word] for word in tokens(text) if word in known.units)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of a sentence in its quotes. `coverage` is the share of content words; the others are what is
    wrong: numbers and units that no quote holds, another negation, hedges lost or added, words of degree that no
    quote holds.
    """

    coverage: float
    numbers: tuple[str, ...] = ()
    negation: bool = False
    hedges: tuple[str, ...] = ()
    degree: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        """0 to 1, for ranking: the coverage, divided by one more than the kinds of fault."""
        faults = sum(map(bool, (self.numbers, self.negation, self.hedges, self.degree)))
        return self.coverage / (1 + faults)

    @property
    def supported(self) -> bool:
        """Whether nothing is wrong and enough of the words are there."""
        return self.coverage >= ENOUGH and not (self.numbers or self.negation or self.hedges or self.degree)


def judge(sentence: str, quotes: Sequence[str]) -> Verdict:
    """The sentence against its quotes; negation and hedges against the part of a quote that is nearest in words."""
    if not quotes:
        return Verdict(0.0)
    if any(stands_in(sentence, quote) for quote in quotes):  # word for word: nothing to compare
        return Verdict(1.0)
    near, whole = nearest(sentence, quotes), " ".join(quotes)
    missing = [f"{number} {unit}".strip() for number, unit in unheld(quantities(sentence), quantities(whole))]
    lost, added = hedges(near) - hedges(sentence), hedges(sentence) - hedges(whole)
    return Verdict(
        coverage=round(covered(sentence, quotes), 4),
        numbers=tuple(missing or sorted(units(sentence) - units(whole))),
        negation=negated(sentence) != negated(near),
        hedges=(*(f"{one} lost" for one in sorted(lost)), *(f"{one} added" for one in sorted(added))),
        degree=tuple(sorted(strong(sentence) - strong(whole))),
    )


def covered(sentence: str, quotes: Sequence[str]) -> float:
    """The share of content words that one sentence of a quote holds; or, where that is more, the least that any clause has
    of its own. Words from here and there don't add up: the subject of one sentence with what another says is a new claim.
    """
    held = [set(content(piece)) for quote in quotes for piece in SENTENCES.split(quote)]

    def best(text: str) -> float:
        said = content(text)
        return max((sum(word in one for word in said) / len(said) for one in held), default=0.0) if said else 1.0

    clauses = [piece for piece in JOINTS.split(sentence) if content(piece)]
    return max(best(sentence), min(map(best, clauses)) if len(clauses) > 1 else 0.0)


def stands_in(sentence: str, quote: str) -> bool:
    """Whether the quote holds the sentence word for word and whole: half a sentence may mean the opposite."""
    bare = r"\s+".join(map(re.escape, sentence.strip().rstrip(".!?:;").split()))
    whole = rf"(?:^|[.!?:;][\"”’)]*\s+|\n)\W*{bare}[\"”’)]*(?:[.!?:;]|\s*\n|\s*$)"
    return bool(bare) and re.search(whole, quote, re.IGNORECASE) is not None


def unheld(said: frozenset[tuple[str, str]], held: frozenset[tuple[str, str]]) -> list[tuple[str, str]]:
    """Numbers said that aren't held with the same unit; one said without a unit needs only the number."""
    bare = {number for number, _ in held}
    return sorted(one for one in said if one not in held and (one[1] or one[0] not in bare))


def nearest(sentence: str, quotes: Sequence[str]) -> str:
    """The shortest part of a quote (a clause, a sentence, all of it) that holds most of the sentence's words."""
    said = set(content(sentence))
    pieces = [piece for quote in quotes for piece in (quote, *SENTENCES.split(quote), *CLAUSES.split(quote))]

    def likeness(piece: str) -> tuple[int, int]:
        return (len(said & set(content(piece))), -len(piece))

    return max(filter(str.strip, pieces), key=likeness, default="")


def supports(sentence: str, quotes: Sequence[str]) -> bool:
    """Whether the quotes together support the sentence: the judge that `eval.metrics` takes for citations."""
    return judge(sentence, quotes).supported
