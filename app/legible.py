"""A typed text as a person reads it: styled letters plain, quotes straight, nothing hidden, spelt-out words whole.

The red flags read `legible`; the scope rules `undisguised`, and against misuse `unmasked` too, where any figure may be a letter:
among symptoms "L5" and "4 weeks" must stay what they are. Knows no language.
"""

from __future__ import annotations

import re
import unicodedata

APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ`´′", "'"))
_QUOTES = APOSTROPHES | str.maketrans(dict.fromkeys("“”«»", '"'))
_FIGURES = str.maketrans("013457@$", "oieastas")  # that stand for letters
_SPELT_OUT = re.compile(r"(?<!')\b[^\W\d_]([.*_‐‑-])[^\W\d_](?:\1[^\W\d_])+\b")
_LETTERS_APART = re.compile(r"(?<!')\b[^\W\d_](?: [^\W\d_]){4,}\b")
_MASKED = re.compile(r"\b[^\W\d_]+(?:[01345@$]+[^\W\d_]+)+\b")  # begins and ends in letters: no level, no dose
_SPACED_OUT = re.compile(r"\b\w(?:[ .*_-]\w){4,}\b")
_FIGURES_THROUGHOUT = re.compile(r"\b[^\W\d_]*\d+[^\W\d_]+\d+\w*\b")
_OTHER_SCRIPTS = re.compile(r"[\u0370-\u1dff\u2c00-\ua6ff\uac00-\ud7ff]+")  # Greek to Korean; accents stay
_ENCODED = re.compile(
    r"(?<![\w/])(?=[A-Za-z0-9+/]*\d)(?=[a-z0-9+/]*[A-Z])(?=[A-Z0-9+/]*[a-z])[A-Za-z0-9+/]{32,}={0,2}(?!\w)", re.ASCII
)


def whole_characters(text: str) -> str:
    """The text with "�" for each half of a character, which a client leaves that cuts between the two: no model takes one."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def undisguised(text: str) -> str:
    """The text in plain letters and straight quotes, without characters that are not seen (zero-width, bidirectional, soft
    hyphens): they only serve to split words."""
    plain = unicodedata.normalize("NFKC", text.translate(_QUOTES))  # before it: of "´" it makes a space and an accent
    return "".join(letter for letter in plain if unicodedata.category(letter) != "Cf")


def legible(text: str) -> str:
    """The same with a w-o-r-d or w o r d s that are spelt out made whole and a figure inside a word ("d1e") read as a letter;
    other figures stay figures ("1-2-3", "L4/5")."""
    plain = _SPELT_OUT.sub(lambda found: found[0].replace(found[1], ""), undisguised(text))
    plain = _LETTERS_APART.sub(lambda found: found[0].replace(" ", ""), plain)
    return _MASKED.sub(lambda found: found[0].translate(_FIGURES), plain)


def unmasked(text: str) -> str:
    """The text with figures that stand for letters ("1gn0re") read as letters and "i g n o r e" joined."""
    return _SPACED_OUT.sub(lambda found: found[0][::2], text).translate(_FIGURES)


def without_code(text: str) -> str:
    """The text without what is a riddle to a model that was taught with English words: encoded words (base64), words with figures
    all through them ("5h0w"), other scripts. Rules read the whole."""
    return _OTHER_SCRIPTS.sub(" ", _FIGURES_THROUGHOUT.sub(" ", _ENCODED.sub(" ", text)))
