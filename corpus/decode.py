"""Bytes to clean text: encodings, line ends, NUL bytes, characters nobody sees. Knows nothing of what the text says.

It does not look for look-alike letters (a Cyrillic "а" in a Latin word); those stay as they are.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from corpus.document import Dropped
from corpus.errors import SpinewiseError


class Unreadable(SpinewiseError):  # noqa: N818 - its name is what it says of a file
    """A file that can't be read as a document; `problem` is the reason. The rest of its folder is still read."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text with "\\n" line ends and no invisible characters; `lines` of it count as in the file."""

    text: str
    warnings: tuple[str, ...] = ()
    dropped: tuple[Dropped, ...] = ()


MARKS = (  # the longer mark first: UTF-32's begins like UTF-16's
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
MAGIC = (
    (b"%PDF-", "a PDF: give it the ending .pdf"),
    (b"PK\x03\x04", "a ZIP archive or an Office file: give a Word file the ending .docx"),
    (b"\xd0\xcf\x11\xe0", "an old Office file (or one with a password): save it as .docx without a password"),
    (b"{\\rtf", "an RTF file: save it as .docx"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3", "a database"),
)
BINARY_SHARE = 0.02  # of control characters other than white space and NUL; pasted text has none

_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_ZERO_WIDTH = re.compile(  # (non-)joiners stay after scripts that are written with them and inside emoji
    r"[\u00ad\u180e\u200b\u2060-\u2064\ufeff\U000e0100-\U000e01ef]|(?<![\u0600-\u1fff\ufe0f\U0001f000-\U0001faff])[\u200c\u200d]"
)
_BIDI = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_TAGS = re.compile(r"[\U000e0000-\U000e007f]+")  # a whole invisible ASCII alphabet: text can be smuggled in it


def decode(data: bytes, declared: str | None = None) -> Decoded:
    """The text of a file. `declared` is the encoding that the file names for itself, tried when it isn't UTF-8.

    Raises Unreadable for an empty file and for one that is no text.
    """
    if not data.strip(b"\x00 \t\r\n"):
        raise Unreadable("the file is empty")
    for magic, what in MAGIC:
        if data.startswith(magic):
            raise Unreadable(f"not text but {what}")
    text, warnings = _to_text(data, declared)
    nul = text.count("\x00")
    control = len(_CONTROL.findall(text))
    if nul > len(text) * 0.1 or control > max(len(text) * BINARY_SHARE, 4):
        raise Unreadable("binary data, not text")
    if nul:
        warnings.append(f"{_count(nul, 'NUL byte')} removed")
    return clean(re.sub(r"\r\n?|\x85|\u2028|\u2029", "\n", text), warnings)


def clean(text: str, warnings: list[str] | None = None) -> Decoded:
    """`text` without the characters that nobody sees, and a warning or a dropped text for each kind."""
    warnings, dropped = list(warnings or []), []
    for match in _TAGS.finditer(text):
        hidden = "".join(chr(ord(letter) - 0xE0000) for letter in match.group() if ord(letter) >= 0xE0020)
        dropped.append(Dropped("hidden text", hidden.strip("\x7f"), text.count("\n", 0, match.start()) + 1))
        warnings.append(f"invisible (tag) characters spelt: {hidden[:80]!r}")
    text = _TAGS.sub("", text)
    for kind, pattern, instead in (
        ("zero-width or soft-hyphen character", _ZERO_WIDTH, ""),
        ("text-direction control character", _BIDI, ""),
        ("control character", _CONTROL, " "),
    ):
        text, count = pattern.subn(instead, text)
        if count:
            warnings.append(f"{_count(count, kind)} removed")
    text = text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")  # a lone surrogate becomes "?"
    return Decoded(text, tuple(warnings), tuple(dropped))


def _to_text(data: bytes, declared: str | None) -> tuple[str, list[str]]:
    for mark, encoding in MARKS:
        if data.startswith(mark):
            text = data[len(mark) :].decode(encoding, "replace")
            return text, [] if "\ufffd" not in text else [f"broken {encoding}: some characters are shown as \ufffd"]
    if unmarked := _utf16_without_mark(data):
        return data.decode(unmarked, "replace"), [f"read as {unmarked}, which the file doesn't say"]
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError:
        pass
    lenient = data.decode("utf-8", "ignore")
    lost = len(data) - len(lenient.encode("utf-8"))
    if lost * 4 <= sum(ord(letter) > 127 for letter in lenient):  # mostly good UTF-8: it is UTF-8, broken in places
        return data.decode("utf-8", "replace"), [f"{_count(lost, 'byte')} that are not UTF-8 are shown as \ufffd"]
    for legacy in filter(None, (_as_browsers_read(declared), "cp1252", "latin-1")):
        try:
            return data.decode(legacy), [f"not UTF-8: read as {legacy}"]
        except (UnicodeError, LookupError):
            continue
    raise Unreadable("the encoding is not known")  # latin-1 reads any bytes, so that this can't happen


def _as_browsers_read(declared: str | None) -> str | None:
    """A page that says Latin-1 or ASCII is read as Windows-1252 (WHATWG, Encoding): that is where old ones have their "’"."""
    try:
        return "cp1252" if declared and codecs.lookup(declared).name in ("iso8859-1", "ascii") else declared
    except LookupError:
        return declared


def _utf16_without_mark(data: bytes) -> str | None:
    """UTF-16 with Latin letters has a NUL in nearly every other byte, always on the same side."""
    even, odd = data[0::2].count(0), data[1::2].count(0)
    half = len(data) // 2
    if len(data) % 2 == 0 and half >= 8:
        if odd > half * 0.7 and even < half * 0.05:
            return "utf-16-le"
        if even > half * 0.7 and odd < half * 0.05:
            return "utf-16-be"
    return None


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
