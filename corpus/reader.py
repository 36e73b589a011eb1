"""Files and folders to documents; what can't be read is named with its reason and the rest is still read.

Chooses a format's reader by the file's ending and puts the pieces together. Knows nothing of how the formats look.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from corpus import converters, markdown, plain, tables
from corpus.decode import Unreadable, decode
from corpus.document import Document, Source
from corpus.errors import SpinewiseError
from corpus.layout import Reading, assemble
from corpus.metadata import SIDECAR, parse_metadata
from corpus.questions import arrange
from corpus.rules import Rules, load_rules
from corpus.settings import CorpusSettings
from corpus.sift import sift
from corpus.suspect import suspicions

__all__ = ["Failure", "Library", "Unreadable", "read_file", "read_folder"]

MEGABYTE = 1_000_000
REVIEWED = "it says that it was reviewed by {}; a sidecar file can make that count (tier: clinician-reviewed)"


class Failure(NamedTuple):
    """A file that could not be read, and why."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class Library:
    """The documents of one or more folders, ids unique, and the files that could not be read."""

    documents: tuple[Document, ...] = ()
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class Raw:
    """A file's bytes with what its reader needs."""

    name: str
    data: bytes
    settings: CorpusSettings
    rules: Rules

    def decoded(self, read: Callable[[str], Reading]) -> Reading:
        """What `read` makes of the text, with the decoder's reports in front."""
        decoded = decode(self.data)
        reading = read(decoded.text)
        return replace(
            reading,
            warnings=decoded.warnings + reading.warnings,
            dropped=decoded.dropped + reading.dropped,
        )


def _text(raw: Raw) -> Reading:
    if re.match(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html)\b", raw.data[:200], re.IGNORECASE):
        return converters.read_html(raw.data)  # a saved page with the wrong ending
    return raw.decoded(lambda text: tables.read(text) if tables.looks_like_table(text) else plain.read(text, raw.rules))


FORMATS: dict[str, Callable[[Raw], Reading]] = {
    "": _text,
    ".txt": _text,
    ".text": _text,
    ".md": lambda raw: raw.decoded(lambda text: markdown.read(text, raw.name)),
    ".markdown": lambda raw: raw.decoded(lambda text: markdown.read(text, raw.name)),
    ".tsv": lambda raw: raw.decoded(tables.read),
    ".csv": lambda raw: raw.decoded(lambda text: tables.read(text, comma=True)),
    ".html": lambda raw: converters.read_html(raw.data),
    ".htm": lambda raw: converters.read_html(raw.data),
    ".xhtml": lambda raw: converters.read_html(raw.data),
    ".pdf": lambda raw: converters.read_pdf(raw.data, raw.settings.max_pages, raw.rules),
    ".docx": lambda raw: converters.read_docx(raw.data, raw.settings.max_megabytes),
}


def read_file(path: Path, settings: CorpusSettings) -> Document:
    """Reads one file, with its sidecar `NAME.EXT.yaml` if there is one. Raises Unreadable with the reason."""
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in FORMATS:
        known = ", ".join(ending for ending in FORMATS if ending)
        raise Unreadable(f"files of the format {ending} are not read (known: {known})")
    data = _bytes(path, settings.max_megabytes)
    metadata, warnings = _sidecar(path)
    rules = load_rules()
    reading = FORMATS[ending](Raw(path.name, data, settings, rules))
    reading = replace(
        reading,
        title=metadata.get("title") or reading.title,
        metadata={**reading.metadata, **metadata},
        warnings=(*reading.warnings, *warnings),
    )
    return _document(path, data, sift(reading, rules) if reading.pasted else reading, rules)


def _document(path: Path, data: bytes, reading: Reading, rules: Rules) -> Document:
    title = reading.title or humanised(path.stem)
    layout = assemble(arrange(reading.parts, title, rules))
    if not any(section.blocks for section in layout.sections):
        aside = f": all {len(reading.dropped)} pieces of it were set aside" if reading.dropped else ""
        raise Unreadable(f"no text to read in it{aside}")
    digest = hashlib.sha256(data).hexdigest()
    metadata: dict[str, Any] = {**reading.metadata, "title": " ".join(title.split())}
    source = Source(file=path.name, sha256=digest, **metadata)
    warnings = [*reading.warnings, *suspicions(layout, reading.dropped, rules)]
    if source.reviewed_by and source.tier == "unreviewed":
        warnings.append(REVIEWED.format(source.reviewed_by))
    return Document(
        id=slug(path.stem) or f"document-{digest[:8]}",
        source=source,
        text=layout.text,
        sections=layout.sections,
        statements=layout.statements,
        pairs=layout.pairs,
        dropped=reading.dropped,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def read_folder(paths: Iterable[Path], settings: CorpusSettings) -> Library:
    """Reads every file in the folders, and every file named itself, in the order of their names.

    A path that doesn't exist raises SpinewiseError. Hidden files are skipped; a second copy of the same bytes is a
    failure, because two copies would look like two sources that agree.
    """
    found: list[tuple[Path, Document]] = []
    failures: list[Failure] = []
    copies: dict[str, str] = {}
    for path, name in _files(paths):
        try:
            document = read_file(path, settings)
            first = copies.setdefault(document.source.sha256, name)
            if first != name:
                raise Unreadable(f"the same bytes as {first}: left out")
            found.append((path, document))
        except Unreadable as problem:
            failures.append(Failure(name, " ".join(str(problem).split())))
        except Exception as problem:  # one file never keeps the others from being read
            failures.append(
                Failure(name, f"unforeseen {type(problem).__name__}: {' '.join(str(problem).split())[:160]}")
            )
    ids = _unique([path for path, _ in found])
    documents = tuple(replace(document, id=ids.get(path, document.id)) for path, document in found)
    return Library(documents, tuple(failures))


def _files(paths: Iterable[Path]) -> list[tuple[Path, str]]:
    """Each file once, with its name below the folder that was given; sidecars of a file are not listed."""
    found: dict[Path, str] = {}
    for given in paths:
        path = Path(given).expanduser()
        if not path.exists():
            raise SpinewiseError(
                f"no such file or folder: {path}", "check the path, or name the folder that holds your documents"
            )
        if not path.is_dir():
            found.setdefault(path.resolve(), path.name)
            continue
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__pycache__")
            for name in sorted(names):
                file = Path(folder) / name
                if not name.startswith((".", "~$")) and not _is_sidecar(file):
                    found.setdefault(file.resolve(), file.relative_to(path).as_posix())
    return list(found.items())


def _is_sidecar(path: Path) -> bool:
    return path.suffix.lower() in SIDECAR and path.with_suffix("").is_file()


def _sidecar(path: Path) -> tuple[dict[str, Any], list[str]]:
    for ending in SIDECAR:
        beside = path.with_name(path.name + ending)
        if beside.is_file():
            return parse_metadata(decode(_bytes(beside, 1.0) or b"{}").text, beside.name)
    return {}, []


def _bytes(path: Path, megabytes: float) -> bytes:
    try:
        if not path.is_file():
            raise Unreadable("not a regular file")
        size = path.stat().st_size
        if size > megabytes * MEGABYTE:
            raise Unreadable(
                f"{size / MEGABYTE:.1f} MB is over the limit of {megabytes:g} MB",
                "raise max_megabytes in the [corpus] settings",
            )
        data = path.read_bytes()
    except OSError as problem:
        raise Unreadable(f"can't be opened: {problem.strerror or problem}") from problem
    if not data:
        raise Unreadable("the file is empty")
    return data


def humanised(stem: str) -> str:
    """A file's stem as a title: "before-your_operation" is "Before your operation"."""
    words = " ".join(re.sub(r"[-_]+", " ", stem).split()) or stem
    return words[:1].upper() + words[1:]


def slug(name: str) -> str:
    """A name as an id: lower-case ASCII letters, digits, "-" and "_"."""
    plain_letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9_]+", "-", plain_letters).strip("-")


def _unique(paths: Sequence[Path]) -> dict[Path, str]:
    """Ids for the paths whose stems collide: with the folder in front, else the ending behind, else a number.

    All that collide change, so that no id ever passes silently from one document to another.
    """
    stems = Counter(slug(path.stem) for path in paths)
    ids: dict[Path, str] = {}
    taken = {stem for stem, count in stems.items() if count == 1}
    clashing = [path for path in paths if stems[slug(path.stem)] > 1 and slug(path.stem)]
    foldered = Counter(slug(f"{path.parent.name}-{path.stem}") for path in clashing)
    for path in clashing:
        choice = slug(f"{path.parent.name}-{path.stem}")
        if foldered[choice] > 1:
            choice = slug(f"{path.stem}-{path.suffix.lstrip('.')}")
        number, final = 2, choice
        while final in taken:
            final, number = f"{choice}-{number}", number + 1
        taken.add(final)
        ids[path] = final
    return ids
