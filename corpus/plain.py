"""Pasted plain text to headings, paragraphs and items. Knows nothing of files; what is an advert is sift.py's business.

Nothing marks a heading in pasted text, so that a line is judged by its shape and its place. It doesn't find tables that
are drawn with spaces, two columns side by side, or a heading that looks like a whole sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from corpus.document import Dropped
from corpus.layout import Part, Reading
from corpus.lines import Chunk, Line, is_terminal, join, to_lines
from corpus.questions import is_question
from corpus.rules import Rules
from corpus.sentences import STARTERS, split
from corpus.title import choose_title

HEADING_WORDS, HEADING_LETTERS = 14, 110
ITEM_WORDS = 15  # of an item without a bullet, below a lead-in
UNMARKED = "unmarked"  # stands for the bullet of an item that has none

_GLUE = re.compile(r"(?<=[a-z])(?=[A-Z][a-z]*\s)|(?<=\?)(?=[A-Z][a-z]*\s)")
_WORDS = re.compile(r"[^\W\d_]+")


def read(text: str, rules: Rules) -> Reading:
    """Reads a pasted text; `text` has "\\n" line ends (see decode.py)."""
    return read_lines(to_lines(text), rules)


def read_lines(lines: Sequence[Line], rules: Rules) -> Reading:
    """Reads lines, which may bear page numbers."""
    chunks, dropped, hyphens = join(lines, rules)
    chunks = _listed(_unglued(chunks, rules))
    heads = _headings(chunks)
    title, set_aside = choose_title(chunks, heads, rules)
    left = [place for place in range(len(chunks)) if place != title and place not in set_aside]
    dropped += [Dropped(reason, chunks[place].text, chunks[place].first.number) for place, reason in set_aside.items()]
    parts = tuple(_part(chunks[place], place in heads) for place in left)
    warnings = (f"{hyphens} word{'s' * (hyphens != 1)} cut by a hyphen at a line end joined",) if hyphens else ()
    return Reading(parts, None if title is None else chunks[title].text, {}, tuple(dropped), warnings, pasted=True)


def heading_like(text: str) -> bool:
    """Whether a line could be a heading by its shape: short, begins like a title, ends like no sentence."""
    if len(text) > HEADING_LETTERS or len(text.split()) > HEADING_WORDS or len(_WORDS.findall(text)) < 1:
        return False
    begins = text.lstrip("\"'“‘([")[:1]
    if not (begins.isupper() or begins.isdigit()) or re.search(r"https?:|@|www\.", text):
        return False
    return is_question(text) or (not is_terminal(text) and text[-1] not in ",→-–—" and len(split(text)) == 1)


def _part(chunk: Chunk, heading: bool) -> Part:
    line, page = chunk.first.number, chunk.first.page
    if heading:
        numbered = chunk.marker if chunk.marker and chunk.marker[0].isalnum() else ""
        return Part("heading", chunk.text, line, 2, numbered, page)
    if chunk.marker:
        return Part("item", chunk.text, line, 0, "" if chunk.marker == UNMARKED else chunk.marker, page)
    return Part("paragraph", chunk.text, line, 0, "", page)


# ---------------------------------------------------------------- headings glued to their first sentence


def _unglued(chunks: Sequence[Chunk], rules: Rules) -> list[Chunk]:
    """Cuts "IntroductionThe operation is ..." in two: a heading and its first sentence."""
    known = {word.casefold() for chunk in chunks for word in _WORDS.findall(chunk.text)}
    found: list[Chunk] = []
    for chunk in chunks:
        cut = None if chunk.marker else _glued_at(chunk.text, known, rules)
        if cut:
            heading = replace(chunk, text=chunk.text[:cut], last=chunk.first)
            found += [heading, replace(chunk, text=chunk.text[cut:], first=replace(chunk.first, gap=0))]
        else:
            found.append(chunk)
    return found


def _glued_at(text: str, known: set[str], rules: Rules) -> int | None:
    """Where a heading ends without a space: after a usual heading, a question, or between two words known elsewhere."""
    for match in _GLUE.finditer(text, 0, HEADING_LETTERS):
        head, rest = text[: match.start()], text[match.start() :]
        if not heading_like(head) or (is_terminal(head) and not head.endswith("?")) or len(rest.split()) < 4:
            continue
        left, right = _WORDS.findall(head)[-1], _WORDS.findall(rest)[0]
        elsewhere = len(left) > 4 and left.casefold() in known and right.casefold() in known
        sentence = right.casefold() in STARTERS or is_terminal(rest)
        if head.endswith("?") or rules.role(head) in ("generic", "faq") or (elsewhere and sentence):
            return match.start()
    return None


# ---------------------------------------------------------------- lists without bullets


def _listed(chunks: Sequence[Chunk]) -> list[Chunk]:
    """Short lines one below the other under a lead-in ("You may have:") become items."""
    found = list(chunks)
    place = 0
    while place < len(found):
        if found[place].marker or not found[place].text.endswith(":"):
            place += 1
            continue
        stop = place + 1
        while stop < len(found) and _could_be_item(found[stop]) and (stop == place + 1 or found[stop].first.gap == 0):
            stop += 1
        if stop - place > 2:
            found[place + 1 : stop] = [replace(chunk, marker=UNMARKED) for chunk in found[place + 1 : stop]]
        place = stop
    return found


def _could_be_item(chunk: Chunk) -> bool:
    return (
        not chunk.marker
        and chunk.single
        and len(chunk.text.split()) <= ITEM_WORDS
        and not chunk.text.endswith((":", "?"))
    )


# ---------------------------------------------------------------- headings on their own line


def _headings(chunks: list[Chunk]) -> set[int]:
    """The places of the headings; short lines in a run of four or more that lead to nothing become items (in place)."""
    heads = {place for place in range(len(chunks)) if _is_heading(chunks, place)}
    body = next((place for place, chunk in enumerate(chunks) if place not in heads), len(chunks))
    for run in _runs(sorted(heads)):
        if run[0] < body or len(run) < 4:
            continue
        for place in run:
            if not _opens(chunks, run, place):
                heads.discard(place)
                chunks[place] = replace(chunks[place], marker=UNMARKED)
    last = len(chunks) - 1
    if last in heads and last > body:  # it opens nothing
        heads.discard(last)
    if heads and len(heads) == len(chunks) > 1:  # short lines only, as in a note: the first is its title
        for place in range(1, len(chunks)):
            heads.discard(place)
            chunks[place] = replace(chunks[place], marker=chunks[place].marker or UNMARKED)
    return heads


def _opens(chunks: Sequence[Chunk], run: Sequence[int], place: int) -> bool:
    """Whether a line of a run of short lines opens it, or opens the paragraph below it, and so stays a heading."""
    chunk = chunks[place]
    if place == run[0]:
        return chunk.first.gap > 0 or chunks[place + 1].first.gap > 0
    if place == run[-1] and place + 1 < len(chunks):
        return chunk.first.gap > 0 or chunks[place + 1].first.gap == 0
    return chunk.text.endswith("?")


def _is_heading(chunks: Sequence[Chunk], place: int) -> bool:
    chunk = chunks[place]
    following = chunks[place + 1] if place + 1 < len(chunks) else None
    if chunk.marker:
        return _is_numbered_heading(chunks[place - 1] if place else None, chunk, following)
    if chunk.text.endswith(":"):  # "Recovery:" above a paragraph; above a list it is the lead-in
        opens = following is not None and not following.marker and is_terminal(following.text)
        return opens and len(chunk.text.split()) <= 5 and heading_like(chunk.text.rstrip(":"))
    return heading_like(chunk.text) and (chunk.single or chunk.text.endswith("?"))


def _is_numbered_heading(above: Chunk | None, chunk: Chunk, following: Chunk | None) -> bool:
    """ "2. Recovery" above a paragraph, and not the last item of a numbered list."""
    if not any(letter.isdigit() for letter in chunk.marker) or following is None or following.marker:
        return False
    in_list = above is not None and any(letter.isdigit() for letter in above.marker)
    return heading_like(chunk.text) and (is_question(chunk.text) or (not in_list and len(chunk.text.split()) <= 10))


def _runs(places: Sequence[int]) -> list[list[int]]:
    """Neighbouring places together: [1, 2, 5] is [[1, 2], [5]]."""
    runs: list[list[int]] = []
    for place in places:
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs
