"""`python -m index`: builds, searches and looks after the index. Knows only what it prints."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from corpus.command import Command, note, print_json
from corpus.errors import SpinewiseError
from corpus.home import home_folder


def build(options: argparse.Namespace) -> None:
    """Builds or updates the index."""
    from index.build import build as run
    from index.settings import IndexSettings

    folders = _folders(options.documents)
    note(f"documents: {', '.join(map(str, folders)) or 'the shipped corpus'}")
    with _Bar() as bar:
        report = run(home_folder(), folders, IndexSettings.load("index"), bar, force=options.force)
    for file, reason in report.failures:
        note(f"left out {file}: {reason}")
    if options.json:
        print_json(
            {**asdict(report), "failures": [{"file": file, "reason": reason} for file, reason in report.failures]}
        )
        return
    print(f"added {report.added}, changed {report.changed}, unchanged {report.unchanged}, removed {report.removed}")
    print(
        f"snapshot {report.snapshot}: {report.documents} documents, {report.passages} passages, {report.seconds:.1f} s"
    )


def _folders(given: list[Path] | None) -> list[Path]:
    """The folders named, else those of the settings, else those that the current index was built from."""
    from corpus.settings import CorpusSettings
    from index.snapshot import Snapshots

    if named := given or CorpusSettings.load("corpus").documents:
        return [folder.expanduser() for folder in named]  # a shell leaves "--documents=~/leaflets" as it is
    snapshots = Snapshots(home_folder())
    try:
        return [Path(folder) for folder in snapshots.manifest(snapshots.current()).folders]
    except SpinewiseError:
        return []


class _Bar:
    """A bar with rate and time left on stderr; nothing where stderr is no terminal or nothing is embedded."""

    def __init__(self) -> None:
        self._bar: Any = None

    def __enter__(self) -> Callable[[int, int], None]:
        return self.show

    def show(self, done: int, total: int) -> None:
        from tqdm import tqdm

        if self._bar is None:
            self._bar = tqdm(total=total, desc="embedding", unit=" texts", disable=None, file=sys.stderr)
        self._bar.update(done - self._bar.n)

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()


def search(options: argparse.Namespace) -> None:
    """The passages a question would get."""
    from index.search import Index
    from index.settings import IndexSettings

    index = Index.open(home_folder(), IndexSettings.load("index"))
    hits, expanded = index.search(options.query, options.k), index.expanded(options.query)
    if options.json:
        rows = [
            {
                "rank": hit.rank,
                "document": hit.passage.document.id,
                "title": hit.passage.document.title,
                "section": hit.passage.section,
                "start": hit.passage.start,
                "end": hit.passage.end,
                "text": hit.passage.text,
                "scores": hit.scores,
                "tier": hit.passage.document.source.tier,
            }
            for hit in hits
        ]
        print_json({"query": options.query, "expanded": expanded, "hits": rows})
        return
    if expanded:
        print(f"also searched for: {', '.join(expanded)}\n")
    for hit in hits:
        source = hit.passage.document.source
        print(f"{hit.rank}. {' > '.join(hit.passage.path)} ({hit.passage.document.id}, {source.tier})")
        print("   " + ", ".join(f"{stage} {score:.3f}" for stage, score in hit.scores.items()))
        print("   " + " ".join(hit.passage.text.split()) + "\n")
    if not hits:
        print("nothing found")


def info(options: argparse.Namespace) -> None:
    """The current snapshot and its manifest."""
    from index.snapshot import Snapshots

    snapshots = Snapshots(home_folder())
    manifest = snapshots.manifest(snapshots.current())
    if options.json:
        print_json({"folder": str(snapshots.folder(manifest.id)), "manifest": manifest.model_dump(mode="json")})
        return
    print(f"snapshot   {manifest.id}, built {manifest.built_at:%Y-%m-%d %H:%M} UTC, format {manifest.format}")
    print(f"folder     {snapshots.folder(manifest.id)}")
    print(
        f"holds      {manifest.documents} documents, {manifest.passages} passages, {manifest.sentences} sentences, ",
        end="",
    )
    print(f"{manifest.pairs} question–answer pairs")
    print(f"embedder   {manifest.embedder}, checksum {manifest.embedder.checksum[:12]}; search is {manifest.dense}")
    print(f"documents  {', '.join(manifest.folders) or 'the shipped corpus'}")
    print(f"files      {len(manifest.files)}, {sum(one.bytes for one in manifest.files.values()) / 1e6:.1f} MB")


def verify(options: argparse.Namespace) -> None:
    """Checks every checksum of the current snapshot."""
    from index.snapshot import verify as run

    manifest = run(home_folder())
    if options.json:
        print_json({"snapshot": manifest.id, "files": len(manifest.files), "ok": True})
        return
    print(f"{manifest.id}: {len(manifest.files)} files, every checksum holds")


def listing(options: argparse.Namespace) -> None:
    """The snapshots that are kept."""
    from index.snapshot import Snapshots

    snapshots = Snapshots(home_folder())
    current = snapshots.current()
    if options.json:
        print_json({"current": current, "snapshots": snapshots.all()})
        return
    for identity in snapshots.all():
        print(f"{'*' if identity == current else ' '} {identity}")


def rollback(options: argparse.Namespace) -> None:
    """Makes an older snapshot the current one."""
    from index.snapshot import Snapshots

    snapshots = Snapshots(home_folder())
    with snapshots.writing():
        identity = snapshots.rollback(options.id)
    print_json({"current": identity}) if options.json else print(f"current snapshot: {identity}")


def prune(options: argparse.Namespace) -> None:
    """Drops old snapshots and what broken builds left."""
    from index.settings import IndexSettings
    from index.snapshot import Snapshots

    snapshots = Snapshots(home_folder())
    with snapshots.writing():
        removed = snapshots.prune(IndexSettings.load("index").keep_snapshots)
    print_json({"removed": removed, "kept": snapshots.all()}) if options.json else print(
        f"removed {len(removed)}: {', '.join(removed)}"
    )


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def command() -> Command:
    """All sub-commands."""
    made = Command("index", "Cuts documents into passages and finds the ones a question asks for.")
    parser = made.add("build", build, "builds or updates the index", "python -m index build --documents my-leaflets")
    parser.add_argument(
        "--documents", metavar="DIR", type=Path, action="append", help="a folder to read; may be given again"
    )
    parser.add_argument("--force", action="store_true", help="embed everything anew, also where nothing has changed")
    parser = made.add(
        "search", search, "the passages a question would get", 'python -m index search "How long is recovery?" -k 3'
    )
    parser.add_argument("query", metavar="QUERY", help="a question, in any words")
    parser.add_argument("-k", metavar="N", type=_count, default=5, help="how many passages (5)")
    made.add("info", info, "the current snapshot and its manifest", "python -m index info")
    made.add("verify", verify, "checks every checksum of the current snapshot", "python -m index verify")
    made.add("list", listing, "the snapshots that are kept, the current one marked", "python -m index list")
    parser = made.add("rollback", rollback, "makes an older snapshot the current one", "python -m index rollback")
    parser.add_argument("id", metavar="ID", nargs="?", help="which (the newest that is older than the current one)")
    made.add("prune", prune, "drops old snapshots and what broken builds left", "python -m index prune")
    return made


if __name__ == "__main__":
    sys.exit(command().run())
