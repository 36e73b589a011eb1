"""A causal language model on this machine, through transformers: the only file that knows that library.

Generation runs in a thread of its own and ends at its deadline, at its token budget, or as soon as the caller closes the
iterator. Knows nothing of what the draft is for, and does not check it.
"""

from __future__ import annotations

import gc
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from app.reader.prompt import ABSTENTION, messages
from corpus.errors import SpinewiseError
from index.adapter import Adapter


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
        allow_download: bool = False,
        seconds: float = 1.5,
        max_new_tokens: int = 120,
    ) -> None:
        self.name, self.seconds, self.max_new_tokens = name, seconds, max_new_tokens
        self._busy = threading.Lock()
        self._tokenizer, self._model = load(model, allow_download)
        if adapter:
            adapter.merge(self._model)

    def read(self, question: str, passages: Sequence[str]) -> Iterator[str]:
        """The draft in pieces; see `Reader.read`."""
        deadline = time.monotonic() + self.seconds
        if not self._busy.acquire(timeout=self.seconds):
            return
        stop = threading.Event()
        worker: threading.Thread | None = None
        try:
            streamer, worker = self._start(question, passages, stop, deadline)
            yield from streamer
        finally:  # also on GeneratorExit: a visitor who leaves must not leave a thread behind
            stop.set()
            if worker is not None:
                worker.join()
            self._busy.release()

    def doubt(self, question: str, passages: Sequence[str]) -> float | None:
        """Log-odds that it would rather abstain; None while it is busy. One pass over the prompt, nothing is written."""
        import torch

        if not self._busy.acquire(timeout=self.seconds):
            return None
        try:
            prompt = self._encode(question, passages)
            abstention = self._tokenizer(ABSTENTION, add_special_tokens=False, return_tensors="pt")["input_ids"]
            with torch.inference_mode():
                whole = torch.cat([prompt, abstention], dim=1)
                logits = self._model(whole, logits_to_keep=abstention.shape[1] + 1).logits[0, :-1].float()
            steps = logits.log_softmax(-1).gather(1, abstention[0, :, None])
            likely = float(steps.sum().exp())
        finally:
            self._busy.release()
        return math.log((likely + 1e-6) / (1 - likely + 1e-6))

    def _start(
        self, question: str, passages: Sequence[str], stop: threading.Event, deadline: float
    ) -> tuple[Iterator[str], threading.Thread]:
        import torch
        from transformers import StoppingCriteria, StoppingCriteriaList, TextIteratorStreamer

        class Ended(StoppingCriteria):
            """Stopped by the caller, or out of time."""

            def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
                over = stop.is_set() or time.monotonic() > deadline
                return torch.full((input_ids.shape[0],), over, dtype=torch.bool)

        ids = self._encode(question, passages)
        streamer = TextIteratorStreamer(self._tokenizer, skip_prompt=True, skip_special_tokens=True)

        def work() -> None:
            try:
                with torch.inference_mode():
                    self._model.generate(
                        ids, attention_mask=torch.ones_like(ids), max_new_tokens=self.max_new_tokens, do_sample=False,
                        prompt_lookup_num_tokens=10, streamer=streamer, stopping_criteria=StoppingCriteriaList([Ended()]),
                        pad_token_id=self._tokenizer.pad_token_id,
                    )  # fmt: skip
            finally:
                streamer.end()  # type: ignore[no-untyped-call]

        worker = threading.Thread(target=work, name="reader", daemon=True)
        worker.start()
        return iter(streamer), worker

    def _encode(self, question: str, passages: Sequence[str]) -> Any:
        """Token ids of the prompt, shape (1, tokens). A model's control tokens in a question or document are plain text."""
        chat = [{**message, "content": self._plain(message["content"])} for message in messages(question, passages)]
        encoded = self._tokenizer.apply_chat_template(
            chat, add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        return encoded["input_ids"]

    def _plain(self, text: str) -> str:
        """The text with the model's control tokens (<|im_start|>…) broken up, so that nobody can forge a turn."""
        for token in self._tokenizer.all_special_tokens:
            text = text.replace(token, token[:1] + " " + token[1:])
        return text


def load(model: str | Path, allow_download: bool) -> tuple[Any, Any]:
    """(tokenizer, model) in bf16 where the processor has it, else fp32. A missing model is explained."""
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(model), local_files_only=not allow_download)
        weights = AutoModelForCausalLM.from_pretrained(
            str(model), dtype=best_dtype(), local_files_only=not allow_download
        )
    except (OSError, ValueError, RuntimeError) as problem:
        first = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        raise SpinewiseError(
            f"can't load the language model {model}: {first}", "run python -m app models fetch"
        ) from problem
    weights.eval()  # type: ignore[no-untyped-call]
    return tokenizer, weights


def best_dtype() -> Any:
    """bf16 only where the processor computes in it: emulated, it is slower than fp32."""
    import platform

    import torch

    if platform.machine() in ("x86_64", "AMD64"):
        return torch.bfloat16 if torch.cpu._is_avx512_bf16_supported() else torch.float32
    return torch.bfloat16 if torch.ops.mkldnn._is_mkldnn_bf16_supported() else torch.float32


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
