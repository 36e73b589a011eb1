"""What a piece of English holds: content stems, numbers, negations, hedges, what it asks for. Knows no sources, no topics."""

from __future__ import annotations

import re
import threading
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import Stemmer

_TOKEN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+(?:[.,]\d+)*(?:\s?%)?")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_SENTENCES = re.compile(r"(?<=[.!?])\s+")
FIGURES = ("cost", "share", "time", "count")  # kinds that only a figure answers
LONGEST_NAME = 3  # content words
_LOCK = threading.Lock()  # a PyStemmer object is not safe to share between threads without one


@cache
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english")


@dataclass(frozen=True, slots=True)
class Language:
    """The word lists of language.toml, ready to compare with."""

    stopwords: frozenset[str]
    anaphora: frozenset[str]
    empty_it: re.Pattern[str]
    negations: frozenset[str]
    hedges: dict[str, str]
    relations: frozenset[str]
    number_words: dict[str, str]
    vague: frozenset[str]
    units: frozenset[str]
    matters: dict[str, tuple[re.Pattern[str], re.Pattern[str]]]
    about_itself: tuple[str, ...]
    everyday: frozenset[str]
    lists: tuple[re.Pattern[str], ...]
    yes_no: re.Pattern[str]
    answers_only: re.Pattern[str]
    sweeping: re.Pattern[str]
    limiting: re.Pattern[str]
    taking_back: re.Pattern[str]
    meanings: tuple[re.Pattern[str], ...]
    defining: re.Pattern[str]
    aspects: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]
    phases: dict[str, tuple[re.Pattern[str], re.Pattern[str]]]
    kinds: dict[str, tuple[re.Pattern[str], re.Pattern[str]]]
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
        empty_it=re.compile(table["empty_it"], re.IGNORECASE),
        negations=frozenset(table["negations"].split()),
        hedges={word: group for group, words in table["hedges"].items() for word in words},
        relations=frozenset(table["relations"].split()),
        number_words=table["numbers"]["words"],
        vague=frozenset(table["numbers"]["vague"]),
        units=frozenset(stem(unit) for unit in table["numbers"]["units"]),
        matters=asked_and_held(table["matters"]),
        about_itself=tuple(table["about_itself"]),
        everyday=frozenset(stem(word) for word in table["everyday"].split()),
        lists=tuple(re.compile(pattern, re.IGNORECASE) for pattern in table["lists"]),
        yes_no=re.compile(table["yes_no"], re.IGNORECASE),
        answers_only=re.compile(table["answers_only"], re.IGNORECASE),
        sweeping=re.compile(table["sweeping"], re.IGNORECASE),
        limiting=re.compile(table["limiting"], re.IGNORECASE),
        taking_back=re.compile(table["taking_back"], re.IGNORECASE),
        meanings=tuple(re.compile(pattern, re.IGNORECASE) for pattern in table["meanings"]),
        defining=re.compile(table["defining"], re.IGNORECASE),
        aspects=tuple(asked_and_held(table["aspects"]).values()),
        phases=asked_and_held(table["phases"]),
        kinds=asked_and_held(table["kinds"]),
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
            found[_THOUSANDS.sub("", word).replace(",", ".").replace(" ", "")] += 1
        elif word in lists.number_words:
            found[lists.number_words[word]] += 1
        elif word in lists.vague:
            found[word] += 1
        elif (unit := stem(word)) in lists.units:
            found[unit] += 1
    return found


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


def leans_back(sentence: str) -> bool:
    """Whether the sentence opens with a word that points to the one before it."""
    first = words(sentence)[:1]
    return bool(first) and first[0] in english().anaphora and not english().empty_it.search(sentence)


def answers_only(sentence: str) -> bool:
    """Whether the sentence opens with an answer that says little without its question: "Yes", "Often, but not always"."""
    return bool(english().answers_only.search(sentence))


def takes_back(sentence: str) -> bool:
    """Whether the sentence opens with words that limit the one before it: "Not all of these need …"."""
    return bool(english().taking_back.search(sentence))


def says_nothing(sentence: str) -> bool:
    """Whether the sentence only introduces a list, or only speaks of the page it stands on."""
    return sentence.endswith(":") or sentence.lower().startswith(english().about_itself)


def fragment(sentence: str) -> bool:
    """Whether the sentence says nothing without the question before it: "Often, but not always"."""
    return len(content(sentence)) < 2


def asking(text: str) -> str:
    """The sentences that ask; where none is marked so, the last one. A story before them says little of what is wanted."""
    sentences = [one for one in _SENTENCES.split(text.strip()) if one]
    return " ".join(one for one in sentences if one.endswith("?")) or "".join(sentences[-1:])


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


def supposes_too_much(question: str) -> bool:
    """Whether the question asks if something holds in every case, or by itself: "must everybody …?"."""
    return asks_yes_or_no(question) and bool(english().sweeping.search(question))


def sets_limits(sentence: str) -> bool:
    """Whether the sentence says where such a thing ends: "not every …", "only if …"."""
    return bool(english().limiting.search(sentence))


def thing_asked(question: str) -> tuple[str, ...]:
    """The content stems of the thing's name where the question asks what it is; none where it asks anything else."""
    hits = (pattern.search(asking(question)) for pattern in english().meanings)
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
        for at, words in enumerate((question, text))
    )
    return len(asked) == len(held) == 1 and asked != held


def turning_points(question: str) -> tuple[re.Pattern[str], ...]:
    """What the question turns on, as what a text must hold: who is unsuitable, say, where others are told who is suited."""
    wanted = asking(question)
    return tuple(held for asked, held in english().aspects if asked.search(wanted))


def lacks_figure(question: str, text: str) -> bool:
    """Whether the question asks for a figure (a price, a share, a count) of which `text` holds none of the kind."""
    kind = kind_asked(question)
    if kind in ("cost", "share"):
        return not holds_kind(kind, text)
    return kind in FIGURES and not counts(asking(question), text)


def lacks_matter(question: str, text: str) -> bool:
    """Whether the question is about something, driving say, that `text` never names."""
    return any(asked.search(question) and not held.search(text) for asked, held in english().matters.values())


def asks_matter(question: str) -> bool:
    """Whether the question names one of the matters."""
    return any(asked.search(question) for asked, _ in english().matters.values())


def names_matter(name: str, text: str) -> bool:
    """Whether the text names the matter."""
    _, held = english().matters[name]
    return held.search(text) is not None


def counts(question: str, text: str) -> bool:
    """Whether a quantity stands at most two words before the thing that "how many" asks for; True where none is named."""
    _, many, after = " ".join(words(question)).partition("how many ")
    thing = next((stem(word) for word in after.split() if word not in english().stopwords), None) if many else None
    tokens = words(text)
    return thing is None or any(
        stem(word) == thing and any(is_quantity(near) for near in tokens[max(0, place - 3) : place])
        for place, word in enumerate(tokens)
    )
