// One line on a site's page: <script src="https://…/embed.js" async></script>. It adds a button that opens the chat in a
// frame. All of it lives in a shadow root under one element, so that neither page's styles reach the other's.
// Attributes of the script: data-accent and data-on-accent (#rrggbb), data-side (left, right), data-label, data-theme
// (light, dark). The language comes with the address: embed.js?lang=es. Nothing is stored, nothing else is loaded.
"use strict";

(() => {
  const words = {/* WORDS */};
  const script = document.currentScript;
  if (!script || document.querySelector("[data-chat-embed]")) return; // once a page
  const server = new URL(script.src).origin;
  const colour = (name, usual) => (/^#[0-9a-f]{6}$/i.test(script.dataset[name] ?? "") ? script.dataset[name] : usual);
  const accent = colour("accent", "#0b5563");
  const onAccent = colour("onAccent", "#ffffff");
  const side = script.dataset.side === "left" ? "left" : "right";
  const small = matchMedia("(max-width: 640px), (max-height: 480px)");

  const style = new CSSStyleSheet(); // not a <style>: a host's policy may forbid those
  style.replaceSync(`
    :host { all: initial !important; display: block !important; position: fixed !important; z-index: 2147483647 !important;
      bottom: 20px !important; ${side}: 20px !important; direction: ${words.direction} !important; color-scheme: light dark !important; }
    * { box-sizing: border-box; font: 600 17px/1.3 system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif; }
    button { min-height: 52px; min-width: 52px; padding: 0 24px; border: 2px solid ${onAccent}; border-radius: 999px;
      background: ${accent}; color: ${onAccent}; cursor: pointer; }
    .open { box-shadow: 0 3px 18px rgb(0 0 0 / 0.35); }
    button:focus-visible { outline: 3px solid ${accent}; outline-offset: 3px; box-shadow: 0 0 0 3px #fff; }
    [hidden] { display: none; }
    dialog { position: fixed; inset: auto; bottom: 20px; ${side}: 20px; margin: 0; padding: 0; width: min(440px, calc(100vw - 40px));
      height: min(720px, calc(100vh - 40px)); max-width: none; max-height: none; border: 2px solid ${accent}; border-radius: 18px;
      background: #fff; overflow: hidden; box-shadow: 0 8px 48px rgb(0 0 0 / 0.4); flex-direction: column; }
    dialog[open] { display: flex; }
    dialog::backdrop { background: none; }
    header { display: flex; align-items: center; justify-content: space-between; gap: 12px; padding: 6px 8px 6px 18px;
      background: ${accent}; color: ${onAccent}; flex: none; }
    h2 { margin: 0; }
    header button { padding: 0 16px; min-height: 46px; }
    iframe { flex: 1; width: 100%; border: 0; }
    @media (max-width: 640px), (max-height: 480px) {
      dialog { inset: 0; width: 100vw; height: 100vh; height: 100dvh; border: 0; border-radius: 0; }
    }`);

  const element = (name, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };
  const holder = element("div");
  holder.dataset.chatEmbed = "";
  const root = holder.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [style];

  const title = element("h2", { id: "title", textContent: words.title });
  const close = element("button", { type: "button", textContent: words.close });
  const panel = element("dialog", {}, element("header", {}, title, close));
  panel.setAttribute("aria-labelledby", "title");
  const open = element("button", { type: "button", className: "open", textContent: script.dataset.label || words.button });
  open.setAttribute("aria-haspopup", "dialog");
  open.setAttribute("aria-expanded", "false");
  root.append(open, panel);
  holder.lang = words.language;

  let frame = null;
  function show() {
    if (!frame) { // made when it is first wanted: a page that nobody asks on costs the server nothing
      const address = new URL(`/embed?lang=${words.language}`, server);
      if (["light", "dark"].includes(script.dataset.theme)) address.searchParams.set("theme", script.dataset.theme);
      address.hash = new URLSearchParams({ accent, onAccent });
      frame = element("iframe", { src: address.href, title: words.title, referrerPolicy: "no-referrer" });
      panel.append(frame);
    }
    if (small.matches) panel.showModal(); // over the whole screen, with the page behind it out of reach
    else panel.show();
    open.hidden = true;
    open.setAttribute("aria-expanded", "true");
    frame.focus();
  }

  function hide() {
    panel.close();
  }
  panel.addEventListener("close", () => {
    open.hidden = false;
    open.setAttribute("aria-expanded", "false");
    open.focus();
  });
  open.addEventListener("click", show);
  close.addEventListener("click", hide);
  panel.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  addEventListener("message", (event) => { // the frame says that Escape was pressed in it
    if (event.origin === server && event.source === frame?.contentWindow && event.data === "chat-embed:close") hide();
  });

  const place = () => document.body.append(holder);
  if (document.body) place();
  else addEventListener("DOMContentLoaded", place);
})();
