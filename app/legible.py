"""A typed text as a person reads it: styled letters plain, quotes straight, nothing hidden, spelt-out words whole.

Both the red flags and the scope rules read so, lest a disguise hide from one what the other sees. Knows no language.
"""

from __future__ import annotations

import re
import unicodedata

APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ`´′", "'"))
_QUOTES = APOSTROPHES | str.maketrans(dict.fromkeys("“”«»", '"'))
_FIGURES = str.maketrans("013457@$", "oieastas")  # that stand for letters
_SPELT_OUT = re.compile(r"(?<!')\b[^\W\d_]([.*_-])[^\W\d_](?:\1[^\W\d_])+\b")
_SPACED_OUT = re.compile(r"\b\w(?:[ .*_-]\w){4,}\b")
_ENCODED = re.compile(
    r"(?<![\w/])(?=[A-Za-z0-9+/]*\d)(?=[a-z0-9+/]*[A-Z])(?=[A-Z0-9+/]*[a-z])[A-Za-z0-9+/]{32,}={0,2}(?!\w)", re.ASCII
)


def undisguised(text: str) -> str:
    """The text in plain letters and straight quotes, without characters that are not seen (zero-width, bidirectional, soft
    hyphens): they only serve to split words."""
    plain = unicodedata.normalize("NFKC", text.translate(_QUOTES))  # before it: of "´" it makes a space and an accent
    return "".join(letter for letter in plain if unicodedata.category(letter) != "Cf")


def legible(text: str) -> str:
    """The same with a w-o-r-d that is spelt out made whole; figures stay figures ("1-2-3", "L4/5")."""
    return _SPELT_OUT.sub(lambda found: found[0].replace(found[1], ""), undisguised(text))


def unmasked(text: str) -> str:
    """The text with figures that stand for letters ("1gn0re") read as letters and "i g n o r e" joined."""
    return _SPACED_OUT.sub(lambda found: found[0][::2], text).translate(_FIGURES)


def without_code(text: str) -> str:
    """The text without encoded words (base64), in which a model that was taught with words sees riddles; rules read the whole."""
    return _ENCODED.sub(" ", text)
