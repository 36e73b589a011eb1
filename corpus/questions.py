"""Which part of a document is its questions and answers, and which tells about the document itself.

Gives headings their role and turns the questions of an FAQ into headings, however they are set: as a heading, as a
paragraph, glued before the answer, numbered, or behind "Q:". Knows nothing of files or offsets.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from corpus.layout import Part, Role
from corpus.rules import Rules
from corpus.sentences import split

QUESTION_WORDS = 40
_Q = re.compile(r"\s*(Q(?:uestion)?\s*\d{0,3}\s*[:.)])\s*(?=\S)", re.IGNORECASE)
_A = re.compile(r"\s*(A(?:nswer)?\s*\d{0,3}\s*[:.)])\s+(?=\S)", re.IGNORECASE)


def is_question(text: str) -> bool:
    """Whether it is one sentence that asks."""
    return text.endswith("?") and len(text.split()) <= QUESTION_WORDS and len(split(text)) == 1


def arrange(parts: Sequence[Part], title: str, rules: Rules) -> tuple[Part, ...]:
    """The parts with roles; levels of question headings are put below the heading of their FAQ."""
    return tuple(_Arranger(rules, rules.role(title) == "faq").run(_labelled(parts)))


def _labelled(parts: Sequence[Part]) -> list[Part]:
    """Parts set as "Q: ..." and "A: ..." as a question heading and a paragraph, both in the role of an FAQ."""
    found: list[Part] = []
    for part in parts:
        question, answer = _Q.match(part.text), _A.match(part.text)
        asked, mark, told = part.text[question.end() if question else 0 :].partition("?")
        if question and mark and part.kind != "statement":
            found.append(replace(part, kind="heading", text=asked + mark, marker=question[1], level=0, role="faq"))
            told = _A.sub("", told, count=1).strip() if _A.match(told) else told.strip()
            if told:
                found.append(replace(part, kind="paragraph", text=told, marker="", level=0))
        elif answer and found and found[-1].kind == "heading" and found[-1].text.endswith("?"):
            found.append(replace(part, kind="paragraph", text=part.text[answer.end() :], marker=answer[1], level=0))
        else:
            found.append(part)
    return found


class _Arranger:
    """Walks down the parts and knows whether it is in an FAQ or an "about" part, and how deep its heading is."""

    def __init__(self, rules: Rules, throughout: bool) -> None:
        self.rules = rules
        self.outside = 1 if throughout else None  # a document whose title says FAQ is one throughout
        self.faq: int | None = self.outside
        self.about: int | None = None
        self.level = 0  # of the last heading that is not a question of an FAQ
        self.waiting = False  # a question has no answer yet
        self.set_apart = False  # this FAQ's questions stand alone, so that none is looked for inside a paragraph

    def run(self, parts: Sequence[Part]) -> list[Part]:
        found: list[Part] = []
        for part, following in zip_longest(parts, parts[1:]):
            if part.kind == "heading":
                found.append(self._heading(part))
            elif self.faq is not None and self.about is None and part.kind != "statement":
                found.extend(self._in_faq(part, following))
            else:
                found.append(part)
        return found

    def _heading(self, part: Part) -> Part:
        asks, labelled = part.text.endswith("?"), part.role == "faq"
        level = part.level or (self.level if self.faq is None else self.faq) + 1
        if not labelled:
            level = self._enter(part.text, level, asks)
        role: Role = "about" if self.about is not None else "faq" if labelled or self.faq is not None else "body"
        self.waiting = role == "faq" and asks
        self.set_apart |= self.waiting
        if not self.waiting:
            self.level = level
        return replace(part, level=level, role=role, asks=part.asks or self.waiting)

    def _enter(self, title: str, level: int, asks: bool) -> int:
        """Enters or leaves an FAQ or an about part; returns the heading's level, for a question below its FAQ's."""
        if self.about is not None and level <= self.about:
            self.about = None
        opens = self.rules.role(title) if self.about is None else None
        if opens == "about":
            self.about = level
        if opens == "faq":
            self.faq, self.set_apart = level, False
        elif self.faq is not None and level <= self.faq:
            if asks and self.about is None:
                return self.faq + 1
            self.faq = self.outside
        return level

    def _in_faq(self, part: Part, following: Part | None) -> list[Part]:
        """A question set as a paragraph or item becomes a heading; one with its answer behind it becomes two parts."""
        sentences = split(part.text)
        first = sentences[0].of(part.text) if sentences else ""
        marker = part.marker if any(letter.isdigit() for letter in part.marker) else ""
        asked = replace(part, kind="heading", text=first, level=0, marker=marker)
        answered = following is not None and following.kind != "heading" and not is_question(following.text)
        if is_question(part.text) and answered:
            return [self._heading(asked)]
        glued = len(sentences) > 1 and is_question(first) and not self.set_apart
        self.waiting = False
        if not glued:
            return [part]
        told = replace(part, kind="paragraph", text=part.text[sentences[1].start :], level=0, marker="")
        heading = self._heading(asked)
        self.waiting = self.set_apart = False
        return [heading, told]
