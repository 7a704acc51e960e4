// The method threshold: two pictures, both or one of which flicker, and which side does; or several, and which of them do; at the levels that say most.

import { createFlicker } from "../../instrument/flicker.js";
import { shownSize } from "../../instrument/geometry.js";
import { createSchedule } from "../../instrument/schedule.js";
import { held } from "../../instrument/timing.js";
import { createComparison } from "./comparison.js";
import contract from "./contract.json" with { type: "json" };
import { createExample } from "./example.js";
import { acrossOf, createPictures, groupOf } from "./pictures.js";

const USUAL_FRAME_MS = 1000 / 60;

/** @type {Method} */
export const method = {
  packs: (trial) => [compared(trial).pack],
  together: (page, trial) => groupOf(page, compared(trial)),
  room(trial, display, cssPxPerCm, ratio, page) {
    const { css_width: width, css_height: height } = shownSize(compared(trial), display, cssPxPerCm, ratio);
    const { pictures, flickering } = /** @type {ThresholdPage} */ (page);
    const across = acrossOf(pictures);
    const rows = pictures / across;
    const below = flickering === "each" ? contract.below_css_px : 0;
    return { css_width: across * width + (across - 1) * contract.gap_css_px, css_height: rows * (height + below) + (rows - 1) * contract.gap_css_px };
  },
  createTask(tools) {
    /** @param {HTMLCanvasElement} canvas @param {(shown: number|null) => void} onShown @param {() => void} onFrame */
    const flickerOn = (canvas, onShown, onFrame) => createFlicker({ canvas, clock: tools.clock, schedule: makeSchedule(tools.page.display), onShown, onFrame });
    if (/** @type {ThresholdPage} */ (tools.page).flickering === "each") return createPictures(tools, flickerOn);
    return createComparison(tools, (side, onShown, onFrame) => flickerOn(tools.part(`canvas-${side}`), onShown, onFrame));
  },
  createExample: (tools) => createExample(tools, makeSchedule(tools.page.display)),
  columns: {
    level: (row) => row.level,
    other: (row) => row.other,
    side: (row) => row.side,
    response: (row) => row.response,
    position: (row) => row.position ?? 0,
    started_ms: (row) => row.started_ms,
    ended_ms: (row) => row.ended_ms,
  },
  *reductions(rows) {
    yield rows;
    yield rows.map((row) => ({ ...row, timing: {} }));
  },
  held: (row, swapMs) => held(/** @type {ThresholdRow} */ (row).timing, swapMs),
};

/** @param {Trial} trial */
function compared(trial) {
  return /** @type {ThresholdTrial} */ (trial);
}

/** @param {DisplayData} display */
function makeSchedule({ swaps_per_second: swapsPerSecond, schedule: kind }) {
  return createSchedule({ swapsPerSecond, kind, frameMs: USUAL_FRAME_MS });
}
