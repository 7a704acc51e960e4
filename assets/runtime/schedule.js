// When the picture swaps: swap k is due k periods after the start; even phases show the source, odd ones the level.

/** A frame this close to the middle between two due frames is a tie, in shares of a frame: more than clock jitter. */
const TIE = 0.06;

/**
 * @param {object} options
 * @param {number} options.swapsPerSecond
 * @param {"nominal"|"frame-locked"} options.kind
 * @param {number} options.frameMs the display's frame time
 */
export function createSchedule({ swapsPerSecond, kind, frameMs }) {
  return kind === "frame-locked" ? frameLocked(swapsPerSecond, frameMs) : nominal(swapsPerSecond, frameMs);
}

/**
 * Each swap falls on the display frame nearest to its due time, without drift. At 60 Hz and 8 swaps a second every
 * other swap is due halfway between two frames: were such ties always rounded up, the source would be shown for 8
 * frames and the level for 7. So ties go up and down in turn.
 */
function nominal(swapsPerSecond, frameMs) {
  const periodMs = 1000 / swapsPerSecond;
  let start = 0;
  let tieSwap = -1;
  let tieEarly = true;

  function decideTie(swap) {
    if (swap !== tieSwap) {
      tieSwap = swap;
      tieEarly = !tieEarly;
    }
    return tieEarly;
  }

  return {
    periodMs,
    start(t) {
      start = t;
      tieSwap = -1;
    },
    setFrameMs(ms) {
      frameMs = ms;
    },
    dueOf: (swap) => start + swap * periodMs,
    indexAt(t) {
      const reach = (t - start + frameMs * (0.5 + TIE)) / periodMs;
      const swap = Math.max(0, Math.floor(reach));
      const early = start + swap * periodMs - t;
      const tied = swap > 0 && Math.abs(early - frameMs / 2) <= frameMs * TIE;
      return tied && !decideTie(swap) ? swap - 1 : swap;
    },
  };
}

/** A whole number of frames a phase, counted on the display; the real rate follows from the display. */
function frameLocked(swapsPerSecond, frameMs) {
  const framesPerPhase = Math.max(1, Math.round(1000 / swapsPerSecond / frameMs));
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
    setFrameMs(ms) {
      frameMs = ms;
    },
    dueOf: (swap) => start + swap * framesPerPhase * frameMs,
    indexAt(t) {
      if (t > last) frames += Math.max(1, Math.round((t - last) / frameMs));
      last = Math.max(last, t);
      return Math.floor(frames / framesPerPhase);
    },
  };
}
