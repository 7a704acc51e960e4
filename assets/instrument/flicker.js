// The flicker: source and level alternate on the frame clock; nothing is painted that is not decoded.

import { createTiming } from "./timing.js";

/** So long without a frame, nothing flickers: the machine slept or stood still, and it is told apart like a hidden tab. */
const STALL_MS = 250;
/** Another display's rate differs by more than this share; measuring one display twice does not. */
const OTHER_RATE = 0.02;

/**
 * @param {object} options
 * @param {HTMLCanvasElement} options.canvas its backing size is the caller's
 * @param {Clock} options.clock
 * @param {ReturnType<typeof import("./schedule.js").createSchedule>} options.schedule
 * @param {(shown: number|null) => void} options.onShown called in the frame that paints: the level, 0 for the source
 * @param {() => void} [options.onFrame] called after every frame
 */
export function createFlicker({ canvas, clock, schedule, onShown, onFrame }) {
  const surface = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false, colorSpace: "srgb" }));
  /** @type {ReturnType<typeof import("./decoder.js").createDecoder>|null} */
  let decoder = null;
  let request = 0;
  let timing = createTiming();
  let level = 0;
  /** @type {number|null} level on the canvas, null before the first */
  let painted = null;
  let distorted = 0; // newest level painted in a distorted phase
  let swapIndex = 0;
  let anchored = false;
  let counted = -1; // the distorted phase and level counted last
  let countedLevel = -1;
  /** @type {Map<number, number>} */
  let shownCounts = new Map();
  /** @type {number|null} */
  let lastFrame = null;
  let frameMs = 1000 / 60;
  /** @type {number|null} */
  let hiddenSince = null;
  let stale = true;

  /** @param {number} next */
  function paint(next) {
    if (next === painted && !stale) return;
    const bitmap = decoder?.get(next);
    if (!bitmap) return;
    surface.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    painted = next;
    stale = false;
    onShown(next);
  }

  /** The level for a distorted phase: the wanted one once decoded, until then the newest that was. */
  function available() {
    if (decoder?.get(level)) return level;
    return decoder?.get(distorted) ? distorted : 0;
  }

  /** @param {number} swap @param {number} shown */
  function countShown(swap, shown) {
    if (swap === counted && shown === countedLevel) return;
    counted = swap;
    countedLevel = shown;
    shownCounts.set(shown, (shownCounts.get(shown) ?? 0) + 1);
  }

  /** @param {number} t */
  function tick(t) {
    request = clock.raf(tick);
    if (!decoder?.get(0)) return;
    if (lastFrame !== null && t - lastFrame >= STALL_MS) {
      timing.stalled(t - lastFrame);
      anchored = false;
    }
    if (!anchored) {
      schedule.start(t);
      anchored = true;
      swapIndex = 0;
      timing.interrupted();
      timing.swap(t, "source", 0);
    } else if (lastFrame !== null) {
      timing.frameGap(Math.max(0, Math.round((t - lastFrame) / frameMs) - 1));
    }
    lastFrame = t;
    advance(t);
    onFrame?.();
  }

  /** @param {number} t */
  function advance(t) {
    const swap = schedule.indexAt(t);
    const next = swap % 2 ? available() : 0;
    // over an even number of swaps the picture stays what it is, and so it does while there is nothing to swap with
    if (swap % 2 && level > 0 && next === 0) timing.interrupted();
    else if ((swap - swapIndex) % 2) timing.swap(t, swapIndex % 2 ? "distorted" : "source", t - schedule.dueOf(swap));
    swapIndex = swap;
    if (swap % 2 === 0) {
      paint(0);
      return;
    }
    if (next !== distorted) {
      distorted = next;
      decoder?.hold(next);
    }
    paint(next);
    if (next > 0) countShown(swap, next);
  }

  function halt() {
    clock.cancel(request);
    request = 0;
    anchored = false;
    lastFrame = null;
  }

  return {
    /**
     * Put another ladder on; nothing is painted until its source is decoded.
     * @param {ReturnType<typeof import("./decoder.js").createDecoder>} next
     */
    setDecoder(next) {
      decoder = next;
      painted = null;
      distorted = 0;
      stale = true;
      anchored = false;
      shownCounts = new Map();
      onShown(null);
    },
    /** @param {number} ms */
    setFrameMs(ms) {
      if (Math.abs(ms - frameMs) > frameMs * OTHER_RATE) anchored = false;
      frameMs = ms;
      schedule.setFrameMs(ms);
    },
    /** @param {number} next */
    setLevel(next) {
      level = next;
      decoder?.want(next);
    },
    start() {
      if (!request && hiddenSince === null) request = clock.raf(tick);
    },
    /** Stop at once, on the source. */
    stop() {
      halt();
      if (decoder?.get(0)) paint(0);
    },
    running: () => request !== 0,
    /** The tab is hidden: nothing runs, and the time is told. */
    hide() {
      if (hiddenSince !== null) return;
      hiddenSince = clock.now();
      halt();
    },
    reveal() {
      if (hiddenSince === null) return;
      timing.hidden(clock.now() - hiddenSince);
      hiddenSince = null;
    },
    /** The canvas was resized and is empty: paint again in the same frame. */
    repaint() {
      stale = true;
      if (painted !== null && decoder?.get(painted)) paint(painted);
    },
    shownTimes: (/** @type {number} */ of) => shownCounts.get(of) ?? 0,
    restartTiming() {
      timing = createTiming();
      anchored = false;
    },
    timing: () => timing.snapshot(),
  };
}

/**
 * What a task does with its flickers while the page is left or covered, and when the display's rate is known better.
 * @param {(act: (flicker: ReturnType<typeof createFlicker>) => void) => void} each does something with every one
 * @param {() => void} goOn @param {(is: boolean) => void} setPaused
 */
export function suspending(each, goOn, setPaused) {
  return {
    pause() {
      setPaused(true);
      each((flicker) => flicker.stop());
    },
    resume() {
      setPaused(false);
      goOn();
    },
    hide: () => each((flicker) => flicker.hide()),
    reveal() {
      each((flicker) => flicker.reveal());
      goOn();
    },
    setFrameMs: (/** @type {number} */ ms) => each((flicker) => flicker.setFrameMs(ms)),
  };
}
