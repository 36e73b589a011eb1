"""Cases: questions with what a right answer must and must not do. Knows nothing of how they are answered or scored.

One JSON object a line, checked on load; an error names file and line. `dev` rows may be looked at and tuned on,
`test` rows not (eval/frozen.py).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from app.answer import Kind, Turn
from corpus.document import Document
from corpus.errors import SpinewiseError
from corpus.sentences import split as sentences
from eval.frozen import FOLDER, check_frozen, numbered
from eval.same import same_as

MAIN = ("answerable", "unanswerable", "followups", "adversarial", "triage", "paraphrase_questions", "faq_pairs")
SMOKE = "smoke"
ADVERSARIAL = "adversarial"  # the file of attempts at misuse
EMERGENCY = "emergency"  # the tier of the red flags that can't wait
ANSWERING: frozenset[Kind] = frozenset({"answered", "quoted", "approved"})
ABSTAINING: frozenset[Kind] = frozenset({"not_found", "declined"})
NOT_APPROVED: frozenset[Kind] = frozenset({"answered", "quoted", "not_found", "declined"})

Split = Literal["dev", "test", "all"]
Expected = Literal["answer", "abstain", "either", "urgent", "not urgent", "approved", "not approved"]


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as problem:
        raise ValueError(f"pattern {pattern!r}: {problem}") from None
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]
Text = Annotated[str, Field(min_length=1)]


class Row(BaseModel):
    """A frozen part of a case; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Quote(Row):
    """Evidence: words that stand in a document."""

    document: Text
    quote: Text


class Nugget(Row):
    """One fact of a right answer; any of `patterns` finds it. Without its `vital` nuggets an answer is wrong."""

    text: Text
    patterns: tuple[Pattern, ...] = Field(min_length=1)
    vital: bool = True


class Message(Row):
    """An earlier message of the conversation."""

    role: Literal["user", "assistant"]
    content: str


class Case(Row):
    """A question and what is expected of its answer.

    `kind`: the kinds of answer that are right. `evidence`: what has to be found, each need with its alternatives.
    `forbidden`: patterns that no answer may hold. `rule`: the rule that must decide. `faq`: the FAQ's question that it
    means the same as, or only looks like. `reference`: what an FAQ answers, where no facts were written down. `source`:
    file and line.
    """

    id: Text
    question: Text
    history: tuple[Message, ...] = ()
    category: Text
    kind: tuple[Kind, ...] = Field(min_length=1)
    evidence: tuple[Annotated[tuple[Quote, ...], Field(min_length=1)], ...] = ()
    nuggets: tuple[Nugget, ...] = ()
    forbidden: tuple[Pattern, ...] = ()
    rule: str | None = None
    faq: str | None = None
    reference: str = ""
    split: Literal["dev", "test"]
    note: str = ""
    source: str = Field(default="", exclude=True)

    @property
    def expected(self) -> Expected:
        """What the case is about: to answer, to abstain, either of them, to raise the alarm, or only not to raise
        it; to give an FAQ's own answer, or only not to give one.
        """
        kinds = frozenset(self.kind)
        if kinds == {"approved"}:
            return "approved"
        if kinds == NOT_APPROVED:
            return "not approved"
        if "urgent" in kinds:
            return "urgent"
        if kinds <= ABSTAINING:
            return "abstain"
        if kinds <= ANSWERING:
            return "answer"
        return "not urgent" if "not_found" in kinds else "either"

    @property
    def tier(self) -> str:
        """The red flag's tier ("emergency", "same_day", …); empty where the case names none."""
        return tier_named(self.note)

    @property
    def suite(self) -> str:
        """The file that it is from, without its ending."""
        return self.source.split(",")[0].removesuffix(".jsonl")

    @property
    def before_reading(self) -> bool:
        """Whether only what comes before the language model is judged: the alarm, an FAQ's answer. Misuse is put to all of it."""
        return self.suite != ADVERSARIAL and self.expected in ("urgent", "not urgent", "approved", "not approved")

    @property
    def checksum(self) -> str:
        """Of what is asked and of what a right answer is: two runs can be compared where it is the same."""
        return hashlib.sha256(self.model_dump_json(exclude={"split", "note"}).encode()).hexdigest()[:16]

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The history as the assistant takes it."""
        return tuple(Turn(one.role, one.content) for one in self.history)


def tier_named(note: str) -> str:
    """The tier that a case's note names ("tier=emergency; …"), else nothing."""
    parts = (part.strip() for part in note.split(";"))
    return next((part.removeprefix("tier=") for part in parts if part.startswith("tier=")), "")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a quote stands: code points of a document's text."""

    document: str
    start: int
    end: int


Needs = tuple[tuple[Place, ...], ...]


def shipped(names: Iterable[str] = MAIN) -> list[Path]:
    """The shipped files of these names that are there."""
    return [path for name in names if (path := FOLDER / f"{name}.jsonl").exists()]


def read_cases(paths: Sequence[Path], split: Split = "dev") -> tuple[Case, ...]:
    """The cases of all files in order. Raises SpinewiseError for a bad line, a doubled id, a changed test half (also where only
    the other is asked for), or no case.
    """
    cases: dict[str, Case] = {}
    for path in paths:
        lines = numbered(path)
        parsed = [parse(path, number, line) for number, line in lines]
        check_frozen(path, lines)  # whatever half is asked for: a test case that is called dev would be fitted on
        for case in parsed:
            if case.id in cases:
                raise SpinewiseError(
                    f"{case.source}: id {case.id} is also in {cases[case.id].source}", "give each case its own id"
                )
            cases[case.id] = case
    chosen = tuple(case for case in cases.values() if split in ("all", case.split))
    if not chosen:
        named = ", ".join(path.name for path in paths) or "no file"
        raise SpinewiseError(
            f"no {split} case in {named}", "name other files with --cases or another half with --split"
        )
    return chosen


def parse(path: Path, number: int, line: str) -> Case:
    """One line; what is wrong with it is said with file, line and key."""
    where = f"{path.name}, line {number}"
    try:
        row = json.loads(line)
        return Case.model_validate({**as_case(row), "source": where} if isinstance(row, dict) else row)
    except ValidationError as problem:
        first = problem.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the row"
        raise SpinewiseError(
            f"{where}: {key}: {first['msg']}", "the schema is the class Case in eval/cases.py"
        ) from None
    except ValueError as problem:
        raise SpinewiseError(f"{where}: not JSON: {problem}", "write one JSON object on each line") from None


def as_case(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row of faq_pairs (`same_as` or `near` an FAQ's question) or of paraphrase_questions (`faq`) in a case's form."""
    if "same_as" in row:
        same, kept = row["same_as"], {name: value for name, value in row.items() if name not in ("same_as", "near")}
        kinds, category = (("approved",), "faq-same") if same else (sorted(NOT_APPROVED), "faq-near-miss")
        return {**kept, "faq": same or row.get("near"), "kind": kinds, "category": category}
    if "faq" in row and "category" not in row:
        return {**row, "kind": sorted(ANSWERING), "category": "faq-in-other-words"}
    return row


# -- evidence ----------------------------------------------------------------------------------------------------------


def locate(case: Case, documents: Mapping[str, Document]) -> Needs:
    """Where the case's evidence stands in these documents, each need with its alternatives.

    Alternatives in documents that aren't here, and in text that the reader set aside (adverts, disclaimers), are left
    out; a need may so be empty. A need of which nothing is left because its documents no longer hold the quotes is an
    error that names the case. A case that means the same as an FAQ's question, and names no evidence, needs any sentence
    of that FAQ's answer.
    """
    if case.faq and not case.evidence and case.expected != "not approved":
        return (tuple(faq_places(case.faq, documents)),)
    return tuple(located(case, need, documents) for need in case.evidence)


def faq_places(question: str, documents: Mapping[str, Document]) -> Iterator[Place]:
    """The sentences of the answers that an FAQ gives to this question; none where no document has it."""
    for document in documents.values():
        for pair in document.pairs:
            if pair.question.of(document.text) in same_as(question):
                for one in sentences(document.text, pair.answer.start, pair.answer.end):
                    yield Place(document.id, one.start, one.end)


def located(case: Case, need: Sequence[Quote], documents: Mapping[str, Document]) -> tuple[Place, ...]:
    """The places of one need."""
    here = [quote for quote in need if quote.document in documents]
    places = tuple(place for quote in here if (place := find(quote, documents[quote.document])) is not None)
    gone = [quote for quote in here if not set_aside(quote, documents[quote.document])]
    if gone and not places:
        document, words = gone[0].document, gone[0].quote[:80]
        raise SpinewiseError(
            f"{case.source}: case {case.id}: document {document} does not hold the evidence “{words}”",
            "mend the quote, or build the index from the documents that the cases were written for",
        )
    return places


def find(quote: Quote, document: Document) -> Place | None:
    """The quote's place, runs of white space being alike; None where it isn't there."""
    found = spaced(quote.quote).search(document.text)
    return Place(document.id, found.start(), found.end()) if found else None


def set_aside(quote: Quote, document: Document) -> bool:
    """Whether the reader dropped the text that the quote is from."""
    return any(spaced(quote.quote).search(dropped.text) for dropped in document.dropped)


def spaced(words: str) -> re.Pattern[str]:
    """The words with any white space between them."""
    return re.compile(r"\s+".join(map(re.escape, words.split())))
