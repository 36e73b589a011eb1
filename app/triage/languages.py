"""Red flags in other languages than the rule file's: a few plain patterns for each, as data. Knows no language itself.

A net with wide meshes: it knows no grammar beyond what denies and what asks. It may add an alarm, never take one away.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.legible import APOSTROPHES
from app.triage.phrases import lines
from corpus.errors import SpinewiseError

LANGUAGES = Path(__file__).parents[1] / "triage_languages.toml"
_SENTENCE = re.compile(r"[.!?;\n।]+")
_LETTERS_BESIDE = {"ä": "ae", "ö": "oe", "ü": "ue"}  # written out before accents are taken off

Part = re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language. `patterns`: (rule, parts that must all stand in a sentence); `examples`: (rule, text, must it alarm)."""

    asking: Part
    denied: Part
    patterns: tuple[tuple[str, tuple[Part, ...]], ...]
    examples: tuple[tuple[str, str, bool], ...]

    @classmethod
    def parse(cls, table: Mapping[str, Any]) -> Tongue:
        """The language of a table of the file."""
        stops = _part(table["stops"], whole=True).pattern
        denied = re.compile(rf"{_part(table['denying'], whole=True).pattern}(?:(?!{stops})[^,:()])*")
        rules = {name: one for name, one in table.items() if isinstance(one, dict)}
        patterns = tuple(
            (name, tuple(_part(part) for part in line.split("+")))
            for name, one in rules.items()
            for line in lines(one["patterns"])
        )
        examples = tuple(
            (name, text, kind == "hits")
            for name, one in rules.items()
            for kind in ("hits", "misses")
            for text in lines(one[kind])
        )
        return cls(_part(table["asking"]), denied, patterns, examples)

    def rules(self, text: str) -> Iterator[str]:
        """The rules whose patterns stand in a sentence of the text that neither asks nor denies."""
        for sentence in _SENTENCE.split(plain(text)):
            if self.asking.search(sentence):
                continue
            covered = [range(match.start() + 1, match.end()) for match in self.denied.finditer(sentence)]
            for rule, parts in self.patterns:
                found = [[match.start() for match in part.finditer(sentence)] for part in parts]
                if all(any(not any(at in one for one in covered) for at in places) for places in found):
                    yield rule


def load(path: Path = LANGUAGES) -> tuple[Tongue, ...]:
    """The languages of the file; what is wrong in it is said in one line."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return tuple(Tongue.parse(one) for one in table.values())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise SpinewiseError(f"can't read the red flags in {path}: {problem}", f"restore app/{path.name}") from problem
    except (KeyError, re.error) as problem:
        raise SpinewiseError(f"red flags ({path.name}): {problem!r}", f"restore app/{path.name}") from problem


def plain(text: str) -> str:
    """Small letters without accents, one space between words, a stop for "¿"; Indic vowel signs stay: words differ by them."""
    text = unicodedata.normalize("NFC", text.translate(APOSTROPHES)).casefold()
    text = "".join(_LETTERS_BESIDE.get(letter, letter) for letter in text)
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not "\u0300" <= letter <= "\u036f")
    return re.sub(r"[^\S\n]+", " ", bare.replace("¿", ";").replace("¡", ";"))


def _part(choices: str, whole: bool = False) -> Part:
    """What finds any of the choices at the begin of a word, with "^" before it of a sentence; as whole words those with a full
    stop behind them, or all."""
    found = sorted({plain(one.strip()) for one in choices.replace("\n", "|").split("|") if one.strip()}, key=len)
    ways = [
        ("^[\\W]*" if one.startswith("^") else "")
        + re.escape(one.removeprefix("^").removesuffix("."))
        + (r"(?!\w)" if whole or one.endswith(".") else "")
        for one in reversed(found)
    ]
    return re.compile(rf"(?<!\w)(?:{'|'.join(ways)})")
