"""The words of the pages, from one TOML file a language, with the clinic's name and numbers filled in.

Knows nothing of where a text is shown. A text that is missing is an error at once, never an empty line on the page.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from app.settings import SiteSettings
from corpus.errors import SpinewiseError

FOLDER = Path(__file__).parent


class Strings:
    """Texts by dotted name. `{clinic}`, `{phone}`, `{emergency}` and `{crisis}` are filled from the site's settings."""

    def __init__(self, language: str, site: SiteSettings | None = None) -> None:
        path = FOLDER / f"{language}.toml"
        if not path.is_file():
            known = ", ".join(sorted(file.stem for file in FOLDER.glob("*.toml")))
            raise SpinewiseError(f"no texts for the language {language!r}", f"set site.language to one of: {known}")
        self.language = language
        self._tables: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        site, fallback = site or SiteSettings(), self._tables["site"]
        self._site = {
            "clinic": site.clinic_name or fallback["clinic"],
            "phone": site.clinic_phone or fallback["phone"],
            "emergency": site.emergency_number or fallback["emergency"],
            "crisis": site.crisis_line or fallback["crisis"],
        }

    def __call__(self, name: str, /, **values: object) -> str:
        """The text `name` ("start.heading"); `values` fill placeholders of its own. KeyError if unknown."""
        text = self.table(name.rpartition(".")[0])[name.rpartition(".")[2]]
        return str(text).format(**self._site, **values)

    def table(self, name: str) -> dict[str, Any]:
        """The texts of one section as written, placeholders and all; KeyError if unknown."""
        found: Any = self._tables
        for part in name.split("."):
            found = found[part]
        return dict(found)
