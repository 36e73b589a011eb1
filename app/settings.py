"""Settings of the web app (`[app]`), the clinic (`[site]`), and the `[kiosk]`, `[embed]` and `[staff]` pages.

Knows nothing of who reads them.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from corpus.settings import Table

Origin = Annotated[str, Field(pattern=r"^https?://(\*\.)?[A-Za-z0-9.-]+(:\d{1,5})?$")]


class AppSettings(Table):
    """`[app]`: where the web app listens, how much it takes on at once, and whom it answers."""

    host: str = Field(default="127.0.0.1", description="the address that the web app listens on; 0.0.0.0 is every one")
    port: int = Field(default=7860, ge=0, le=65535, description="0 is any free port")
    concurrent: int = Field(default=1, ge=1, le=64, description="answers written at once; one keeps two cores busy")
    queue: int = Field(default=8, ge=0, le=1000, description="visitors who may wait; the next is asked to come back")
    answer_seconds: float = Field(default=120, gt=0, description="an answer that takes longer is given up")
    max_question_chars: int = Field(default=2000, ge=20, le=20_000, description="a longer question is refused (413)")
    max_body_bytes: int = Field(default=64 * 1024, ge=1024, description="a larger request is refused (413)")
    allowed_hosts: list[str] = Field(
        default_factory=list, description='host names beside localhost, e.g. ["ask.clinic.example"]'
    )
    cors_origins: list[str] = Field(
        default_factory=list, description="other sites whose pages may call the API, as https://host"
    )
    feedback: bool = Field(default=True, description="thumbs under answers, kept in feedback.sqlite without any text")
    questions_per_minute: int = Field(
        default=20, ge=0, description="from one address, the rest 429; 0 is no cap; this machine itself is never capped"
    )
    session_minutes: float = Field(default=30, gt=0, description="a conversation untouched for so long is forgotten")
    reader: str = Field(
        default="SmolLM2-135M-Instruct",
        description="the language model: the one that `models fetch` brings, a folder, a hub name, or none (quotes only)",
    )
    reader_adapter: str = Field(
        default="", description="a folder with an adapter for the reader; empty is the shipped one, none is none"
    )
    reader_url: str = Field(
        default="", description="an OpenAI-compatible server to ask instead, e.g. http://127.0.0.1:8080/v1"
    )
    reader_key: str = Field(default="", description="that server's key, where it wants one")
    reader_seconds: float = Field(default=1.2, gt=0, le=120, description="a draft that takes longer is cut off")
    allow_download: bool = Field(default=False, description="whether a reader named by hub name may be fetched")
    max_sessions: int = Field(default=200, ge=1, description="conversations held in memory; the oldest goes first")


class SiteSettings(Table):
    """`[site]`: the clinic. What is empty falls back to a general phrase ("your local emergency number")."""

    clinic_name: str = ""
    clinic_phone: str = ""
    country: str = ""
    emergency_number: str = ""
    crisis_line: str = ""
    clinic_url: str = Field(
        default="",
        pattern="^(https?://.+)?$",
        description="the clinic's public page, for the QR code on what visitors print",
    )
    language: str = Field(default="en", pattern="^[a-z]{2}$", description="which file of app/strings is used")
    languages: list[str] = Field(
        default_factory=list, description="the languages that a visitor may choose from; empty is all there are"
    )
    texts: str = Field(default="", description="a folder with more languages, as xx.toml, in the form of app/strings")


class KioskSettings(Table):
    """`[kiosk]`: the screen in the waiting room, and the command that keeps it running."""

    idle_seconds: int = Field(default=90, ge=20, le=3600, description="without a touch, until the screen asks")
    warning_seconds: int = Field(default=30, ge=20, le=300, description="the countdown that one touch extends")
    pin_hash: str = Field(
        default="", description="opens the staff corner; made by `python -m app secret`; empty is no staff corner"
    )
    printing: bool = Field(default=False, description="whether there is a printer for the page that visitors take away")
    hung_seconds: float = Field(default=6, ge=3, le=60, description="without a sign of life, until a restart")
    start_seconds: float = Field(
        default=120, ge=5, le=600, description="what a start may take before it counts as hung"
    )
    browser: str = Field(default="", description="the browser's path; empty finds Chromium or Chrome")
    browser_flags: list[str] = Field(
        default_factory=lambda: [
            "--kiosk", "--incognito", "--noerrdialogs", "--no-first-run", "--no-default-browser-check",
            "--disable-session-crashed-bubble", "--disable-infobars", "--disable-extensions", "--disable-pinch",
            "--overscroll-history-navigation=0", "--disable-features=Translate,MediaRouter", "--disable-sync",
            "--disable-background-networking", "--disable-component-update", "--disable-background-timer-throttling",
            "--disable-renderer-backgrounding", "--disable-dev-tools", "--password-store=basic",
            "--autoplay-policy=no-user-gesture-required", "--enable-speech-dispatcher", "--check-for-update-interval=31536000",
        ],
        description="how the browser is started",
    )  # fmt: skip


class EmbedSettings(Table):
    """`[embed]`: the chat on other sites' pages."""

    origins: list[Origin] = Field(
        default_factory=list, description="sites that may frame /embed, as https://host; none may if it is empty"
    )


class StaffSettings(Table):
    """`[staff]`: the page for the people who run the service; there is none until a password is set."""

    password_hash: str = Field(default="", description="made by `python -m app secret`; empty turns /staff off")
    store_questions_days: int = Field(
        default=0, ge=0, le=365, description="0 stores no question; else the text of unanswered ones, for so many days"
    )
    session_minutes: float = Field(default=30, gt=0, description="signed out after so long without a click")
