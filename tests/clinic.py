"""A site with the real models and an index, made once for all tests that need it. Not a test."""

from __future__ import annotations

import os
from contextlib import suppress
from fcntl import LOCK_EX, flock
from functools import cache
from pathlib import Path
from tempfile import gettempdir

from app.assistant import Assistant
from app.models import SMOLLM2
from corpus.home import home_folder
from index.models import checked, models_folder
from index.mpnet import MPNET

SHARED = Path(__file__).parents[2] / "shared"
SEEDS = SHARED / "seeds"


def home_with_models(folder: Path) -> Path:
    """`folder` as a home that has the models which `python -m app models fetch` brought; their absence is an error."""
    for model in (SMOLLM2, MPNET):
        checked(home_folder(), model.name)
    folder.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        (folder / "models").symlink_to(models_folder(home_folder()))
    return folder


@cache
def indexed_home(documents: Path | None = None) -> Path:
    """A home with an index of `documents`, by default the shipped corpus. Test processes share it: the first one builds."""
    from index.build import build
    from index.settings import IndexSettings

    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    home = home_with_models(Path(gettempdir()) / f"spinewise-test-{run}" / (documents.name if documents else "shipped"))
    with (home / "building").open("w") as turn:
        flock(turn, LOCK_EX)
        build(home, [documents] if documents else [], IndexSettings())
    return home


@cache
def assistant(documents: Path | None = None) -> Assistant:
    """The whole assistant over `documents`."""
    from app.site import open_assistant

    return open_assistant(indexed_home(documents))
