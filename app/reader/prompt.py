"""What the language model is shown, at training and at run time alike. Knows nothing of any model library."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

ABSTENTION = "The sources do not answer this question."
QUESTION = "\n\nQuestion: "


@cache
def instruction() -> str:
    """The fixed first part of every prompt (prompts/answer.md). No safety rule lives here: a prompt can be argued with."""
    return (Path(__file__).parents[1] / "prompts" / "answer.md").read_text(encoding="utf-8").strip()


def messages(question: str, passages: Sequence[str]) -> list[dict[str, str]]:
    """The chat of one question over passages, numbered from 1 in the order given."""
    sources = "\n".join(f"[{number}] {text}" for number, text in enumerate(passages, 1))
    return [
        {"role": "system", "content": instruction()},
        {"role": "user", "content": f"{sources}{QUESTION}{question}"},
    ]


def posed(question: str, terms: Sequence[str]) -> str:
    """The question with the documents' terms for words in it that a small model may not know."""
    return f"{question} ({', '.join(terms)})" if terms else question
