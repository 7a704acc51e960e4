// The method threshold: two pictures, both or one of which flicker, and which side does, at the levels that say most.

import { createFlicker } from "../../instrument/flicker.js";
import { shownSize } from "../../instrument/geometry.js";
import { createSchedule } from "../../instrument/schedule.js";
import { held } from "../../instrument/timing.js";
import { createComparison } from "./comparison.js";
import { createExample } from "./example.js";

const GAP_CSS_PX = 24; // as in method.css
const USUAL_FRAME_MS = 1000 / 60;

/** @type {Method} */
export const method = {
  packs: (trial) => [compared(trial).pack],
  room(trial, display, cssPxPerCm, ratio) {
    const { css_width: width, css_height: height } = shownSize(compared(trial), display, cssPxPerCm, ratio);
    return { css_width: 2 * width + GAP_CSS_PX, css_height: height };
  },
  createTask: (tools) => createComparison(tools, (side, onShown, onFrame) => createFlicker({
    canvas: tools.part(`canvas-${side}`), clock: tools.clock, schedule: makeSchedule(tools.page.display), onShown, onFrame,
  })),
  createExample: (tools) => createExample(tools, makeSchedule(tools.page.display)),
  columns: {
    level: (row) => row.level,
    other: (row) => row.other,
    side: (row) => row.side,
    response: (row) => row.response,
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
