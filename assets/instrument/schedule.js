// When the picture swaps: swap k is due k periods after the start; even phases show the source, odd ones the level.

import contract from "../contract.json" with { type: "json" };

/** A frame this close to the middle between two due frames is a tie, in shares of a frame: more than clock jitter. */
const TIE = contract.tie_frames;
/** The same where the display's clock and the timer's drift apart so slowly that one side would win for a whole trial. */
const SLOW_TIE = 0.25;
const TRIAL_MS = 30_000;

/**
 * @param {object} options
 * @param {number} options.swapsPerSecond
 * @param {"nominal"|"frame-locked"} options.kind
 * @param {number} options.frameMs the display's frame time
 * @returns {Schedule}
 */
export function createSchedule({ swapsPerSecond, kind, frameMs }) {
  return kind === "frame-locked" ? frameLocked(swapsPerSecond, frameMs) : nominal(swapsPerSecond, frameMs);
}

/**
 * Each swap falls on the display frame nearest to its due time, without drift. At 60 Hz and 8 swaps a second every
 * other swap is due halfway between two frames: were such ties always rounded up, the source would be shown for 8
 * frames and the level for 7. So a tie goes to the side that evens out what both were shown.
 * @param {number} swapsPerSecond @param {number} frameMs @returns {Schedule}
 */
function nominal(swapsPerSecond, frameMs) {
  const periodMs = 1000 / swapsPerSecond;
  let start = 0;
  let index = 0;
  let swappedAt = 0;
  let excess = 0; // how much longer than due the source was shown than the level, in ms
  let decided = -1; // the tied swap last decided, and its side
  let early = false;

  function tie() {
    const offHalf = Math.abs(((periodMs / frameMs) % 1) - 0.5); // drift of a tied swap, in frames a swap
    return offHalf * TRIAL_MS < periodMs ? SLOW_TIE : TIE;
  }

  /** @param {number} swap @param {number} t */
  function goesEarly(swap, t) {
    if (swap === decided) return early;
    decided = swap;
    const sign = swap % 2 ? 1 : -1;
    const now = Math.abs(excess + sign * (t - swappedAt - periodMs));
    const next = Math.abs(excess + sign * (t + frameMs - swappedAt - periodMs));
    if (Math.abs(now - next) > frameMs * TIE) early = now < next;
    return early;
  }

  /** @param {number} t */
  function due(t) {
    const zone = tie();
    const swap = Math.max(0, Math.floor((t - start + frameMs * (0.5 + zone)) / periodMs));
    const tied = swap > index && Math.abs(start + swap * periodMs - t - frameMs / 2) <= frameMs * zone;
    return tied && !goesEarly(swap, t) ? swap - 1 : swap;
  }

  return {
    periodMs,
    start(t) {
      start = t;
      swappedAt = t;
      index = 0;
      excess = 0;
      decided = -1;
    },
    setFrameMs(ms) {
      frameMs = ms;
    },
    dueOf: (swap) => start + swap * periodMs,
    indexAt(t) {
      const swap = due(t);
      if (swap !== index) {
        excess += (swap % 2 ? 1 : -1) * (t - swappedAt - (swap - index) * periodMs);
        swappedAt = t;
        index = swap;
      }
      return swap;
    },
  };
}

/**
 * A whole number of frames a phase, counted on the display; the real rate follows from the display. Where two numbers are
 * equally near, as 7 and 8 at 60 Hz, it is the larger on every display, however its measured rate was rounded.
 * @param {number} swapsPerSecond @param {number} frameMs @returns {Schedule}
 */
function frameLocked(swapsPerSecond, frameMs) {
  const perPhase = () => Math.max(1, Math.round(1000 / swapsPerSecond / frameMs + TIE));
  let framesPerPhase = perPhase();
  let start = 0;
  let last = 0;
  let frames = 0;
  return {
    get periodMs() {
      return framesPerPhase * frameMs;
    },
    start(t) {
      start = t;
      last = t;
      frames = 0;
    },
    /** The phase at hand goes on: with another number of frames it would be another one. */
    setFrameMs(ms) {
      const phase = Math.floor(frames / framesPerPhase);
      const into = frames % framesPerPhase;
      frameMs = ms;
      framesPerPhase = perPhase();
      frames = phase * framesPerPhase + Math.min(into, framesPerPhase - 1);
      start = last - frames * frameMs;
    },
    dueOf: (swap) => start + swap * framesPerPhase * frameMs,
    indexAt(t) {
      if (t > last) frames += Math.max(1, Math.round((t - last) / frameMs));
      last = Math.max(last, t);
      return Math.floor(frames / framesPerPhase);
    },
  };
}
