"""The course of a training: AdamW whose rate rises and falls, and a checkpoint from which a stopped run goes on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from corpus.errors import SpinewiseError
from corpus.home import make_folder

KEPT_EVERY = 100  # steps
WARM = 20  # the rate rises over one in so many of the steps, then falls to nothing along a cosine


class Course:
    """`groups`: parameters by name, each group with its highest rate. `begun`: how many of `steps` were taken by a run before."""

    def __init__(
        self, groups: Sequence[tuple[Mapping[str, Any], float]], steps: int, folder: Path, of: str = ""
    ) -> None:
        import torch

        if not steps:
            raise SpinewiseError("there is nothing to learn from", "name other items or clinics")
        self._checkpoint = folder / "checkpoint.pt"
        self._parameters = {name: one for named, _ in groups for name, one in named.items()}
        self._steps, self._of, self.begun = steps, of, 0
        options = [{"params": list(named.values()), "lr": rate} for named, rate in groups]
        self._optimiser = torch.optim.AdamW(options, weight_decay=0.0)
        warm = max(1, steps // WARM)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(
            self._optimiser, lambda step: min(1.0, (step + 1) / warm) * 0.5 * (1 + math.cos(math.pi * step / steps))
        )
        make_folder(folder)
        if self._checkpoint.exists():
            self._go_on(torch.load(self._checkpoint))
        self._taken = self.begun

    def take(self) -> bool:
        """One step along the gradients that were gathered; whether it was kept in the checkpoint."""
        import torch

        torch.nn.utils.clip_grad_norm_(list(self._parameters.values()), 1.0)
        self._optimiser.step()
        self._schedule.step()
        self._optimiser.zero_grad()
        self._taken += 1
        keeps = self._taken % KEPT_EVERY == 0 or self._taken == self._steps
        if keeps:
            self._keep()
        return keeps

    def _keep(self) -> None:
        import torch

        state = {
            "step": self._taken,
            "steps": self._steps,
            "of": self._of,
            "learnt": {name: one.detach() for name, one in self._parameters.items()},
            "optimiser": self._optimiser.state_dict(),
            "schedule": self._schedule.state_dict(),
        }
        beside = self._checkpoint.with_suffix(".new")
        torch.save(state, beside)
        beside.replace(self._checkpoint)

    def _go_on(self, state: Mapping[str, Any]) -> None:
        shapes = {name: one.shape for name, one in self._parameters.items()}
        kept = {name: one.shape for name, one in state.get("learnt", {}).items()}
        if (state.get("steps"), state.get("of")) != (self._steps, self._of) or kept != shapes:
            raise SpinewiseError(
                f"{self._checkpoint} is of another training", "name another folder with --out, or delete the file"
            )
        for name, value in state["learnt"].items():
            self._parameters[name].data.copy_(value)
        self._optimiser.load_state_dict(state["optimiser"])
        self._schedule.load_state_dict(state["schedule"])
        self.begun = state["step"]
