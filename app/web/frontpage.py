"""Gradio's one HTML page, tightened before it leaves: each inline script allowed by its hash, no outside address in it.

The same page is served at other paths with a skin on: the kiosk's, the embed's. Knows nothing of what is on the page.
The page's scripts come from this server or are the very ones that Gradio wrote: an injected `<script>` or `onclick=`
doesn't run. 'unsafe-eval' stays, because Gradio's HTML component compiles its template in the browser; the template is
"${value}" and never holds a visitor's or the model's text.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.strings import Strings
from app.web.shield import policy

INLINE_SCRIPT = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
SHARING_META = re.compile(r'\s*<meta\s+(?:property="og:|name="twitter:)[^>]*>')  # they name outside addresses
HEAD = """<link rel="icon" href="/page/icon.svg" />
<link rel="stylesheet" href="/page/page.css"><link rel="stylesheet" href="/page/paper.css">
<script src="/page/source.js" defer></script><script src="/page/aloud.js" defer></script>
<script src="/page/page.js" defer></script><script src="/page/lost.js" defer></script>"""
THEMES = (b"__theme=light", b"__theme=dark")
CHOICES = {
    "size": ("large", "largest"),
    "theme": ("light", "dark", "contrast"),
}  # what a visitor may choose, by address


@dataclass(frozen=True, slots=True)
class Skin:
    """What another path's page has beside Gradio's: `data-skin` on <html>, lines at the end of head and of body.

    `ancestors` are the sites whose pages may frame it, as the policy lists them.
    """

    name: str
    head: str
    body: str = ""
    ancestors: str = "'none'"


class FrontPage:
    """Rewrites the response to GET / and to the skins' paths; passes everything else through."""

    def __init__(
        self, app: ASGIApp, *, texts: Mapping[str, Strings], skins: Mapping[str, Callable[[str], Skin]] | None = None
    ) -> None:
        self.app, self.skins = app, skins or {}
        self.directions = {language: t("page.direction") for language, t in texts.items()}
        self.firsts = {language: first_paint(t) for language, t in texts.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["path"] not in ("/", *self.skins) or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        query = scope["query_string"].decode("latin-1")
        dress, opening = self.skins.get(scope["path"]), opening_tag(query, self.directions)
        language = language_in(query, self.directions)
        skin = dress(language) if dress else None
        packed = b"gzip" in dict(scope["headers"]).get(b"accept-encoding", b"")
        scope = dict(scope) | {"path": "/", "raw_path": b"/"}  # no ?deep_link=, no compression: the text is needed
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
                    page = self._tighten(body.decode("utf-8"), opening, self.firsts[language], skin)
                    sent = gzip.compress(page.encode("utf-8"), 6) if packed else page.encode("utf-8")
                    headers = MutableHeaders(scope=start)
                    if packed:
                        headers["Content-Encoding"] = "gzip"
                    headers["Content-Length"] = str(len(sent))
                    headers["Content-Security-Policy"] = page_policy(page, skin.ancestors if skin else "'none'")
                    await send(start)
                    await send({"type": "http.response.body", "body": sent})

        await self.app(scope, receive, held)

    @staticmethod
    def _tighten(page: str, opening: str, first: str, skin: Skin | None) -> str:
        page = SHARING_META.sub("", page)
        page = page.replace('<link rel="manifest" href="/manifest.json" />', HEAD, 1)
        page = page.replace("<gradio-app", first + "<gradio-app", 1)
        if skin:
            opening += f' data-skin="{skin.name}"'
            page = page.replace("</head>", skin.head + "</head>", 1)
            head, end, tail = page.rpartition("</body>")
            page = head + skin.body + end + tail
        return re.sub(r'<html\s+lang="en"', lambda _: opening, page, count=1)


def first_paint(t: Strings) -> str:
    """What is seen at once, until Gradio's scripts are there: name, standing line and heading; and what is said without scripts.

    page.css takes it away when the start screen is there, and keeps that hidden until it is whole, so that nothing jumps.
    """
    folder = Path(__file__).parent / "templates"
    environment = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("first.html").render(t=t)


def opening_tag(query: str, directions: Mapping[str, str]) -> str:
    """The start of <html>, in the language that the address names.

    `directions` holds the languages that there are, the site's first, which is taken for any other.
    """
    language = language_in(query, directions)
    return f'<html lang="{language}" dir="{directions[language]}"{looks(chosen_in(query))}'


def language_in(query: str, known: Mapping[str, object]) -> str:
    """The language that the visitor chose, else the first one known."""
    named = chosen_in(query).get("lang", "")
    return named if named in known else next(iter(known))


def chosen_in(query: str) -> dict[str, str]:
    """What the visitor chose (`lang`, `size`, `theme`): it stands in the address, because nothing is stored."""
    return {name: values[-1] for name, values in parse_qs(query).items()}


def looks(chosen: Mapping[str, str]) -> str:
    """The chosen text size and colours as attributes of <html>; anything unknown is left out."""
    known = ((name, chosen.get(name, "")) for name in CHOICES)
    return "".join(f' data-{name}="{value}"' for name, value in known if value in CHOICES[name])


def page_policy(page: str, ancestors: str = "'none'") -> str:
    """The policy under which exactly the inline scripts of `page` run; styles may be inline, Gradio sets them so."""
    digests = (hashlib.sha256(script.encode("utf-8")).digest() for script in INLINE_SCRIPT.findall(page))
    hashes = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    scripts = f"'self' 'unsafe-eval' {hashes}"
    return policy(script_src=scripts, style_src="'self' 'unsafe-inline'", frame_ancestors=ancestors)
