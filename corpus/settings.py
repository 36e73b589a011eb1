"""A site's settings: one TOML file under the home, a table a folder of code, and environment variables on top.

Unknown tables and keys are refused, so that a misspelt setting can't be silently ignored. Each folder defines its own
table below `Table`; this module knows the names of the tables and nothing of what is in them.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Self, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from corpus.errors import SpinewiseError
from corpus.home import home_folder

TABLES = ("corpus", "index", "app", "site", "kiosk", "embed", "staff", "eval")


def settings_file() -> Path:
    """$SPINEWISE_SETTINGS, else settings.toml in the home; it need not exist."""
    return Path(os.environ.get("SPINEWISE_SETTINGS") or home_folder() / "settings.toml")


class Table(BaseModel):
    """Base of each table. `SPINEWISE_<TABLE>_<KEY>` in the environment overrides the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def load(cls, table: str) -> Self:
        """The table as the site set it, its defaults where it set nothing."""
        values = {**read_tables().get(table, {}), **from_environment(table, cls)}
        try:
            return cls.model_validate(values)
        except ValidationError as problem:
            first = problem.errors()[0]
            key = ".".join([table, *(str(part) for part in first["loc"])])
            known = ", ".join(sorted(cls.model_fields))
            detail = f"unknown setting; known: {known}" if first["type"] == "extra_forbidden" else first["msg"]
            raise SpinewiseError(
                f"setting {key}: {detail}", f"mend it in {settings_file()} or the environment"
            ) from None


def read_tables() -> dict[str, dict[str, Any]]:
    """All tables of the settings file; {} where there is no file."""
    path = settings_file()
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise SpinewiseError(
            f"can't read the settings in {path}: {problem}", "mend the file or move it away"
        ) from problem
    for name, table in tables.items():
        if name not in TABLES or not isinstance(table, dict):
            raise SpinewiseError(f"unknown setting {name} in {path}", f"the tables are {', '.join(TABLES)}")
    return tables


def check_environment() -> None:
    """Refuses a variable SPINEWISE_… that no table has: a misspelt one would be ignored without a word."""
    known = tuple(f"SPINEWISE_{table.upper()}_" for table in TABLES)
    for name in os.environ:
        if (
            name.startswith("SPINEWISE_")
            and name not in ("SPINEWISE_HOME", "SPINEWISE_SETTINGS")
            and not name.startswith(known)
        ):
            raise SpinewiseError(
                f"unknown setting {name} in the environment", f"the names start with {', '.join(known)}"
            )


def from_environment(table: str, model: type[BaseModel]) -> dict[str, Any]:
    """The values of SPINEWISE_<TABLE>_<KEY>; a list is written as TOML: ["a", "b"]. Unknown names are refused."""
    prefix, values = f"SPINEWISE_{table.upper()}_", dict[str, Any]()
    for name, text in os.environ.items():
        if name.startswith(prefix):
            key = name.removeprefix(prefix).lower()
            field = model.model_fields.get(key)
            values[key] = _list_of(name, text) if field and get_origin(field.annotation) is list else text
    return values


def _list_of(name: str, text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError as problem:
        raise SpinewiseError(f"{name} is no list: {problem}", f'write it so: {name}=\'["a", "b"]\'') from None


class CorpusSettings(Table):
    """`[corpus]`: which documents, and how large one may be."""

    documents: list[Path] = Field(
        default_factory=list, description="folders read when none is named; [] is the shipped corpus"
    )
    max_megabytes: float = Field(default=20.0, gt=0, description="a larger file is named and left out")
    max_pages: int = Field(default=500, gt=0, description="a longer PDF is named and left out")
