"""Settings of the web app (`[app]`) and of the clinic it serves (`[site]`). Knows nothing of who reads them."""

from __future__ import annotations

from pydantic import Field

from corpus.settings import Table


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
    language: str = Field(default="en", pattern="^[a-z]{2}$", description="which file of app/strings is used")
