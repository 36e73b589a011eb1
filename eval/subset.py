"""A few cases that touch every metric, for the gate: chosen by a rule, never by hand. Knows nothing of answers.

Of every kind of case (its file, its category, what is expected, its tier) those with the lowest SHA-256 of their id: new
cases move the choice only within their own kind, and nobody can pick the ones that pass.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from eval.cases import Case

EACH = 2
WHOLE = {"triage": 12, "faq_pairs": 12}  # files whose cases take milliseconds: more of each kind


def kind_of(case: Case) -> tuple[str, str, str, str]:
    """What makes two cases of one kind."""
    return (case.suite, case.category, case.expected, case.tier)


def rank(case: Case) -> str:
    """A fixed place in a draw of lots."""
    return hashlib.sha256(case.id.encode()).hexdigest()


def subset(cases: Sequence[Case], each: int = EACH) -> tuple[Case, ...]:
    """The chosen cases, in the order given."""
    kinds: dict[tuple[str, str, str, str], list[Case]] = {}
    for case in cases:
        kinds.setdefault(kind_of(case), []).append(case)
    chosen = {case.id for kind, group in kinds.items() for case in sorted(group, key=rank)[: WHOLE.get(kind[0], each)]}
    return tuple(case for case in cases if case.id in chosen)


def spread(cases: Sequence[Case], count: int = 12) -> tuple[Case, ...]:
    """`count` of the cases at even distances: for the rerun."""
    step = max(1, len(cases) // count)
    return tuple(cases[::step][:count])
