"""The staff page: what was asked in vain, thumbs, documents and their reviews, the last evaluation, and a question tried.

Plain pages and forms, no script, so that they work everywhere. Off until a password is set. Knows nothing of the chat
page. Does not cover TLS: over a network, a reverse proxy has to stand in front, or the password is read on the way.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import secrets
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.answer import Answer
from app.settings import AppSettings, StaffSettings
from app.strings import Strings
from app.trace import Stage, decision, trace, written
from app.web.desk import Desk
from app.web.feedback import Feedback
from app.web.frontpage import INLINE_SCRIPT
from app.web.kiosk import admit
from app.web.problems import Problem
from app.web.secret import Tries
from app.web.shield import policy
from app.web.unanswered import Unanswered
from corpus.errors import SpinewiseError

COOKIE = "spinewise_staff"
MOST_SESSIONS = 50
RUN = re.compile(r"[\w.-]{1,120}")
SHOWN = 5
Row = TypeVar("Row")


class Sessions:
    """Who is signed in: random tokens, in memory only, forgotten after `minutes` without a click and at every restart."""

    def __init__(self, minutes: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = minutes * 60, clock
        self._seen: dict[str, float] = {}

    def open(self) -> str:
        """A new token."""
        token = secrets.token_urlsafe(32)
        while len(self._seen) >= MOST_SESSIONS:
            del self._seen[min(self._seen, key=lambda each: self._seen[each])]
        self._seen[token] = self._clock()
        return token

    def holds(self, token: str | None) -> bool:
        """Whether the token is signed in; if so, its time starts again."""
        if token is None or self._clock() - self._seen.get(token, float("-inf")) > self._seconds:
            self._seen.pop(token or "", None)
            return False
        self._seen[token] = self._clock()
        return True

    def close(self, token: str | None) -> None:
        """Signs out."""
        self._seen.pop(token or "", None)


@dataclass(frozen=True)
class Office:
    """All that the page shows from."""

    desk: Desk
    feedback: Feedback
    unanswered: Unanswered
    settings: StaffSettings
    app: AppSettings
    strings: Strings
    home: Path

    def overview(self) -> dict[str, Any]:
        """What the page shows beside a question tried. Reads files: not for the event loop."""
        broken: list[str] = []

        def read(rows: Callable[[], list[Row]]) -> list[Row]:
            """The rows; none of a damaged file, which the page then names beside all else that it can show."""
            try:
                return rows()
            except SpinewiseError as problem:
                broken.append(str(problem))
                return []

        thumbs = read(self.feedback.rows)
        reasons = Counter(reason or "none" for _, _, helpful, reason in thumbs if not helpful)
        documents = self.desk.assistant.documents if self.desk.ready else {}
        return {
            "counts": read(self.unanswered.counts),
            "questions": read(self.unanswered.questions),
            "broken": list(dict.fromkeys(broken)),
            "days": self.settings.store_questions_days,
            "helpful": sum(helpful for _, _, helpful, _ in thumbs),
            "thumbs": len(thumbs),
            "reasons": reasons.most_common(),
            "reason_words": self.strings.table("feedback.reasons") | {"none": self.strings("staff.no_reason")},
            "documents": sorted(documents.values(), key=lambda one: (not one.source.overdue(date.today()), one.source.title)),
            "today": date.today(),
            "ready": self.desk.ready,
            "runs": self.runs(),
        }  # fmt: skip

    def runs(self) -> list[tuple[str, str]]:
        """(name, day) of the last evaluations that have a report, the newest first."""
        found = [path for path in (self.home / "runs").glob("*/report.html") if RUN.fullmatch(path.parent.name)]
        written_on = {path.parent.name: datetime.fromtimestamp(path.stat().st_mtime, UTC) for path in found}
        latest = sorted(written_on, key=lambda name: written_on[name], reverse=True)[:SHOWN]
        return [(name, written_on[name].date().isoformat()) for name in latest]

    def report(self, run: str) -> str | None:
        """The report of a run, as `python -m eval` wrote it."""
        path = self.home / "runs" / run / "report.html"
        known = RUN.fullmatch(run) and run not in (".", "..") and path.is_file()
        return path.read_text(encoding="utf-8") if known else None

    def tried(self, question: str) -> tuple[Answer, list[Stage]]:
        """The answer to a question and what each stage made of it; nothing of it is counted or kept."""
        from app.assistant import Assistant

        assistant = self.desk.assistant
        *_, answer = assistant.stream(question)
        assert isinstance(answer, Answer)
        if not isinstance(assistant, Assistant):
            return answer, [*written(answer)]
        before = trace(assistant, question)
        return answer, [*before, decision(answer, assistant.answerability), *written(answer)]


def staff_routes(office: Office) -> APIRouter:
    """GET /staff and what its forms lead to; all of it a 404 while no password is set."""
    router = APIRouter()
    sessions, tries, trying = Sessions(office.settings.session_minutes), Tries(), asyncio.Lock()
    folder = Path(__file__).parent / "templates"
    templates = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    templates.trim_blocks = templates.lstrip_blocks = True

    def page(name: str, status: int = 200, **values: Any) -> HTMLResponse:
        # A form that is sent with no referrer has no origin either, and Door would take it for another site's.
        same = {"Referrer-Policy": "same-origin"}
        return HTMLResponse(templates.get_template(name).render(t=office.strings, **values), status, same)

    def signed_in(request: Request) -> bool:
        if not office.settings.password_hash:
            raise Problem(404, "There is nothing at this address.")
        return sessions.holds(request.cookies.get(COOKIE))

    async def whole(status: int = 200, **values: Any) -> HTMLResponse:
        shown = await asyncio.to_thread(office.overview)
        given: dict[str, Any] = {"question": "", "answer": None, "stages": (), "problem": ""}
        return page("staff.html", status, **shown, **(given | values))

    @router.get("/staff")
    async def staff(request: Request) -> Response:
        return await whole() if signed_in(request) else page("staff_login.html", problem="")

    @router.post("/staff/login")
    async def login(request: Request) -> Response:
        signed_in(request)
        secret = await field(request, "password")
        try:
            await admit(secret, office.settings.password_hash, tries, request)
        except Problem as problem:
            said = "staff.wait" if problem.status == 429 else "staff.wrong"
            reply = page("staff_login.html", problem.status, problem=office.strings(said))
            if problem.retry_after is not None:
                reply.headers["Retry-After"] = str(problem.retry_after)
            return reply
        done = RedirectResponse("/staff", 303)
        secure = request.url.scheme == "https"
        done.set_cookie(COOKIE, sessions.open(), path="/staff", httponly=True, samesite="strict", secure=secure)
        return done

    @router.post("/staff/logout")
    async def logout(request: Request) -> Response:
        sessions.close(request.cookies.get(COOKIE))
        done = RedirectResponse("/staff", 303)
        done.delete_cookie(COOKIE, path="/staff", httponly=True, samesite="strict")
        return done

    @router.post("/staff/try")
    async def try_(request: Request) -> Response:
        if not signed_in(request):
            return RedirectResponse("/staff", 303)
        question = (await field(request, "question")).strip()[: office.app.max_question_chars]
        if not office.desk.ready:
            return await whole(question=question, problem=office.strings("staff.not_ready"))
        if not question:
            return await whole()
        async with trying:  # one at a time: patients are answered beside it
            answer, stages = await asyncio.to_thread(office.tried, question)
        return await whole(question=question, answer=answer, stages=stages)

    @router.get("/staff/runs/{run}")
    async def run(run: str, request: Request) -> Response:
        if not signed_in(request):
            return RedirectResponse("/staff", 303)
        report = await asyncio.to_thread(office.report, run)
        if report is None:
            raise Problem(404, "There is no report of this run.")
        return HTMLResponse(report, headers={"Content-Security-Policy": report_policy(report)})

    return router


async def field(request: Request, name: str) -> str:
    """One field of a posted form; "" where there is none."""
    try:
        fields = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=20)
    except ValueError as problem:
        raise Problem(422, "This form has too many fields.") from problem
    return fields.get(name, [""])[0]


def report_policy(report: str) -> str:
    """A report is one file: its own scripts run, by their hash, and nothing else does."""
    digests = (hashlib.sha256(script.encode("utf-8")).digest() for script in INLINE_SCRIPT.findall(report))
    hashes = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return policy(script_src=hashes or "'none'", style_src="'unsafe-inline'", connect_src="'none'")
