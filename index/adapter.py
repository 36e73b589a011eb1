"""Low-rank adapters: what was learnt on top of a base model, small enough to ship. Knows nothing of models' libraries.

A file of tensors X.lora_A (rank, in) and X.lora_B (out, rank), already scaled: the merged weight X.weight is X.weight + B @ A.
Beside it a card (adapter.json) names the base by its checksum, the licence, the recipe and the figures. (LoRA: Hu et al. 2021.)
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.errors import SpinewiseError


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter file whose bytes are those that its card names."""

    path: Path
    card: dict[str, Any]

    @classmethod
    def open(cls, folder: Path) -> Adapter:
        """Checks the file against its card; anything that doesn't match is refused."""
        path = folder / "adapter.safetensors"
        try:
            card = json.loads((folder / "adapter.json").read_text(encoding="utf-8"))
            found = hashlib.sha256(path.read_bytes()).hexdigest()
        except (OSError, ValueError) as problem:
            raise SpinewiseError(
                f"can't read the adapter in {folder}: {problem}", "restore the folder from the release"
            ) from problem
        if found != card.get("sha256"):
            raise SpinewiseError(
                f"{path} is damaged (its SHA-256 differs from adapter.json's)", "restore it from the release"
            )
        return cls(path, card)

    @property
    def sha256(self) -> str:
        """Of the tensors' file."""
        return str(self.card["sha256"])

    def merge(self, model: Any) -> None:
        """Adds it to the weights of a torch module, in place; one that doesn't fit is refused before anything is changed."""
        import torch
        from safetensors.torch import load_file

        tensors, weights = load_file(self.path), dict(model.named_parameters())
        names = [key.removesuffix(".lora_A") for key in tensors if key.endswith(".lora_A")]
        for name in names:
            shape = (tensors[f"{name}.lora_B"].shape[0], tensors[f"{name}.lora_A"].shape[1])
            if f"{name}.weight" not in weights or weights[f"{name}.weight"].shape != shape:
                raise SpinewiseError(
                    f"adapter {self.path} does not fit this model ({name}.weight)",
                    "name no adapter, or the base it was made for",
                )
        with torch.no_grad():  # weights made in inference mode could never be trained on
            for name in names:  # one at a time: all changes together would need twice the model's memory
                weight = weights[f"{name}.weight"]
                change = tensors[f"{name}.lora_B"].float() @ tensors[f"{name}.lora_A"].float()
                # in place: a new tensor would stand beside the file's, still mapped
                weight.copy_(weight.float() + change)
