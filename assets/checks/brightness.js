// Near-black and near-white squares: how many are seen on each panel.

import { inTurn, sharp } from "./answers.js";

const ACROSS = 5;
const DOWN = 4;
const CELL_PX = 60;
const SQUARE_PX = 36;
/** Of the ground's own tone around the squares, so that the bright page does not outshine them. */
const MARGIN_PX = 30;
const GROUNDS = [0, 255];

/** @type {CheckKind} */
export const check = ({ data, words, part, root, window, keep }) => {
  const { panels } = /** @type {{panels: number[][]}} */ (/** @type {unknown} */ (data));
  const canvas = /** @type {HTMLCanvasElement} */ (part("brightness-panel"));
  const grey = (/** @type {number} */ code) => `rgb(${code} ${code} ${code})`;

  /** @param {number} number */
  function show(number) {
    const cells = panels[number] ?? [];
    const width = ACROSS * CELL_PX + 2 * MARGIN_PX;
    const height = DOWN * CELL_PX + 2 * MARGIN_PX;
    const context = sharp(canvas, width, height, window.devicePixelRatio);
    context.fillStyle = grey(GROUNDS[number] ?? 0);
    context.fillRect(0, 0, width, height);
    cells.forEach((code, cell) => {
      context.fillStyle = grey(code);
      const inset = MARGIN_PX + (CELL_PX - SQUARE_PX) / 2;
      context.fillRect(inset + (cell % ACROSS) * CELL_PX, inset + Math.floor(cell / ACROSS) * CELL_PX, SQUARE_PX, SQUARE_PX);
    });
  }

  const done = (/** @type {string[]} */ answers) => keep({ counts: answers.map(Number) });
  return inTurn({ root, window, words }, { progress: part("brightness-progress"), count: panels.length, show, done });
};
