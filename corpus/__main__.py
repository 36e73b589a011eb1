"""`python -m corpus`: what was understood of documents (check), and one document's text (show)."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections import Counter
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from corpus.command import Command, print_json
from corpus.document import Document
from corpus.errors import SpinewiseError
from corpus.home import home_folder
from corpus.library import document_folders, find_library, read_documents
from corpus.reader import Library, read_folder
from corpus.settings import CorpusSettings
from corpus.suspect import shortened


def check(options: argparse.Namespace) -> int:
    """Reads the paths and reports; 1 when not one document could be read."""
    settings = CorpusSettings.load("corpus")
    library = read_folder([Path(path) for path in options.paths] or document_folders(settings), settings)
    if options.json:
        documents = [report(document) for document in library.documents]
        print_json({"documents": documents, "failures": [failure._asdict() for failure in library.failures]})
    else:
        print(written(library))
    if not library.documents:
        problem = (
            f"{len(library.failures)} of {len(library.failures)} files failed" if library.failures else "no files there"
        )
        raise SpinewiseError(
            f"no document could be read: {problem}", "name files or folders: python -m corpus check PATH"
        )
    return 0


def warnings_of(document: Document, today: date | None = None) -> list[str]:
    """The document's warnings, and whether its next review is overdue today."""
    source = document.source
    overdue = [f"review is overdue since {source.review_due}"] if source.overdue(today or date.today()) else []
    return [*document.warnings, *overdue]


def report(document: Document) -> dict[str, Any]:
    """What was understood of a document, for --json."""
    source = document.source
    return {
        "id": document.id,
        "file": source.file,
        "title": source.title,
        "tier": source.tier,
        "publisher": source.publisher,
        "reviewed_by": source.reviewed_by,
        "reviewed_on": source.reviewed_on,
        "review_due": source.review_due,
        "sections": [
            {
                "title": section.title,
                "path": section.path,
                "kind": section.kind,
                "sentences": sum(len(block.sentences) for block in section.blocks),
                "items": sum(block.kind == "item" for block in section.blocks),
            }
            for section in document.sections
        ],
        "statements": len(document.statements),
        "pairs": [
            {"question": pair.question.of(document.text), "answer": pair.answer.of(document.text)}
            for pair in document.pairs
        ],
        "dropped": [asdict(item) for item in document.dropped],
        "warnings": warnings_of(document),
    }


def written(library: Library) -> str:
    """The report for people."""
    lines: list[str] = []
    for document in library.documents:
        source = document.source
        lines += [f"{document.id}  ({source.file})", f"  title      {source.title}"]
        lines += [f"  source     {source.publisher or 'no publisher named'}; tier {source.tier}{_reviewed(document)}"]
        lines += ["  sections"]
        for section in document.sections:
            count = sum(len(block.sentences) for block in section.blocks)
            kind = "" if section.kind == "body" else f", {section.kind}"
            indent = "  " * max(len(section.path), 1)
            lines.append(
                f"  {indent}{section.title or '(before the first heading)'} ({_many(count, 'sentence')}{kind})"
            )
        lines += [f"  statements {len(document.statements)}", f"  questions with answers {len(document.pairs)}"]
        reasons = Counter(item.reason for item in document.dropped)
        if reasons:
            lines += [f"  set aside  {', '.join(f'{reason} {count}' for reason, count in reasons.items())}"]
        for item in document.dropped:
            where = f"line {item.line}, " if item.line else ""
            lines.append(f"    {where}{item.reason}: {shortened(item.text)}")
        lines += [f"  warning    {warning}" for warning in warnings_of(document)] + [""]
    lines += [f"failed     {failure.file}: {failure.reason}" for failure in library.failures]
    lines += [f"{_many(len(library.documents), 'document')} read, {len(library.failures)} failed"]
    return "\n".join(lines)


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _reviewed(document: Document) -> str:
    source = document.source
    by = f"; reviewed by {source.reviewed_by}" if source.reviewed_by else ""
    return (
        by
        + (f" on {source.reviewed_on}" if source.reviewed_on else "")
        + (f"; due {source.review_due}" if source.review_due else "")
    )


def show(options: argparse.Namespace) -> None:
    """Prints one document's text as read, of the current index or else of the document folders."""
    document = _found(options.document, options.documents)
    if options.json:
        print_json(
            {
                "id": document.id,
                "title": document.title,
                "text": document.text,
                "sections": [
                    {name: getattr(section, name) for name in ("title", "path", "start", "end", "kind")}
                    for section in document.sections
                ],
                "source": asdict(document.source),
            }
        )
        return
    print(document.text)
    print(f"\n{document.title} ({document.source.file})", file=sys.stderr)
    for section in document.sections:
        print(f"  {section.start:6d}-{section.end:<6d} {section.kind:5s} {' / '.join(section.path)}", file=sys.stderr)


def _found(name: str, folder: str | None) -> Document:
    settings = CorpusSettings.load("corpus")
    current = None if folder else find_library(home_folder())
    if current is not None:
        documents = read_documents(current)
    else:
        documents = list(read_folder([Path(folder)] if folder else document_folders(settings), settings).documents)
    ids = {document.id: document for document in documents}
    if name in ids:
        return ids[name]
    near = difflib.get_close_matches(name, ids, n=3, cutoff=0.4)
    hint = f" (near: {', '.join(near)})" if near else ""
    raise SpinewiseError(f"no document {name!r}{hint}", "python -m corpus check lists all")


def command() -> Command:
    """The command with its sub-commands."""
    corpus = Command("corpus", "Reads documents and shows what was understood.")
    parser = corpus.add(
        "check", check, "read documents and print what was understood", "python -m corpus check leaflets/"
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or folders; none: those of the settings")
    parser = corpus.add("show", show, "print the text of one document as read", "python -m corpus show my-leaflet")
    parser.add_argument("document", metavar="DOC_ID", help="the id that `check` prints")
    parser.add_argument("--documents", metavar="DIR", help="read this folder instead of the current index")
    return corpus


if __name__ == "__main__":
    sys.exit(command().run())
