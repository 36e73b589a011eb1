// The kiosk over the chat page: attract screen, idle countdown, wiping, no way out, staff corner, and a sign of life to the
// server. It uses the page's own elements (#new, #box) and knows nothing of answers; the keys on the screen are in keys.js.
"use strict";

(() => {
  const one = (name) => document.getElementById(`kiosk-${name}`);
  const options = JSON.parse(document.getElementById("kiosk").dataset.options);
  const [attract, idle, away, wiping, staff] = ["attract", "idle", "away", "wiping", "staff"].map(one);
  const box = () => document.querySelector("#box textarea");
  const now = () => performance.now() / 1000;
  const home = location.pathname;
  const root = document.documentElement;
  const said = (name) => (options.words[root.lang] ?? Object.values(options.words)[0])[name];

  // -- one visit: from the touch that starts it to the wiping

  let lastSeen = now();
  let finishing = false;
  const seen = () => { lastSeen = now(); };
  const sounding = () => speechSynthesis?.speaking || Aloud.button !== null;
  const busy = () => document.querySelector(".reply.working") !== null || sounding();

  for (const kind of ["pointerdown", "pointermove", "touchmove", "wheel", "scroll", "keydown", "input"])
    addEventListener(kind, seen, { passive: true, capture: true });

  function start() {
    attract.close();
    one("finish").hidden = false;
    seen();
    const heading = document.querySelector("#log h2");
    heading?.setAttribute("tabindex", "-1");
    heading?.focus({ preventScroll: true });
  }

  function warn() {
    const left = Math.ceil(options.idle + options.warning - (now() - lastSeen));
    if (left <= 0) { finish(); return; }
    one("left").textContent = left;
    if (!idle.open) { Keys.hide(); idle.showModal(); }
  }

  function extend() {
    seen();
    idle.close();
  }

  function tick() {
    if (finishing || away.open || (attract.open && !staff?.open)) return;
    if (busy()) seen();
    if (now() - lastSeen >= options.idle) warn();
    else if (idle.open) idle.close();
  }
  setInterval(tick, 250);

  async function until(condition, seconds) {
    const end = now() + seconds;
    while (!condition() && now() < end) await new Promise((done) => setTimeout(done, 50));
  }

  // Everything goes: first what the server holds (the page's own "new chat"), then the browser's storage, then the page
  // itself, which is loaded anew, so that no script or field remembers anything.
  async function finish() {
    if (finishing) return;
    finishing = true;
    wiping.showModal();
    Keys.hide();
    Aloud.stop();
    if (!document.querySelector("[data-until-ready]")) {
      document.getElementById("new")?.click();
      await until(() => !document.querySelector(".turn") && !box()?.value, 3);
    }
    localStorage.clear();
    sessionStorage.clear();
    for (const cookie of document.cookie.split(";"))
      document.cookie = `${cookie.split("=")[0]}=; max-age=0; path=/`;
    for (const name of await globalThis.caches?.keys().catch(() => []) ?? []) await caches.delete(name);
    for (const { name } of await indexedDB.databases().catch(() => [])) indexedDB.deleteDatabase(name);
    anew();
  }

  let reloaded = -Infinity;
  function reload() { // once: the beat goes on while the new page is on its way, and must not start it over
    if (now() - reloaded < 20) return;
    reloaded = now();
    location.replace(home);
  }

  // A new page only from a server that answers: otherwise the browser would show an error page of its own.
  async function anew() {
    const alive = await fetch("/health", { signal: AbortSignal.timeout(2000) }).then((reply) => reply.ok, () => false);
    if (alive) reload();
    else { goAway(); finishing = false; options.instance = null; }
  }

  // -- is the server there? Its watcher learns from the same beat that this page lives.

  let missed = 0;
  async function beat() {
    try {
      const reply = await fetch("/kiosk/beat", { method: "POST", signal: AbortSignal.timeout(4000) });
      if (!reply.ok) throw new Error(reply.status);
      const { instance } = await reply.json();
      missed = 0;
      if (instance !== options.instance) reload(); // another server: this conversation is gone
      else if (away.open) away.close();
    } catch {
      missed += 1;
      if (missed >= 2) goAway();
    }
    setTimeout(beat, missed ? 1000 : 2000);
  }
  beat();

  function goAway() {
    if (away.open) return;
    Keys.hide();
    Aloud.stop();
    away.showModal();
  }

  // -- the language: the page changes it in place, and so does the kiosk around it

  function speak() {
    for (const part of document.querySelectorAll("#kiosk [data-text]")) part.textContent = said(part.dataset.text);
    for (const part of document.querySelectorAll("#kiosk [data-label]")) part.ariaLabel = said(part.dataset.label);
    Keys.renew();
  }
  new MutationObserver(speak).observe(root, { attributeFilter: ["lang"] });

  function chooseLanguage(language) {
    if (language !== root.lang) document.querySelector(`#header [data-choose-language="${language}"]`)?.click();
    start();
  }

  // -- no way out

  const within = (address) => new URL(address, location.href).pathname === home;
  globalThis.navigation?.addEventListener("navigate", (event) => {
    if (event.cancelable && !within(event.destination.url)) event.preventDefault();
  });
  addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (link && !link.matches(".marker, .open") && !within(link.href)) event.preventDefault();
    link?.removeAttribute("target");
  }, true);
  for (const kind of ["contextmenu", "dragstart", "drop", "auxclick"])
    addEventListener(kind, (event) => event.preventDefault(), true);
  addEventListener("selectstart", (event) => { if (!event.target.closest?.("textarea, input")) event.preventDefault(); }, true);
  document.addEventListener("selectionchange", () => { // a long press selects a word, and handles appear
    const field = box();
    if (field && field.selectionStart !== field.selectionEnd) field.setSelectionRange(field.selectionEnd, field.selectionEnd);
  });
  addEventListener("wheel", (event) => { if (event.ctrlKey) event.preventDefault(); }, { passive: false, capture: true });
  addEventListener("keydown", (event) => {
    const combined = event.ctrlKey || event.metaKey || event.altKey;
    if (/^F\d+$|^Browser|^ContextMenu$/.test(event.key) || (combined && event.key.length > 0 && !event.getModifierState("AltGraph")))
      event.preventDefault();
  }, true);
  globalThis.open = () => null;
  if (options.printing) root.classList.add("kiosk-prints");
  else globalThis.print = () => {};
  for (const dialog of [attract, away, wiping, idle])
    dialog.addEventListener("cancel", (event) => { event.preventDefault(); if (dialog === idle) extend(); });

  // -- how loud it reads aloud

  if (globalThis.speechSynthesis) {
    const speak = speechSynthesis.speak.bind(speechSynthesis);
    speechSynthesis.speak = (utterance) => { utterance.volume = options.volume; speak(utterance); };
  }
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () { this.volume = options.volume; return play.call(this); };

  // -- the staff corner

  let pin = "";
  async function tell(action, more = {}) {
    one("said").textContent = "";
    const reply = await fetch("/kiosk/staff", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ pin, action, language: root.lang, ...more }),
    }).catch(() => null);
    if (!reply?.ok) {
      one("said").textContent = said({ 403: "pin_wrong", 429: "pin_wait", 409: "no_restart" }[reply?.status] ?? "no_reply");
      return;
    }
    if (action === "restart") one("said").textContent = said("restarting");
    const { rows, volume } = await reply.json();
    options.volume = volume;
    one("pin-form").hidden = true;
    one("staff-open").hidden = false;
    one("volume").textContent = `${Math.round(volume * 100)} %`;
    one("status").replaceChildren(...rows.flatMap(({ label, value, good }) => {
      const [term, detail] = [document.createElement("dt"), document.createElement("dd")];
      term.textContent = label;
      detail.textContent = `${good ? "✓" : "✗"} ${value}`;
      return [term, detail];
    }));
  }

  function closeStaff() {
    pin = "";
    one("pin").value = "";
    one("said").textContent = "";
    one("pin-form").hidden = false;
    one("staff-open").hidden = true;
    one("status").replaceChildren();
    staff.close();
  }
  staff?.addEventListener("close", () => { pin = ""; });
  one("pin-form")?.addEventListener("submit", (event) => {
    event.preventDefault();
    pin = one("pin").value;
    one("pin").value = "";
    tell("open");
  });

  const louder = (by) => Math.round(Math.min(1, Math.max(0, options.volume + by)) * 10) / 10;
  const actions = {
    start, finish, more: extend, close: closeStaff,
    staff: () => { seen(); staff.showModal(); one("pin").focus(); },
    restart: () => tell("restart"),
    quieter: () => tell("volume", { volume: louder(-0.1) }),
    louder: () => tell("volume", { volume: louder(0.1) }),
  };
  document.getElementById("kiosk").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.id === "kiosk-finish") finish();
    else if (button?.dataset.digit) one("pin").value += button.dataset.digit;
    else if (button?.dataset.digit === "") one("pin").value = one("pin").value.slice(0, -1);
    else if (button?.dataset.language) chooseLanguage(button.dataset.language);
    else if (button?.dataset.kiosk) actions[button.dataset.kiosk]();
    else if (attract.open && event.target.closest("#kiosk-attract")) start(); // anywhere on the screen
    else if (idle.open) extend();
  });

  attract.showModal();
})();
