"""Red flags in what a visitor types, found by rules and by what was learnt from examples, before anything else runs.

Needs no index, no language model and no queue.
"""

from app.triage.cards import SiteTexts
from app.triage.check import Triage, Verdict

__all__ = ["SiteTexts", "Triage", "Verdict"]
