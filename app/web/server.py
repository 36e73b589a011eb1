"""The web app put together, and served. Knows which parts there are; what each does is in its own module."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from app.settings import AppSettings, EmbedSettings, KioskSettings, SiteSettings, StaffSettings
from app.strings import languages
from app.web import environment
from app.web.api import api_routes
from app.web.desk import Desk
from app.web.embed import embed_routes, embed_skin
from app.web.feedback import Feedback
from app.web.frontpage import FrontPage
from app.web.kiosk import Kiosk, kiosk_routes, kiosk_skin
from app.web.loading import Answering, Loading
from app.web.metrics import Metrics
from app.web.openai import openai_routes
from app.web.problems import explain_errors
from app.web.shield import Door, Shield
from app.web.source import source_routes
from app.web.speech import speech_routes
from app.web.staff import Office, staff_routes
from app.web.unanswered import Unanswered
from corpus.command import explain, note
from corpus.errors import SpinewiseError
from corpus.home import home_folder

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
STATIC = Path(__file__).parent / "static"
AGAIN_SECONDS = 60.0  # until what could not be loaded is tried again


@dataclass(frozen=True, slots=True)
class Rooms:
    """The settings of the pages beside the chat."""

    kiosk: KioskSettings = field(default_factory=KioskSettings)
    embed: EmbedSettings = field(default_factory=EmbedSettings)
    staff: StaffSettings = field(default_factory=StaffSettings)

    @classmethod
    def load(cls) -> Rooms:
        """As the site set them."""
        return cls(KioskSettings.load("kiosk"), EmbedSettings.load("embed"), StaffSettings.load("staff"))


def create_app(
    loading: Loading, settings: AppSettings, site: SiteSettings, home: Path, rooms: Rooms = Rooms()
) -> FastAPI:
    """The contract's routes and the page over an assistant that may still be loading.

    Called inside a running event loop: elsewhere Gradio opens event loops of its own and never closes them.
    """
    environment.prepare(home)
    from app.ui.page import mount_page  # gradio reads the environment when it is imported

    texts = languages(site)
    strings = texts[site.language]
    unanswered, feedback = Unanswered(home, rooms.staff.store_questions_days), Feedback(home)
    desk = Desk(loading, settings, Metrics(), unanswered.heard)
    kiosk = Kiosk(desk, rooms.kiosk, home)
    reasons = tuple(strings.table("feedback.reasons"))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async def hourly() -> None:
            while True:
                await asyncio.sleep(3600)
                unanswered.tidy()

        keeping = asyncio.create_task(hourly())
        yield
        keeping.cancel()
        desk.close()
        unanswered.close()

    app = FastAPI(title=strings("page.name"), docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    explain_errors(app)
    app.include_router(api_routes(desk, feedback, settings, reasons))
    app.include_router(openai_routes(desk, settings))
    app.include_router(source_routes(desk, texts))
    app.include_router(kiosk_routes(kiosk, texts))
    app.include_router(embed_routes(texts))
    app.include_router(speech_routes(settings))
    app.include_router(staff_routes(Office(desk, feedback, unanswered, rooms.staff, settings, strings, home)))
    app.mount("/page", GZipMiddleware(StaticFiles(directory=STATIC), minimum_size=1000))
    hosts = tuple(host.lower() for host in (*LOCAL_HOSTS, settings.host, *settings.allowed_hosts))
    skins = {
        "/kiosk": lambda language: kiosk_skin(kiosk, language, texts),
        "/embed": lambda language: embed_skin(rooms.embed, texts[language]),
    }
    app.add_middleware(FrontPage, texts=texts, skins=skins)  # the last one added meets a request first
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_methods=["GET", "POST"],
        allow_headers=["Content-Type"],
        expose_headers=["X-Answer-Id", "Retry-After"],
    )
    app.add_middleware(
        Door,
        hosts=hosts,
        origins=tuple(settings.cors_origins),
        max_body_bytes=settings.max_body_bytes,
        routes=app.router.routes,
    )
    app.add_middleware(Shield)
    mount_page(app, desk, feedback, settings, site, texts)
    return app


def serve(
    host: str | None = None,
    port: int | None = None,
    *,
    load: Callable[[], Answering] | None = None,
    settings: AppSettings | None = None,
    site: SiteSettings | None = None,
    home: Path | None = None,
    rooms: Rooms | None = None,
    stays: bool = False,
    started: Callable[[str], None] = lambda address: note(f"serving on {address}"),
) -> None:
    """Serves until it is stopped, while `load` runs. Raises SpinewiseError: the port is taken, or `load` failed.

    One that `stays` says on its page that it can't answer, checks for red flags all the same, and tries again every minute.
    """
    settings = (settings or AppSettings.load("app")).model_copy(
        update={name: value for name, value in (("host", host), ("port", port)) if value is not None}
    )
    home = home or home_folder()
    environment.prepare(home)
    loading = Loading(load, None) if load else _site(home)
    listener = listen(settings.host, settings.port)

    async def run() -> None:
        app = create_app(loading, settings, site or SiteSettings.load("site"), home, rooms or Rooms.load())
        server = uvicorn.Server(configuration(app))

        def failed() -> None:
            if stays:
                note(f"error: {explain(loading.failure or OSError())}; trying again in {AGAIN_SECONDS:.0f} s")
            else:
                server.should_exit = True

        loading.start(failed, AGAIN_SECONDS if stays else None)
        started(f"http://{shown(settings.host)}:{listener.getsockname()[1]}")
        await server.serve(sockets=[listener])

    with closing(listener):
        asyncio.run(run())
    if loading.failure is not None and not stays:
        raise loading.failure


def _site(home: Path) -> Loading:
    """This site's assistant, and its red-flag check at once."""
    from app.site import open_assistant, open_red_flags, urgent_alone

    red_flags = open_red_flags()
    return Loading(partial(open_assistant, home, red_flags=red_flags), urgent_alone(red_flags))


def configuration(app: FastAPI) -> uvicorn.Config:
    """uvicorn without an access log and without its version in the headers."""
    return uvicorn.Config(
        app, access_log=False, log_level="warning", server_header=False, timeout_graceful_shutdown=3, ws="none"
    )


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; a port that is taken is explained in one line."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    if os.name != "nt":  # there it would let two servers share a port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as problem:
        listener.close()
        raise SpinewiseError(
            f"can't listen on {host}, port {port}: {problem.strerror or problem}",
            f"stop what uses it, or choose another port: python -m app serve --port {port + 1 if port < 65535 else 0}",
        ) from problem
    listener.listen(128)
    listener.setblocking(False)
    return listener


def shown(host: str) -> str:
    """The host as one types it into a browser."""
    return "localhost" if host in ("0.0.0.0", "::", "127.0.0.1") else f"[{host}]" if ":" in host else host
