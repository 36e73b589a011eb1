"""Which words mean the same here, which are rare, and which are misspelt: from the corpus and its glossary alone.

Knows nothing of retrieval or answers. Holds only words of the corpus: nothing that a visitor typed stays here.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from app.language import content, content_places, english, negations, stem, words
from app.spelling import distance
from corpus.glossary import Glossary

Stems = tuple[str, ...]

MOST_EXPLAINED = 5

SHORTEST = 5  # letters: a shorter word is near to too many others
SURE = {5: 0.6, 6: 1.0, 8: 1.1}  # how far a word of so many letters may be from the one that it is taken for
FAVOUR = 0.1  # how much farther it may be than a real word of which the corpus knows nothing


class Vocabulary:
    """Document frequencies of the passages' stems, and the glossary's concepts as sequences of stems.

    `real_words` is a dictionary of the language: a word in it is never taken for a misspelling.
    """

    def __init__(self, passages: Iterable[str], glossary: Glossary, real_words: frozenset[str] = frozenset()) -> None:
        texts = list(passages)
        self._glossary = glossary
        self._count = len(texts)
        self._frequency = Counter(one for text in texts for one in set(content(text)))
        self._names: dict[str, list[tuple[Stems, int]]] = defaultdict(list)
        for number, term in enumerate(glossary.terms):
            for name in (term.term, *term.forms, *term.lay, *term.typos):
                stems = tuple(stem(word) for word in words(name))
                if stems:
                    self._names[stems[0]].append((stems, number))
        # Common words first: of two that are as near, the first is meant.
        corpus_words = Counter(word for text in texts for word in words(text) if len(word) > 3)
        lay = {word for term in glossary.terms for name in (term.term, *term.forms, *term.lay) for word in words(name)}
        self._known = [word for word, _ in corpus_words.most_common()] + sorted(lay - corpus_words.keys())
        real = real_words | english().real_words
        self._others = sorted(real - set(self._known))
        self._real_stems = frozenset(stem(word) for word in {*self._known, *real, *english().stopwords})
        # a slip inside a phrase ("hosptial stay") must still be mended alone, so of the typos only single words count
        self._typos = {name: term.term for term in glossary.terms for name in term.typos if " " not in name + term.term}

    def rarity(self, one: str) -> float:
        """Inverse document frequency of a stem; a stem that the corpus lacks is the rarest."""
        return math.log(1 + (self._count + 1) / (self._frequency[one] + 0.5))

    def concepts(self, text: str) -> dict[int, set[int]]:
        """For each place (index of word) of `text`: the glossary terms that are named there, by a name of any length."""
        stems = [stem(word) for word in words(text)]
        found: dict[int, set[int]] = defaultdict(set)
        for place, first in enumerate(stems):
            for name, number in self._names.get(first, ()):
                if tuple(stems[place : place + len(name)]) == name:
                    for inside in range(place, place + len(name)):
                        found[inside].add(number)
        return found

    def missing(self, question: str, text: str) -> list[tuple[str, float]]:
        """The question's content stems that `text` holds neither as such nor by another name, with their rarity."""
        there, meant = set(content(text)), set().union(*self.concepts(text).values(), set())
        asked = self.concepts(question)
        return [
            (one, self.rarity(one))
            for place, one in content_places(question)
            if one not in there and not asked.get(place, set()) & meant
        ]

    def coverage(self, question: str, text: str) -> float:
        """Share of the question's content, weighted by rarity, that `text` holds; 1.0 for a question without any."""
        whole = sum(self.rarity(one) for _, one in content_places(question))
        return 1 - sum(weight for _, weight in self.missing(question, text)) / whole if whole else 1.0

    def synonyms(self, one: str) -> frozenset[str]:
        """The stem itself and the single-word names of the glossary terms that it names."""
        numbers = {number for name, number in self._names.get(one, ()) if len(name) == 1}
        same = {
            name[0] for names in self._names.values() for name, number in names if len(name) == 1 and number in numbers
        }
        return frozenset({one, *same})

    def explained(self, text: str) -> dict[str, str]:
        """The rarest glossary terms in `text`, as they stand there, with their explanations.

        Not those of everyday words alone: a page full of underlined words reads badly, and "bone" says no more explained.
        """
        terms = ((span.of(text), term.plain) for span, term in self._glossary.explain(text))
        found = {name: plain for name, plain in terms if not set(content(name)) <= english().everyday}
        rare = sorted(found, key=lambda name: -max(map(self.rarity, content(name)), default=0.0))[:MOST_EXPLAINED]
        return {name: plain for name, plain in found.items() if name in rare}

    def corrected(self, question: str) -> str:
        """The question in single spaces, with what is surely a slip of the corpus's or the glossary's words put right."""
        return " ".join(self._correct(token) for token in question.split())

    def _correct(self, token: str) -> str:
        bare = token.strip(".,;:!?\"'()")
        typed = bare.lower()
        small = english().typed.get(typed) if bare.islower() else None  # "Els" is a name
        meant = small or self._typos.get(typed) or (None if self._is_word(bare) else self._meant(typed))
        return token.lower().replace(typed, meant) if meant else token

    def _is_word(self, bare: str) -> bool:
        """Whether the word is left alone: too short to tell, a name with a capital inside, or a form of a real word."""
        typed = bare.lower()
        named = bare[1:] != typed[1:] and not bare.isupper()
        return (
            len(typed) < SHORTEST
            or not typed.isalpha()
            or named
            or stem(typed) in self._real_stems
            or bool(negations(typed))
        )

    def _meant(self, typed: str) -> str | None:
        """The corpus's or glossary's word that is surely meant, by hand or by ear; None for none."""
        heard = (typed.removesuffix(sound) + end for sound, end in english().endings.items() if typed.endswith(sound))
        return next((meant for one in (typed, *heard) if (meant := self._nearest(one))), None)

    def _nearest(self, typed: str) -> str | None:
        """The corpus's or glossary's word that is surely nearest; None where none is near or a real word is nearer."""
        near = self._near(typed, self._known)
        if not near:
            return None
        off, meant = min(near, key=lambda one: one[0])
        if off > max(limit for length, limit in SURE.items() if length <= len(typed)):
            return None
        rivals = (other for other, word in self._near(typed, self._others) if stem(word) != stem(meant))
        return meant if off - FAVOUR <= min(rivals, default=math.inf) else None

    @staticmethod
    def _near(typed: str, among: Sequence[str]) -> list[tuple[float, str]]:
        """(distance, word) of the words within two slips, in the order of `among`."""
        found = process.extract(typed, among, scorer=DamerauLevenshtein.distance, score_cutoff=2, limit=None)
        return [(distance(typed, among[place]), among[place]) for _, _, place in sorted(found, key=lambda one: one[2])]


def rarest(missing: Sequence[tuple[str, float]]) -> float:
    """The rarity of the rarest missing word; 0.0 where none is missing."""
    return max((weight for _, weight in missing), default=0.0)
