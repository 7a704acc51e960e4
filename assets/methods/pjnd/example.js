// The example of the instructions: a drawn scene, part of which flickers gently. Still in the preview.

import { createAlternation } from "../../runtime/alternation.js";

/** @type {[number, number][]} */
const PATCHES = [[0.2, 0.35], [0.55, 0.72], [0.82, 0.4]];

/** Paints the scene; `strength` 0 is the undistorted one. @param {HTMLCanvasElement} canvas @param {number} strength */
function paint(canvas, strength) {
  const surface = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const { width, height } = canvas;
  const sky = surface.createLinearGradient(0, 0, 0, height);
  sky.addColorStop(0, "#8fa6b8");
  sky.addColorStop(1, "#c9cdc4");
  surface.fillStyle = sky;
  surface.fillRect(0, 0, width, height);
  hill(surface, width, height, 0.62, 0.1, "#7d8c78");
  hill(surface, width, height, 0.78, 0.16, "#5f6f5c");
  // where the example is distorted: three soft patches
  for (const [x, y] of PATCHES) {
    const shade = Math.round(120 + 60 * strength);
    surface.fillStyle = `rgb(${shade} ${shade} ${shade} / ${0.08 + 0.3 * strength})`;
    surface.beginPath();
    surface.arc(x * width, y * height, height * 0.1, 0, 2 * Math.PI);
    surface.fill();
  }
}

/**
 * @param {CanvasRenderingContext2D} surface @param {number} width @param {number} height
 * @param {number} base @param {number} amplitude @param {string} colour
 */
function hill(surface, width, height, base, amplitude, colour) {
  surface.fillStyle = colour;
  surface.beginPath();
  surface.moveTo(0, height);
  for (let x = 0; x <= width; x += 4) {
    surface.lineTo(x, height * (base - amplitude * Math.sin((x / width) * 5 + base * 9)));
  }
  surface.lineTo(width, height);
  surface.fill();
}

/** @param {Tools} tools @param {Schedule} schedule @returns {Example} */
export function createExample(tools, schedule) {
  return createAlternation(tools, schedule, (canvas, isSource) => paint(canvas, isSource ? 0 : 0.5));
}
