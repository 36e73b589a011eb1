// Reads an answer aloud, sentence by sentence, each marked while it is spoken: with a voice of this machine for its language,
// else with the server's; what neither speaks is passed over. Where there is no voice at all, there is no button. Knows nothing
// of the page but the parts of a reply.
"use strict";

const Aloud = {
  button: null,
  run: null, // what start() was last called for: the same button may start anew while a reply is on its way
  ours: [], // languages that the server speaks
  sound: null,

  // A voice of this machine: one from the network would send the answer away.
  own() {
    return "speechSynthesis" in window ? speechSynthesis.getVoices().filter((voice) => voice.localService) : [];
  },

  offer() {
    document.documentElement.classList.toggle("can-speak", Aloud.own().length > 0 || Aloud.ours.length > 0);
  },

  toggle(button) {
    const again = button === Aloud.button;
    Aloud.stop();
    if (!again) Aloud.start(button);
  },

  async start(button) {
    const reply = button.closest(".reply");
    const parts = [...reply.querySelectorAll(".text > span, .text > li, p.text:not(:has(> span)), .notice, .surgeon h3, .surgeon li")];
    const run = Aloud.run = {};
    Aloud.button = button;
    button.classList.add("speaking");
    for (const part of parts) {
      const text = Aloud.words(part);
      const language = (part.closest("[lang]")?.lang || button.dataset.speakIn).slice(0, 2);
      const speak = Aloud.speaker(language);
      if (!text || !speak) continue;
      const begun = () => { if (Aloud.run === run) Aloud.mark(part); };
      await Promise.race([speak(text, language, begun).catch(() => {}), Aloud.longEnough(text)]);
      if (Aloud.run !== run) return;
    }
    Aloud.stop();
  },

  // What can say a text in this language; a browser left to choose a voice may take one from the network.
  speaker(language) {
    if (Aloud.voice(language)) return Aloud.withBrowser;
    return Aloud.ours.includes(language) ? Aloud.withServer : null;
  },

  voice(language) {
    return Aloud.own().find((voice) => voice.lang.toLowerCase().startsWith(language));
  },

  // A voice that never says that it has ended must not hold the page: a kiosk waits for it before it wipes.
  longEnough(text) {
    return new Promise((done) => setTimeout(done, 10_000 + 250 * text.length));
  },

  withBrowser(text, language, begun) {
    return new Promise((done) => {
      const utterance = new SpeechSynthesisUtterance(text);
      utterance.lang = language;
      utterance.voice = Aloud.voice(language);
      utterance.rate = 0.9;
      utterance.onstart = begun;
      utterance.onend = utterance.onerror = done;
      speechSynthesis.speak(utterance);
    });
  },

  async withServer(text, language, begun) {
    const body = JSON.stringify({ text, language });
    const run = Aloud.run;
    const response = await fetch("/api/speak", { method: "POST", headers: { "Content-Type": "application/json" }, body });
    if (!response.ok || Aloud.run !== run) return;
    const sound = document.createElement("audio");
    sound.src = URL.createObjectURL(await response.blob());
    document.body.append(sound);
    Aloud.sound = sound;
    begun();
    await new Promise((done) => {
      sound.onended = sound.onerror = sound.onpause = done;
      sound.play().catch(done);
    });
    URL.revokeObjectURL(sound.src);
    sound.remove();
  },

  stop() {
    if (!Aloud.button) return;
    Aloud.button.classList.remove("speaking");
    Aloud.button = Aloud.run = null;
    Aloud.mark(null);
    Aloud.sound?.pause();
    if ("speechSynthesis" in window) speechSynthesis.cancel();
  },

  mark(part) {
    for (const spoken of document.querySelectorAll(".spoken")) spoken.classList.remove("spoken");
    part?.classList.add("spoken");
  },

  words(part) {
    const copy = part.cloneNode(true);
    for (const aside of copy.querySelectorAll(".explanation, .marker")) aside.remove();
    return copy.textContent.replace(/\s+/g, " ").trim();
  },
};

if ("speechSynthesis" in window) speechSynthesis.addEventListener?.("voiceschanged", Aloud.offer);
Aloud.offer();
fetch("/api/voices")
  .then((response) => (response.ok ? response.json() : { languages: [] }))
  .then(({ languages }) => { Aloud.ours = languages; Aloud.offer(); })
  .catch(() => {});
addEventListener("pagehide", Aloud.stop);
