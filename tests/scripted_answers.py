"""A small document and one answer of each kind about it, for the tests of the web app and the page."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from app.answer import Answer, AnswerSentence, Citation, Kind
from app.scripted import ScriptedAssistant
from corpus.document import Block, Document, Section, Source

TEXT = """Driving after surgery

Most people drive again when they can make an emergency stop. For many that is after 4 to 6 weeks 🚗. Ask us first.

Getting back to work

Desk work is often possible after 4 to 8 weeks. Heavy work may take 3 months or longer."""
EXAMPLES = (
    "When can I drive again?",
    "How long will I stay in hospital?",
    "When can I go back to work?",
    "How much pain will I have?",
)


def document() -> Document:
    """Two sections of one paragraph each; the emoji makes UTF-16 offsets differ from code points."""
    sections = []
    for title in ("Driving after surgery", "Getting back to work"):
        start = TEXT.index(title)
        first = start + len(title) + 2
        end = TEXT.find("\n", first) if "\n" in TEXT[first:] else len(TEXT)
        sections.append(Section(start, end, title, (title,), (Block(first, end, "paragraph", ()),)))
    source = Source(
        file="leaflet.md", sha256="0" * 64, title="After your operation", publisher="Hill Clinic",
        tier="clinician-reviewed", reviewed_on=date(2025, 3, 1),
    )  # fmt: skip
    return Document("leaflet", source, TEXT, tuple(sections))


def citation(number: int, quote: str, section: str) -> Citation:
    """A citation of `quote` where it stands in the document."""
    start = TEXT.index(quote)
    return Citation(
        number, "leaflet", "After your operation", "Hill Clinic", section, quote, start, start + len(quote),
        "clinician-reviewed", date(2025, 3, 1), None,
    )  # fmt: skip


DRIVE = citation(1, "Most people drive again when they can make an emergency stop.", "Driving after surgery")
WEEKS = citation(2, "For many that is after 4 to 6 weeks 🚗.", "Driving after surgery")


def answer(kind: Kind, text: str, **fields: object) -> Answer:
    """An answer of `kind` to no question yet: the scripted assistant fills that in."""
    return replace(Answer(kind, "", "", text, index="snapshot-1", model="scripted"), **fields)


ANSWERED = answer(
    "answered",
    "Most people drive again once they can make an emergency stop. [1] For many that is after 4 to 6 weeks. [2]",
    sentences=(
        AnswerSentence("Most people drive again once they can make an emergency stop.", (1,), 0.97),
        AnswerSentence("For many that is after 4 to 6 weeks.", (2,), 0.95),
    ),
    citations=(DRIVE, replace(WEEKS, tier="promotional", reviewed_on=None)),
    confidence=0.9,
    suggestions=("When can I go back to work?", "Can I travel by plane?"),
    notice="Ask your own team before you drive.",
    terms={"emergency stop": "Braking as hard as you can to avoid an accident."},
)
URGENT = answer(
    "urgent",
    "Call your emergency number now. Do not wait.\n\nNumbness there can mean that nerves are being pressed.",
    rule="red-flag",
    suggestions=("When can I drive again?",),
)
NOT_FOUND = answer(
    "not_found",
    "The documents do not say anything about this.\nThey cover driving and going back to work.",
    suggestions=("When can I drive again?",),
    notice="Your surgical team can answer this.",
)
DECLINED = answer("declined", "I can't tell you which dose is right for you. Please ask your team.", rule="dose")
QUOTED = replace(
    answer("quoted", f"{DRIVE.quote} [1]"), sentences=(AnswerSentence(DRIVE.quote, (1,), 1.0),), citations=(DRIVE,)
)
LISTED = replace(
    QUOTED,
    text="Bring: [1]\n- Tablets. [1]\n- Slippers. [1]\nAsk your team. [1]",
    sentences=(
        AnswerSentence("Bring:", (1,), 1.0), AnswerSentence("Tablets.", (1,), 1.0, item=True),
        AnswerSentence("Slippers.", (1,), 1.0, item=True), AnswerSentence("Ask your team.", (1,), 1.0),
    ),
)  # fmt: skip
APPROVED = replace(QUOTED, kind="approved")


def assistant(*answers: Answer, **fields: object) -> ScriptedAssistant:
    """A scripted assistant over the document; "numb" in a question is its red flag."""
    settings: dict[str, object] = {
        "documents": {"leaflet": document()}, "questions": EXAMPLES, "urgent_pattern": "numb", "urgent_answer": URGENT
    }  # fmt: skip
    return ScriptedAssistant(answers, ANSWERED, **(settings | fields))  # type: ignore[arg-type]  # checked at run time
