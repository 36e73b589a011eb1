"""An assistant that plays back answers from a queue and keeps what it was asked. Knows no models and no index.

For the page's tests, and to show the page where no models are. It implements `app.web.loading.Answering`.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.answer import Answer, AnswerSentence, Citation, Turn
from corpus.document import Document


@dataclass
class ScriptedAssistant:
    """Gives `answers` in turn, then `otherwise` for ever; `urgent_answer` where `urgent_pattern` matches.

    `gate`, where there is one, holds sentences back until it is set: a reader that is slow as long as a test wants.
    `closed` counts the streams that were closed before their end.
    """

    answers: Iterable[Answer]
    otherwise: Answer
    documents: Mapping[str, Document] = field(default_factory=dict)
    questions: tuple[str, ...] = ()
    urgent_pattern: str | None = None
    urgent_answer: Answer | None = None
    gate: threading.Event | None = None
    asked: list[tuple[str, tuple[Turn, ...]]] = field(default_factory=list)
    closed: int = 0

    def __post_init__(self) -> None:
        self.queue = deque(self.answers)

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """The next answer."""
        *_, answer = self.stream(question, history)
        assert isinstance(answer, Answer)
        return answer

    def stream(self, question: str, history: Sequence[Turn] = ()) -> Iterator[AnswerSentence | Answer]:
        """The next answer's sentences, then the answer."""
        self.asked.append((question, tuple(history)))
        answer = self.urgent(question, history) or (self.queue.popleft() if self.queue else self.otherwise)
        try:
            for sentence in answer.sentences:
                if self.gate is not None:
                    self.gate.wait(timeout=120)
                yield sentence
            yield replace(answer, question=question, standalone_question=question)
        except GeneratorExit:
            self.closed += 1
            raise

    def urgent(self, question: str, history: Sequence[Turn] = ()) -> Answer | None:
        """The urgent card, if the pattern is in the question."""
        if self.urgent_pattern and self.urgent_answer and re.search(self.urgent_pattern, question, re.IGNORECASE):
            return replace(self.urgent_answer, question=question, standalone_question=question)
        return None

    def examples(self) -> tuple[str, ...]:
        """The questions for the start screen."""
        return self.questions

    def context(self, citation: Citation) -> tuple[str, str, str]:
        """The block around a citation: before, quote, after. ("", quote, "") for a document it doesn't have."""
        document = self.documents.get(citation.document)
        blocks = [block for section in document.sections for block in section.blocks] if document else []
        for block in blocks:
            if document and block.start <= citation.start and citation.end <= block.end:
                text = document.text
                return text[block.start : citation.start], citation.quote, text[citation.end : block.end]
        return "", citation.quote, ""
