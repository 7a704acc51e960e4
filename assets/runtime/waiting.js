// What the worker sees while no pack is there to work on: how far it is, what is wrong, and a way to try again.

/** @param {object} options page, packs, words, text (element), again (button), reload (the whole page) */
export function createWaiting({ page, packs, words, text, again, reload }) {
  again.addEventListener("click", () => packs.retryNow() || reload());

  return {
    describe() {
      const states = [...page.training, ...page.study].map(({ pack }) => packs.state(pack));
      const trouble = states.some(({ state }) => state === "trouble");
      const loading = states.find(({ state }) => state === "loading");
      const percent = loading?.total ? ` ${Math.round((100 * loading.received) / loading.total)} %` : "";
      const whatIsWrong = page.packs === "inline" ? "waiting_cut_off" : "waiting_trouble";
      text.textContent = trouble ? words(whatIsWrong) : words("waiting") + percent;
      again.hidden = !trouble;
    },
  };
}
