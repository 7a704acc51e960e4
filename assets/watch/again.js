// A submission in a dialog: its trials in the order in which they were worked, and one of them seen again.

import { byId, element, fill, tell } from "./dom.js";
import { play } from "./player.js";

/** @typedef {{order: number, attempt: number, role: string, source: string, codec: string, s: number, answer: string, checks: [string, boolean][]}} Shown */

let end = () => {};
let asks = 0;

/** @param {string} address */
async function ask(address) {
  const answer = await fetch(address, { cache: "no-store" });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

/** Opens the dialog of a submission. @param {any} row of the list */
export async function openAgain(row) {
  const mine = (asks += 1);
  const dialog = /** @type {HTMLDialogElement} */ (byId("again"));
  tell("again-title", `${row.page}, participant ${row.worker}`);
  tell("again-about", [row.minutes === null ? "" : `${row.minutes.toFixed(1)} min`, ...(row.why ?? [])].filter(Boolean).join("; "));
  fill("trials", [], []);
  byId("player").replaceChildren(element("p", { class: "soft" }, "Reading ..."));
  dialog.showModal();
  try {
    const trials = /** @type {Shown[]} */ (await ask(`submission?id=${encodeURIComponent(row.id)}`));
    if (mine !== asks) return;
    const first = Math.max(0, trials.findIndex((trial) => trial.role === "study"));
    list(row.id, trials, first);
  } catch (error) {
    if (mine === asks) fail(error);
  }
}

/** @param {unknown} error */
function fail(error) {
  byId("player").replaceChildren(element("p", { role: "alert" }, error instanceof Error ? error.message : String(error)));
}

/** @param {string} id @param {Shown[]} trials @param {number} chosen */
function list(id, trials, chosen) {
  const checked = trials.some((trial) => trial.checks.length);
  const rows = trials.map((trial, number) => {
    const button = element("button", { type: "button", "data-key": `trial-${number}`, "aria-current": number === chosen ? "true" : null }, trial.source);
    button.onclick = () => list(id, trials, number);
    return element(
      "tr",
      { class: number === chosen ? "chosen" : null },
      element("td", {}, trial.order),
      element("td", { class: "text" }, button, element("small", {}, ` ${trial.codec}`)),
      element("td", { class: "text" }, trial.role + (trial.attempt > 1 ? `, try ${trial.attempt}` : "")),
      element("td", { class: "text" }, trial.answer),
      element("td", {}, trial.s.toFixed(1)),
      checked ? element("td", { class: "text" }, trial.checks.map(([name, passed]) => `${passed ? "✓" : "✗"}\u00a0${name}`).join(" ")) : null,
    );
  });
  fill("trials", ["", "picture", "role", "answer", "s", ...(checked ? ["checks"] : [])], rows);
  show(id, chosen);
}

/** @param {string} id @param {number} attempt */
async function show(id, attempt) {
  const mine = (asks += 1);
  const query = `id=${encodeURIComponent(id)}&attempt=${attempt}`;
  try {
    const replay = await ask(`replay?${query}`);
    if (mine !== asks) return;
    end();
    end = play(byId("player"), replay, (picture) => `picture?${query}&picture=${picture}`);
  } catch (error) {
    if (mine === asks) fail(error);
  }
}

/** What closes the dialog, by button, Escape or a click beside it. */
export function prepareAgain() {
  const dialog = /** @type {HTMLDialogElement} */ (byId("again"));
  byId("again-close").onclick = () => dialog.close();
  dialog.onclick = (event) => {
    if (event.target === dialog) dialog.close();
  };
  dialog.onclose = () => {
    asks += 1;
    end();
    byId("player").replaceChildren();
  };
}
