"""A prompt as a model's tokens, and where its sentences and its question lie in them, at training and at run time alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.reader.attention import Places
from app.reader.prompt import QUESTION, messages


@dataclass(frozen=True, slots=True)
class Prompted:
    """Token ids, and the places in them; None where no sentences were given, one of them or the question is not in the prompt
    word for word, or the tokenizer can't say.
    """

    ids: list[int]
    places: Places | None


@dataclass(frozen=True, slots=True)
class Prompter:
    """Makes prompts for the model with this tokenizer, as transformers has it."""

    tokenizer: Any

    def text(self, question: str, passages: Sequence[str]) -> str:
        """The prompt. A model's control tokens in a question or document are plain text."""
        chat = [{**message, "content": self.plain(message["content"])} for message in messages(question, passages)]
        return str(self.tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False))

    def ids(self, question: str, passages: Sequence[str]) -> list[int]:
        """The prompt's token ids."""
        return list(self.tokenizer(self.text(question, passages), add_special_tokens=False)["input_ids"])

    def placed(self, question: str, passages: Sequence[str], sentences: Sequence[str]) -> Prompted:
        """The prompt with the places of `sentences`: those of all passages in their order, word for word."""
        text = self.text(question, passages)
        encoded = self.tokenizer(text, add_special_tokens=False)
        places = None
        if sentences and self.tokenizer.is_fast:  # another kind can't say where a token stands
            places = self._places(text, encoded[0].offsets, question, passages, sentences)
        return Prompted(list(encoded["input_ids"]), places)

    def plain(self, text: str) -> str:
        """The text with the model's control tokens (<|im_start|>…) broken up, so that nobody can forge a turn."""
        for token in self.tokenizer.all_special_tokens:
            text = text.replace(token, token[:1] + " " + token[1:])
        return text

    def _places(
        self,
        text: str,
        tokens: Sequence[tuple[int, int]],
        question: str,
        passages: Sequence[str],
        sentences: Sequence[str],
    ) -> Places | None:
        """`tokens` are the spans of the prompt's tokens in `text`."""
        found, at = [], text.find(f"[1] {self.plain(passages[0])}")
        for sentence in map(self.plain, sentences):
            at = text.find(sentence, at)
            if at < 0:
                return None
            found.append((at, at + len(sentence)))
            at += len(sentence)
        asked = f"{QUESTION}{self.plain(question).strip()}"
        begin = text.rfind(asked)
        if begin < 0:
            return None
        starts, ends = np.array(tokens).T
        spans = [(int(np.searchsorted(ends, a, "right")), int(np.searchsorted(starts, b))) for a, b in found]
        first = np.searchsorted(starts, begin + len(QUESTION.rstrip()))
        return Places(tuple(spans), (int(first), int(np.searchsorted(starts, begin + len(asked)))))
