"""The red-flag step by itself: a question to its urgent card. Needs no index, no model and no queue, and knows of none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.answer import Answer, Turn
from app.triage import SiteTexts, Triage, Verdict


@dataclass(frozen=True, slots=True)
class RedFlags:
    """The rules with the clinic's numbers for their cards."""

    triage: Triage
    site: SiteTexts

    def check(self, question: str, history: Sequence[Turn] = ()) -> Verdict:
        """The verdict on a question with the visitor's last turns."""
        return self.triage.check(question, history)

    def urgent(self, question: str, history: Sequence[Turn] = ()) -> Answer | None:
        """The card for a report of a red flag, else None."""
        verdict = self.check(question, history)
        return self.card(question, verdict) if verdict.report else None

    def card(self, question: str, verdict: Verdict) -> Answer:
        """Fixed text: one action first, then why, and nothing else to read."""
        text = self.triage.card(verdict, self.site)
        return Answer(kind="urgent", question=question, standalone_question=question, text=text, rule=verdict.rule)

    def notice(self, verdict: Verdict) -> str | None:
        """The card's action as a line beside an answer *about* a complication."""
        return self.triage.notice(verdict, self.site) if verdict.about else None
