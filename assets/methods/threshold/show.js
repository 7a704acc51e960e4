// What both forms of a trial share: which levels say most, and what is decoded of a pack.

import { createDecoder } from "../../instrument/decoder.js";
import { composing, readView, recast } from "../../instrument/view.js";
import { meant } from "../../runtime/page.js";
import { bestLevel, bestPair, updated, updatedByPairs } from "./quest.js";

const DECODE_AGAIN_MS = 3000;
/** Of each flicker source and wanted level: no other one is ever shown. */
export const FRAMES = { budgetBytes: 0, leastFrames: 2 };

/** The levels that say most, by what this worker has answered of the ladder before. @param {Tools} tools @param {ThresholdTrial} trial */
export function choose(tools, trial) {
  const page = /** @type {ThresholdPage} */ (tools.page);
  const begun = trial.prior ?? page.prior;
  const packs = new Map(page.study.map((other) => [other.trial, /** @type {ThresholdTrial} */ (other).pack]));
  const rows = /** @type {ThresholdRow[]} */ (tools.rows()).filter((row) => packs.get(row.trial) === trial.pack && row.side !== "none");
  if (page.flickering === "both" && trial.level_count > 1) {
    const answers = rows.map(({ level, other, side, response }) => /** @type {Compared} */ ([level, other, ["none", side, side === "left" ? "right" : "left", "both"].indexOf(response)]));
    const [level, other] = bestPair(page.grid, updatedByPairs(page.grid, begun, answers, trial.level_count), trial.level_count);
    return { level, other };
  }
  const answers = rows.map(({ level, side, response }) => ({ level, found: response === side }));
  return { level: bestLevel(page.grid, updated(page.grid, begun, answers, trial.level_count), trial.level_count), other: 0 };
}

/** What a trial shows of its pack; in a catch trial, the source at every level. @param {Tools} tools @param {ThresholdTrial} trial @param {Pack} pack */
export async function viewOf({ later, window }, trial, pack) {
  const view = await readView(trial.shown, trial.trial, pack, () => new Promise((go) => later(() => go(null), 0)), window.crypto.subtle);
  return { view, isCatch: view.outside.every((level) => level === 0) };
}

/**
 * The stop that a worker asks for, with its buttons; while nothing is shown there is nothing to stop.
 * @param {Tools} tools
 * @param {{isShown: () => boolean, halt: () => void, goOn: () => void}} trial
 */
export function createStop({ slot, part }, { isShown, halt, goOn }) {
  const [stage, stopButton, resumeButton] = [slot("stage"), slot("stop"), slot("resume")];
  let stopped = false;

  /** @param {boolean} is */
  function set(is) {
    stopped = is;
    stopButton.hidden = is;
    resumeButton.hidden = part("stopped").hidden = !is;
  }

  function stop() {
    if (!isShown() || stopped) return;
    halt();
    set(true);
    resumeButton.focus({ preventScroll: true });
  }

  /** Run, from the start of a trial or from where it was stopped. */
  function run() {
    set(false);
    goOn();
    stage.focus({ preventScroll: true });
  }

  stopButton.addEventListener("click", meant(stop));
  resumeButton.addEventListener("click", meant(run));
  return { stop, run, stopped: () => stopped };
}

/**
 * @param {Tools} tools @param {Pack} pack @param {View} view
 * @param {Pick<NonNullable<Parameters<typeof createDecoder>[1]>, "target"|"budgetBytes"|"leastFrames"|"onDecoded">} more
 */
export function decode(tools, pack, view, more) {
  const bitmaps = tools.bitmaps(pack);
  const made = createDecoder(recast(pack, view), {
    ...bitmaps,
    createBitmap: composing(tools.window.document, bitmaps.createBitmap),
    nextFrame: tools.clock.raf,
    onError() {
      tools.onTrouble();
      tools.later(() => made.retry(), DECODE_AGAIN_MS);
    },
    ...more,
  });
  return made;
}
