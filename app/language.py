"""What a piece of English holds: content stems, numbers, negations, hedges. Knows no sources, no topics."""

from __future__ import annotations

import re
import threading
import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import Stemmer

_TOKEN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+(?:[.,]\d+)*(?:\s?%)?")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_LOCK = threading.Lock()  # a PyStemmer object is not safe to share between threads without one


@cache
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english", 0)  # its cache would keep what visitors type


@dataclass(frozen=True, slots=True)
class Language:
    """The word lists of language.toml, ready to compare with."""

    stopwords: frozenset[str]
    anaphora: frozenset[str]
    leaning: re.Pattern[str]
    empty_it: re.Pattern[str]
    negations: frozenset[str]
    hedges: dict[str, str]
    relations: frozenset[str]
    number_words: dict[str, str]
    vague: frozenset[str]
    units: frozenset[str]
    matters: dict[str, tuple[re.Pattern[str], re.Pattern[str]]]
    pastimes: frozenset[str]
    pointless: frozenset[str]
    about_itself: tuple[str, ...]
    everyday: frozenset[str]
    lists: tuple[re.Pattern[str], ...]
    yes_no: re.Pattern[str]
    wh: re.Pattern[str]
    which: re.Pattern[str]
    suits: re.Pattern[str]
    both: re.Pattern[str]
    answers_only: re.Pattern[str]
    sweeping: re.Pattern[str]
    limiting: re.Pattern[str]
    taking_back: re.Pattern[str]
    suiting: re.Pattern[str]
    unsuiting: re.Pattern[str]
    meanings: tuple[re.Pattern[str], ...]
    told: tuple[re.Pattern[str], ...]
    apart: tuple[re.Pattern[str], ...]
    contrast: re.Pattern[str]
    defining: re.Pattern[str]
    aspects: dict[str, tuple[re.Pattern[str], re.Pattern[str]]]
    phases: dict[str, tuple[re.Pattern[str], re.Pattern[str]]]
    kinds: dict[str, tuple[re.Pattern[str], re.Pattern[str]]]
    real_words: frozenset[str]
    typed: dict[str, str]
    endings: dict[str, str]
    vowels: frozenset[str]
    faint: frozenset[str]
    sounds: tuple[frozenset[str], ...]
    keys: tuple[str, ...]


@cache
def english() -> Language:
    """The shipped word lists."""
    table = tomllib.loads((Path(__file__).parent / "language.toml").read_text(encoding="utf-8"))
    return Language(
        stopwords=frozenset(table["stopwords"].split()),
        anaphora=frozenset(table["anaphora"].split()),
        leaning=re.compile(table["leaning"], re.IGNORECASE),
        empty_it=re.compile(table["empty_it"], re.IGNORECASE),
        negations=frozenset(table["negations"].split()),
        hedges={word: group for group, words in table["hedges"].items() for word in words},
        relations=frozenset(table["relations"].split()),
        number_words=table["numbers"]["words"],
        vague=frozenset(table["numbers"]["vague"]),
        units=frozenset(stem(unit) for unit in table["numbers"]["units"]),
        pastimes=frozenset(table["pastimes"].split()),
        matters=asked_and_held(table["matters"]),
        pointless=frozenset(stem(word) for word in table["pointless"].split()),
        about_itself=tuple(table["about_itself"]),
        everyday=frozenset(stem(word) for word in table["everyday"].split()),
        lists=tuple(re.compile(pattern, re.IGNORECASE) for pattern in table["lists"]),
        yes_no=re.compile(table["yes_no"], re.IGNORECASE),
        wh=re.compile(table["wh"], re.IGNORECASE),
        which=re.compile(table["which"], re.IGNORECASE),
        suits=re.compile(table["suits"], re.IGNORECASE),
        both=re.compile(table["both"], re.IGNORECASE),
        answers_only=re.compile(table["answers_only"], re.IGNORECASE),
        sweeping=re.compile(table["sweeping"], re.IGNORECASE),
        limiting=re.compile(table["limiting"], re.IGNORECASE),
        taking_back=re.compile(table["taking_back"], re.IGNORECASE),
        suiting=re.compile(table["suiting"], re.IGNORECASE),
        unsuiting=re.compile(table["unsuiting"], re.IGNORECASE),
        meanings=tuple(re.compile(pattern, re.IGNORECASE) for pattern in table["meanings"]),
        told=tuple(re.compile(pattern, re.IGNORECASE) for pattern in table["told"]),
        contrast=re.compile(table["contrast"], re.IGNORECASE),
        apart=tuple(re.compile(pattern, re.IGNORECASE) for pattern in table["apart"]),
        defining=re.compile(table["defining"], re.IGNORECASE),
        aspects=asked_and_held(table["aspects"]),
        phases=asked_and_held(table["phases"]),
        kinds=asked_and_held(table["kinds"]),
        real_words=frozenset(table["spelling"]["words"].split()),
        typed=table["spelling"]["typed"],
        endings=table["spelling"]["endings"],
        vowels=frozenset(table["spelling"]["vowels"]),
        faint=frozenset(table["spelling"]["faint"]),
        sounds=tuple(frozenset(letters) for letters in table["spelling"]["sounds"]),
        keys=tuple(table["spelling"]["keys"]),
    )


def asked_and_held(table: dict[str, dict[str, str]]) -> dict[str, tuple[re.Pattern[str], re.Pattern[str]]]:
    """(pattern of a question, pattern of a text that can answer it) by name; no question matches where no pattern is given."""
    return {
        name: (re.compile(one.get("asked", "(?!)"), re.IGNORECASE), re.compile(one["held"], re.IGNORECASE))
        for name, one in table.items()
    }


def words(text: str) -> list[str]:
    """Lower-case words and numbers in order; a hyphenated word counts as its parts."""
    found = (token.lower().replace("’", "'") for token in _TOKEN.findall(text))
    return [part for token in found for part in (token.split("-") if "-" in token else [token]) if part]


def stem(word: str) -> str:
    """The Snowball stem of one lower-case word."""
    with _LOCK:
        return str(_stemmer().stemWord(word.removesuffix("'s")))


def content(text: str) -> list[str]:
    """The stems of the words that carry content, in order, repeats kept. Negations, hedges and quantities are not content."""
    return [one for _, one in content_places(text)]


def content_places(text: str) -> list[tuple[int, str]]:
    """(index of word, stem) of each content word."""
    lists = english()
    empty = lists.stopwords | lists.negations | lists.hedges.keys()
    return [
        (place, stem(word)) for place, word in enumerate(words(text)) if word not in empty and not is_quantity(word)
    ]


def is_quantity(word: str) -> bool:
    """Whether the word is a number, a number word or a vague quantity."""
    lists = english()
    return word[0].isdigit() or word in lists.number_words or word in lists.vague


def quantities(text: str) -> Counter[str]:
    """Numbers (words as digits), vague quantities and units, each as a comparable string."""
    lists = english()
    found: Counter[str] = Counter()
    for word in words(text):
        if word[0].isdigit():
            found[figure(word)] += 1
        elif word in lists.number_words:
            found[lists.number_words[word]] += 1
        elif word in lists.vague:
            found[word] += 1
        elif (unit := stem(word)) in lists.units:
            found[unit] += 1
    return found


def figure(word: str) -> str:
    """A number as it is compared: no separators of thousands, its decimals behind a point."""
    return _THOUSANDS.sub("", word).replace(",", ".").replace(" ", "")


def figures(text: str) -> Counter[str]:
    """The numbers alone, words as digits."""
    return Counter({found: count for found, count in quantities(text).items() if found[0].isdigit()})


def negations(text: str) -> int:
    """How many words of the text negate."""
    lists = english()
    return sum(word in lists.negations or word.endswith("n't") for word in words(text))


def hedges(text: str) -> Counter[str]:
    """How often each group of hedging and certainty words stands in the text."""
    lists = english()
    return Counter(lists.hedges[word] for word in words(text) if word in lists.hedges)


def relations(text: str) -> Counter[str]:
    """The small words that say when, how far or against what; exchanging or dropping one makes another claim."""
    return Counter(word for word in words(text) if word in english().relations)


def bonds(text: str) -> Counter[tuple[str, str, str]]:
    """Each number, negation, hedge and relation with the content words on its two sides, units aside: (before, it, after); and
    each number with its unit.

    Two texts of the same words say different things where a "not" or a figure has moved.
    """
    lists, said = english(), words(text)
    beside = {place: one for place, one in content_places(text) if one not in lists.units}
    found: Counter[tuple[str, str, str]] = Counter()
    before = ""
    waiting: list[tuple[str, str]] = []
    for place, word in enumerate(said):
        if place in beside:
            found.update((*one, beside[place]) for one in waiting)
            before, waiting = beside[place], []
        elif word in lists.negations or word.endswith("n't"):
            waiting.append((before, "not"))
        elif word in lists.hedges:
            waiting.append((before, lists.hedges[word]))
        elif word in lists.relations:
            waiting.append((before, word))
        elif is_quantity(word):
            number = figure(lists.number_words.get(word, word))
            waiting.append((before, number))
            unit = next((one for near in said[place + 1 : place + 3] if (one := stem(near)) in lists.units), "")
            found[number, "of", unit] += 1
    found.update((*one, "") for one in waiting)
    return found


def leans_back(sentence: str) -> bool:
    """Whether the sentence opens with words that point to the one before it."""
    lists, first = english(), words(sentence)[:1]
    points = bool(first) and first[0] in lists.anaphora and not lists.empty_it.search(sentence)
    return points or bool(lists.leaning.search(sentence))


def answers_only(sentence: str) -> bool:
    """Whether the sentence opens with an answer that says little without its question: "Yes", "Often, but not always"."""
    return bool(english().answers_only.search(sentence))


def takes_back(sentence: str) -> bool:
    """Whether the sentence opens with words that limit the one before it: "Not all of these need …"."""
    return bool(english().taking_back.search(sentence))


def says_whom_it_suits(text: str) -> bool:
    """Whether the text names who or what something suits, and not whom it doesn't."""
    return bool(english().suiting.search(text)) and not says_whom_not(text)


def suited(text: str) -> str:
    """What the text says before it names whom that suits: "Keyhole fusion" of "Keyhole fusion may be considered for …"."""
    found = english().suiting.search(text)
    return text[: found.start()] if found else ""


def says_whom_not(text: str) -> bool:
    """Whether the text names who or what something does not suit."""
    return bool(english().unsuiting.search(text))


def says_nothing(sentence: str) -> bool:
    """Whether the sentence only introduces a list, or only speaks of the page it stands on."""
    return sentence.endswith(":") or sentence.lower().startswith(english().about_itself)


def fragment(sentence: str) -> bool:
    """Whether the sentence says nothing without the question before it: "Often, but not always"."""
    return len(content(sentence)) < 2
