"""What the page's tests share: a browser, its windows, how a question is asked in it, what axe-core finds. Not a test."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
VOICE = """Object.defineProperty(window, 'speechSynthesis', { value: {
  said: [], getVoices: () => [{ localService: true, lang: 'en-US', name: 'own' }, { localService: false, lang: 'es-ES' }],
  speak(one) { this.said.push(one); one.onstart?.(); }, cancel() { this.cancelled = true; }, addEventListener() {} } });
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };"""  # a machine that can speak


def ask(page: Page, question: str, shown: str) -> None:
    """Types a question, sends it, and waits for `shown` in the last turn."""
    before = page.evaluate("document.querySelector('.turn:last-child')?.id ?? 'none'")
    page.fill("#box textarea", question)
    page.click("#send")
    page.wait_for_selector(f".turn:last-child:not(#{before}) {shown}")


def serious(page: Page) -> list[str]:
    """What axe-core finds of serious or critical impact: rule and element."""
    violations = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['html'][:120]}"
        for each in violations
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
