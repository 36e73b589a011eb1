"""The frozen half: the SHA-256 of each case file's test half stands in frozen.json, and a half that has changed is refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from corpus.errors import SpinewiseError
from corpus.home import replacing

FOLDER = Path(__file__).parent / "cases"
FROZEN = "frozen.json"


def numbered(path: Path) -> list[tuple[int, str]]:
    """(number, line) of each line that isn't blank."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise SpinewiseError(
            f"can't read the cases in {path}: {problem}", "name a UTF-8 file with one JSON object a line"
        ) from problem
    return [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]


def digest(lines: Iterable[tuple[int, str]], split: str) -> tuple[str, int]:
    """(SHA-256 of the rows of one half in order, how many). Keys in any order give the same."""
    rows = [row for _, line in lines if (row := json.loads(line)).get("split") == split]
    text = "\n".join(json.dumps(row, sort_keys=True, ensure_ascii=False) for row in rows)
    return hashlib.sha256(text.encode()).hexdigest(), len(rows)


def freeze(folder: Path = FOLDER) -> dict[str, dict[str, str | int]]:
    """Writes the SHA-256 of every file's test half to frozen.json beside them; returns what it wrote."""
    record: dict[str, dict[str, str | int]] = {}
    for path in sorted(folder.glob("*.jsonl")):
        sha256, rows = digest(numbered(path), "test")
        if rows:
            record[path.name] = {"test_rows": rows, "sha256": sha256}
    with replacing(folder / FROZEN) as stream:
        stream.write((json.dumps(record, indent=1) + "\n").encode())
    return record


def check_frozen(path: Path, lines: Iterable[tuple[int, str]]) -> None:
    """Refuses a shipped file whose test half isn't the frozen one; a clinic's own files have no such record."""
    record = path.parent / FROZEN
    if path.parent != FOLDER and not record.exists():
        return
    frozen = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    sha256, rows = digest(lines, "test")
    if (rows or path.name in frozen) and frozen.get(path.name, {}).get("sha256") != sha256:
        raise SpinewiseError(
            f"the test half of {path.name} is not the frozen one ({FROZEN})",
            "undo the change; or, where it is meant, run python -m eval freeze and write down why in DECISIONS.md",
        )
