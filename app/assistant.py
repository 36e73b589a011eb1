"""One question to one answer: the way of a question reads from top to bottom in `Assistant.stream`.

Each step is a plain function or a small object and may end the trip with an Answer of its kind. Whether to answer is
decided before the language model is asked, and nothing that it writes is said unless a source holds it. Knows nothing of
web pages, of files, or of any model library.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from app.answer import Answer, AnswerSentence, Citation, Kind, Turn
from app.answerability import UNLIKELY, Answerability, not_named, signals, text_of
from app.approved import Faq, Match, Same
from app.disagreement import contradictory
from app.evidence import Evidence, Vector
from app.followup import names_its_own, standalone
from app.grounding import judge
from app.intent import Intent, Intents
from app.language import leans_back
from app.leaning import SENTENCE
from app.lists import completed, items_to_say, runs
from app.matters import Matters
from app.reader import Reader, Reading, sentences
from app.reader.prompt import posed
from app.reply import Reply
from app.scope import Ruling, Scope
from app.select import DEEPER, HITS, Choice, candidates, choose, fits, repeats, widened
from app.shown import attended, texts, windows
from app.strings import Strings
from app.suggest import Suggestions
from app.taste import ATTENDED, PLAIN, Taste
from app.triage import Verdict
from app.urgent import RedFlags
from app.vocabulary import Vocabulary
from corpus.document import Document
from index.search import Index


class Clock:
    """Milliseconds of each step, for `timings_ms`."""

    def __init__(self) -> None:
        self._began = self._last = time.perf_counter()
        self.marks: dict[str, float] = {}

    def mark(self, step: str) -> None:
        """Ends `step` now."""
        now = time.perf_counter()
        self.marks[step] = round((now - self._last) * 1000, 1)
        self._last = now

    def since_start(self, name: str) -> None:
        """Notes the time since the question came, once."""
        self.marks.setdefault(name, round((time.perf_counter() - self._began) * 1000, 1))


@dataclass(frozen=True, slots=True)
class Assistant:
    """Answers for many visitors at once: all that it holds is read-only or guards itself. Keeps nothing of a visitor."""

    red_flags: RedFlags
    scope: Scope
    intents: Intents
    matters: Matters
    index: Index
    vocabulary: Vocabulary
    answerability: Answerability
    reader: Reader | None
    suggestions: Suggestions
    strings: Strings
    same: Same | None = None  # without it an FAQ's answer is given only to its question word for word
    retold: Callable[[Answer], Answer] = lambda answer: answer  # fixed texts from English into the site's language

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """The whole answer."""
        *_, answer = self.stream(question, history)
        assert isinstance(answer, Answer)
        return answer

    def urgent(self, question: str, history: Sequence[Turn] = ()) -> Answer | None:
        """The triage step alone: needs no index, no model and no place in a queue."""
        answer = self.red_flags.urgent(question, history)
        return self.retold(answer) if answer else None

    def stream(self, question: str, history: Sequence[Turn] = ()) -> Iterator[AnswerSentence | Answer]:
        """The sentences as each is ready, the Answer last. Closing the iterator ends the model's work."""
        clock = Clock()
        verdict = self.red_flags.check(question, history)
        clock.mark("triage")
        if verdict.report:
            return (yield from self._end(self.red_flags.card(question, verdict), clock))
        ruling, asked = self.ruled(question, history)
        if ruling.declines:
            declined = self._declined(self._blank(question, asked, verdict, None), ruling.rule)
            return (yield from self._end(declined, clock))
        clock.mark("rewrite")
        blank = self._blank(question, asked, verdict, ruling.rule)
        vector = self.index.encode([asked])[0]
        blank = replace(blank, suggestions=self.suggestions.near(vector))
        clock.mark("embed")
        if pair := self.faq.match(asked, vector):
            return (yield from self._end(self._approved(blank, pair), clock))
        clock.mark("approved")
        intent = self._intent(asked, vector)
        if intent and intent.outside:
            return (yield from self._end(self._declined(blank, intent.rule), clock))
        every = self.index.search(asked, DEEPER, vector=vector)
        hits = every[:HITS]
        ranked = candidates(asked, vector, hits, self.index, self.vocabulary)
        clock.mark("search")
        found, about = text_of(hits), self.matters.about(vector, self.index.embedder.checksum)
        ordinary = intent.ordinary if intent else None
        seen = signals(asked, hits, ranked, self.vocabulary, ordinary, about.unnamed(found))
        shown = windows(ranked)
        quotes = [one.quote for window in shown for one in window]
        reading = Reading(self.reader, posed(asked, self.index.glossary.meant(asked)), texts(shown), quotes)
        named = bool(ranked) and not not_named(asked, found, about)
        if named and self.answerability.possible(seen):
            seen = replace(seen, doubt=reading.log_odds, knows=reading.knows)
        probability = self.answerability.probability(seen)
        clock.mark("doubt")
        if not named:
            probability = min(probability, UNLIKELY)
        if probability < self.answerability.threshold:
            rule = ruling.rule or (intent.rule if intent else None)
            absent = self._declined(blank, rule) if rule else self._not_found(blank)
            return (yield from self._end(replace(absent, confidence=round(1 - probability, 3)), clock))
        taste, reply, meant = PLAIN, Reply(), about.meant
        ranked = widened(ranked, asked, vector, every, self.index, self.vocabulary, meant)
        if reading.attended:
            ranked, taste = attended(ranked, shown, reading.attended), ATTENDED
        choice = choose(asked, ranked, self.vocabulary, taste, meant)
        for sentence in self._say(choice, ranked, shown, taste, reading.draft(), reply):
            clock.since_start("first_sentence")
            yield sentence
        clock.mark("answer")
        yield from self._end(self._answer(blank, reply, self.answerability.confidence(probability)), clock)

    @property
    def faq(self) -> Faq:
        """The questions and answers of the index's documents."""
        return Faq(self.index, self.same)

    def ruled(self, question: str, history: Sequence[Turn] = ()) -> tuple[Ruling, str]:
        """The ruling on a question, and the question as it is searched: what it means may be ruled otherwise than how it is
        put ("how many of those?" after a dose)."""
        ruling = self.scope.check(question)
        if ruling.declines:
            return ruling, question
        asked = self.standalone(question, history)
        meant = self.scope.check(asked)
        if meant.declines:
            plain = self.vocabulary.corrected(question)
            if asked != plain and names_its_own(plain, self.vocabulary):
                return self.scope.check(plain), plain  # "and the risks?" after a dose
        return (meant if meant.declines or ruling.rule is None else ruling), asked

    def _intent(self, asked: str, vector: Vector) -> Intent | None:
        """What kind of wish it is. Beside a plain question "I want to write it on the fridge" makes no misuse of it."""
        checksum = self.index.embedder.checksum
        whole = self.intents.of(vector, checksum)
        if whole is None or not whole.outside:
            return whole
        parts = [one for found in SENTENCE.findall(asked) if (one := found.strip()).endswith("?")]
        alone = [one for each in self.index.encode(parts) if (one := self.intents.of(each, checksum))]
        likeliest = max(alone, key=lambda one: one.ordinary, default=whole)
        return likeliest if likeliest.ordinary > 0 else whole

    def standalone(self, question: str, history: Sequence[Turn]) -> str:
        """The question as it is searched: without slips of the finger, and whole where it leans on an earlier one."""
        plain = self.vocabulary.corrected(question)
        return standalone(plain, history, self.index, self.vocabulary, self.faq, self.matters)

    def _say(
        self,
        choice: Choice,
        ranked: list[Evidence],
        shown: list[list[Evidence]],
        taste: Taste,
        draft: Iterator[str],
        reply: Reply,
    ) -> Iterator[AnswerSentence]:
        """The best evidence; then what the model adds and a source holds; then the sources' words for the rest."""
        if choice.listed:  # a list is quoted whole: a model leaves items out
            items = completed(choice.evidence, self.index, self.vocabulary)
            yield from reply.quote_list(items[: taste.list_items], more=choice.more or len(items) > taste.list_items)
            for run in runs(choice.after):
                yield from self._quote(run, reply)
            return
        first, *others = runs(choice.evidence)
        yield from self._quote(first, reply)
        scored = {one.key: one for one in ranked}
        evidence = [scored[one.key] for window in shown for one in window]
        for written in sentences(draft):
            verdict = judge(written, evidence, self.vocabulary.synonyms)
            held = verdict.evidence if verdict.supported else None
            # an item says little without the line above it, "they" without who they are; what sells speaks for itself
            leans = held is not None and (leans_back(held.quote) or leans_back(written))
            if held is None or leans or held.sentence.lead or held.promotional or held.question:
                continue
            if fits(held, ranked, taste) and not repeats(held, reply.evidence):
                yield from reply.write(written, held, verdict.support)
        for run in others:
            yield from self._quote([one for one in run if not repeats(one, reply.evidence)], reply)

    def _quote(self, run: Sequence[Evidence], reply: Reply) -> Iterator[AnswerSentence]:
        """Sentences as they are; items under the line that introduces their list, for alone they say little."""
        if not run or run[0].sentence.lead is None:
            yield from (sentence for one in run for sentence in reply.quote(one))
            return
        for items, more in items_to_say(run, self.index):
            yield from reply.quote_list(items, more=more)

    # -- the kinds of answer ---------------------------------------------------------------------------------------------

    def _blank(self, question: str, asked: str, verdict: Verdict, rule: str | None) -> Answer:
        notice = self.red_flags.notice(verdict) or (self.strings("answer.personal_notice") if rule else None)
        return Answer(
            kind="not_found", question=question, standalone_question=asked, text="", rule=verdict.rule or rule,
            notice=notice, index=self.index.snapshot,
        )  # fmt: skip

    def _answer(self, blank: Answer, reply: Reply, confidence: float) -> Answer:
        kind: Kind = "answered" if reply.written else "quoted"
        differ = self.strings("answer.differ") if contradictory(reply.evidence) else None
        said = (blank.notice, differ, self._naming("more", reply.partial), self._promotional(reply))
        notice = " ".join(text for text in said if text)
        return replace(
            blank, kind=kind, text=reply.text, sentences=tuple(reply.sentences), citations=tuple(reply.citations),
            confidence=round(confidence, 3), notice=notice or None, terms=self.vocabulary.explained(reply.text),
            model=self.reader.name if reply.written and self.reader else None,
        )  # fmt: skip

    def _promotional(self, reply: Reply) -> str | None:
        """Names the promotional sources among the citations: they never speak unannounced."""
        return self._naming("promotional", [one.number for one in reply.citations if one.tier == "promotional"])

    def _naming(self, text: str, numbers: Sequence[int]) -> str | None:
        """A fixed text about the sources with these numbers; None where there are none."""
        if not numbers:
            return None
        named = ", ".join(f"[{number}]" for number in numbers)
        return self.strings(f"answer.{text}_{'one' if len(numbers) == 1 else 'many'}", numbers=named)

    def _approved(self, blank: Answer, found: Match) -> Answer:
        reply = Reply()
        for one in self.faq.evidence(found):
            reply.verbatim(one)
        if found.probability < 1:  # taken for the same: who meant something else has to see that
            asked = self.strings("answer.faq_asked", question=found.question)
            blank = replace(blank, notice=f"{blank.notice} {asked}" if blank.notice else asked)
        return replace(self._answer(blank, reply, found.probability), kind="approved")

    def _not_found(self, blank: Answer) -> Answer:
        topics = ", ".join(self.suggestions.topics[:4])
        covers = self.strings("answer.covers", topics=topics) if topics else ""
        notice = blank.notice or self.strings("answer.not_found_notice")
        return replace(blank, text=f"{self.strings('answer.not_found')} {covers}".rstrip(), notice=notice)

    def _declined(self, blank: Answer, rule: str | None) -> Answer:
        return replace(
            blank, kind="declined", text=self.scope.reply(rule), rule=rule,
            suggestions=blank.suggestions or self.suggestions.examples[:3],
        )  # fmt: skip

    def _end(self, answer: Answer, clock: Clock) -> Iterator[AnswerSentence | Answer]:
        """Streams what has not been streamed yet and hands over the Answer."""
        clock.since_start("first_sentence")
        if "answer" not in clock.marks:  # else `stream` has said them
            yield from answer.sentences
        clock.since_start("total")
        yield replace(self.retold(answer), timings_ms=clock.marks)

    # -- what a page shows beside an answer --------------------------------------------------------------------------------

    def examples(self) -> tuple[str, ...]:
        """Questions to start with, which the corpus answers."""
        return self.suggestions.examples

    @property
    def documents(self) -> Mapping[str, Document]:
        """Every document by its id, for showing it."""
        return self.index.documents

    def context(self, citation: Citation) -> tuple[str, str, str]:
        """(before, quote, after): the quote within its passage, for showing it in place."""
        text = self.index.documents[citation.document].text
        around = [
            passage for passage in self.index.passages_of(citation.document)
            if passage.start <= citation.start < passage.end
        ]  # fmt: skip
        start = min([citation.start, *(passage.start for passage in around)])
        end = max([citation.end, *(passage.end for passage in around)])
        return text[start : citation.start], citation.quote, text[citation.end : end]
