"""Counts and times for Prometheus, in a registry of their own. Knows kinds and numbers, no conversation."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

SECONDS = (0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120)


class Metrics:
    """What a site needs to see: answers by kind, how long they took, who was refused, what is running."""

    content_type = CONTENT_TYPE_PLAIN_0_0_4

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.answers = Counter("spinewise_answers", "Answers given", ["kind"], registry=self._registry)
        self.refused = Counter("spinewise_refused", "Questions refused, queue full", registry=self._registry)
        self.stopped = Counter("spinewise_stopped", "Answers stopped by the visitor", registry=self._registry)
        self.failed = Counter("spinewise_failed", "Answers that failed", registry=self._registry)
        self.feedback = Counter("spinewise_feedback", "Thumbs", ["helpful"], registry=self._registry)
        self.first_sentence = self._seconds("spinewise_first_sentence_seconds", "From question to first sentence")
        self.seconds = self._seconds("spinewise_answer_seconds", "From question to whole answer")

    def _seconds(self, name: str, about: str) -> Histogram:
        return Histogram(name, about, buckets=SECONDS, registry=self._registry)

    def watch(self, name: str, about: str, value: Callable[[], float]) -> None:
        """A gauge that is read when Prometheus asks."""
        Gauge(name, about, registry=self._registry).set_function(value)

    def text(self) -> bytes:
        """The exposition."""
        return generate_latest(self._registry)
