"""The chat page in Gradio: components, and what happens when one is used. The only module that knows Gradio.

What is shown is HTML from `view`, patched in place by Gradio's HTML component, so that a screen reader hears only what
is new. Every handler checks its own input: hidden endpoints of Gradio can still be called.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, cast

import gradio as gr
from fastapi import FastAPI
from gradio.utils import cancel_tasks, get_cancelled_fn_indices

from app.legible import whole_characters
from app.settings import AppSettings, SiteSettings
from app.strings import Strings
from app.strings.phrasebook import Phrasebook
from app.ui.conversation import Conversation, grow
from app.ui.takeaway import TakeAway
from app.ui.topics import main_language, topics
from app.ui.view import View
from app.web.desk import Desk
from app.web.feedback import Feedback
from corpus.errors import SpinewiseError

SYSTEM_FONTS = ["system-ui", "-apple-system", "Segoe UI", "Noto Sans", "Liberation Sans", "sans-serif"]
# In an element of ours: which button was tapped. `trigger` is Gradio's way from here to the handlers below.
TAPS = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (button?.dataset.ask) trigger('ask', { question: button.dataset.ask });
  else if (button?.dataset.chooseLanguage) trigger('language', { language: button.dataset.chooseLanguage });
  else if (button?.dataset.thumb)
    trigger('thumb', {
      exchange: button.dataset.exchange,
      helpful: button.dataset.thumb === 'up',
      reason: button.dataset.reason ?? null,
    });
});
element.addEventListener('now-ready', () => trigger('ready', {}));
"""


@dataclass(frozen=True, slots=True)
class Tongue:
    """All that speaks one language."""

    t: Strings
    view: View
    take: TakeAway


class Page:
    """The handlers. Their results are the conversation, then header, log, sources, sheet, box, new, send and stop."""

    def __init__(
        self, desk: Desk, feedback: Feedback, settings: AppSettings, site: SiteSettings, texts: Mapping[str, Strings]
    ) -> None:
        self._desk, self._feedback, self._settings, self._home = desk, feedback, settings, site.language
        self._tongues: dict[str, Tongue] = {}
        for language, t in texts.items():
            phrasebook = Phrasebook.into(language, texts, site)
            view = View(t, settings.feedback, texts, phrasebook)
            self._tongues[language] = Tongue(t, view, TakeAway(t, site, phrasebook))
        self.blocks = self._build(self._tongues[self._home])

    def _build(self, home: Tongue) -> gr.Blocks:
        t, seconds = home.t, self._settings.session_minutes * 60
        blocks: gr.Blocks
        with gr.Blocks(
            title=t("page.name"), analytics_enabled=False, fill_width=True, delete_cache=(3600, 3600)
        ) as blocks:
            conversation = gr.State(Conversation(), time_to_live=seconds)
            with gr.Row(elem_id="top"):
                header = gr.HTML(home.view.header(), elem_id="header", js_on_load=TAPS, apply_default_css=False)
                new = gr.Button(t("page.new_chat"), elem_id="new")
            with gr.Column(elem_id="chat"):
                log = gr.HTML("", elem_id="log", js_on_load=TAPS, apply_default_css=False)
                sources = gr.HTML("", elem_id="sources", js_on_load=None, apply_default_css=False)
                with gr.Row(elem_id="composer"):
                    box = self._box(t)
                    send = gr.Button(t("page.send"), elem_id="send", variant="primary")
                    stop = gr.Button(t("page.stop"), elem_id="stop", visible=False)
            sheet = gr.HTML("", elem_id="sheet", js_on_load=None, apply_default_css=False)
            outputs = [conversation, header, log, sources, sheet, box, new, send, stop]
            quiet: dict[str, Any] = {
                "show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None
            }  # fmt: skip
            blocks.load(self.opened, conversation, outputs, **quiet)
            log.ready(self.opened, conversation, outputs, **quiet)
            once = quiet | {"trigger_mode": "once"}
            asking = [
                gr.on([box.submit, send.click], self.asked, [box, conversation], outputs, **once),
                log.ask(self.tapped, conversation, outputs, **once),
            ]
            self._asking = get_cancelled_fn_indices(asking)
            stop.click(self.stopped, conversation, outputs, cancels=asking, **quiet)
            new.click(self.cleared, conversation, outputs, cancels=asking, **quiet)
            for switch in (header.language, log.language):
                switch(self.told_in, conversation, outputs, cancels=asking, **quiet)
            log.thumb(self.judged, conversation, [conversation, log], **quiet)
            blocks.unload(self.left)
        blocks.queue(max_size=64, api_open=False, default_concurrency_limit=None)
        blocks.state_session_capacity = self._settings.max_sessions
        return blocks

    def _box(self, t: Strings) -> gr.Textbox:
        return gr.Textbox(
            label=t("page.question_label"),
            placeholder=t("page.question_hint"),
            elem_id="box",
            max_lines=4,
            max_length=self._settings.max_question_chars,
            html_attributes=gr.InputHTMLAttributes(autocomplete="off", autocapitalize="sentences", enterkeyhint="send"),
        )

    def opened(self, conversation: Conversation, request: gr.Request) -> tuple[Any, ...]:
        """The page as it is first seen, in the language that its address names, and again once the assistant is loaded."""
        if not conversation.language:
            conversation = self._spoken(conversation, dict(request.query_params).get("lang"))
        return self._show(conversation, whole=True)

    async def asked(
        self, question: str, conversation: Conversation, request: gr.Request
    ) -> AsyncGenerator[tuple[Any, ...], None]:
        """A question, typed: the page after each step of its answer."""
        question = whole_characters(str(question)).strip()
        if not question or conversation.working:
            yield self._show(conversation)
            return
        address = request.client.host if request.client else None
        async with aclosing(grow(conversation, question, self._desk, self._settings, address)) as steps:
            async for step in steps:
                yield self._show(step)

    async def tapped(
        self, conversation: Conversation, event: gr.EventData, request: gr.Request
    ) -> AsyncGenerator[tuple[Any, ...], None]:
        """A question, tapped: an example, a follow-up, or one asked again."""
        question = _given(event).get("question") or ""
        async with aclosing(self.asked(question, conversation, request)) as shown:
            async for page in shown:
                yield page

    async def stopped(self, conversation: Conversation, request: gr.Request) -> tuple[Any, ...]:
        """Stop: the unfinished answer goes."""
        await self._end(request)
        return self._show(conversation.stopped())

    async def cleared(self, conversation: Conversation, request: gr.Request) -> tuple[Any, ...]:
        """New chat: nothing is left of the old one, here or on the page. Gradio keeps what was typed unless told."""
        await self._end(request)
        self.blocks.state_holder[str(request.session_hash)].config_values.clear()
        return self._show(Conversation(language=conversation.language), whole=True)

    async def told_in(self, conversation: Conversation, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """Another language: all that the program says is said in it, an urgent card first of all."""
        await self._end(request)
        return self._show(self._spoken(conversation.stopped(), _given(event).get("language")), whole=True)

    async def judged(self, conversation: Conversation, event: gr.EventData) -> tuple[Any, ...]:
        """A thumb. Only answers of this conversation and reasons off the list are kept."""
        data = _given(event)
        exchange, helpful, reason = data.get("exchange"), data.get("helpful") is True, data.get("reason")
        known = any(each.id == exchange and each.answer for each in conversation.exchanges)
        reasons = self._tongues[self._home].t.table("feedback.reasons")
        if self._settings.feedback and known and reason in (None, *reasons):
            conversation = conversation.judged(str(exchange), helpful, reason)
            try:
                await asyncio.to_thread(self._feedback.add, str(exchange), helpful, reason)
                self._desk.metrics.feedback.labels(str(helpful).lower()).inc()
            except SpinewiseError:
                pass  # a full disk is no visitor's concern; the doctor command reports it
        return conversation, self._log(conversation, self._tongue(conversation).view)

    async def left(self, request: gr.Request) -> None:
        """The tab is closed: its answer stops and the session goes, now.

        Gradio alone would let the answer run to its next sentence and keep the session, questions and all, for an hour.
        """
        await self._end(request)
        holder, session = self.blocks.state_holder, str(request.session_hash)
        holder.session_data.pop(session, None)
        holder.time_last_used.pop(session, None)

    async def _end(self, request: gr.Request) -> None:
        """Ends the answer that is on its way to this visitor, before anything else is shown.

        Gradio leaves that to the browser (`cancels`): a second request, which can come late or never.
        """
        await cancel_tasks({f"{request.session_hash}_{number}" for number in self._asking})

    def _spoken(self, conversation: Conversation, language: object) -> Conversation:
        """The same in `language`, if there is such a one here."""
        known = language if isinstance(language, str) and language in self._tongues else None
        return replace(conversation, language=known or conversation.language or self._home)

    def _tongue(self, conversation: Conversation) -> Tongue:
        return self._tongues[conversation.language or self._home]

    def _log(self, conversation: Conversation, view: View) -> str:
        if not self._desk.ready and not conversation.exchanges:
            return view.getting_ready(failed=self._desk.failure is not None)
        if not self._desk.ready:
            return view.log(conversation)
        assistant = self._desk.assistant
        begun = bool(conversation.exchanges)
        covered = () if begun else topics(assistant.documents)
        return view.log(conversation, assistant.examples(), covered, main_language(assistant.documents))

    def _show(self, conversation: Conversation, whole: bool = False) -> tuple[Any, ...]:
        """The page as it stands; `whole` says that its language may have changed."""
        tongue, working, usable = self._tongue(conversation), conversation.working, self._desk.ready
        told_in = main_language(self._desk.assistant.documents) if usable else "en"
        t, view = tongue.t, tongue.view
        named = {"label": t("page.question_label"), "placeholder": t("page.question_hint")}
        emptied = {"value": ""} if working or not conversation.exchanges else {}
        update: Any = gr.update

        def button(name: str, **state: bool) -> dict[str, Any]:
            return cast(dict[str, Any], update(**state, **({"value": t(name)} if whole else {})))

        return (
            conversation,
            view.header() if whole else gr.skip(),
            self._log(conversation, view),
            view.sources(conversation, told_in),
            gr.skip() if working else tongue.take.sheet(conversation.answers, told_in),
            update(interactive=usable, **emptied, **(named if whole else {})),
            button("page.new_chat"),
            button("page.send", visible=not working, interactive=usable),
            button("page.stop", visible=working),
        )


def _given(event: gr.EventData) -> dict[str, Any]:
    """What the browser sent with an event, which can be anything."""
    return event._data if isinstance(event._data, dict) else {}


def mount_page(
    app: FastAPI,
    desk: Desk,
    feedback: Feedback,
    settings: AppSettings,
    site: SiteSettings,
    texts: Mapping[str, Strings],
) -> None:
    """Puts the page at / of `app`, with each of Gradio's defaults that would hurt here turned off."""
    page = Page(desk, feedback, settings, site, texts)
    fonts = cast(Any, SYSTEM_FONTS)
    gr.mount_gradio_app(
        app,
        page.blocks,
        path="/",
        app_kwargs={"docs_url": None, "redoc_url": None, "openapi_url": None},
        theme=gr.themes.Base(font=fonts, font_mono=fonts),
        footer_links=[],
        run_history=False,
        show_error=False,
        enable_monitoring=False,
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        allowed_paths=[],
        max_file_size=1,
    )
