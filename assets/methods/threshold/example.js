// The example of the instructions: two drawn landscapes, the right one of which flickers. Still in the preview.

import { createAlternation } from "../../runtime/alternation.js";

/** Paints both; `strength` 0 is the undistorted one. @param {HTMLCanvasElement} canvas @param {number} strength */
function paint(canvas, strength) {
  const surface = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const width = canvas.width / 2 - 6;
  [0, canvas.width / 2 + 6].forEach((left, side) => {
    const shade = side ? Math.round(12 * strength) : 0;
    surface.fillStyle = `rgb(${150 + shade} ${170 + shade} ${185 + shade})`;
    surface.fillRect(left, 0, width, canvas.height);
    surface.fillStyle = `rgb(${110 - shade} ${125 - shade} ${105 - shade})`;
    surface.fillRect(left, canvas.height * 0.6, width, canvas.height * 0.4);
  });
}

/** @param {Tools} tools @param {Schedule} schedule @returns {Example} */
export function createExample(tools, schedule) {
  return createAlternation(tools, schedule, (canvas, isSource) => paint(canvas, isSource ? 0 : 1));
}
