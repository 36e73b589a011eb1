"""HTML (trafilatura), PDF (pypdf) and DOCX (mammoth): bytes to headings, paragraphs and items. Knows nothing of files.

What it doesn't see: text in pictures and scans, the head and foot lines of a DOCX, PDF text in invisible type, and two
columns of a PDF that were written line by line across the page.
"""

from __future__ import annotations

import io
import logging
import re
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from corpus import plain
from corpus.decode import Unreadable, clean, decode
from corpus.document import Dropped
from corpus.hypertext import Piece, parse, take_hidden, walk
from corpus.layout import Part, Reading
from corpus.lines import Line, to_lines
from corpus.rules import Rules

for _noisy in ("pypdf", "trafilatura", "htmldate", "justext", "courlan"):
    logging.getLogger(_noisy).setLevel(logging.CRITICAL + 1)  # what is wrong with a file is in its document's warnings

UNPACKED = 20  # times the size limit that a DOCX may unpack to: text packs about 5 to 1, a zip bomb 1000 to 1
NO_TITLE = re.compile(r"^(?:untitled.*|microsoft \w+ - .*|document\d*|.*\.(?:docx?|pdf|indd|pptx?))$", re.IGNORECASE)
LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})


# ---------------------------------------------------------------- HTML


def read_html(data: bytes) -> Reading:
    """Reads a web page: its article as trafilatura finds it, in the page's own order and nesting."""
    from lxml import html

    declared = re.search(rb"charset\s*=\s*[\"']?([\w-]{2,30})", data[:4096], re.IGNORECASE)
    decoded = decode(data, declared[1].decode("ascii") if declared else None)
    try:
        root = parse(decoded.text)
        hidden = take_hidden(root)
        pieces, dropped = walk(root)
        article, metadata = _article(html.tostring(root, encoding="unicode"))
    except ValueError as problem:
        raise Unreadable(f"broken HTML: {problem}") from None
    language = root.get("lang") or ""
    if re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", language):
        metadata["language"] = language
    kept = _kept(pieces, article)
    parts = [piece.part for piece, keep in zip(pieces, kept, strict=True) if keep]
    dropped += [
        Dropped("navigation", piece.part.text, piece.part.line)
        for piece, keep in zip(pieces, kept, strict=True)
        if not keep
    ]
    heading = next((part for part in parts if part.kind == "heading" and part.level == 1), None)
    title = heading.text if heading else metadata.pop("title", None)
    metadata.pop("title", None)
    reading = Reading(
        parts=tuple(part for part in parts if part is not heading),
        title=title,
        metadata=metadata,
        dropped=(*decoded.dropped, *hidden, *dropped),
        warnings=decoded.warnings,
        pasted=True,
    )
    return _scrubbed(reading)


def _article(page: str) -> tuple[set[str], dict[str, Any]]:
    """The texts, without white space, of the blocks that trafilatura takes for the article, and the page's metadata."""
    import trafilatura

    found: Any = trafilatura.bare_extraction(
        page, include_comments=False, include_tables=True, favor_recall=True, with_metadata=True
    )
    if found is None:
        return set(), {}
    blocks = found.body.iter("p", "head", "item", "cell", "quote", "code", "row") if found.body is not None else ()
    texts = {_squeezed("".join(block.itertext())) for block in blocks}
    named = {"title": found.title, "licence": found.license}
    if found.url and re.fullmatch(r"https?://[^\s<>\"']+", found.url):
        named["url"] = found.url
    if found.sitename and "." not in found.sitename:
        named["publisher"] = found.sitename
    return texts - {""}, {key: " ".join(value.split()) for key, value in named.items() if value and value.strip()}


def _kept(pieces: Sequence[Piece], article: set[str]) -> list[bool]:
    """Which blocks stay: the article's, and what stands between its first and last block outside of menus and forms.

    trafilatura alone leaves out short items and headings that a patient needs; where it finds nothing, all that is no
    furniture stays.
    """
    inside = [_squeezed(piece.part.text) in article and not piece.furniture for piece in pieces]
    if not any(inside):
        return [not piece.furniture for piece in pieces]
    first, last = inside.index(True), len(inside) - 1 - inside[::-1].index(True)
    above = (place for place in range(first) if pieces[place].part.kind == "heading" and pieces[place].part.level == 1)
    first = next((place for place in above if not pieces[place].furniture), first)
    return [first <= place <= last and not piece.furniture for place, piece in enumerate(pieces)]


def _squeezed(text: str) -> str:
    return "".join(text.split())


# ---------------------------------------------------------------- DOCX


def read_docx(data: bytes, megabytes: float) -> Reading:
    """Reads a Word file by its styles; a paragraph in bold type alone counts as a heading."""
    import mammoth

    try:
        packed, hidden = _without_hidden_runs(data, megabytes)
        converted = mammoth.convert_to_html(
            io.BytesIO(packed), style_map=STYLES, convert_image=mammoth.images.img_element(lambda image: {"src": ""})
        )
        pieces, dropped = walk(parse(f"<body>{converted.value}</body>"))
    except Unreadable:
        raise
    except Exception as problem:  # mammoth raises whatever its parts raise
        raise Unreadable(f"broken DOCX: {type(problem).__name__}: {' '.join(str(problem).split())[:120]}") from None
    parts = [replace(piece.part, line=None) for piece in pieces]
    title = _only_top_heading(parts)
    parts = parts[1:] if title else parts
    return _scrubbed(Reading(tuple(parts), title, {}, (*hidden, *dropped), (), pasted=True))


STYLES = "\n".join(
    ["p[style-name='Title'] => h1:fresh", "p[style-name='Subtitle'] => p:fresh"]
    + [f"p[style-name='heading {level}'] => h{min(level + 1, 6)}:fresh" for level in range(1, 7)]
    + [f"p[style-name='Heading {level}'] => h{min(level + 1, 6)}:fresh" for level in range(1, 7)]
)
_RUN = re.compile(r"<w:r[ >](?:(?!</w:r>).)*?</w:r>", re.DOTALL)
_VANISH = re.compile(r"<w:vanish\s*(?:w:val=\"(?:true|1|on)\"\s*)?/>")


def _without_hidden_runs(data: bytes, megabytes: float) -> tuple[bytes, list[Dropped]]:
    """The same file without the runs that Word hides, and their texts. Raises Unreadable for what is no Word file."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable("an old .doc file, or encrypted with a password: save it as .docx without a password")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as problem:
        raise Unreadable(f"broken DOCX: {problem}") from None
    unpacked, limit = sum(entry.file_size for entry in entries), UNPACKED * megabytes * 1_000_000
    if unpacked > limit:
        raise Unreadable(f"it unpacks to {unpacked / 1e6:.0f} MB, over the limit of {limit / 1e6:.0f} MB")
    if any(entry.flag_bits & 1 for entry in entries):
        raise Unreadable("the DOCX is encrypted: save it without a password")
    main = "word/document.xml"
    if main not in archive.namelist():
        raise Unreadable("no Word document: word/document.xml is missing")
    text = archive.read(main).decode("utf-8", "replace")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise Unreadable("broken DOCX: its XML declares entities, which no word processor does")
    hidden = [run for run in _RUN.findall(text) if _VANISH.search(run)]
    if not hidden:
        return data, []
    shown = _RUN.sub(lambda run: "" if _VANISH.search(run.group()) else run.group(), text)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as copy:
        for entry in entries:
            copy.writestr(entry.filename, shown if entry.filename == main else archive.read(entry))
    words = " ".join("".join(re.findall(r"<w:t(?: [^>]*)?>([^<]*)</w:t>", run)) for run in hidden)
    return packed.getvalue(), [Dropped("hidden text", " ".join(words.split()))] if words.strip() else []


def _only_top_heading(parts: Sequence[Part]) -> str | None:
    """The first part's text where it is a heading and no other one is as high."""
    levels = [part.level for part in parts if part.kind == "heading"]
    first = parts[0] if parts else None
    unique = bool(levels) and levels.count(min(levels)) == 1 and levels[0] == min(levels)
    return first.text if first and first.kind == "heading" and unique else None


# ---------------------------------------------------------------- PDF


def read_pdf(data: bytes, most_pages: int, rules: Rules) -> Reading:
    """Reads a PDF's text page by page; each part bears the number of the page that it begins on."""
    import pypdf
    from pypdf.errors import PyPdfError

    if b"%PDF-" not in data[:1024]:
        raise Unreadable("broken PDF: it doesn't begin like one")
    lines: list[Line] = []
    try:
        reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable("the PDF is encrypted: save it without a password")
        count = len(reader.pages)
        if count > most_pages:
            raise Unreadable(
                f"{count} pages are over the limit of {most_pages}", "raise max_pages in the [corpus] settings"
            )
        reports: set[str] = set()
        for number, page in enumerate(reader.pages, start=1):
            cleaned = clean((page.extract_text() or "").translate(LIGATURES))
            reports.update(cleaned.warnings)
            lines += to_lines(cleaned.text, number, numbered=False)
        named = " ".join(str(reader.metadata.title or "").split()) if reader.metadata else ""
    except Unreadable:
        raise
    except PyPdfError as problem:
        kind = "the PDF is encrypted: save it without a password" if "ncrypt" in str(problem) else "broken PDF"
        raise Unreadable(f"{kind} ({' '.join(str(problem).split())[:120]})") from None
    except Exception as problem:  # pypdf raises almost anything on broken bytes, and wants another package for AES
        kind = "the PDF is encrypted: save it without a password" if "AES" in str(problem) else "broken PDF"
        raise Unreadable(f"{kind} ({type(problem).__name__}: {' '.join(str(problem).split())[:120]})") from None
    if not lines:
        raise Unreadable(f"no text on its {count} pages (a scan?): run text recognition (OCR) over it first")
    reading = plain.read_lines(lines, rules)
    title = reading.title or (named if named and not NO_TITLE.match(named) else None)
    return replace(reading, title=title, warnings=(*sorted(reports), *reading.warnings))


def _scrubbed(reading: Reading) -> Reading:
    """The reading without invisible characters that entities (&#8203;) or Word brought in after decoding."""
    if not reading.parts:
        return reading
    cleaned = clean("\n".join(" ".join(part.text.split()) for part in reading.parts))
    parts = tuple(replace(part, text=text) for part, text in zip(reading.parts, cleaned.text.split("\n"), strict=True))
    return replace(
        reading,
        parts=parts,
        dropped=(*reading.dropped, *cleaned.dropped),
        warnings=(*reading.warnings, *cleaned.warnings),
    )
