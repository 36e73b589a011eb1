"""One question and the turns before it to a verdict: does it report a red flag, ask about one, or neither?

Everything that it knows of symptoms stands in triage.toml, each rule with what it must hit and must miss; what no rule
foresaw may still be like their examples (likeness.py). Not covered: other languages than the file's, pictures. Knows
nothing of indexes, language models or queues.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.answer import Turn
from app.triage.cards import Cards, SiteTexts
from app.triage.lexicon import Lexicon, Reading
from app.triage.likeness import NONE, Likeness
from app.triage.rules import TIERS, Match, Rule, Tier, lines
from app.triage.search import Measure
from app.triage.stance import ROLES, Stance
from app.triage.words import Spelling
from corpus.errors import SpinewiseError

RULES = Path(__file__).parents[1] / "triage.toml"
EXAMPLES = RULES.with_name("triage_examples.tsv")
WEIGHTS = RULES.with_name("triage_weights.npz")
LIKELY = 0.4  # share of an alarm's likeness from which on it is taken for an emergency
TURNS = 3  # earlier turns of the visitor that are read with the question


@dataclass(frozen=True, slots=True)
class Verdict:
    """`report`: show the urgent card. `about`: the question is about this complication, answer it with the notice.

    `matched` holds the visitor's own words that decided; never log them.
    """

    rule: str | None = None
    tier: Tier | None = None
    report: bool = False
    about: bool = False
    matched: tuple[str, ...] = ()


class Triage:
    """The rules of one file, compiled once; read-only, so that threads may share it."""

    def __init__(
        self, lexicon: Lexicon, rules: Mapping[str, Rule], cards: Cards, likeness: Likeness | None = None
    ) -> None:
        self._lexicon, self._rules, self._cards, self._likeness = lexicon, rules, cards, likeness
        self._evidence = frozenset[str]().union(*(rule.evidence for rule in rules.values()))
        self._rank = {name: (TIERS.index(rule.tier), place) for place, (name, rule) in enumerate(rules.items())}

    @classmethod
    def load(cls, path: Path = RULES, weights: Path | None = WEIGHTS) -> Triage:
        """Reads and checks the file; what is wrong in it is said in one line. Without `weights` the rules stand alone."""
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
            raise SpinewiseError(
                f"can't read the red flags in {path}: {problem}", "restore app/triage.toml"
            ) from problem
        try:
            return cls._of(table, Likeness.load(weights) if weights else None)
        except SpinewiseError as problem:
            raise SpinewiseError(f"red flags ({path.name}): {problem.problem}", problem.mend) from problem

    @classmethod
    def _of(cls, table: Mapping[str, Any], likeness: Likeness | None) -> Triage:
        for name in ("spelling", "words", "concepts", "cards", "rules"):
            if not isinstance(table.get(name), dict):
                raise SpinewiseError(f"the table [{name}] is missing", "restore app/triage.toml")
        lexicon = _lexicon(table)
        if missing := [name for name in ROLES if name not in lexicon.names]:
            raise SpinewiseError(f"concept {missing[0]} is missing", f"define it: it {ROLES[missing[0]]}")
        rules = {name: Rule.parse(name, one, lexicon.names) for name, one in table["rules"].items()}
        if likeness and (unknown := set(likeness.labels) - rules.keys() - {NONE}):
            raise SpinewiseError(f"the weights know the rule {min(unknown)}", "run python -m app.triage.train")
        return cls(lexicon, rules, Cards.parse(table["cards"], rules, table["rules"]), likeness)

    def check(self, question: str, history: Sequence[Turn] = ()) -> Verdict:
        """The verdict on `question`, read with the visitor's last turns; what the assistant said is not believed.

        A report of an earlier turn stands for as long as the visitor goes on about it ("what should I do?").
        """
        turns = [turn.content for turn in history if turn.role == "user"][-TURNS:]
        reading, stance = self.read([*turns, question])
        verdict = Verdict()
        for turn in range(len(turns) + 1):
            own = self._of_turn(turn, reading, stance)
            if own.report or not self._stands(verdict, turn, stance):
                verdict = own
            if verdict.about and stance.affirms(turn):
                verdict = replace(verdict, report=True, about=False)
        return verdict

    def read(self, turns: Sequence[str]) -> tuple[Reading, Stance]:
        """The turns as the rules see them."""
        reading = self._lexicon.read(turns)
        return reading, Stance(reading, self._lexicon, self._evidence)

    def card(self, verdict: Verdict, site: SiteTexts) -> str:
        """The text of the urgent card: one action, then why."""
        return self._cards.card(self._named(verdict), site)

    def notice(self, verdict: Verdict, site: SiteTexts) -> str:
        """The line beside an answer to a question about a complication."""
        return self._cards.notice(self._named(verdict), site)

    def examples(self) -> Iterator[tuple[str, str, bool]]:
        """(rule, example, whether the rule must report it)."""
        for rule in self._rules.values():
            yield from ((rule.id, text, True) for text in rule.hits)
            yield from ((rule.id, text, False) for text in rule.misses)

    def self_check(self) -> tuple[str, ...]:
        """The examples whose rule does not do what it must; none in a sound file. " / " parts earlier turns."""
        return tuple(f"{rule}: {text}" for rule, text, must in self.examples() if self._reports(rule, text) != must)

    def _reports(self, rule: str, example: str) -> bool:
        *before, question = example.split(" / ")
        verdict = self.check(question, [Turn("user", text) for text in before])
        return verdict.report and verdict.rule == rule

    def _stands(self, before: Verdict, turn: int, stance: Stance) -> bool:
        """Whether what an earlier turn reported, or asked and this one affirms, still holds in this turn."""
        return (before.report and stance.follows_up(turn)) or (before.about and stance.affirms(turn))

    def _of_turn(self, turn: int, reading: Reading, stance: Stance) -> Verdict:
        """The most urgent match whose last words stand in this turn; what is told goes before what is asked."""
        matches = (
            match for rule in self._rules.values() for match in rule.matches(reading, stance) if match.turn == turn
        )
        best = min(matches, key=lambda match: (not match.told, self._rank[match.rule.id]), default=None)
        own = _verdict(best, reading) if best else Verdict()
        if (own.report and own.tier == TIERS[0]) or not self._likeness:
            return own
        alike = self._alike(self._likeness.alarm(reading, stance, turn))
        return alike if alike.report and (not own.report or alike.tier == TIERS[0]) else own

    def _alike(self, likeness: Mapping[str, float]) -> Verdict:
        """A report of the likeliest rule; of an emergency where one is at all likely."""
        if not likeness:
            return Verdict()
        urgent = {name: score for name, score in likeness.items() if self._rules[name].tier == TIERS[0]}
        some = sum(urgent.values()) >= LIKELY * sum(likeness.values())
        rule = max(urgent if some else likeness, key=lambda name: likeness[name])
        return Verdict(rule, self._rules[rule].tier, report=True)

    def _named(self, verdict: Verdict) -> str:
        if verdict.rule is None or verdict.rule not in self._rules:
            raise ValueError(f"no card for {verdict.rule}: the verdict names no rule")
        return verdict.rule


def _verdict(match: Match, reading: Reading) -> Verdict:
    words = tuple(" ".join(token.word for token in reading.tokens[start:end]) for start, end in match.spans)
    return Verdict(match.rule.id, match.rule.tier, report=match.told, about=not match.told, matched=words)


def _lexicon(table: Mapping[str, Any]) -> Lexicon:
    spelling, words = table["spelling"], table["words"]
    forms = {meant: _listed(ways) for meant, ways in spelling.get("forms", {}).items()}
    try:
        measures = {name: Measure(**one) for name, one in table.get("measures", {}).items()}
    except TypeError as problem:
        raise SpinewiseError(f"[measures]: {problem}") from None
    return Lexicon(
        concepts={name: _listed(phrases) for name, phrases in table["concepts"].items()},
        measures=measures,
        spelling=Spelling.of(spelling.get("symbols", {}), forms),
        fillers=words["fillers"].split(),
        barriers=words["barriers"].split(),
        real_words=words["real"].split(),
    )


def _listed(text: str) -> tuple[str, ...]:
    """Phrases between commas or line ends."""
    return tuple(phrase.strip() for row in lines(text) for phrase in row.split(",") if phrase.strip())
