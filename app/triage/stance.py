"""Whether words are said of now: negated, over, long past, supposed, or only asked about. Knows no rule and no symptom.

The words that show it are concepts of the lexicon under the fixed names of NEEDED. In doubt a thing counts as said of now:
a missed alarm is worse than a false one. Not covered: irony, quotation, a negation more than REACH words before.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from app.triage.lexicon import Lexicon, Reading
from app.triage.search import Span

# What each role's phrases do; triage.toml must define every one of them as a concept.
ROLES = {
    "negation": "negates what follows",
    "not-negation": "holds a negating word and negates nothing",
    "negation-stop": "ends a negation: what follows is said anew",
    "choice": "goes on with a list, and so with its negation",
    "question-word": "begins a question, and no further item of a list",
    "turning": "parts what excuses from what it can't excuse",
    "over": "says that what stands before it is over",
    "returned": "says that it came back",
    "past": "puts what stands near it long ago",
    "past-of-event": "holds a `past` that dates an event, not a symptom",
    "present": "shows that the words around it are of now",
    "asking": "what follows is asked about, not told",
    "supposing": "what follows is supposed, not told",
    "elsewhere": "what follows is told of no patient: a thing, a pet, a story, people at large",
    "mentioned": "holds words that are quoted or supposed, however they are told",
    "telling": "within a question, tells of now",
    "joining": "directly before `telling`, makes it part of the question",
    "pointing": "opens a sentence that goes on about the one before",
    "follow-up": "asks on about what was said before",
    "affirming": "says that what was asked about is so",
}
NEEDED = ROLES | {"subject": "names who or what is spoken of"}  # no role: likeness.py was taught with it as a feature
REACH = 8  # words that a negation reaches
TOLD, SUPPOSED, ASKED = 0, 1, 2


class Stance:
    """What holds for each token of one text."""

    def __init__(self, reading: Reading, lexicon: Lexicon, evidence: frozenset[str]) -> None:
        """`evidence`: the concepts that rules look for; a "not" within one of them ("not able to …") negates nothing else."""
        self._tokens, self._found, self._lexicon = reading.tokens, reading.found, lexicon
        self._inside = {
            place
            for name in evidence
            for start, end in reading.found[name]
            for place in range(start, end)
            if end - start > 1
        }
        self._past: dict[Span, bool] = {}
        self._known = {place for spans in self._found.values() for start, end in spans for place in range(start, end)}
        negated = self._negated()
        self.denied = negated | self._finished(negated)
        self._mood = self._moods()
        self.links = self._linked()
        self._clauses = self._parted()

    def holds(self, span: Span) -> bool:
        """Whether what the span says is neither negated, nor over, nor long past."""
        return span[0] not in self.denied and not self.long_past(span)

    def excuses(self, excuse: Span, place: int) -> bool:
        """Whether a span may excuse what stands at `place`: not denied, and no "but now" between them."""
        parted = any(excuse[1] <= start < place for start, _ in self._found["turning"])
        return excuse[0] not in self.denied and not parted

    def said(self, span: Span) -> str:
        """How the span is said, as one letter: "d" for denied or over, else its mood, "t"old, "s"upposed or "a"sked."""
        return "tsa"[self._mood[span[0]]] if self.holds(span) else "d"

    def mood(self, spans: tuple[Span, ...]) -> int:
        """TOLD where any of the words is told, ASKED where all are asked about, else SUPPOSED."""
        return min(self._mood[start] for start, _ in spans)

    def plain(self, spans: tuple[Span, ...]) -> bool:
        """Whether the clauses of the spans hold no word that the rule file doesn't know, and so none that turns their sense."""
        clauses = {self._clauses[start] for start, _ in spans}
        return all(self._is_known(place) for place, clause in enumerate(self._clauses) if clause in clauses)

    def understood(self, turn: int) -> bool:
        """Whether the turn holds no word that the rule file doesn't know."""
        return all(self._is_known(place) for place, token in enumerate(self._tokens) if token.turn == turn)

    def _is_known(self, place: int) -> bool:
        word = self._tokens[place].word
        return place in self._known or word[0].isdecimal() or self._lexicon.is_filler(word)

    def follows_up(self, turn: int) -> bool:
        """Whether the turn asks on about what was said before, and about little else."""
        own = [place for place, token in enumerate(self._tokens) if token.turn == turn]
        covered = {place for start, end in self._found["follow-up"] for place in range(start, end)}
        rest = [p for p in own if p not in covered and not self._lexicon.is_filler(self._tokens[p].word)]
        return not covered.isdisjoint(own) and len(rest) <= 4

    def affirms(self, turn: int) -> bool:
        """Whether the turn says of itself that what was asked about is so ("that's me", "mine has …")."""
        spans = self._found["affirming"]
        return any(
            self._tokens[span[0]].turn == turn and self._mood[span[0]] == TOLD and self.holds(span) for span in spans
        )

    def _negated(self) -> set[int]:
        excused = {place for start, end in self._found["not-negation"] for place in range(start, end)}
        stops = {start for start, _ in self._found["negation-stop"]}
        denied: set[int] = set()
        for start, end in self._found["negation"]:
            if start in excused or start in self._inside:
                continue
            for place in self._rest_of_sentence(end, REACH):
                if place in stops or self._begins_anew(place, end):
                    break
                denied.add(place)
        return denied

    def _begins_anew(self, place: int, start: int) -> bool:
        """Whether the first comma behind a negation begins another statement: a list ("no fever, pus or pain") goes on."""
        if place == start or not self._tokens[place].soft or any(one.soft for one in self._tokens[start:place]):
            return False
        choices, asked = ({first for first, _ in self._found[role]} for role in ("choice", "question-word"))
        rest = list(self._rest_of_sentence(place + 1))
        listed = any(self._tokens[one].soft and one not in asked for one in rest)
        return bool(rest) and choices.isdisjoint([place, *rest]) and not listed

    def _finished(self, denied: set[int]) -> set[int]:
        """Words before "… is gone" in the same breath, unless that is negated or it came back."""
        back = {self._tokens[start].sentence for start, _ in self._found["returned"]}
        subjects = {start for start, _ in self._found["subject"]}
        over: set[int] = set()
        for start, end in self._found["over"]:
            sentence = self._tokens[start].sentence
            if start in denied or not self._inside.isdisjoint(range(start, end)) or {sentence, sentence + 1} & back:
                continue
            for place in range(start - 1, max(-1, start - 1 - REACH), -1):
                if self._tokens[place].sentence != sentence or self._tokens[place + 1].soft:
                    break
                over.add(place)
                if place in subjects:
                    break
            over.update(range(start, end))
        return over

    def long_past(self, span: Span) -> bool:
        """Whether the span is put long ago."""
        if span not in self._past:
            self._past[span] = self._dated(span)
        return self._past[span]

    def _dated(self, span: Span) -> bool:
        events = self._found["past-of-event"]
        present = [start for start, _ in self._found["present"]]
        subjects = {start for start, _ in self._found["subject"]}
        for start, end in self._found["past"]:
            if any(first <= start and end <= last for first, last in events):
                continue
            if span[1] <= start and self._tokens[start].soft and end in subjects:
                continue  # "…, before the operation I ran": another clause, about something else
            if start in self.denied:
                continue  # "never did that before the operation": it is new since
            first, last = min(start, span[0]), max(end, span[1])
            if self._tokens[first].sentence != self._tokens[last - 1].sentence:
                continue
            between = present[bisect_left(present, first) : bisect_left(present, last)]
            if not [place for place in between if not start <= place < end]:
                return True
        return False

    def _moods(self) -> list[int]:
        moods = [TOLD] * len(self._tokens)
        joins = {end for _, end in self._found["joining"]}
        telling = {start for start, _ in self._found["telling"] if start not in joins}
        for role, mood in (("supposing", SUPPOSED), ("asking", ASKED)):
            for start, end in self._found[role]:
                if role == "asking" and not telling.isdisjoint(range(start, end)):
                    continue
                moods[start:end] = [mood] * (end - start)
                for place in self._rest_of_sentence(end):
                    if place in telling:
                        break
                    moods[place] = mood
        for start, end in self._found["mentioned"]:
            moods[start:end] = [ASKED] * (end - start)
        for start, end in self._found["elsewhere"]:
            rest = list(self._rest_of_sentence(end))
            moods[start : end + len(rest)] = [ASKED] * (end - start + len(rest))
        return moods

    def _linked(self) -> list[int]:
        """For each token the number of its sentence, or of the one before where it goes on about that."""
        opens = {start for start, _ in self._found["pointing"]}
        links: list[int] = []
        for place, token in enumerate(self._tokens):
            new = place == 0 or self._tokens[place - 1].sentence != token.sentence
            goes_on = place > 0 and new and any(p in opens and self._is_same(place, p) for p in (place, place + 1))
            links.append((links[-1] if goes_on else token.sentence) if new else links[-1])
        return links

    def _parted(self) -> list[int]:
        """For each token the number of its clause: what commas and stops part."""
        clauses: list[int] = []
        for place, token in enumerate(self._tokens):
            new = place > 0 and (token.soft or self._tokens[place - 1].sentence != token.sentence)
            clauses.append(clauses[-1] + new if clauses else 0)
        return clauses

    def _is_same(self, place: int, other: int) -> bool:
        return other < len(self._tokens) and self._tokens[place].sentence == self._tokens[other].sentence

    def _rest_of_sentence(self, place: int, most: int | None = None) -> Iterator[int]:
        end = len(self._tokens) if most is None else min(len(self._tokens), place + most)
        for one in range(place, end):
            if self._tokens[one].sentence != self._tokens[place - 1].sentence:
                return
            yield one
