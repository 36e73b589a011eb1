"""Where sentences begin and end in a stretch of text. Knows nothing of documents, and of languages only English."""

from __future__ import annotations

import re

from corpus.document import Span

# A full stop after one of these never ends a sentence.
NEVER_END = frozenset("dr prof mr mrs ms st messrs rev hon e.g i.e eg ie vs viz cf approx ca esp incl resp".split())
# These end none when a number follows ("No. 5", "p. 12"); "Is it safe? No. The ..." ends two.
BEFORE_NUMBER = frozenset("no nos fig figs p pp vol ch sec eq ref refs tel ext".split())
# These may stand inside or at the end; only a word that usually opens a sentence ends it.
SOMETIMES_END = frozenset(
    "etc inc ltd co corp jr sr al a.m p.m am pm u.s u.k dept est min max hr hrs wk wks mo yr yrs".split()
)
# A single capital before a full stop is an initial ("J. Smith") unless it follows one of these ("vitamin D. Take ...").
LETTERED = frozenset(
    "vitamin hepatitis type group grade class level figure appendix option part step table plan".split()
)
STARTERS = frozenset(
    "a all also although an and any are as ask at avoid because before both but by call can common do does doctors "
    "during each for from he her his how however i if in is it its many may most my no not of often on once one our "
    "patients people please recovery risks she some sometimes surgeons surgery take talk that the their then there "
    "these they this those to until usually we what when where which while who why will with you your".split()
)
FINITE = frozenset(
    "is are was were be been am do does did has have had can could may might must shall should will would isn't aren't "
    "can't cannot don't doesn't won't mustn't".split()
)

# What turns round the items below a line that says it, and what says for whom or when they hold.
_FORBIDS = re.compile(
    r"\b(?:not|never|avoid\w*|without|forbidden|cannot|against|stop (?:and|or|if|taking)|refrain|instead of|mistakes?|myths?|"
    r"un(?:safe|suitable)|excluded|contraindicat\w*|restrict\w*|refuse[ds]?|less suitable)\b|n[’']ts?\b|"
    r"\bno\b(?! (?:matter|later|longer than|less than|\d))",
    re.IGNORECASE,
)
_ANNOUNCES = re.compile(r"\b(?:following|these|below|any of)\b", re.IGNORECASE)
_CONDITION = re.compile(
    r"\b(?:if|unless|when|who|whom|before|after|during|until|till|for people|for those)\b", re.IGNORECASE
)

_CLOSERS = "\"'”’»)\\]"
_OPENERS = "\"'“‘«(\\["
_END = re.compile(rf"[.!?…]+[{_CLOSERS}]*(?=\s+[{_OPENERS}]*[^\W_a-z]|\s*\Z)", re.UNICODE)
# "... the bones.The surgeon ...": pasted text loses the space; both sides must look like words of a sentence.
_GLUED = re.compile(r"(?<=[a-z]{3})[.!?](?=[A-Z][a-z]*\s+[a-z])")
_TOKEN = re.compile(r"[^\s(\[\"'“‘«]+\Z")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
LABEL_WORDS = 5
# A sentence that begins with one of these is whole without a finite verb in FINITE: "It heals.", "Keep it dry."
WHOLE = frozenset(
    "i you he she it we they this that these those there a an the your our most many some all each every both ask avoid "
    "bend bring call check contact do don't drink drive eat follow get go keep leave let lie lift make never always rest "
    "see sit sleep speak stand start stay stop take talk tell try use wait walk wash wear".split()
)


def forbids(line: str) -> bool:
    """Whether what is listed below the line would mean the opposite without it: "Do not", "Things to avoid"."""
    return _FORBIDS.search(line) is not None


def announces(line: str) -> bool:
    """Whether the line speaks of what is listed below it, though it ends in a full stop: "... any of the following."."""
    return _ANNOUNCES.search(line) is not None


def sets_condition(line: str) -> bool:
    """Whether what is listed below the line holds only for some, or at a time: "If you smoke", "Before you come"."""
    return _CONDITION.search(line) is not None


def split(text: str, start: int = 0, end: int | None = None) -> tuple[Span, ...]:
    """The sentences of `text[start:end]`, in order, without the white space between them; offsets count in `text`."""
    end = len(text) if end is None else end
    stretch = text[start:end]
    spans, begin = [], 0
    for cut in sorted({*_full_stops(stretch), len(stretch)}):
        piece = stretch[begin:cut]
        inner = piece.strip()
        if inner:
            left = start + begin + len(piece) - len(piece.lstrip())
            spans.append(Span(left, left + len(inner)))
        begin = cut
    return tuple(spans)


def quotable(text: str, start: int = 0, end: int | None = None) -> tuple[Span, ...]:
    """Like `split`, but a verbless label goes with the sentence after it.

    "Closure. The wound is closed." and "Often, but not always. Many need screws." each become one span: neither
    "Closure." nor "Often, but not always." says anything when it is quoted alone.
    """
    spans: list[Span] = []
    label, asked = None, True  # what opens the text may be a label, as may what follows a question
    for span in split(text, start, end):
        sentence = span.of(text)
        if label is not None:
            spans.append(Span(label.start, span.end))
            label = None
        elif is_label(sentence) and (asked or len(sentence.split()) < 3):
            label = span
        else:
            spans.append(span)
        asked = sentence.endswith("?")
    return tuple(spans if label is None else [*spans, label])


def is_label(sentence: str) -> bool:
    """Whether it is a few words without a finite verb that end in a full stop, as "Confirming the level."."""
    words = sentence.casefold().replace("’", "'").split()
    bare = [word.strip(".,;:()") for word in words]
    return sentence.endswith(".") and len(words) <= LABEL_WORDS and bare[0] not in WHOLE and not FINITE & set(bare)


def _full_stops(text: str) -> set[int]:
    ends = {match.end() for match in _END.finditer(text) if _ends_sentence(text, match)}
    return ends | {match.end() for match in _GLUED.finditer(text) if not _in_address(text, match.start())}


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    """Whether the full stop closes a sentence: not an abbreviation's, an initial's or a list number's."""
    if match.group()[0] != "." or match.group().startswith(".."):
        return True
    before = _TOKEN.search(text, max(0, match.start() - 40), match.start())
    token = before.group() if before else ""
    after = _WORD.match(text, _skip_to_word(text, match.end()))
    following = after.group() if after else ""
    if not following:
        return True
    word = token.casefold().rstrip(".")
    opens = following.casefold() in STARTERS and following[0].isupper()
    if word in NEVER_END:
        return False
    if word in BEFORE_NUMBER:
        return not following[0].isdigit()
    if len(token) == 1 and token.isupper():
        previous = _WORD.findall(text[max(0, match.start() - 40) : match.start() - 1])
        return opens or bool(previous and previous[-1].casefold() in LETTERED)
    if word in SOMETIMES_END or re.fullmatch(r"(?:[A-Za-z]\.)+[A-Za-z]", token):
        return opens
    # "1." opens the text or follows a sentence: it numbers what comes, as in "1. Open the disc. 2. Add bone."
    numbers = before is not None and token.isdigit() and len(token) < 3
    return not (
        numbers and re.search(r"(?:\A|[.!?:;]\s)\s*\Z", text[max(0, match.start() - 9) : match.start() - len(token)])
    )


def _skip_to_word(text: str, position: int) -> int:
    while position < len(text) and not text[position].isalnum():
        position += 1
    return position


def _in_address(text: str, position: int) -> bool:
    token = re.search(r"\S*\Z", text[max(0, position - 200) : position])
    return token is not None and any(mark in token.group() for mark in ("/", "@", "www."))
