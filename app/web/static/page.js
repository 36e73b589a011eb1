// The page's behaviour in the browser: markers lead to their source, terms explain themselves, a document and the page to
// print open over the chat, a new answer comes into view. What a visitor chooses (language, text size, colours) stands in
// the address and nowhere else: nothing is stored here, and nothing leaves this server.
"use strict";

const root = document.documentElement;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const behavior = () => (calm.matches ? "auto" : "smooth");

// -- sources and documents

let lastMarker = null;

function showSource(marker) {
  const card = document.getElementById(marker.hash.slice(1));
  if (!card) return;
  lastMarker = marker;
  for (const group of document.querySelectorAll("#sources .group")) group.hidden = !group.contains(card);
  for (const other of document.querySelectorAll(".source.chosen")) other.classList.remove("chosen");
  card.classList.add("chosen");
  card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "center", behavior: behavior() });
}

function returnToAnswer(button) {
  const turn = document.getElementById(`turn-${button.dataset.return}`);
  const goal = turn?.contains(lastMarker) ? lastMarker : turn?.querySelector(".marker");
  goal?.focus({ preventScroll: true });
  goal?.scrollIntoView({ block: "center", behavior: behavior() });
}

function show(dialog, opener) {
  dialog.opener = opener;
  dialog.showModal();
  dialog.addEventListener("close", () => opener.focus(), { once: true });
}

async function openDocument(link) {
  const address = new URL(link.href);
  const response = await fetch(address.pathname + address.search);
  if (!response.ok) throw new Error(`status ${response.status}`);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const body = document.importNode(page.querySelector("main"), true);
  const reader = document.createElement("dialog");
  const close = document.createElement("button");
  const frame = document.createElement("div");
  reader.className = "reader";
  frame.className = "document";
  frame.append(...body.childNodes);
  close.type = "button";
  close.className = "button";
  close.dataset.close = "";
  close.textContent = link.dataset.close;
  reader.append(close, frame);
  reader.setAttribute("aria-label", frame.querySelector("h1").textContent);
  frame.lang = page.documentElement.lang;
  document.body.append(reader);
  show(reader, link);
  reader.addEventListener("close", () => reader.remove(), { once: true });
  Source.mark(frame, address.hash);
}

// -- terms: a tap, or the keyboard's focus, opens the explanation beside the word; Escape, another tap or moving on closes it

function explain(term) {
  for (const open of document.querySelectorAll(".term[aria-expanded=true]")) {
    open.setAttribute("aria-expanded", "false");
    document.getElementById(open.dataset.term)?.hidePopover();
  }
  if (!term) return;
  const explanation = document.getElementById(term.dataset.term);
  term.setAttribute("aria-expanded", "true");
  explanation.showPopover();
  placeBeside(explanation, term);
}

// Below the word, above it where there is no room below, and never beyond an edge. It scrolls with the word.
function placeBeside(explanation, term) {
  const [gap, edge] = [8, 12];
  const word = [...term.getClientRects()];
  const { width, height } = explanation.getBoundingClientRect();
  const room = Math.min(innerHeight, document.getElementById("composer").getBoundingClientRect().top);
  const below = word.at(-1).bottom + gap;
  const above = word[0].top - gap - height;
  const top = below + height > room && above >= edge ? above : below;
  const left = Math.max(edge, Math.min(word.at(-1).left, root.clientWidth - width - edge));
  explanation.style.top = `${top + scrollY}px`;
  explanation.style.left = `${left + scrollX}px`;
}
addEventListener("resize", () => {
  const term = document.querySelector(".term[aria-expanded=true]");
  if (term) placeBeside(document.getElementById(term.dataset.term), term);
});

document.addEventListener("focusin", (event) => {
  const term = event.target.closest(".term");
  if (!term) explain(null);
  else if (term.matches(":focus-visible") && term.ariaExpanded !== "true") explain(term);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") explain(null);
  const term = event.target.closest?.(".term");
  if (!term || (event.key !== "Enter" && event.key !== " ")) return;
  event.preventDefault();
  explain(term.ariaExpanded === "true" ? null : term);
});

// -- language, text size, colours

function keep(name, value) {
  const address = new URL(location.href);
  if (value) address.searchParams.set(name, value);
  else address.searchParams.delete(name);
  history.replaceState(history.state, "", address);
}

function choose(button) {
  const { set, value } = button.dataset;
  if (value) root.dataset[set] = value;
  else delete root.dataset[set];
  keep(set, value);
  showChoices();
}

function showChoices() {
  for (const button of document.querySelectorAll("[data-set]")) {
    const chosen = String((root.dataset[button.dataset.set] ?? "") === button.dataset.value);
    if (button.getAttribute("aria-pressed") !== chosen) button.setAttribute("aria-pressed", chosen);
  }
}

function followLanguage() {
  const header = document.querySelector(".header");
  if (!header || header.dataset.language === root.lang) return;
  root.lang = header.dataset.language;
  root.dir = header.dataset.direction;
  document.title = header.dataset.title;
  keep("lang", root.lang);
}

// -- what a screen reader hears: each sentence of an answer once, when it comes; then what kind of answer it was, and the
// notice. The log itself is silent, because an answer that is patched (a term is linked, a thumb pressed) would be read again.

let told = { turn: null, parts: 0, done: false };
const voice = document.createElement("div"); // there before it has anything to say, or the first words would be lost
voice.id = "voice";
voice.className = "unseen";
voice.setAttribute("aria-live", "polite");
document.body.append(voice);

function say(text) {
  const line = document.createElement("p");
  line.textContent = text;
  voice.append(line);
  setTimeout(() => line.remove(), 20_000); // who reads on from line to line shall not meet it twice
}

function announce() {
  const turn = [...document.querySelectorAll(".turn")].pop();
  if (!turn || turn.querySelector(".urgent")) return; // an alert speaks for itself
  if (turn.id !== told.turn) told = { turn: turn.id, parts: 0, done: false };
  if (told.done) return;
  const parts = [...turn.querySelectorAll(".text > span, .text > li, p.text:not(:has(> span))")].map((part) => words(part, ".marker")).filter(Boolean);
  parts.slice(told.parts).forEach(say);
  told.parts = Math.max(told.parts, parts.length);
  if (!turn.querySelector(".reply:not(.working)")) return;
  told.done = true;
  [...turn.querySelectorAll(".kind, .notice, .surgeon h3, .surgeon li")].map((part) => words(part)).forEach(say);
}

// -- what can be done with an answer

function words(node, without = ".none") {
  const copy = node.cloneNode(true);
  for (const aside of copy.querySelectorAll(`.explanation, ${without}`)) aside.remove();
  for (const marker of copy.querySelectorAll(".marker")) marker.prepend(" ");
  return copy.textContent.replace(/\s+/g, " ").trim();
}

async function copy(button) {
  const turn = button.closest(".turn");
  const lines = [...turn.querySelectorAll(".text, .notice, .surgeon h3, .surgeon li")].map((part) => words(part));
  const group = document.querySelector(`.group[data-exchange="${turn.id.slice(5)}"]`);
  for (const source of group?.querySelectorAll(".source") ?? [])
    lines.push(`[${words(source.querySelector(".number"))}] ${[...source.querySelectorAll("h3 span:last-child, .publisher, .tier, .section")].map((part) => words(part)).join(" · ")}`);
  const text = lines.join("\n\n");
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
    button.focus();
  }
  button.querySelector("span").textContent = button.dataset.done;
  say(button.dataset.done);
}

function use(button) {
  const tool = button.dataset.tool;
  if (tool === "aloud") Aloud.toggle(button);
  else if (tool === "copy") copy(button);
  else if (tool === "take") show(document.querySelector("dialog.take"), button);
}

// A modal dialog stands above the paper's flow and is printed on every page: the sheet is printed closed.
let printed = null;
addEventListener("beforeprint", () => {
  printed = document.querySelector("dialog.take[open]");
  printed?.close();
});
addEventListener("afterprint", () => {
  if (printed?.isConnected) show(printed, printed.opener);
  printed = null;
});

// -- one listener for all taps

document.addEventListener("click", (event) => {
  const at = (selector) => event.target.closest(selector);
  const [marker, open, term] = [at("a.marker"), at("a.open"), at(".term")];
  if (term) explain(term.ariaExpanded === "true" ? null : term);
  else if (!at(".explanation")) explain(null);
  if (marker) {
    event.preventDefault();
    showSource(marker);
  } else if (open && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    openDocument(open).catch(() => location.assign(open.href));
  } else if (at(".reader .contents a")) {
    event.preventDefault();
    Source.goTo(at(".reader"), at("a").hash);
  } else if (at("[data-return]")) returnToAnswer(at("[data-return]"));
  else if (at("[data-close]")) at("dialog").close();
  else if (at("[data-show]")) show(document.getElementById(at("[data-show]").dataset.show), at("[data-show]"));
  else if (at("[data-set]")) choose(at("[data-set]"));
  else if (at("[data-tool]")) use(at("[data-tool]"));
  else if (at("[data-print]")) print();
  else if (at("[data-tick]")) at("dialog").classList.toggle(`with-${at("[data-tick]").dataset.tick}`, at("[data-tick]").checked);
  else if (at("button[data-ask]")) {
    // The tapped button goes away with the start screen; the reader's place is then the conversation.
    document.querySelector(".turns")?.focus({ preventScroll: true });
  }
});

// -- a new question goes to the top of the view and stays there while its answer grows, unless the visitor scrolls

let newest = null;
let following = false;
for (const kind of ["wheel", "touchmove", "keydown"])
  addEventListener(kind, () => { following = false; }, { passive: true });

function followNewest() {
  const turns = document.querySelectorAll(".turn");
  const last = turns[turns.length - 1] ?? null;
  if (last?.id !== newest) {
    newest = last?.id ?? null;
    following = last !== null;
    Aloud.stop();
    if (!last) scrollTo({ top: 0 });
  }
  if (!following) return;
  last.scrollIntoView({ block: "start", behavior: behavior() });
  following = last.querySelector(".working") !== null;
}

// -- while the assistant is loading, or could not be loaded, look every two seconds whether it is there

let polling = null;
function awaitReady() {
  const waiting = document.querySelector("[data-until-ready]");
  if (!waiting || polling) return;
  polling = setInterval(async () => {
    const response = await fetch("/ready").catch(() => null);
    const failed = response?.status === 503 && !response.headers.has("Retry-After");
    const told = document.querySelector('[data-until-ready="failed"]') !== null;
    if (!response?.ok && (told || !failed)) return;
    clearInterval(polling);
    polling = null;
    document.querySelector("[data-until-ready]")?.parentElement.dispatchEvent(new Event("now-ready"));
  }, 2000);
}

new MutationObserver(() => {
  followLanguage();
  showChoices();
  followNewest();
  announce();
  awaitReady();
}).observe(document.body, { childList: true, subtree: true });
