// Marks `#start-end` in a source document. Offsets count Unicode code points in the document's text; each element with
// data-start holds exactly the text from there on. Used by the document's own page and by the chat's reading window.
"use strict";

const Source = {
  range(fragment) {
    const found = /^#(\d{1,9})-(\d{1,9})$/.exec(fragment);
    return found ? [Number(found[1]), Number(found[2])] : null;
  },

  // Marks the range, or only goes there where it is empty. A fragment that names a section leaves the marks alone.
  mark(root, fragment) {
    const range = Source.range(fragment);
    if (!range) return Source.goTo(root, fragment);
    let first = null;
    for (const old of root.querySelectorAll("mark")) old.replaceWith(...old.childNodes);
    for (const piece of root.querySelectorAll("[data-start]")) {
      piece.normalize();
      const points = Array.from(piece.textContent);
      const offset = Number(piece.dataset.start);
      const start = Math.max(range[0] - offset, 0);
      const end = Math.min(range[1] - offset, points.length);
      if (range[0] === range[1] && offset <= range[0]) first = piece;
      if (start >= end) continue;
      const mark = document.createElement("mark");
      mark.textContent = points.slice(start, end).join("");
      piece.replaceChildren(points.slice(0, start).join(""), mark, points.slice(end).join(""));
      first ??= mark;
    }
    return Source.show(first, range[0] === range[1] ? "start" : "center");
  },

  goTo(root, fragment) {
    const goal = /^#section-\d+$/.test(fragment) ? root.querySelector(fragment) : null;
    return Source.show(goal, "start");
  },

  show(goal, block) {
    if (!goal) return null;
    goal.tabIndex = -1;
    goal.scrollIntoView({ block });
    goal.focus({ preventScroll: true });
    return goal;
  },
};

if (document.body?.classList.contains("source-page")) {
  const show = () => Source.mark(document.querySelector("main"), location.hash);
  addEventListener("hashchange", show);
  show();
}
