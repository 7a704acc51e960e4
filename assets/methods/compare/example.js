// The example of the instructions: two drawn scenes, of which the right one differs more. It flickers where the study does.

import { createSchedule } from "../../instrument/schedule.js";
import { createAlternation } from "../../runtime/alternation.js";

const GAP = 16;
const STRENGTHS = [0.25, 1];
const USUAL_FRAME_MS = 1000 / 60;
/** @type {[number, number, number][]} */
const HILLS = [[0.62, 0.1, 0x7d8c78], [0.78, 0.16, 0x5f6f5c]];

/**
 * Paints both scenes; `strength` 0 is the source, in both places.
 * @param {HTMLCanvasElement} canvas @param {number} strength
 */
function paint(canvas, strength) {
  const surface = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const width = (canvas.width - GAP) / 2;
  surface.clearRect(0, 0, canvas.width, canvas.height);
  STRENGTHS.forEach((most, number) => {
    surface.save();
    surface.translate(number * (width + GAP), 0);
    scene(surface, width, canvas.height, strength * most);
    surface.restore();
  });
}

/** @param {CanvasRenderingContext2D} surface @param {number} width @param {number} height @param {number} strength */
function scene(surface, width, height, strength) {
  surface.fillStyle = "#aab7b8";
  surface.fillRect(0, 0, width, height);
  for (const [base, amplitude, colour] of HILLS) {
    surface.fillStyle = `#${colour.toString(16)}`;
    surface.beginPath();
    surface.moveTo(0, height);
    for (let x = 0; x <= width; x += 4) surface.lineTo(x, height * (base - amplitude * Math.sin((x / width) * 5 + base * 9)));
    surface.lineTo(width, height);
    surface.fill();
  }
  surface.beginPath();
  surface.rect(0, 0, width, height);
  surface.clip();
  const side = 16; // blocks, as of a coarse picture
  for (let x = 0; x < width; x += side) {
    for (let y = height * 0.35; y < height; y += side) {
      const odd = (x / side + Math.floor(y / side)) % 2;
      surface.fillStyle = `rgb(${odd ? 255 : 0} ${odd ? 255 : 0} ${odd ? 255 : 0} / ${0.14 * strength})`;
      surface.fillRect(x, y, side, side);
    }
  }
}

/** It flickers where the study does, and rests with what is to be compared. @param {Tools} tools @returns {Example} */
export function createExample(tools) {
  const { display, flickers, study } = /** @type {ComparePage} */ (tools.page);
  const { swaps_per_second: swapsPerSecond, schedule: kind } = display;
  const schedule = createSchedule({ swapsPerSecond, kind, frameMs: USUAL_FRAME_MS });
  const isLive = flickers && study.some(({ arm }) => arm === "boosted");
  return createAlternation(tools, schedule, (canvas, isSource) => paint(canvas, isSource ? 0 : 1), { isLive, restsWithSource: false });
}
