"""A causal language model on this machine, through transformers: at run time the only file that knows that library.

Writing ends at its deadline, at its token budget, or as soon as the caller closes the iterator. What every prompt begins with
is read once, at load. Knows nothing of what the draft is for, and does not check it.
"""

from __future__ import annotations

import copy
import gc
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from app.reader import Doubt
from app.reader.attention import Attention
from app.reader.probe import Probe
from app.reader.prompt import ABSTENTION
from app.reader.prompted import Prompter
from app.reader.watch import Noticed, watched
from corpus.errors import SpinewiseError
from index.adapter import Adapter
from index.precision import computes_in_bf16

LONGEST_WATCHED = 1_000  # tokens of a prompt; of a longer one (a very long question) nobody asks where the model looks
HALF_CHARACTER = "\N{REPLACEMENT CHARACTER}"  # what a tokenizer makes of bytes that are no whole character yet


class LocalReader:
    """A model by folder (or by hub name where the site allows downloads), with an optional adapter merged at load.

    One generation at a time: it uses every core. A caller that can't start before its deadline gets an empty draft.
    """

    def __init__(
        self,
        model: str | Path,
        name: str,
        *,
        adapter: Adapter | None = None,
        attention: Attention | None = None,
        probe: Probe | None = None,
        allow_download: bool = False,
        seconds: float = 1.5,
        max_new_tokens: int = 120,
    ) -> None:
        self.name, self.seconds, self.max_new_tokens = name, seconds, max_new_tokens
        self._busy = threading.Lock()
        tokenizer, self._model = load(model, allow_download)
        self.prompter = Prompter(tokenizer)
        if adapter:
            adapter.merge(self._model)
        self.attention, self.probe = attention, probe
        ends = self._model.generation_config.eos_token_id
        self._ends = frozenset(ends if isinstance(ends, list) else [ends])
        self._opening = self._read_opening()

    def read(self, question: str, passages: Sequence[str]) -> Iterator[str]:
        """The draft in pieces; see `Reader.read`."""
        return self._draft(self.prompter.ids(question, passages), copy.deepcopy(self._opening))

    def doubt(self, question: str, passages: Sequence[str], sentences: Sequence[str] = ()) -> Doubt | None:
        """How much it doubts, whether it knows of an answer, and where it looked; None while it is busy. One pass, nothing is
        written.
        """
        import torch

        if not self._busy.acquire(timeout=self.seconds):
            return None
        try:
            looked_for = sentences if self.attention or self.probe else ()
            prompted = self.prompter.placed(question, passages, looked_for)
            prompt, places, cache = prompted.ids, prompted.places, copy.deepcopy(self._opening)
            abstention = self.prompter.tokenizer(ABSTENTION, add_special_tokens=False)["input_ids"]
            read = cache.get_seq_length()
            watching: AbstractContextManager[Noticed] = nullcontext(Noticed())
            if places and len(prompt) <= LONGEST_WATCHED:
                watching = watched(self._model, places, read, len(prompt), self.probe.layers if self.probe else ())
            with torch.inference_mode(), watching as noticed:
                kept = len(abstention) + 1
                unread = torch.tensor([(prompt + abstention)[read:]])
                logits = self._model(unread, past_key_values=cache, logits_to_keep=kept).logits[0, :-1].float()
                cache.crop(-kept)  # writing begins by reading the prompt's last token
            steps = logits.log_softmax(-1).gather(1, torch.tensor(abstention)[:, None])
            likely = float(steps.sum().exp())
        finally:
            self._busy.release()
        log_odds = math.log((likely + 1e-6) / (1 - likely + 1e-6))
        attended: tuple[float, ...] = ()
        if self.attention and places and noticed.looks:
            words = [len(sentence.split()) for sentence in sentences]
            attended = self.attention.log_odds(np.concatenate(noticed.looks), places, words)
        knows = self.probe.log_odds(noticed.states) if self.probe and noticed.states else None
        return Doubt(log_odds, lambda: self._draft(prompt, cache), attended, knows)

    def _draft(self, prompt: list[int], cache: Any) -> Iterator[str]:
        """Writes after the tokens of `prompt`, of which `cache` holds the keys and values of the first ones already.

        A draft mostly repeats its prompt, so at each step what followed the same words there is guessed and judged in one
        pass; what the model agrees with is kept. The text is the same as token by token (prompt lookup decoding).
        """
        import torch

        deadline = time.monotonic() + self.seconds
        if not self._busy.acquire(timeout=self.seconds):
            return
        try:
            known, unread, text = list(prompt), prompt[cache.get_seq_length() :], ""
            while len(known) - len(prompt) < self.max_new_tokens and time.monotonic() < deadline:
                guess = followed(known)
                with torch.inference_mode():
                    step = self._model(
                        torch.tensor([unread + guess]), past_key_values=cache, logits_to_keep=len(guess) + 1
                    )
                likely = step.logits[0].argmax(-1).tolist()
                agreed = next((at for at, token in enumerate(guess) if token != likely[at]), len(guess))
                cache.crop(agreed - len(guess))
                known, unread = known + likely[: agreed + 1], likely[agreed : agreed + 1]
                written = known[len(prompt) :]
                ended = self._ends & set(written)
                if ended:
                    written = written[: min(map(written.index, ended))]
                whole = self.prompter.tokenizer.decode(written, skip_special_tokens=True)
                if whole.startswith(text) and not whole.endswith(HALF_CHARACTER):
                    yield whole[len(text) :]
                    text = whole
                if ended:
                    return
        finally:  # also on GeneratorExit: a visitor who leaves ends the work
            self._busy.release()

    def _read_opening(self) -> Any:
        """The keys and values of what every prompt begins with, read once."""
        import torch
        from transformers import DynamicCache

        one, other = self.prompter.ids("a", ["b"]), self.prompter.ids("c", ["d"])
        same = next(place for place, (left, right) in enumerate(zip(one, other, strict=False)) if left != right)
        cache = DynamicCache(config=self._model.config)
        cache.activate_past_recording()  # type: ignore[no-untyped-call]  # or what was guessed wrongly could not be taken back in models with sliding windows
        with torch.inference_mode():
            self._model(torch.tensor([one[:same]]), past_key_values=cache, logits_to_keep=1)
        return cache


def followed(known: Sequence[int], most: int = 16, longest: int = 3) -> list[int]:
    """What came after the last words of `known` where they stood before: up to `most` tokens, after the longest match."""
    for size in range(longest, 0, -1):
        last = list(known[-size:])
        for start in range(len(known) - size - 1, -1, -1):
            if known[start] == last[0] and list(known[start : start + size]) == last:
                return list(known[start + size : start + size + most])
    return []


def load(model: str | Path, allow_download: bool) -> tuple[Any, Any]:
    """(tokenizer, model) in bf16 where the processor has it, else fp32. A missing model is explained."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    dtype = torch.bfloat16 if computes_in_bf16() else torch.float32
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(model), local_files_only=not allow_download)
        weights = AutoModelForCausalLM.from_pretrained(str(model), dtype=dtype, local_files_only=not allow_download)
    except (OSError, ValueError, RuntimeError) as problem:
        first = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        raise SpinewiseError(
            f"can't load the language model {model}: {first}", "run python -m app models fetch"
        ) from problem
    weights.eval()  # type: ignore[no-untyped-call]
    splitter = getattr(getattr(tokenizer, "backend_tokenizer", None), "model", None)
    if splitter is not None and hasattr(splitter, "_resize_cache"):
        # it would keep the words that visitors type; without it a prompt takes a millisecond more
        splitter._resize_cache(0)
    return tokenizer, weights


def convert(gguf: Path, folder: Path, progress: Callable[[str], None]) -> None:
    """A quantised GGUF to bf16 safetensors with its tokenizer in `folder`: read once, it loads in a second ever after."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    progress(f"converting {gguf.name} (once, about 15 s)")
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    model: Any = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.bfloat16)
    # transformers takes a de-quantised GGUF for a quantised model and refuses to save it until told otherwise
    model.is_quantized, model.hf_quantizer = False, None
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    del model
    gc.collect()
