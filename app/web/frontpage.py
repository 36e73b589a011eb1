"""Gradio's one HTML page, tightened before it leaves: each inline script allowed by its hash, no outside address in it.

Knows nothing of what is on the page. The page's scripts come from this server or are the very ones that Gradio wrote:
an injected `<script>` or `onclick=` doesn't run. 'unsafe-eval' stays, because Gradio's HTML component compiles its
template in the browser; the template is "${value}" and never holds a visitor's or the model's text.
"""

from __future__ import annotations

import base64
import hashlib
import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.shield import policy

INLINE_SCRIPT = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
SHARING_META = re.compile(r'\s*<meta\s+(?:property="og:|name="twitter:)[^>]*>')  # they name outside addresses
THEMES = (b"__theme=light", b"__theme=dark")


class FrontPage:
    """Rewrites the response to GET /; passes everything else through."""

    def __init__(self, app: ASGIApp, *, language: str, direction: str) -> None:
        self.app, self.opening = app, f'<html lang="{language}" dir="{direction}"'

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["path"] != "/" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        scope = dict(scope)  # no ?deep_link=, no compression: the text is needed
        scope["query_string"] = scope["query_string"] if scope["query_string"] in THEMES else b""
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        start: Message = {}
        body = b""

        async def held(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
            elif message["type"] == "http.response.body":
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    page = self._tighten(body.decode("utf-8"))
                    headers = MutableHeaders(scope=start)
                    headers["Content-Length"] = str(len(page.encode("utf-8")))
                    headers["Content-Security-Policy"] = page_policy(page)
                    await send(start)
                    await send({"type": "http.response.body", "body": page.encode("utf-8")})

        await self.app(scope, receive, held)

    def _tighten(self, page: str) -> str:
        page = SHARING_META.sub("", page)
        page = page.replace(
            '<link rel="manifest" href="/manifest.json" />', '<link rel="icon" href="/page/icon.svg" />'
        )
        return re.sub(r'<html\s+lang="en"', self.opening, page, count=1)


def page_policy(page: str) -> str:
    """The policy under which exactly the inline scripts of `page` run; styles may be inline, Gradio sets them so."""
    digests = (hashlib.sha256(script.encode("utf-8")).digest() for script in INLINE_SCRIPT.findall(page))
    hashes = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return policy(script_src=f"'self' 'unsafe-eval' {hashes}", style_src="'self' 'unsafe-inline'")
