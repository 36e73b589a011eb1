"""Sets aside what stands around a pasted text: menus, bookings, adverts, disclaimers, a title that stands twice.

Nothing is lost without a word: whatever goes is in the reading's `dropped`, with its reason and line. What counts as an
advert is data (rules.toml). Knows nothing of formats or offsets.
"""

from __future__ import annotations

import re
from dataclasses import replace

from corpus.document import Dropped
from corpus.layout import Part, Reading
from corpus.rules import Rule, Rules
from corpus.sentences import STARTERS, split

ADVERT = "advert"
PROMOTIONAL = "adverts were found in it: read as promotional; a sidecar file can say otherwise (tier: ...)"
SURE_TITLE_WORDS = 5  # a title this long at the start of a sentence is the title again, not the sentence's subject


def sift(reading: Reading, rules: Rules) -> Reading:
    """The reading without what doesn't belong to its text; adverts make its tier promotional."""
    sifter = _Sifter(rules, reading.title or "")
    for part in reading.parts:
        sifter.take(part)
    sifter.release()
    dropped = [*reading.dropped, *sifter.dropped]
    metadata, warnings = dict(reading.metadata), list(reading.warnings)
    for item in dropped:
        for field, value in rules.byline(item.text).items():
            metadata.setdefault(field, value)
    if any(item.reason == ADVERT for item in dropped):
        metadata.setdefault("tier", "promotional")
        if metadata["tier"] == "promotional":
            warnings.append(PROMOTIONAL)
    dropped.sort(key=lambda item: item.line or 0)
    parts = sifter.parts
    return replace(reading, parts=tuple(parts), dropped=tuple(dropped), metadata=metadata, warnings=tuple(warnings))


class _Sifter:
    def __init__(self, rules: Rules, title: str) -> None:
        self.rules, self.title = rules, " ".join(title.split())
        self.parts: list[Part] = []
        self.dropped: list[Dropped] = []
        self.seen: set[str] = set()
        self.held: tuple[Part, str] | None = None  # a heading that goes unless text follows it
        self.below: int | None = None  # the level of a dropped heading that takes its section along
        self.below_reason = ""

    def take(self, part: Part) -> None:
        part = replace(part, text=" ".join(part.text.split()))
        if self.below is not None and (part.kind != "heading" or part.level > self.below):
            return self.drop(part, self.below_reason)
        self.below = None
        if part.kind == "heading":
            self.release()
        if part.kind == "statement":
            return self.keep(part)
        if part.kind == "heading" and part.text.casefold() == self.title.casefold():
            return self.drop(part, "repeated title")
        rule = self.rules.of_line(part.text)
        if rule is not None:
            if part.kind == "heading" and rule.opens:
                self.held = part, rule.reason
                return None
            if part.kind == "heading" and rule.section:
                self.below, self.below_reason = part.level, rule.reason
            return self.drop(part, rule.reason)
        if part.kind == "paragraph":
            return self.paragraph(self.without_title(part))
        return self.keep(part)

    def keep(self, part: Part) -> None:
        if self.held:
            self.parts.append(self.held[0])
            self.held = None
        self.parts.append(part)

    def release(self) -> None:
        """Drops the heading that is held: nothing followed it."""
        if self.held:
            held, self.held = self.held, None
            self.drop(*held)

    def paragraph(self, part: Part) -> None:
        """Keeps a paragraph without its adverts; all of it goes when they are nearly half of its sentences."""
        if len(part.text) > 60 and part.text in self.seen:
            return self.drop(part, "repeated paragraph")
        self.seen.add(part.text)
        sentences = [span.of(part.text) for span in split(part.text)]
        found = [self.rules.of_sentence(sentence) for sentence in sentences]
        hits = [rule for rule in found if rule]
        if not hits:
            self.keep(part)
        elif (len(hits) == len(found) or 1 < len(hits) >= 0.4 * len(found)) and not self.rules.must_keep(part.text):
            self.drop(part, main_reason(hits))
        else:
            kept = []
            for sentence, rule in zip(sentences, found, strict=True):
                if rule:
                    self.drop(replace(part, text=sentence), rule.reason)
                else:
                    kept.append(sentence)
            self.keep(replace(part, text=" ".join(kept)))
        return None

    def without_title(self, part: Part) -> Part:
        """A paragraph that begins with the title again, as pasted pages do, loses it."""
        title, text = self.title, part.text
        first = all(one.kind == "heading" for one in self.parts)
        if not title or not first or not text.casefold().startswith(title.casefold() + " "):
            return part
        rest = text[len(title) :].strip()
        opening = re.match(r"[^\W_]+", rest)
        starts = bool(opening) and rest[:1].isupper() and (len(title.split()) >= SURE_TITLE_WORDS or _opens(opening))
        if not starts:
            return part
        self.drop(replace(part, text=text[: len(title)]), "repeated title")
        return replace(part, text=rest)

    def drop(self, part: Part, reason: str) -> None:
        self.dropped.append(Dropped(reason, f"{part.marker} {part.text}".strip(), part.line))


def main_reason(rules: list[Rule]) -> str:
    """The reason of a paragraph that several rules set aside; an advert in it makes it one."""
    reasons = [rule.reason for rule in rules]
    return ADVERT if ADVERT in reasons else max(reasons, key=reasons.count)


def _opens(word: re.Match[str] | None) -> bool:
    return word is not None and word.group().casefold() in STARTERS
