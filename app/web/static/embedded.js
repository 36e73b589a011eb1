// The chat inside another site's frame: its colours come in the address's fragment, which no server sees; Escape closes
// the frame; a link leaves the frame alone and opens beside it.
"use strict";

(() => {
  const given = new URLSearchParams(location.hash.slice(1));
  const channel = (hex, at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  const luminance = (hex) => 0.2126 * channel(hex, 1) + 0.7152 * channel(hex, 3) + 0.0722 * channel(hex, 5);
  const contrast = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const [accent, onAccent] = [given.get("accent"), given.get("onAccent")];
  const valid = [accent, onAccent].every((one) => /^#[0-9a-f]{6}$/i.test(one ?? ""));
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme !== "light" : matchMedia("(prefers-color-scheme: dark)").matches;
  // A colour that can't be read on the page's own paper is not taken, whoever asks for it (WCAG 1.4.3: 4.5 to 1).
  if (valid && !dark && contrast(accent, onAccent) >= 4.5 && contrast(accent, "#e2eff1") >= 4.5) {
    root.style.setProperty("--accent", accent);
    root.style.setProperty("--on-accent", onAccent);
  }
  history.replaceState(null, "", location.pathname + location.search);

  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || document.querySelector("dialog[open], [popover]:popover-open")) return;
    parent.postMessage("chat-embed:close", "*"); // says nothing but this, to whoever frames it
  }, true);

  addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || link.getAttribute("href").startsWith("#")) return;
    link.target = "_blank"; // only what the page does not open by itself gets this far
    link.rel = "noopener noreferrer";
  });
})();
