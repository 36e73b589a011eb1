"""The seam to language models: one method, two nouns. Knows nothing of what becomes of a draft; nobody trusts it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

_MARKERS = re.compile(r"\s*\[\d+\]")
_END = re.compile(r"(?<=[.!?])(?:\s*\[\d+\])*\s+(?=[^\s\[])|\n+")


class Reader(Protocol):
    """Writes a draft from numbered passages. `name` says which model, for the answer's provenance."""

    name: str

    def read(self, question: str, passages: Sequence[str]) -> Iterator[str]:
        """The draft in pieces as they are written. Closing the iterator ends the work at once."""
        ...


@dataclass(frozen=True, slots=True)
class Doubt:
    """What a reader thinks of a prompt before it writes: `log_odds` that no passage answers the question.

    `draft` writes from there, at most once, as `Reader.read` would: the prompt needn't be read a second time. `attended` says
    of each of the sentences given how likely it is the one that answers (log-odds but for a constant); empty where it
    can't tell. `knows`: the log-odds that the sources hold an answer, by its inner states; None where those are not known.
    """

    log_odds: float
    draft: Callable[[], Iterator[str]]
    attended: tuple[float, ...] = ()
    knows: float | None = None


@runtime_checkable
class Doubter(Protocol):
    """A reader that can say, before it writes anything, how much it would rather abstain."""

    def doubt(self, question: str, passages: Sequence[str], sentences: Sequence[str] = ()) -> Doubt | None:
        """Its doubt; None where it can't tell now. `sentences`: those of all passages in their order, word for word."""
        ...


class Reading:
    """A reader before one prompt, which it reads when somebody first needs its doubt or its draft. Without one, neither."""

    def __init__(
        self, reader: Reader | None, question: str, passages: Sequence[str], sentences: Sequence[str] = ()
    ) -> None:
        self._reader, self._question, self._passages, self._sentences = reader, question, passages, sentences

    @cached_property
    def doubt(self) -> Doubt | None:
        """Its doubt; None where it can't tell."""
        if not isinstance(self._reader, Doubter):
            return None
        return self._reader.doubt(self._question, self._passages, self._sentences)

    @property
    def log_odds(self) -> float | None:
        """Those of its doubt."""
        return self.doubt.log_odds if self.doubt else None

    @property
    def knows(self) -> float | None:
        """Whether it knows of an answer; see `Doubt`."""
        return self.doubt.knows if self.doubt else None

    @property
    def attended(self) -> tuple[float, ...]:
        """Where it looked; see `Doubt`."""
        return self.doubt.attended if self.doubt else ()

    def draft(self) -> Iterator[str]:
        """The draft in pieces; see `Reader.read`."""
        if self.doubt:
            yield from self.doubt.draft()
        elif self._reader:
            yield from self._reader.read(self._question, self._passages)


def sentences(pieces: Iterator[str]) -> Iterator[str]:
    """Pieces of text to whole sentences, as soon as each is complete; markers such as [2] are taken off.

    What is cut off in the middle (a deadline, a full token budget) is dropped: half a sentence can turn a claim round.
    """
    pending = ""
    for piece in pieces:
        pending += piece
        *whole, pending = _END.split(pending)
        yield from (clean for part in whole if (clean := _MARKERS.sub("", part).strip()))
    last = _MARKERS.sub("", pending).strip()
    if last.endswith((".", "!", "?")):
        yield last
