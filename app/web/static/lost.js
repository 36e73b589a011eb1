// Is the server there? Looked for every ten seconds, and at once when a question is sent. Where it is not, the page says so
// kindly and in its own language (Gradio says it in English), and goes on looking. What was read stays on the page until
// the visitor starts again: the server has forgotten the conversation by then. The kiosk has a screen of its own for this.
"use strict";

(() => {
  const root = document.documentElement;
  if (root.dataset.skin === "kiosk") return;
  const [USUALLY, SOON, PATIENCE] = [10_000, 1500, 10_000]; // milliseconds
  const MISSED = 2; // looks in a row: one can be late because the server is busy
  let missed = 0;
  let refused = false; // gone for good, and our session with it; else it was only too busy to answer in time
  let looking = false;
  let next = null;

  // Gradio's own notice: its streams broke off, and it does not mend them.
  const broken = () => document.querySelector(".toast-wrap .error") !== null;

  async function look() {
    if (looking) return;
    looking = true;
    clearTimeout(next);
    const there = await fetch("/health", { signal: AbortSignal.timeout(PATIENCE) }).then((reply) => reply.ok, (problem) => {
      refused ||= problem.name !== "TimeoutError";
      return false;
    });
    looking = false;
    missed = there ? 0 : missed + 1;
    if (there && !root.dataset.lost) refused = false; // one slip of the network was no end
    if (missed >= MISSED) tell("gone");
    else if (there && (root.dataset.lost || broken())) refused || broken() ? back() : found();
    next = setTimeout(look, missed || root.dataset.lost === "gone" ? SOON : USUALLY);
  }

  function tell(what) {
    if (root.dataset.lost === what) return;
    root.dataset.lost = what; // page.css shows that line, and hides the box
    const notice = document.querySelector("#header .lost");
    if (!notice) return;
    notice.hidden = true; // hidden and shown again, so that it is announced again
    requestAnimationFrame(() => { notice.hidden = false; });
  }

  function found() {
    delete root.dataset.lost;
    document.querySelector("#header .lost").hidden = true;
  }

  function back() {
    if (document.querySelector(".turn")) tell("back");
    else location.reload(); // nothing to read is lost
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-again]")) location.reload();
    else if (event.target.closest("#send, [data-ask]")) next = setTimeout(look, SOON);
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Enter") next = setTimeout(look, SOON); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  for (const kind of ["online", "offline"]) addEventListener(kind, look);
  next = setTimeout(look, USUALLY);
})();
