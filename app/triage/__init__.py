"""Red flags in what a visitor types, found by rules before anything else runs. Needs no index, no model and no queue."""

from app.triage.cards import SiteTexts
from app.triage.check import Triage, Verdict

__all__ = ["SiteTexts", "Triage", "Verdict"]
