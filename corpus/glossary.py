"""The clinic's terms: lay words of a question to terms of the documents, and terms in a text to their explanation.

All words are data (glossary.toml). It finds listed words only: a typo that isn't listed isn't found.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from corpus.document import Span
from corpus.errors import SpinewiseError

SHIPPED_GLOSSARY = Path(__file__).parent / "glossary.toml"
SHORT_CAPITALS = 2  # letters: "OR" and "IT" are found in capitals only

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")  # a hyphen parts words, so that "non-union" is "non union" as well

_APART = re.compile(r"[,;:!?…()\"“”]|\.\s")  # between two words: they are no phrase


class Term(BaseModel):
    """A term, its explanation in plain words, other `forms`, what patients say (`lay`) and mistype (`typos`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    term: str
    plain: str
    forms: tuple[str, ...] = ()
    lay: tuple[str, ...] = ()
    typos: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What documents call it, the term itself first."""
        return (self.term, *self.forms)


@dataclass(frozen=True)
class Glossary:
    """Finds by whole words, ignoring case, the longest first; "screw" finds "screws", and "non-union" "non union"."""

    terms: tuple[Term, ...] = ()

    @classmethod
    def load(cls, path: Path = SHIPPED_GLOSSARY) -> Glossary:
        """Reads [[term]] tables. Raises SpinewiseError that names the file and the entry."""
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8")).get("term", [])
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
            raise SpinewiseError(f"can't read the glossary {path}: {problem}", "mend the file") from problem
        terms = []
        for number, table in enumerate(tables, start=1):
            try:
                terms.append(Term.model_validate(table))
            except ValidationError as problem:
                first = problem.errors()[0]
                key = ".".join(str(part) for part in first["loc"])
                name = table.get("term", f"number {number}") if isinstance(table, dict) else f"number {number}"
                raise SpinewiseError(f"{path}, term {name}: {key}: {first['msg']}", "mend the entry") from None
        return cls(tuple(terms))

    def expand(self, question: str) -> tuple[str, ...]:
        """The terms and forms that the question's words stand for, without those that stand in it already.

        Each in the glossary's spelling, once, in the order in which the question names them.
        """
        lowered = question.casefold()
        found: dict[str, None] = {}
        for _, terms in self._asked.find(question):
            for term in terms:
                found.update(dict.fromkeys(name for name in term.names if name.casefold() not in lowered))
        return tuple(found)

    def meant(self, question: str) -> tuple[str, ...]:
        """The terms that the question speaks of in patients' words alone, once each, in its order."""
        lowered = question.casefold()
        named = (term for _, terms in self._asked.find(question) for term in terms)
        unnamed = (term.term for term in named if not any(name.casefold() in lowered for name in term.names))
        return tuple(dict.fromkeys(unnamed))

    def explain(self, text: str) -> tuple[tuple[Span, Term], ...]:
        """Where each term or one of its forms first stands in the text, in order."""
        first: dict[str, tuple[Span, Term]] = {}
        for span, terms in self._named.find(text):
            for term in terms:
                first.setdefault(term.term, (span, term))
        return tuple(first.values())

    @cached_property
    def _asked(self) -> _Finder:
        return _Finder((word, term) for term in self.terms for word in (*term.names, *term.lay, *term.typos))

    @cached_property
    def _named(self) -> _Finder:
        return _Finder((word, term) for term in self.terms for word in term.names)


class _Finder:
    """Looks phrases up by their words: a dictionary from tuples of words, so that time grows with the text alone."""

    def __init__(self, phrases: Iterable[tuple[str, Term]]) -> None:
        self.owners: dict[tuple[str, ...], list[Term]] = {}
        self.capitals: set[tuple[str, ...]] = set()
        for phrase, term in phrases:
            words = tuple(_folded(match.group()) for match in _WORD.finditer(phrase))
            owners = self.owners.setdefault(words, [])
            if term not in owners:
                owners.append(term)
            if phrase.isupper() and len(phrase) <= SHORT_CAPITALS:
                self.capitals.add(words)
        self.longest = max(map(len, self.owners), default=0)

    def find(self, text: str) -> Iterator[tuple[Span, list[Term]]]:
        """The longest phrase at each word, left to right, none overlapping another."""
        matches = list(_WORD.finditer(text))
        words = [_folded(match.group()) for match in matches]
        place = 0
        while place < len(words):
            owners: list[Term] = []
            length = 1
            for length in range(min(self.longest, len(words) - place), 0, -1):
                span = Span(matches[place].start(), matches[place + length - 1].end())
                owners = self._owners(words[place : place + length], span.of(text))
                if owners:
                    yield span, owners
                    break
            place += length if owners else 1

    def _owners(self, words: list[str], written: str) -> list[Term]:
        for last in _singulars(words[-1]):
            phrase = (*words[:-1], last)
            if (
                phrase in self.owners
                and not _APART.search(written)
                and (phrase not in self.capitals or written.isupper())
            ):
                return self.owners[phrase]
        return []


def _folded(word: str) -> str:
    return word.casefold().replace("’", "'")


def _singulars(word: str) -> Iterator[str]:
    """The word, and what it may be the plural or genitive of."""
    yield word
    for ending in ("'s", "s'", "es", "s"):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            yield word.removesuffix(ending)
