"""What stands in front of every route: hosts, origins, sizes, headers, and the list of paths that exist at all.

Gradio serves many routes that this page never uses: uploads, a proxy, fetching of other sites' files, run history,
monitoring. `PAGE_PATHS` names the few that the page needs; every other path of Gradio is a 404. Does not cover TLS,
logins or a flood of connections: a reverse proxy does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatch
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import BaseRoute, Match, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.problems import Problem, unforeseen

PAGE_PATHS = (
    ("GET", r"/"),
    ("GET", r"/(assets|static)/.+"),
    ("GET", r"/(kiosk|embed)"),
    ("GET", r"/page/(simple-keyboard/)?[a-z]+\.(css|js|svg)"),
    ("GET", r"/(gradio_api/)?theme\.css"),
    ("GET", r"/gradio_api/heartbeat/[A-Za-z0-9]+"),
    ("GET", r"/gradio_api/queue/data"),
    ("POST", r"/gradio_api/queue/join"),
    ("POST", r"/gradio_api/cancel"),
    ("POST", r"/gradio_api/reset/?"),
)
POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "font-src": "'self'",
    "media-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), display-capture=()",
}


def policy(**changes: str) -> str:
    """The Content-Security-Policy; `script_src="…"` replaces that line of it."""
    lines = POLICY | {name.replace("_", "-"): value for name, value in changes.items()}
    return "; ".join(f"{name} {value}" for name, value in lines.items())


class Shield:
    """Headers on every response, and no error that leaves as a traceback or is logged with a visitor's words."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; anything but HTTP (Gradio needs no websocket) is let through to be refused by the router."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._add_headers(MutableHeaders(scope=message), scope["path"])
            await send(message)

        try:
            await self.app(scope, receive, guarded)
        except Problem as problem:
            await problem.response()(scope, receive, guarded)
        except Exception as problem:
            response = unforeseen(problem).response()
            if not started:
                await response(scope, receive, guarded)

    @staticmethod
    def _add_headers(headers: MutableHeaders, path: str) -> None:
        for name, value in HEADERS.items():
            headers[name] = value
        headers.setdefault("Referrer-Policy", "no-referrer")
        headers.setdefault("Content-Security-Policy", policy())
        if "frame-ancestors 'none'" in headers["Content-Security-Policy"]:
            headers["X-Frame-Options"] = "DENY"  # it knows no list of origins: a page with one goes without
        if path.startswith("/page/"):
            headers["Cache-Control"] = (
                "no-cache"  # kept, but asked for: after an upgrade no old script meets a new page
            )
        elif not path.startswith(("/assets/", "/static/")):
            headers["Cache-Control"] = "no-store"  # a shared machine keeps no answer in its browser's cache


class Door:
    """Refuses unknown hosts (400), other sites' posts (403), large bodies (413) and unknown paths (404)."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Sequence[str],
        origins: Sequence[str],
        max_body_bytes: int,
        routes: Sequence[BaseRoute],
    ) -> None:
        self.app, self.hosts, self.origins, self.limit = app, hosts, origins, max_body_bytes
        self.routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, refused by a Problem or passed on with its body read."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            self._check_host(headers)
            self._check_origin(headers, scope["method"])
            self._check_path(scope)
            if scope["method"] in ("POST", "PUT", "PATCH", "DELETE"):
                receive = await self._whole_body(headers, receive)
        await self.app(scope, receive, send)

    def _check_host(self, headers: Headers) -> None:
        host = _name(headers.get("host", ""))
        if not any(fnmatch(host, pattern) for pattern in self.hosts):
            raise Problem(
                400, "This host name is not served here. A site adds it to app.allowed_hosts in its settings."
            )

    def _check_origin(self, headers: Headers, method: str) -> None:
        """A page of another site may not make a visitor's browser post here, whether or not it can read the reply."""
        origin = headers.get("origin")
        if method in ("GET", "HEAD", "OPTIONS") or origin is None or origin in self.origins:
            return
        if origin.partition("://")[2] != headers.get("host"):
            raise Problem(403, "Requests from other sites are refused. A site adds them to app.cors_origins.")

    def _check_path(self, scope: Scope) -> None:
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        if any(method == allowed and re.fullmatch(path, scope["path"]) for allowed, path in PAGE_PATHS):
            return
        ours = {route.matches(scope)[0] for route in self.routes if not isinstance(route, Mount)}
        if Match.PARTIAL in ours and Match.FULL not in ours and method != "OPTIONS":
            raise Problem(405, "This address is not for that method.")
        if ours <= {Match.NONE}:
            raise Problem(404, "There is nothing at this address.")

    async def _whole_body(self, headers: Headers, receive: Receive) -> Receive:
        """Reads the body up to the limit, then replays it; what comes after it (a disconnect) is passed on."""
        declared = headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > self.limit:
            raise self._too_large()
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return receive
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self.limit:
                raise self._too_large()
        replayed = False

        async def replay() -> Message:
            nonlocal replayed
            if replayed:
                return await receive()
            replayed = True
            return {"type": "http.request", "body": body, "more_body": False}

        return replay

    def _too_large(self) -> Problem:
        return Problem(413, f"The request is larger than {self.limit} bytes.")


def _name(host: str) -> str:
    """The host's name without its port, lower case; "::1" for "[::1]:7860"."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""
