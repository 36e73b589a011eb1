"""What can be noticed of a language model while it reads a prompt: where its heads look, and its inner states at the question.

Knows of torch's modules, and nothing of the library that the model is from, nor of what becomes of what is noticed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from app.reader.attention import Array, Places


@dataclass(slots=True)
class Noticed:
    """Float32. `looks`: of each layer what its heads give the sentences, (heads, tokens from the question on, sentences).

    `states`: of each layer asked for the mean of its states at the question's tokens, (hidden size,).
    """

    looks: list[Array] = field(default_factory=list)
    states: list[Array] = field(default_factory=list)


@contextmanager
def watched(model: Any, places: Places, read: int, size: int, layers: Sequence[int] = ()) -> Iterator[Noticed]:
    """Notices while a prompt of `size` tokens is read, `read` of them already; states behind each of the `layers`, lowest first,
    or none where the model lacks one of them.

    A layer that keeps less than the whole prompt tells nothing of its looks. For them the attention is written out (eager): as
    quick (0.376 and 0.385 s), but its memory grows with the prompt's square.
    """
    noticed = Noticed()
    first, end = places.question[0] - read, places.question[1] - read

    def look(module: Any, asked: Any, made: Any) -> None:
        if made[1] is not None and made[1].shape[-1] >= size:
            behind = made[1][0, :, first : size - read]
            given = [behind[:, :, start:end].float().sum(-1).numpy() for start, end in places.sentences]
            noticed.looks.append(np.stack(given, axis=-1))

    def state(module: Any, asked: Any, made: Any) -> None:
        states = made[0] if isinstance(made, tuple) else made
        noticed.states.append(states[0, first:end].float().mean(0).numpy())

    usual = model.config._attn_implementation
    heads = [one for name, one in model.named_modules() if name.endswith("self_attn")]
    blocks = [one for name, one in model.named_modules() if name.rpartition(".")[0].endswith("layers")]
    hooks = [one.register_forward_hook(look) for one in heads]
    if max(layers, default=0) < len(blocks):
        hooks += [blocks[layer].register_forward_hook(state) for layer in layers]
    try:
        model.set_attn_implementation("eager")
        yield noticed
    finally:
        model.set_attn_implementation(usual)
        for hook in hooks:
            hook.remove()
