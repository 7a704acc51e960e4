// The screen: nobody begins on one that is too small, and where the window goes afterwards is recorded.

const LOOK_EVERY_MS = 1000;
const MOST_KEPT = 100;
/** What browsers' arithmetic with zooms of a third leaves open. */
const RATIO_SLACK = 0.01;

/** @type {CheckKind} */
export const check = ({ data, words, window, later, elapsed, keep, kept, settled, onMove }) => {
  const { least_px: least, least_pixel_ratio: leastRatio } = /** @type {{least_px: [number, number], least_pixel_ratio: number}} */ (/** @type {unknown} */ (data));
  /** @typedef {{ms: number, at: [number, number], size: [number, number], pixel_ratio: number}} Then */
  let { screens } = /** @type {{screens: Then[]}} */ (kept ?? { screens: [] });
  let seen = "";

  /** @returns {Then} */
  function now() {
    const { width, height, availLeft = 0, availTop = 0 } = /** @type {Screen & {availLeft?: number, availTop?: number}} */ (window.screen);
    return { ms: elapsed(), at: [availLeft, availTop], size: [width, height], pixel_ratio: window.devicePixelRatio };
  }

  const told = (/** @type {Then|undefined} */ then) => then ? [...then.at, ...then.size].join(" ") : "";

  function look() {
    const here = now();
    if (told(here) !== seen && seen) onMove();
    seen = told(here);
    // until the screen is measured it may be changed: the first that counts is the one that was measured
    const before = settled() ? screens : screens.slice(-1).filter((then) => told(then) === seen);
    const isNew = seen !== told(before.at(-1)) && before.length < MOST_KEPT && !against();
    if (isNew || before.length < screens.length) {
      screens = isNew ? [...before, here] : before;
      keep({ screens });
    }
    later(look, LOOK_EVERY_MS);
  }

  function against() {
    const { width, height } = window.screen;
    if (width >= least[0] && height >= least[1] && window.devicePixelRatio >= leastRatio - RATIO_SLACK) return null;
    return words("screen_small", { needed: least.join(" x "), screen: `${width} x ${height}`, ratio: leastRatio });
  }

  return { watch: look, against };
};
