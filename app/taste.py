"""The weights and bounds by which sentences are chosen, without the language model's looks and with them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Taste:
    """Weights and bounds of the choice; figures measured on development cases (DECISIONS.md)."""

    cosine: float = 1.0
    words: float = 0.6
    rank: float = 0.05
    promotional: float = 0.92  # what the score of a source that sells something is worth beside any other's
    sets_right: float = 1.15  # what the score of a sentence is worth that limits what the question supposes
    defines: float = 1.2  # of one that says what a thing is, where that is asked
    other_phase: float = 0.7  # and of one about the time before the operation where the time after it is asked about
    turns_on: float = 0.25  # what is added for what the question turns on: it may stand where little else is near
    repeat: float = 0.95  # cosine from which two sentences under different headings say the same
    near: float = 0.9  # the same where one holds this share of the other's content
    held: float = 0.8
    alike: float = 0.7  # the same where one holds all of it
    attention: float = 0.08  # what a sentence loses for each log-odds by which the reader looks at another more
    relative: float = 0.75  # a sentence weaker than this share of the best is left out
    most: int = 4
    least: int = 2
    statement: float = 0.65  # of a table, lines weaker than this share of the best are left out
    named: float = 0.35  # share of the question's content that a list's heading, lead-in and best item must name
    first: int = 5  # sentences that are items of one list, but for one, if the question means it
    list_items: int = 24  # more than any list that we know: what is left out of a list of risks may be the worst
    sisters: int = 5  # lines of a table that say the same of so many things at most are said together
    short_list: int = 3  # items of a list that is always said whole


PLAIN = Taste()
ATTENDED = Taste(relative=0.5, statement=0.35)  # scores lie farther apart where the reader's looks count (app/shown.py)
