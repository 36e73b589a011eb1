"""The chat on another site's page: the one-line script, and the page in its frame. Knows nothing of that other site.

Only the sites in `embed.origins` may frame /embed, and nothing else of this server can be framed at all. The script itself
is no secret: it makes a button, and without a listed origin the browser leaves its frame empty.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import Response

from app.settings import EmbedSettings
from app.strings import Strings
from app.web.frontpage import Skin

FOLDER = Path(__file__).parent / "static"
HEAD = """<link rel="stylesheet" href="/page/embed.css"><script src="/page/embedded.js" defer></script>"""


def embed_routes(texts: Mapping[str, Strings]) -> APIRouter:
    """GET /embed.js; the page itself is `embed_skin` over Gradio's."""
    router = APIRouter()
    first = next(iter(texts))

    @cache
    def script(language: str) -> str:
        t = texts[language]
        words = {name: t(f"embed.{name}") for name in ("button", "title", "close")}
        words |= {"language": language, "direction": t("page.direction")}
        return (FOLDER / "embed.js").read_text(encoding="utf-8").replace("{/* WORDS */}", json.dumps(words))

    @router.get("/embed.js")
    async def embed(lang: str = "") -> Response:
        chosen = lang if lang in texts else first
        return Response(script(chosen), media_type="text/javascript")

    return router


def embed_skin(settings: EmbedSettings, strings: Strings) -> Skin:
    """The embed's page over Gradio's, with the sites that may frame it."""
    return Skin("embed", HEAD, ancestors=ancestors(settings))


def ancestors(settings: EmbedSettings) -> str:
    """The policy's frame-ancestors."""
    return " ".join(settings.origins) or "'none'"
