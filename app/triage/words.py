"""Turns of a conversation to plain word tokens in sentences. Knows nothing of what the words mean.

Undone here: capitals, accents, styled and hidden characters, curly apostrophes, contractions, emoji, loooong letters, s-p-e-l-t
words. Typos are not (lexicon.py). Not covered: scripts other than Latin, words masked with asterisks, text in pictures.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

LIMIT = 2000  # characters read of one turn; a longer one is read at both ends, where people say what is wrong

_PIECE = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d_]+(?:'[^\W\d_]+)*|°|%|\.{2,}|[.!?;\n]|[,:()\[\]–—/]")
APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ`´′", "'"))  # before NFKD, which makes a space and an accent of "´"
_ENDS = frozenset(".!?;\n")
_SPELT_OUT = re.compile(r"(?<!')\b[^\W\d_]([.*_-])[^\W\d_](?:\1[^\W\d_])+\b")
_ENCODED = re.compile(
    r"(?<![\w/])(?=[A-Za-z0-9+/]*\d)(?=[a-z0-9+/]*[A-Z])(?=[A-Z0-9+/]*[a-z])[A-Za-z0-9+/]{32,}={0,2}(?!\w)", re.ASCII
)
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
        return cls({f" {words} " and symbol: f" {words} " for symbol, words in symbols.items()}, typed)

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
        text = unicodedata.normalize("NFKD", text.translate(APOSTROPHES)).casefold()
        text = "".join(letter for letter in text if unicodedata.category(letter) not in ("Mn", "Cf"))
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


def readable(text: str) -> str:
    """The text as a person reads it: styled letters plain, nothing hidden, a w-o-r-d that is spelt out whole."""
    plain = unicodedata.normalize("NFKC", text.translate(APOSTROPHES))
    plain = "".join(letter for letter in plain if unicodedata.category(letter) != "Cf")
    return _SPELT_OUT.sub(lambda found: found[0].replace(found[1], ""), plain)


def without_code(text: str) -> str:
    """The text without encoded words (base64), in which a model that was taught with words sees riddles; rules read the whole."""
    return _ENCODED.sub(" ", text)


def clip(text: str) -> str:
    """The text, or its two ends where it is longer than LIMIT characters."""
    half = LIMIT // 2
    return text if len(text) <= LIMIT else f"{text[:half]}\n{text[-half:]}"
