// Keys on the kiosk's screen, for the question's box: letters go in where the caret is, and the page hears of them as of a
// keyboard's. They come when the box has the focus and go when another place is touched. Knows the layouts, and no visit.
"use strict";

const Keys = (() => {
  const root = document.documentElement;
  const holder = document.getElementById("kiosk-keyboard");
  const layouts = JSON.parse(document.getElementById("kiosk").dataset.options).keyboards;
  const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
  const box = () => document.querySelector("#box textarea");
  let board = null;

  function show() {
    holder.hidden = false;
    const { keys: names, ...layout } = layouts[root.lang] ?? Object.values(layouts)[0];
    board ??= new SimpleKeyboard.default("simple-keyboard", {
      layout,
      layoutName: "default",
      display: Object.fromEntries(Object.entries(names).map(([name, text]) => [`{${name}}`, text])),
      mergeDisplay: true,
      useButtonTag: true,
      preventMouseDownDefault: true,
      disableCaretPositioning: true,
      buttonAttributes: [{ attribute: "tabindex", value: "-1", buttons: Object.values(layout).flat().join(" ") }],
      onKeyPress: press,
    });
    root.style.setProperty("--kiosk-keyboard", `${holder.offsetHeight}px`);
    root.classList.add("kiosk-typing");
  }

  function hide() {
    holder.hidden = true;
    root.style.setProperty("--kiosk-keyboard", "0px");
    root.classList.remove("kiosk-typing");
  }

  function renew() { // another language has other keys
    board?.destroy();
    board = null;
    hide();
  }

  function press(key) {
    const field = box();
    if (!field) return;
    const shifted = board.options.layoutName === "shift";
    if (key === "{shift}") return board.setOptions({ layoutName: shifted ? "default" : "shift" });
    if (key === "{hide}") { field.blur(); return hide(); }
    if (key === "{enter}") return send();
    if (key === "{bksp}") erase(field);
    else insert(field, key === "{space}" ? " " : key);
    if (shifted) board.setOptions({ layoutName: "default" });
  }

  function insert(field, text) {
    if (field.maxLength >= 0 && field.value.length + text.length > field.maxLength) return;
    field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    typed(field, "insertText", text);
  }

  function erase(field) {
    const before = field.value.slice(0, field.selectionStart);
    const last = [...graphemes.segment(before)].pop()?.segment.length ?? 0;
    const from = field.selectionStart === field.selectionEnd ? field.selectionStart - last : field.selectionStart;
    field.setRangeText("", from, field.selectionEnd, "end");
    typed(field, "deleteContentBackward", null);
  }

  function typed(field, inputType, data) {
    field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType, data }));
    field.focus({ preventScroll: true });
  }

  function send() {
    box().blur();
    hide();
    document.getElementById("send")?.click();
  }

  holder.addEventListener("mousedown", (event) => event.preventDefault());
  document.addEventListener("focusin", ({ target }) => {
    if (target !== box()) return;
    target.inputMode = "none"; // the screen's own keys, not the system's
    show();
  });
  // Hidden by the click and not before, or the page would move away under the finger. What counts is where the finger
  // came down: the keys push the page up while the click that called them is still on its way.
  let elsewhere = false;
  document.addEventListener("pointerdown", ({ target }) => {
    elsewhere = !target.closest("#kiosk-keyboard, #composer") || target.closest("#send") !== null;
  }, true);
  document.addEventListener("click", () => { if (elsewhere) hide(); });

  return { hide, renew };
})();
