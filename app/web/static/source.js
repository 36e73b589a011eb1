// Marks `#start-end` in a source document. Offsets count Unicode code points in the document's text; each element with
// data-start holds exactly the text from there on. Used by the document's own page and by the chat's reading window.
"use strict";

const Source = {
  range(fragment) {
    const found = /^#(\d{1,9})-(\d{1,9})$/.exec(fragment);
    return found ? [Number(found[1]), Number(found[2])] : null;
  },

  mark(root, fragment) {
    const range = Source.range(fragment);
    let first = null;
    for (const old of root.querySelectorAll("mark")) old.replaceWith(...old.childNodes);
    for (const piece of range ? root.querySelectorAll("[data-start]") : []) {
      piece.normalize();
      const points = Array.from(piece.textContent);
      const offset = Number(piece.dataset.start);
      const start = Math.max(range[0] - offset, 0);
      const end = Math.min(range[1] - offset, points.length);
      if (start >= end) continue;
      const mark = document.createElement("mark");
      mark.textContent = points.slice(start, end).join("");
      piece.replaceChildren(points.slice(0, start).join(""), mark, points.slice(end).join(""));
      first ??= mark;
    }
    if (first) {
      first.tabIndex = -1;
      first.scrollIntoView({ block: "center" });
      first.focus({ preventScroll: true });
    }
    return first;
  },
};

if (document.body?.classList.contains("source-page")) {
  const show = () => Source.mark(document.querySelector("main"), location.hash);
  addEventListener("hashchange", show);
  show();
}
