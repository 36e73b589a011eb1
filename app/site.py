"""Puts an Assistant together from a site's settings and its home. Knows the parts, and nothing of what they do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from app.answer import Answer, Turn
from app.answerability import Answerability
from app.assistant import Assistant
from app.intent import Intents
from app.matters import Matters
from app.models import SMOLLM2
from app.reader import Reader
from app.reader.probe import Probe
from app.sameness import Sameness
from app.scope import Scope
from app.settings import AppSettings, SiteSettings
from app.strings import Strings, languages
from app.strings.phrasebook import Phrasebook
from app.suggest import Suggestions
from app.triage import SiteTexts, Triage
from app.urgent import RedFlags
from app.vocabulary import Vocabulary
from corpus.errors import SpinewiseError
from corpus.home import home_folder
from corpus.settings import check_environment
from index.adapter import Adapter
from index.models import checked
from index.search import Index
from index.settings import IndexSettings


def open_assistant(
    home: Path | None = None, answerability: Answerability | None = None, red_flags: RedFlags | None = None
) -> Assistant:
    """The assistant of this site; whatever is missing or damaged is explained with the command that mends it.

    `answerability` takes the place of the fitted one: `python -m eval calibrate` listens there, and makes the reader's probe
    anew, so that none is read. `red_flags` are those that are open already, where they are: a second set costs 60 MB.
    """
    check_environment()
    home = home or home_folder()
    site, settings = SiteSettings.load("site"), AppSettings.load("app")
    scope = Scope.load()
    index = Index.open(home, IndexSettings.load("index"))
    reader, decision = open_reader(home, settings, probed=answerability is None), answerability or Answerability.load()
    check_probe(getattr(reader, "probe", None), decision)
    return Assistant(
        red_flags=red_flags or open_red_flags(),
        scope=scope,
        intents=Intents.load(),
        matters=Matters.load(),
        index=index,
        vocabulary=vocabulary_of(index),
        answerability=decision,
        reader=reader,
        suggestions=Suggestions.of(index),
        strings=Strings(site.language, site),
        same=Sameness.load(),
        retold=Phrasebook.into(site.language, languages(site), site).retold,
    )


def check_probe(probe: Probe | None, decision: Answerability) -> None:
    """The decision and the reader's probe are fitted together: one with another's would weigh what it can't judge."""
    if probe and probe.checksum != decision.probe:
        raise SpinewiseError(
            "app/answerability.json and the probe beside the reader's adapter were not fitted together",
            "restore both from the release, or run python -m eval calibrate",
        )


def vocabulary_of(index: Index) -> Vocabulary:
    """The words of an index's passages and of its glossary."""
    texts = (passage.under_headings for passage in index.passages)
    return Vocabulary(texts, index.glossary, index.real_words())


def urgent_alone(red_flags: RedFlags) -> Callable[[str, Sequence[Turn]], Answer | None]:
    """The red-flag check in the site's language, which needs no model."""
    site = SiteSettings.load("site")
    retold = Phrasebook.into(site.language, languages(site), site).retold

    def urgent(question: str, history: Sequence[Turn]) -> Answer | None:
        answer = red_flags.urgent(question, history)
        return retold(answer) if answer else None

    return urgent


def open_red_flags() -> RedFlags:
    """The red-flag rules with the clinic's phones and names; ready in a moment, long before any model."""
    site = SiteSettings.load("site")
    texts = SiteTexts(
        country=site.country,
        emergency_number=site.emergency_number,
        crisis_line=site.crisis_line,
        clinic_phone=site.clinic_phone,
        clinic_name=site.clinic_name,
    )
    return RedFlags(Triage.load(), texts)


SHIPPED_ADAPTER = Path(__file__).parent / "reader" / "adapter_smollm2"  # made by `python -m app.reader.train`


def open_reader(home: Path, settings: AppSettings, *, attended: bool = True, probed: bool = True) -> Reader | None:
    """The language model that the settings name; None where they say none: then every answer quotes its sources.

    `attended` and `probed` say whether what lies beside its adapter is read too: where it looks, and whether it knows of an
    answer. The commands that make those files anew do without.
    """
    if settings.reader_url:
        from app.reader.server import ServerReader

        return ServerReader(
            settings.reader_url, settings.reader, key=settings.reader_key or "none", seconds=settings.reader_seconds
        )
    if settings.reader == "none":
        return None
    from app.reader.attention import Attention
    from app.reader.local import LocalReader

    own, adapter = settings.reader == SMOLLM2.name, reader_adapter(settings)
    return LocalReader(
        checked(home, SMOLLM2.name) if own else settings.reader,
        settings.reader,
        adapter=adapter,
        attention=Attention.load(adapter.path.parent, adapter.sha256) if adapter and attended else None,
        probe=Probe.load(adapter.path.parent, adapter.sha256) if adapter and probed else None,
        allow_download=settings.allow_download,
        seconds=settings.reader_seconds,
    )


def reader_adapter(settings: AppSettings) -> Adapter | None:
    """What the reader was taught: the shipped adapter for its own base, else only what the site names."""
    if settings.reader_adapter == "none":
        return None
    if settings.reader_adapter:
        return Adapter.open(Path(settings.reader_adapter))
    return Adapter.open(SHIPPED_ADAPTER) if settings.reader == SMOLLM2.name else None
