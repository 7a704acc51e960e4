// What stands around the trial: how far the worker is, what is on its way, what they should know of.

/**
 * @param {object} options
 * @param {PageData} options.page
 * @param {ReturnType<typeof import("./packs.js").createPacks>} options.packs
 * @param {string[]} options.hashes of all packs of the page
 * @param {Words} options.words
 * @param {Find} options.slot
 * @param {Find} options.part
 * @param {() => void} options.reload the whole page
 * @param {() => boolean} options.zoomed whether the zoom changed
 * @param {() => boolean} options.isFull whether answers can no longer be kept
 * @param {() => boolean} options.goingOn whether the trial at hand is one from before a reload
 */
export function createPanel({ page, packs, hashes, words, slot, part, reload, zoomed, isFull, goingOn }) {
  let troubled = false;

  /** A picture that fails, a zoom that changed. */
  function notice() {
    const said = [troubled && words("notice_decode"), zoomed() && words("notice_zoom"), isFull() && words("notice_storage")].filter(Boolean).join(" ");
    if (part("notice").textContent !== said) part("notice").textContent = said;
    part("notice").hidden = said === "";
  }

  /** While no pack is there to work on: how far it is, what is wrong, and a way to try again. */
  function describeWaiting() {
    const states = hashes.map((hash) => packs.state(hash));
    const trouble = states.some(({ state }) => state === "trouble");
    const loading = states.find(({ state }) => state === "loading");
    const percent = loading?.total ? ` ${Math.round((100 * loading.received) / loading.total)} %` : "";
    const whatIsWrong = page.packs === "inline" ? "waiting_cut_off" : "waiting_trouble";
    part("waiting-text").textContent = trouble ? words(whatIsWrong) : words("waiting") + percent;
    slot("reload").hidden = !trouble;
  }

  /** What is said above the trial at hand. @param {""|"resumed"|"practice_over"} key */
  function greet(key) {
    part("resumed").hidden = key === "";
    if (key) part("resumed").textContent = words(key);
  }

  slot("reload").addEventListener("click", () => packs.retryNow() || reload());
  packs.onChange(() => part("waiting").hidden || describeWaiting());

  return {
    notice,
    greet,
    /** A trial comes on. @param {"training"|"study"} kind @param {number} number @param {number} count */
    begin(kind, number, count) {
      const text = words("progress", { number, count });
      if (slot("progress").textContent !== text) slot("progress").textContent = text;
      /** @type {HTMLProgressElement} */
      const bar = part("progress-bar");
      bar.max = count;
      bar.value = number - 1;
      part("trial-heading").textContent = words(kind === "training" ? "training_heading" : "study_heading");
      if (!goingOn()) greet(kind === "study" && number === page.training.length + 1 && number > 1 ? "practice_over" : "");
      part("at-work").hidden = false;
      troubled = false;
      notice();
    },
    /** No pack is there, or one is again. @param {boolean} isWaiting */
    wait(isWaiting) {
      part("waiting").hidden = !isWaiting;
      if (!isWaiting) return;
      part("at-work").hidden = true;
      describeWaiting();
    },
    trouble() {
      troubled = true;
      notice();
    },
  };
}
