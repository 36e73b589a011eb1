"""How hard a text is to read: Flesch–Kincaid grade and words a sentence. Knows nothing of what it says.

Syllables are counted by rules, without a dictionary: right for about 19 in 20 words, off by one for the rest, which
moves the grade of a whole answer by a few tenths. English only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

WORD = re.compile(r"[A-Za-zÀ-ÿ]+(?:['’][A-Za-z]+)*|\d+(?:[.,]\d+)*")
SENTENCE_END = re.compile(r"(?<=[.!?:])[\"”’)]*\s+|\n+")
VOWELS = re.compile(r"[aeiouy]+")
SILENT = (  # a written e that isn't spoken
    re.compile(r"[^aeiouyl]e$|[aeiouy]le$|[gq]ue$"),  # bone, scale, technique; but ta-ble
    re.compile(r"(?:[^aeiouylsxzcgh]|[^cs]h)es$|[aeiouy]les$"),  # bones, scales; but ca-ges, mus-cles
    re.compile(r"[^aeiouydt]ed$"),  # joined; but lif-ted
    re.compile(r"[^aeiouy]e(?:ly|ment|ments|ful|less)$"),  # safely, movement
    re.compile(r"(?:some|there|where|here)(?=[a-z])"),  # someone, therefore
)
APART = (  # two vowels side by side that are spoken apart
    re.compile(r"(?<![ctsg])ia"),  # di-agnosis; but special
    re.compile(r"io(?!us|n)|(?<![ctsgxn])ious|(?<![ctsgxn])ion|(?<=n)ious"),  # ser-i-ous; but region
    re.compile(r"(?<![gq])ua(?!r)"),  # us-u-al
    re.compile(r"(?<!^p)eo(?!u)"),  # vid-e-o; but people
    re.compile(r"creat|react|(?<=[a-z]{2})ea$"),  # are-a
    re.compile(r"(?<![gqb])ui[dn]"),  # flu-id
    re.compile(r"(?<![ct])ie(?=t|n[ct])|^scie"),  # qui-et
    re.compile(r"[ey]ing|ium"),  # be-ing
)


def syllables(word: str) -> int:
    """Syllables of one word, at least 1; a number counts as one."""
    text = word.lower().replace("’", "'").removesuffix("'s")
    silent = sum(bool(rule.search(text)) for rule in SILENT)
    apart = sum(len(rule.findall(text)) for rule in APART)
    return max(1, len(VOWELS.findall(text)) - silent + apart)


def words(text: str) -> list[str]:
    """The words of a text; a hyphenated one counts as its parts."""
    return WORD.findall(text)


def sentences(text: str) -> list[str]:
    """Stretches that end with . ! ? : or a line's end and hold a word."""
    return [piece for piece in SENTENCE_END.split(text) if words(piece)]


def grade(texts: Sequence[str]) -> float | None:
    """Flesch–Kincaid grade: 0.39 · words/sentences + 11.8 · syllables/words - 15.59 (Kincaid et al. 1975). None for
    no words.
    """
    found = [sentence for text in texts for sentence in sentences(text)]
    said = [word for sentence in found for word in words(sentence)]
    if not said:
        return None
    return 0.39 * len(said) / len(found) + 11.8 * sum(map(syllables, said)) / len(said) - 15.59


def sentence_length(texts: Sequence[str]) -> float | None:
    """Words a sentence; None for no words."""
    found = [sentence for text in texts for sentence in sentences(text)]
    return sum(len(words(sentence)) for sentence in found) / len(found) if found else None
