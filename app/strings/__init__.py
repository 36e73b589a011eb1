"""The words of the pages, from one TOML file a language, with the clinic's name and numbers filled in.

Knows nothing of where a text is shown. A text that is missing is an error at once, never an empty line on the page.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from app.settings import SiteSettings
from app.triage.cards import names_in
from corpus.errors import SpinewiseError

FOLDER = Path(__file__).parent
PATTERN = FOLDER / "en.toml"  # what every other language has to say as well
CHECKED = "clinician-reviewed"  # the tier that claims a check
OPTIONAL = ("cards", "scope")  # what has an original elsewhere, which is said where a language lacks it
SITE_NAMES = frozenset({"clinic", "phone", "emergency", "crisis"})  # placeholders that any text may hold


class Strings:
    """Texts by dotted name. `{clinic}`, `{phone}`, `{emergency}` and `{crisis}` are filled from the site's settings."""

    def __init__(self, language: str, site: SiteSettings | None = None) -> None:
        site = site or SiteSettings()
        found = files(site)
        if language not in found:
            raise SpinewiseError(
                f"no texts for the language {language!r}", f"set site.language to one of: {', '.join(sorted(found))}"
            )
        self.language = language
        self._tables = _read(found[language])
        self._site = self._own(site)

    def _own(self, site: SiteSettings) -> dict[str, str]:
        """The site's own words as this language says them: "al 911", or "a su número de emergencias"."""
        given = {
            "clinic": site.clinic_name,
            "phone": site.clinic_phone,
            "emergency": site.emergency_number,
            "crisis": site.crisis_line,
        }
        known, unknown = self.table("site.known"), self.table("site.unknown")
        return {name: known[name].format(value) if value else unknown[name] for name, value in given.items()}

    def __call__(self, name: str, /, **values: object) -> str:
        """The text `name` ("start.heading"); `values` fill placeholders of its own. KeyError if unknown."""
        table, _, last = name.rpartition(".")
        return str(self.table(table)[last]).format(**self._site, **values)

    def several(self, name: str) -> tuple[str, ...]:
        """The texts of the list `name`, in order; none where there is no such list."""
        table, _, last = name.rpartition(".")
        return tuple(str(text).format(**self._site) for text in self.table(table).get(last, ()))

    @property
    def sections(self) -> frozenset[str]:
        """The names of all sections."""
        return frozenset(self._tables)

    def table(self, name: str) -> dict[str, Any]:
        """The texts of one section as written, placeholders and all; KeyError if unknown."""
        found: Any = self._tables
        for part in name.split("."):
            found = found[part]
        return dict(found)


def languages(site: SiteSettings) -> dict[str, Strings]:
    """The texts of every language that the site offers, its own first; raises SpinewiseError for one without texts."""
    codes = dict.fromkeys([site.language, *(site.languages or sorted(files(site)))])
    return {code: Strings(code, site) for code in codes}


def day(when: date, t: Strings) -> str:
    """A date in words: 3 May 2025."""
    return t("dates.day", day=when.day, month=t("dates.months").split()[when.month - 1], year=when.year)


class Graded(Protocol):
    """A document's origin, or a citation of it."""

    @property
    def tier(self) -> str:
        """How far it can be trusted, as the documents' contract names it."""

    @property
    def reviewed_on(self) -> date | None:
        """The day of its last check, where that is known."""


def grade(origin: Graded, t: Strings) -> str:
    """The tier in words. That a clinician checked it is said only with the date: a check without one may be of another text."""
    undated = origin.tier == CHECKED and origin.reviewed_on is None
    return t("tiers.undated" if undated else f"tiers.{origin.tier}")


def files(site: SiteSettings) -> dict[str, Path]:
    """The files of texts by language: ours, and those in the folder `site.texts`, which come first."""
    folders = [FOLDER, *([Path(site.texts)] if site.texts else [])]
    return {file.stem: file for folder in folders for file in sorted(folder.glob("??.toml"))}


def names(table: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The dotted names of all texts and lists in a table of texts."""
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from names(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def unfillable(tables: Mapping[str, Any], wanted: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """What in a site's own texts could not be said: braces that don't pair, placeholders that nothing fills."""
    for name, value in tables.items():
        pattern = wanted.get(name)
        if isinstance(value, Mapping) and isinstance(pattern, Mapping):
            if name not in OPTIONAL:
                yield from unfillable(value, pattern, f"{prefix}{name}.")
            continue
        try:
            known = SITE_NAMES.union(*map(names_in, texts_in(pattern)))
            unknown = set[str]().union(*map(names_in, texts_in(value))) - known
        except ValueError as problem:
            yield f"{prefix}{name}: {problem}"
        else:
            yield from (f"{prefix}{name} has {{{each}}}, which nothing fills" for each in sorted(unknown))


def texts_in(value: Any) -> list[str]:
    """A text, or the texts of a list."""
    return [str(one) for one in (value if isinstance(value, list) else [value])]


def _read(path: Path) -> dict[str, Any]:
    """The texts of one file; one that is missing is named."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise SpinewiseError(f"can't read the texts in {path}: {problem}", f"mend {path}") from problem
    if path.parent != FOLDER:  # a site's own; ours are held together by a test
        wanted = tomllib.loads(PATTERN.read_text(encoding="utf-8"))
        missing = [name for name in names(wanted) if name not in set(names(tables)) and not name.startswith(OPTIONAL)]
        if missing:
            raise SpinewiseError(f"{path} has no text {missing[0]}", f"write it there, as in {PATTERN.name}")
        strange = sorted(unfillable(tables, wanted))
        if strange:
            raise SpinewiseError(f"{path}: {strange[0]}", f"use those of {PATTERN.name}, and {{{{ for a brace")
    return tables
