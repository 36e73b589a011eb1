// The page's behaviour in the browser: markers lead to their source, a document opens beside the chat, a new answer
// comes into view. Nothing is stored here, and nothing leaves this server.
"use strict";

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const behavior = () => (calm.matches ? "auto" : "smooth");

function showSource(id) {
  const card = document.getElementById(id);
  if (!card) return;
  for (const group of document.querySelectorAll("#sources .group")) group.hidden = !group.contains(card);
  for (const other of document.querySelectorAll(".source.chosen")) other.classList.remove("chosen");
  card.classList.add("chosen");
  card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "center", behavior: behavior() });
}

async function openDocument(link) {
  const address = new URL(link.href);
  const reader = document.createElement("dialog");
  const close = document.createElement("button");
  reader.className = "reader";
  close.type = "button";
  close.className = "button";
  close.textContent = link.dataset.close;
  close.addEventListener("click", () => reader.close());
  reader.append(close);
  reader.addEventListener("close", () => {
    reader.remove();
    link.focus();
  });
  const response = await fetch(address.pathname);
  if (!response.ok) throw new Error(`status ${response.status}`);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const body = document.createElement("div");
  body.className = "document";
  body.append(...document.importNode(page.querySelector("main"), true).childNodes);
  reader.append(body);
  reader.setAttribute("aria-label", body.querySelector("h1").textContent);
  document.body.append(reader);
  reader.showModal();
  Source.mark(body, address.hash);
}

document.addEventListener("click", (event) => {
  const marker = event.target.closest("a.marker");
  const open = event.target.closest("a.open");
  if (marker) {
    event.preventDefault();
    showSource(marker.hash.slice(1));
  } else if (open && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    openDocument(open).catch(() => location.assign(open.href));
  } else if (event.target.closest("button[data-ask]")) {
    // The tapped button goes away with the start screen; the reader's place is then the conversation.
    document.querySelector(".turns")?.focus({ preventScroll: true });
  }
});

// A new question goes to the top of the view and stays there while its answer grows, unless the visitor scrolls.
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
    if (!last) scrollTo({ top: 0 });
  }
  if (!following) return;
  last.scrollIntoView({ block: "start", behavior: behavior() });
  following = last.querySelector(".working") !== null;
}

// While the assistant is loading, look every two seconds whether it is there.
let polling = null;
function awaitReady() {
  const waiting = document.querySelector("[data-until-ready]");
  if (!waiting || polling) return;
  polling = setInterval(async () => {
    const response = await fetch("/ready").catch(() => null);
    const failed = response?.status === 503 && !response.headers.has("Retry-After");
    if (!response?.ok && !failed) return;
    clearInterval(polling);
    polling = null;
    document.querySelector("[data-until-ready]")?.parentElement.dispatchEvent(new Event("now-ready"));
  }, 2000);
}

new MutationObserver(() => {
  followNewest();
  awaitReady();
}).observe(document.body, { childList: true, subtree: true });
