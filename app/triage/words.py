"""Turns of a conversation to plain word tokens in sentences. Knows nothing of what the words mean.

Undone here: capitals, accents, contractions, emoji, loooong letters; the text must be legible (app/legible.py). Typos are not
(lexicon.py). Not covered: scripts other than Latin, words masked with asterisks, text in pictures.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

LIMIT = 2000  # characters read of one turn; a longer one is read at both ends, where people say what is wrong

_PIECE = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d_]+(?:'[^\W\d_]+)*|°|%|\.{2,}|[.!?;\n]|[,:()\[\]–—/]")
_ENDS = frozenset(".!?;\n")
_LONG_LETTERS = re.compile(r"([^\W\d_])\1{2,}")


@dataclass(frozen=True, slots=True)
class Token:
    """One word or number. `turn` and `sentence` count from 0; `soft` says that a comma or the like stands before it."""

    word: str
    turn: int
    sentence: int
    soft: bool = False


@dataclass(frozen=True, slots=True)
class Spelling:
    """`symbols`: emoji to words. `forms`: one or two words as typed to the words that are meant."""

    symbols: Mapping[str, str]
    forms: Mapping[tuple[str, ...], tuple[str, ...]]

    @classmethod
    def of(cls, symbols: Mapping[str, str], forms: Mapping[str, Sequence[str]]) -> Spelling:
        """`forms` maps what is meant to the ways it is typed: {"cannot": ["can't", "can not"]}."""
        typed = {tuple(way.split()): tuple(meant.split()) for meant, ways in forms.items() for way in ways}
        return cls({symbol: f" {words} " for symbol, words in symbols.items()}, typed)

    def tokens(self, turns: Sequence[str]) -> tuple[Token, ...]:
        """All words of all turns, in order; a sentence never spans two turns."""
        found: list[Token] = []
        sentence = -1
        for turn, text in enumerate(turns):
            for words in self._sentences(self._plain(clip(text))):
                sentence += 1
                found += (Token(word, turn, sentence, soft) for word, soft in self._meant(words))
        return tuple(found)

    def words(self, text: str) -> tuple[str, ...]:
        """The words of a text that is one phrase, spelt as `tokens` would."""
        return tuple(word for words in self._sentences(self._plain(text)) for word, _ in self._meant(words))

    def _plain(self, text: str) -> str:
        for symbol, words in self.symbols.items():
            text = text.replace(symbol, words)
        text = unicodedata.normalize("NFKD", text).casefold()
        text = "".join(letter for letter in text if unicodedata.category(letter) != "Mn")
        return _LONG_LETTERS.sub(r"\1\1", text)

    def _sentences(self, text: str) -> Iterator[list[tuple[str, bool]]]:
        words: list[tuple[str, bool]] = []
        soft = False
        for piece in _PIECE.findall(text):
            if piece in _ENDS:
                if words:
                    yield words
                words, soft = [], False
            elif piece[0].isalnum() or piece in "°%":
                words.append((piece.replace(",", "."), soft))
                soft = False
            else:
                soft = True
        if words:
            yield words

    def _meant(self, typed: Sequence[tuple[str, bool]]) -> Iterator[tuple[str, bool]]:
        place = 0
        while place < len(typed):
            word, soft = typed[place]
            pair = (word, typed[place + 1][0]) if place + 1 < len(typed) else (word,)
            meant = self.forms.get(pair) if len(pair) == 2 else None
            place += 2 if meant else 1
            meant = meant or self.forms.get((word,)) or (word.removesuffix("'s").replace("'", ""),)
            for number, one in enumerate(meant):
                yield one, soft and number == 0


def clip(text: str) -> str:
    """The text, or its two ends where it is longer than LIMIT characters."""
    half = LIMIT // 2
    return text if len(text) <= LIMIT else f"{text[:half]}\n{text[-half:]}"
