// What stands around the image: how far the worker is, what is on its way, what they should know of.

/**
 * @param {object} options
 * @param {(key: string, values?: object) => string} options.words
 * @param {(name: string) => HTMLElement} options.slot
 * @param {(name: string) => HTMLElement} options.part
 * @param {() => boolean} options.zoomed whether the zoom changed since the page was opened
 * @param {() => boolean} options.goingOn whether the trial at hand is one from before a reload
 * @param {ReturnType<typeof import("./waiting.js").createWaiting>} options.waiting
 */
export function createPanel({ words, slot, part, zoomed, goingOn, waiting }) {
  let troubled = false;

  /** A picture that fails, a zoom that changed. */
  function notice() {
    const said = [troubled && words("notice_decode"), zoomed() && words("notice_zoom")].filter(Boolean).join(" ");
    if (part("notice").textContent !== said) part("notice").textContent = said;
    part("notice").hidden = said === "";
  }

  return {
    notice,
    /** A trial comes on. */
    begin(kind, number, count) {
      const text = words("progress", { number, count });
      if (slot("progress").textContent !== text) slot("progress").textContent = text;
      part("progress-bar").max = count;
      part("progress-bar").value = number - 1;
      part("trial-heading").textContent = words(kind === "training" ? "training_heading" : "study_heading");
      if (!goingOn()) part("resumed").hidden = true;
      part("at-work").hidden = false;
      troubled = false;
      notice();
    },
    /** No pack is there, or one is again. */
    wait(isWaiting) {
      part("waiting").hidden = !isWaiting;
      if (!isWaiting) return;
      part("at-work").hidden = true;
      waiting.describe();
    },
    trouble() {
      troubled = true;
      notice();
    },
  };
}
