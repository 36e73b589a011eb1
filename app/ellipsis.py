"""A follow-up said whole with the words of the earlier question that it leans on.

Works on wording alone. Knows nothing of an index, nor of whether the words fit the documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from app.language import stem, words
from app.leaning import SENTENCE, first_sentence, followup_words, leans, opened, own, points, sentence, signs_removed
from app.vocabulary import Vocabulary

SHORT, LONGEST = 90, 200  # characters of an earlier question that are read
TURNS = 3  # earlier user turns that are read

ONE, MANY = ("it", "that", "this"), ("they", "them", "those", "these")
# Opposites, but none is a kind that "the other one" could mean.
NO_KIND = frozenset(("with", "without", "before", "after", "front", "back", "early", "late"))
NOUNLIKE = frozenset(("one", "ones"))  # "on the later ones?": what they are stands in the earlier question

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_MADE = re.compile(r"(.+?) \((.+)\)")  # a rewritten follow-up and what was put in brackets behind it


def topic(turns: Sequence[str], vocabulary: Vocabulary) -> str:
    """The last earlier question that names something, itself made whole by those before it; "" if none does."""
    earlier = ""
    for turn in turns[-TURNS:]:
        last = last_question(turn)
        asked = vocabulary.corrected(last)
        if not own(asked, vocabulary, common=True):
            asked = vocabulary.corrected(turn[:LONGEST].strip())
        elif points(asked, vocabulary):
            asked = vocabulary.corrected(with_the_one_before(last, turn))
        if not signs_removed(asked):
            continue
        if earlier and leans(asked, vocabulary):
            asked = rewritings(asked, earlier, vocabulary)[0]
        names = own(asked, vocabulary, common=True)
        if names or (not earlier and followup_words().patterns["clause"].search(asked)):
            earlier = asked
    return earlier


def last_question(turn: str) -> str:
    """The turn's last sentence with a question mark, else its last sentence: what the visitor wanted to know.

    All of a short turn whose question is no whole clause ("I was a keen jogger. Allowed again?").
    """
    sentences = [found.strip() for found in SENTENCE.findall(turn) if _WORD.search(found)]
    asked = [sentence for sentence in sentences if sentence.endswith("?")] or sentences
    if len(turn) <= SHORT and asked and not followup_words().patterns["clause"].search(asked[-1]):
        return turn.strip()
    return asked[-1][:LONGEST] if asked else ""


def with_the_one_before(question: str, turn: str) -> str:
    """The question of a turn behind the sentence that stands before it there: "it" may be what that one names."""
    before = SENTENCE.findall(turn[: turn.rfind(question)].strip())
    both = f"{before[-1].strip()} {question}" if before else question
    return both if len(both) <= LONGEST else question


def rewritings(question: str, earlier: str, vocabulary: Vocabulary) -> list[str]:
    """One or two ways to say the follow-up as a whole question, the likeliest first."""
    patterns, rest = followup_words().patterns, signs_removed(question)
    if not words(rest):
        return [earlier]  # "no, I meant": sent too early
    if exchanged := exchange(rest, earlier, vocabulary, whole=not patterns["clause"].search(rest)):
        return [exchanged]
    if patterns["bare"].search(first_sentence(rest)):
        return [bare_question(rest, earlier, vocabulary)]
    if any(patterns["clause"].search(one.strip()) for one in SENTENCE.findall(rest)):
        named = points(rest, vocabulary) or not own(rest, vocabulary)
        return [resolved(rest, earlier, vocabulary)] if named else [sentence(rest)]
    if continues := patterns["continues"].search(rest):
        return [continued(rest, earlier, continues["preposition"])]
    if patterns["correction"].search(question):
        meant = rest.rstrip("?!. ")
        if not own(rest, vocabulary, common=True):
            return [sentence(f"{earlier.rstrip('?!. ')} {meant}?")]  # "no, I meant afterwards"
        return [sentence(earlier.replace(run, meant, 1)) for run in runs(earlier, vocabulary)[:2]] or [
            joined(earlier, rest)
        ]
    return [joined(earlier, question)]


def continued(rest: str, earlier: str, preposition: str | None) -> str:
    """ "In the leg?" after "Can it be in the arm?" takes the place of "in the arm"; "with rods?" follows "Is it done?".

    Where the earlier question ends in a phrase of another kind ("Can it be in the arm?" "With rods?") both are said.
    """
    if not preposition:
        return joined(earlier, rest)
    if NOUNLIKE & set(words(rest)):
        return joined(earlier, f"and {rest}")
    last = re.search(rf"\b{preposition}\b(?!.*\b{preposition}\b).*", earlier, re.IGNORECASE)
    if not last and followup_words().patterns["ends_in_phrase"].search(earlier):
        return joined(earlier, f"and {rest}")
    kept = earlier[: last.start()] if last else f"{earlier.rstrip('?!. ')} "
    return sentence(f"{kept}{rest.rstrip('?!. ')}?")


def exchange(rest: str, earlier: str, vocabulary: Vocabulary, *, whole: bool) -> str | None:
    """The earlier question with the one of two opposites put for the other that the follow-up names, if it names no more."""
    lists, known = followup_words(), stems(words(earlier))
    named = stems(own(rest, vocabulary, common=True)) - known
    for one, other in lists.opposites if whole else ():
        if named - stems(words(other)):
            continue  # "and medicines before?" asks of medicines
        if phrase(other).search(rest) and phrase(one).search(earlier) and not phrase(other).search(earlier):
            return sentence(phrase(one).sub(other, earlier))
    if lists.patterns["other"].search(rest):
        for one, other in lists.opposites:
            if one not in NO_KIND and phrase(one).search(earlier) and not phrase(other).search(earlier):
                return sentence(phrase(one).sub(other, earlier))
    return None


def stems(named: Iterable[str]) -> set[str]:
    """The words' stems."""
    return {stem(word) for word in named}


@cache
def phrase(text: str) -> re.Pattern[str]:
    """The words of `text` as whole words."""
    return re.compile(rf"\b{re.escape(text)}\b", re.IGNORECASE)


def bare_question(rest: str, earlier: str, vocabulary: Vocabulary) -> str:
    """ "Why?" after "Are screws always used?" is "Why are screws always used?"."""
    patterns = followup_words().patterns
    if patterns["again"].search(rest):
        return earlier
    if patterns["yesno"].search(earlier) and patterns["prefixed"].search(rest):
        return sentence(f"{rest.rstrip('?!. ')} {earlier[0].lower()}{earlier[1:]}")
    return bracketed(rest, earlier, vocabulary)


def resolved(rest: str, earlier: str, vocabulary: Vocabulary) -> str:
    """The pointer replaced by the one thing that the earlier question names, else its words in brackets."""
    lists = followup_words()
    thing = lists.patterns["names"].search(earlier)
    places = [found for found in _WORD.finditer(rest) if found[0].lower() in (*ONE, *MANY)]
    if thing is None or len(places) != 1:
        return bracketed(rest, earlier, vocabulary)
    name, pointer = thing["what"], places[0]
    after = _WORD.search(rest, pointer.end())
    determines = pointer[0].lower() not in ("it", "they", "them") and after and own(after[0], vocabulary, common=True)
    if determines or (pointer[0].lower() in MANY) != bool(thing["are"]):
        return bracketed(rest, earlier, vocabulary)
    return sentence(
        f"{rest[: pointer.start()]}{name[0].lower() + name[1:] if name[1:].islower() else name}{rest[pointer.end() :]}"
    )


def bracketed(rest: str, earlier: str, vocabulary: Vocabulary) -> str:
    """The follow-up, and behind it in brackets the earlier question."""
    carried = carry(earlier, rest, vocabulary)
    return f"{sentence(rest)} ({carried})" if carried else sentence(rest)


def carry(earlier: str, rest: str, vocabulary: Vocabulary) -> str:
    """The earlier question as it was asked, every "I" and "not" in it; "" where `rest` names all that it names.

    Of one that is itself a rewritten follow-up the part that names something: of "Why? (How long is recovery?)" the second,
    of "Do women get it more? (Is swallowing hard?)" both.
    """
    part = earlier
    if made := _MADE.fullmatch(earlier):
        told, meant = made.groups()
        names = own(told, vocabulary, common=True)
        part = f"{sentence(meant)} {told}" if names and points(told, vocabulary) else told if names else meant
    named, there = own(part, vocabulary, common=True), stems(words(rest))
    if named and there.issuperset(map(stem, named)):
        return ""
    part = opened(part)
    asked = part.endswith("?") or followup_words().patterns["clause"].search(part)
    return sentence(part) if asked else sentence(part).rstrip("?.")


def runs(earlier: str, vocabulary: Vocabulary) -> list[str]:
    """The stretches of naming words in the earlier question, in order: what a correction may replace."""
    named, found = set(own(earlier, vocabulary, common=True)), list(_WORD.finditer(earlier))
    stretches: list[tuple[int, int]] = []
    for one in found:
        if not set(words(one[0])) & named:
            continue
        if stretches and not earlier[stretches[-1][1] : one.start()].strip():
            stretches[-1] = (stretches[-1][0], one.end())
        else:
            stretches.append((one.start(), one.end()))
    return [earlier[start:end] for start, end in stretches]


def joined(earlier: str, rest: str) -> str:
    """Both questions, one after the other."""
    return f"{sentence(earlier)} {sentence(rest)}"
