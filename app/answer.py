"""An answer as every caller gets it: page, command line, HTTP. Knows nothing of how it came about."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Literal

from corpus.document import Tier

Kind = Literal["answered", "quoted", "approved", "urgent", "not_found", "declined"]


@dataclass(frozen=True, slots=True)
class Citation:
    """Evidence: `document.text[start:end] == quote`, always."""

    number: int
    document: str
    title: str
    publisher: str | None
    section: str
    quote: str
    start: int
    end: int
    tier: Tier
    reviewed_on: date | None
    url: str | None


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """A sentence of the reply with the numbers of the citations that support it, and how well they do (0 to 1).

    `item` says that it is a list item and stands on a line of its own.
    """

    text: str
    citations: tuple[int, ...] = ()
    support: float | None = None
    item: bool = False


def joint(before: AnswerSentence | None, one: AnswerSentence) -> str:
    """What stands between two sentences of a reply's text; an item of a list has a line of its own."""
    if one.item:
        return "\n- " if before else "- "
    return "" if before is None else "\n" if before.item else " "


@dataclass(frozen=True, slots=True)
class Answer:
    """The reply to one question. Field by field as in the contract; `confidence` is calibrated, None where it has no meaning."""

    kind: Kind
    question: str
    standalone_question: str
    text: str
    sentences: tuple[AnswerSentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    confidence: float | None = None
    suggestions: tuple[str, ...] = ()
    notice: str | None = None
    rule: str | None = None
    timings_ms: dict[str, float] = field(default_factory=dict)
    index: str | None = None
    model: str | None = None
    terms: dict[str, str] = field(default_factory=dict)  # glossary terms in the reply -> one-sentence explanation

    def to_json(self) -> dict[str, Any]:
        """The contract's object; dates as ISO strings."""
        payload = asdict(self)
        for citation in payload["citations"]:
            citation["reviewed_on"] = citation["reviewed_on"] and citation["reviewed_on"].isoformat()
        return payload


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier message of the conversation. History comes from the client: only user turns are ever believed."""

    role: Literal["user", "assistant"]
    content: str
