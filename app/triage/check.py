"""One question and the turns before it to a verdict: does it report a red flag, ask about one, or neither?

Everything that the rules know of symptoms stands in triage.toml, each rule with what it must hit and must miss. A rule met in
plain words alarms by itself. Among words that no rule knows it is a hint, which alarms unless the text is not at all like a
report. What no rule foresaw may still be like their examples in its words (likeness.py) or its meaning (meaning.py), or be said
in another language (languages.py): these add alarms, and take none of a rule in plain words away. Not covered: pictures. Knows
nothing of indexes, language models or queues.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.answer import Turn
from app.legible import legible, without_code
from app.triage.cards import Cards, SiteTexts
from app.triage.languages import LANGUAGES, Tongue, load
from app.triage.lexicon import Lexicon, Reading
from app.triage.likeness import NONE, Likeness
from app.triage.meaning import TURN_BREAK, Meaning
from app.triage.rules import TIERS, Match, Rule, Tier
from app.triage.stance import NEEDED, Stance
from app.triage.words import clip
from corpus.errors import SpinewiseError

RULES = Path(__file__).parents[1] / "triage.toml"
EXAMPLES = RULES.with_name("triage_examples.tsv")
WEIGHTS = RULES.with_name("triage_weights.npz")
MEANING = RULES.with_name("triage_meaning.npz")
LIKELY = 0.33  # share of an alarm's likeness from which on it is taken for an emergency
HINTED = 0.1  # least likeness to a report of a text in which a rule is met among words that no rule knows
FLOOR = 0.03  # least probability of a report by words alone for the encoder to be heard (DECISIONS.md)
MEANT = 0.06  # the same by meaning, for the model of words to be heard alone
LONG = 25  # words; the longer a text, the likelier that something in it sounds like a report, and for it these hold:
LONG_HINTED, LONG_JOINT = 0.25, 0.65  # least likeness where a rule is met among unknown words, and where none is
AGREED = 0.2  # least probability of a report by each of the two models, where two turns are read as one, say
BRIEF = 0.9  # least probability by meaning alone, of a word or two behind an earlier turn
DENIED = 0.6  # the least likeness of a text that names a rule's words and denies them or puts them long ago
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


@dataclass(frozen=True, slots=True)
class Talk:
    """The turns of a visitor, as a person reads them, in tokens, and how they are said."""

    texts: tuple[str, ...]
    reading: Reading
    stance: Stance


class Triage:
    """The rules of one file, compiled once; read-only, so that threads may share it."""

    def __init__(
        self,
        lexicon: Lexicon,
        rules: Mapping[str, Rule],
        cards: Cards,
        likeness: Likeness | None = None,
        meaning: Meaning | None = None,
        tongues: Sequence[Tongue] = (),
    ) -> None:
        self._lexicon, self._rules, self._cards = lexicon, rules, cards
        self._likeness, self._meaning, self._tongues = likeness, meaning, tongues
        self._evidence = frozenset[str]().union(*(rule.evidence for rule in rules.values()))
        self._rank = {name: (TIERS.index(rule.tier), place) for place, (name, rule) in enumerate(rules.items())}

    @classmethod
    def load(
        cls,
        path: Path = RULES,
        weights: Path | None = WEIGHTS,
        meaning: Path | None = MEANING,
        languages: Path | None = LANGUAGES,
    ) -> Triage:
        """Reads and checks the files; what is wrong in one is said in one line. Without `weights` the rules stand alone.

        Without `meaning`, or where the packaged sentence model is missing, likeness judges by words alone.
        """
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
            raise SpinewiseError(
                f"can't read the red flags in {path}: {problem}", "restore app/triage.toml"
            ) from problem
        words = Likeness.load(weights) if weights else None
        sense = Meaning.load(meaning) if weights and meaning else None
        tongues = load(languages) if languages else ()
        try:
            return cls._of(table, words, sense, tongues)
        except SpinewiseError as problem:
            raise SpinewiseError(f"red flags ({path.name}): {problem.problem}", problem.mend) from problem

    @classmethod
    def _of(
        cls, table: Mapping[str, Any], likeness: Likeness | None, meaning: Meaning | None, tongues: Sequence[Tongue]
    ) -> Triage:
        for name in ("spelling", "words", "concepts", "cards", "rules"):
            if not isinstance(table.get(name), dict):
                raise SpinewiseError(f"the table [{name}] is missing", "restore app/triage.toml")
        lexicon = Lexicon.of(table)
        if missing := [name for name in NEEDED if name not in lexicon.names]:
            raise SpinewiseError(f"concept {missing[0]} is missing", f"define it: it {NEEDED[missing[0]]}")
        rules = {name: Rule.parse(name, one, lexicon.names) for name, one in table["rules"].items()}
        learnt = {label for model in (likeness, meaning) if model for label in model.labels}
        if unknown := learnt - rules.keys() - {NONE}:
            raise SpinewiseError(f"the weights know the rule {min(unknown)}", "run python -m app.triage.train")
        if unknown := {rule for tongue in tongues for rule, _, _ in tongue.examples} - rules.keys():
            raise SpinewiseError(f"another language knows the rule {min(unknown)}", f"mend app/{LANGUAGES.name}")
        return cls(lexicon, rules, Cards.parse(table["cards"], rules, table["rules"]), likeness, meaning, tongues)

    def check(self, question: str, history: Sequence[Turn] = ()) -> Verdict:
        """The verdict on `question`, read with the visitor's last turns; what the assistant said is not believed.

        A report of an earlier turn stands for as long as the visitor goes on about it ("what should I do?").
        """
        talk = self.read([*[turn.content for turn in history if turn.role == "user"][-TURNS:], question])
        return self._upto(len(talk.texts) - 1, talk)

    def read(self, turns: Sequence[str]) -> Talk:
        """The turns as the rules and the models see them."""
        texts = tuple(map(legible, turns))
        reading = self._lexicon.read(texts)
        return Talk(texts, reading, Stance(reading, self._lexicon, self._evidence))

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

    @property
    def compares_meaning(self) -> bool:
        """Whether the packaged sentence model is there to judge wordings that no rule foresaw."""
        return self._meaning is not None

    def tier_of(self, rule: str) -> Tier:
        """How urgent what the rule reports is."""
        return self._rules[rule].tier

    def self_check(self) -> tuple[str, ...]:
        """The examples whose rule does not do what it must; none in a sound file."""
        return tuple(f"{rule}: {text}" for rule, text, must in self.examples() if self._reports(rule, text) != must)

    def check_example(self, text: str) -> Verdict:
        """The verdict on an example's last turn; TURN_BREAK parts it from the earlier ones."""
        *before, question = text.split(TURN_BREAK)
        return self.check(question, [Turn("user", one) for one in before])

    def _reports(self, rule: str, example: str) -> bool:
        verdict = self.check_example(example)
        return verdict.report and verdict.rule == rule

    def _upto(self, turn: int, talk: Talk) -> Verdict:
        """The verdict on a turn and those before it."""
        own = self._of_turn(turn, talk)
        if turn and own.report and not own.matched:  # only likely: what "it" is, that is red, was said before
            both = self._together(turn, talk)
            own = both if both.report and both.tier == own.tier else own
        if turn and own.report and own.tier != TIERS[0]:
            before = self._upto(turn - 1, talk)
            sure = before.report and before.matched  # what is only likely may become clearer
            return before if sure and before.tier == TIERS[0] else own
        if turn and not own.report and (talk.stance.affirms(turn) or talk.stance.follows_up(turn)):
            before = self._upto(turn - 1, talk)
            if before.report or (before.about and talk.stance.affirms(turn)):
                own = before
        if own.about and talk.stance.affirms(turn):
            return replace(own, report=True, about=False)
        if turn and not own.report and self._meaning:
            goes_on = self._together(turn, talk)
            return goes_on if goes_on.report and not self._upto(turn - 1, talk).report else own
        return own

    def _of_turn(self, turn: int, talk: Talk) -> Verdict:
        """What the rules, or what is like their examples, say of one turn."""
        matches = [
            match
            for rule in self._rules.values()
            for match in rule.matches(talk.reading, talk.stance)
            if match.turn == turn
        ]
        own = _first([match for match in matches if match.plain or not match.told], self._rank, talk.reading)
        if own.report and own.tier == TIERS[0]:
            return own
        foreign = {rule for tongue in self._tongues for rule in tongue.rules(clip(talk.texts[turn]))}
        if foreign:
            return self._report(min(foreign, key=self._rank.__getitem__))
        hint = _first(matches, self._rank, talk.reading)
        more = self._alike(turn, talk, talk.texts[turn], hint)
        if more.report and (not own.report or more.tier == TIERS[0]):
            return more
        return own if own.report or not hint.report else replace(hint, report=False, about=True)

    def _alike(self, turn: int, talk: Talk, text: str, hint: Verdict) -> Verdict:
        """What is like a report. What hints at one, a rule met among words that none knows, needs to be far less like it."""
        words = self._likeness.likest(talk.reading, talk.stance, turn) if self._likeness else {}
        if not self._likeness or not words:
            return hint if hint.report else self._brief(text)
        threshold, judged, hinted = self._likeness.threshold, words, HINTED
        if self._meaning:
            worded = clip(without_code(text))
            if not any(map(str.isalpha, worded)):  # nothing but code, in one turn or two: no riddle for a model
                return hint if hint.report else Verdict()
            meant = self._meaning.likest(worded)
            threshold, judged = self._likeness.joint, {name: (words[name] + meant.get(name, 0.0)) / 2 for name in words}
            least = AGREED if TURN_BREAK in text or self._foreign(turn, talk) else MEANT
            if meant[NONE] > 1 - least and not hint.report:
                return Verdict()
            if len(text.split()) > LONG:
                threshold, hinted = LONG_JOINT, LONG_HINTED
                if max(words[NONE], meant[NONE]) > 1 - AGREED and not hint.report:
                    return Verdict()
            if words[NONE] > 1 - FLOOR:  # no known word speaks for it (another topic, say): not the encoder's to judge
                judged = words
        alarm = {name: score for name, score in judged.items() if name != NONE}
        likely = sum(alarm.values())
        if self._denies(turn, talk) or talk.stance.understood(turn):
            threshold = max(threshold, DENIED)
        if hint.report and likely >= hinted and (hint.tier == TIERS[0] or likely < threshold):
            return hint
        return self._likeliest(alarm) if likely >= threshold else Verdict()

    def _brief(self, text: str) -> Verdict:
        """What is like a report in two turns of which the last is too short for the model of words: "My foot", "numb"."""
        if not self._likeness or not self._meaning or TURN_BREAK not in text:
            return Verdict()
        meant = self._meaning.likest(clip(without_code(text)))
        likely = {name: score for name, score in meant.items() if name != NONE}
        return self._likeliest(likely) if meant[NONE] < 1 - BRIEF else Verdict()

    def _foreign(self, turn: int, talk: Talk) -> bool:
        """Whether most words of the turn are none that the model of words could know: another language."""
        own = [token.word for token in talk.reading.tokens if token.turn == turn]
        return sum(not self._lexicon.knows(word) for word in own) > len(own) / 2

    def _together(self, turn: int, talk: Talk) -> Verdict:
        """What is like a report in the turn and the one before it, read as one."""
        return self._alike(turn, talk, f"{talk.texts[turn - 1]}{TURN_BREAK}{talk.texts[turn]}", Verdict())

    def _denies(self, turn: int, talk: Talk) -> bool:
        """Whether the turn denies what a rule looks for, or says that it is over."""
        spans = (span for name in self._evidence for span in talk.reading.found[name])
        return any(talk.reading.tokens[span[0]].turn == turn and not talk.stance.holds(span) for span in spans)

    def _likeliest(self, alarm: Mapping[str, float]) -> Verdict:
        """A report of the likeliest rule; of an emergency where one is at all likely."""
        urgent = {name: score for name, score in alarm.items() if self._rules[name].tier == TIERS[0]}
        some = sum(urgent.values()) >= LIKELY * sum(alarm.values())
        return self._report(max(urgent if some else alarm, key=alarm.__getitem__))

    def _report(self, rule: str) -> Verdict:
        return Verdict(rule, self._rules[rule].tier, report=True)

    def _named(self, verdict: Verdict) -> str:
        if verdict.rule is None or verdict.rule not in self._rules:
            raise ValueError(f"no card for {verdict.rule}: the verdict names no rule")
        return verdict.rule


def _first(matches: Sequence[Match], rank: Mapping[str, tuple[int, int]], reading: Reading) -> Verdict:
    """The most urgent match; what is told goes before what is asked."""
    best = min(matches, key=lambda match: (not match.told, rank[match.rule.id]), default=None)
    return _verdict(best, reading) if best else Verdict()


def _verdict(match: Match, reading: Reading) -> Verdict:
    words = tuple(" ".join(token.word for token in reading.tokens[start:end]) for start, end in match.spans)
    return Verdict(match.rule.id, match.rule.tier, report=match.told, about=not match.told, matched=words)
