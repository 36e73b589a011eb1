"""What a site says about a document, in YAML: front matter, or a sidecar file `NAME.EXT.yaml` beside it.

Unknown keys are reported; a value that can't be true (a date that doesn't exist, an unknown tier) fails the file,
because a document that is shown as reviewed must have been. Knows nothing of the document itself.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any, get_args

from corpus.decode import Unreadable
from corpus.document import Tier

KEYS = {
    "title": str,
    "publisher": str,
    "url": str,
    "licence": str,
    "reviewed_by": str,
    "reviewed_on": date,
    "review_due": date,
    "tier": str,
    "language": str,
    "facts_from": str,
}
TIERS: tuple[str, ...] = get_args(Tier)
LARGEST = 20_000  # letters of YAML; it is a few lines
SIDECAR = (".yaml", ".yml")


def parse_metadata(text: str, where: str) -> tuple[dict[str, Any], list[str]]:
    """The values by key, null ones left out, and warnings. `where` names the place for both: "x.md: front matter".

    Raises Unreadable naming the key.
    """
    import yaml

    if len(text) > LARGEST:
        raise Unreadable(f"{where} is longer than {LARGEST} letters")
    try:
        table = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError) as problem:
        raise Unreadable(f"{where} is not YAML: {' '.join(str(problem).split())[:160]}") from None
    if table is None:
        return {}, []
    if not isinstance(table, dict):
        raise Unreadable(f"{where} is not a list of keys with values")
    values: dict[str, Any] = {}
    warnings = []
    for key, value in table.items():
        if key not in KEYS:
            warnings.append(f"{where}: unknown key {str(key)[:40]!r} (known: {', '.join(KEYS)})")
        elif value is not None:
            values[key] = _value(key, value, where)
    reviewed, due = values.get("reviewed_on"), values.get("review_due")
    if isinstance(reviewed, date) and isinstance(due, date) and due < reviewed:
        raise Unreadable(f"{where}: review_due is before reviewed_on")
    return values, warnings


def _value(key: str, value: Any, where: str) -> str | date:
    shown = " ".join(str(value)[:60].split())
    if KEYS[key] is date:
        if type(value) is date:
            return value
        try:
            return date.fromisoformat(str(value).strip())
        except ValueError:
            raise Unreadable(f"{where}: {key}: {shown!r} is not a date as 2025-03-31") from None
    if isinstance(value, (dict, list, set, tuple, bytes, bool)):
        raise Unreadable(f"{where}: {key}: {shown!r} is not a text")
    text = " ".join(str(value).encode("utf-8", "replace").decode("utf-8").replace("\x00", "").split())
    if not text:
        raise Unreadable(f"{where}: {key} is empty; leave it out or write null")
    if key == "tier" and text not in TIERS:
        raise Unreadable(f"{where}: tier: {shown!r} is none of {', '.join(TIERS)}")
    if key == "url" and not re.fullmatch(r"https?://[^\s<>\"']+", text):
        raise Unreadable(f"{where}: url: {shown!r} is no http(s) address")
    if key == "language" and not re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", text):
        raise Unreadable(f"{where}: language: {shown!r} is no language code as en or en-GB")
    return text
