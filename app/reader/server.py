"""A reader behind any OpenAI-compatible server by URL. The only file that knows the openai package; knows no model."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from app.reader.prompt import messages


class ServerReader:
    """Streams a chat completion. A server that fails or is late ends the draft: the answer then quotes its sources."""

    def __init__(
        self, url: str, model: str, *, key: str = "none", seconds: float = 20.0, max_new_tokens: int = 160
    ) -> None:
        from openai import OpenAI

        self.name, self._model, self.seconds, self.max_new_tokens = f"{model} at {url}", model, seconds, max_new_tokens
        self._client = OpenAI(base_url=url, api_key=key, timeout=seconds, max_retries=0)

    def read(self, question: str, passages: Sequence[str]) -> Iterator[str]:
        """The draft in pieces; see `Reader.read`."""
        from openai import OpenAIError

        deadline = time.monotonic() + self.seconds
        try:
            chat: Any = messages(question, passages)  # plain dicts of the form that the package's types spell out
            with self._client.chat.completions.create(
                model=self._model, messages=chat, max_tokens=self.max_new_tokens, temperature=0.0, stream=True
            ) as stream:
                for event in stream:
                    if time.monotonic() > deadline:
                        return
                    if event.choices and event.choices[0].delta.content:
                        yield event.choices[0].delta.content
        except (OpenAIError, ValueError):  # a line of the stream that is no JSON comes as a bare ValueError
            return
