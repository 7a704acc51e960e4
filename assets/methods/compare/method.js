// The method compare: two versions of a picture side by side, and which differs more from the source.

import { shownSize } from "../../instrument/geometry.js";
import { held } from "../../instrument/timing.js";
import { createExample } from "./example.js";
import { nextQuestion } from "./order.js";
import { createTask } from "./question.js";
import { columns, reductions } from "./rows.js";
import contract from "./contract.json" with { type: "json" };

/** @type {Method} */
export const method = {
  packs: (trial) => [compared(trial).pack, compared(trial).left, compared(trial).right],
  room(trial, display, cssPxPerCm, ratio) {
    const { css_width: width, css_height: height } = shownSize(compared(trial), display, cssPxPerCm, ratio);
    return { css_width: 2 * width + contract.gap_css_px, css_height: height };
  },
  createTask,
  createExample,
  next: (page, state, arrived, random) => nextQuestion(/** @type {ComparePage} */ (page), state, arrived, random),
  columns,
  reductions,
  held: (row, swapMs) => held(/** @type {CompareRow} */ (row).timing, swapMs),
};

/** @param {Trial} trial */
function compared(trial) {
  return /** @type {CompareTrial} */ (trial);
}
