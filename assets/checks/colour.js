// Plates of dots: which digit stands on each, or none.

import { inTurn, sharp } from "./answers.js";

const SIDE_PX = 280;
/** The plate's own units, as hitgen counts them. */
const SIDE = 250;
const BYTES_A_DOT = 4;

/** @type {CheckKind} */
export const check = ({ data, words, part, root, window, keep }) => {
  const { plates } = /** @type {{plates: {palette: string[], dots: string}[]}} */ (/** @type {unknown} */ (data));
  const canvas = /** @type {HTMLCanvasElement} */ (part("colour-plate"));

  /** @param {number} number */
  function show(number) {
    const plate = plates[number];
    if (!plate) return;
    const context = sharp(canvas, SIDE_PX, SIDE_PX, window.devicePixelRatio);
    context.scale(SIDE_PX / SIDE, SIDE_PX / SIDE);
    const bytes = window.atob(plate.dots);
    const at = (/** @type {number} */ place) => bytes.charCodeAt(place);
    for (let place = 0; place < bytes.length; place += BYTES_A_DOT) {
      context.fillStyle = plate.palette[at(place + 3)] ?? "";
      context.beginPath();
      context.arc(at(place), at(place + 1), at(place + 2), 0, 2 * Math.PI);
      context.fill();
    }
  }

  const done = (/** @type {string[]} */ answers) => keep({ answers });
  return inTurn({ root, window, words }, { progress: part("colour-progress"), count: plates.length, show, done });
};
