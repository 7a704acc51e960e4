// The example of the instructions, which each method draws in its own way: source and distorted picture in turn, until stopped.

import { meant } from "./page.js";

/**
 * One alternation on the frame clock, however often it is started.
 * @param {Tools} tools
 * @param {Schedule} schedule
 * @param {(canvas: HTMLCanvasElement, isSource: boolean) => void} paint
 * @param {{ isLive?: boolean, restsWithSource?: boolean }} [how] whether it alternates at all, and what is shown where it does not
 * @returns {Example}
 */
export function createAlternation({ part, clock }, schedule, paint, { isLive = true, restsWithSource = true } = {}) {
  /** @type {HTMLCanvasElement} */
  const canvas = part("example");
  let request = 0;
  let first = true;

  /** @param {number} t */
  function tick(t) {
    request = clock.raf(tick);
    if (first) schedule.start(t);
    first = false;
    paint(canvas, schedule.indexAt(t) % 2 === 0);
  }

  function start() {
    if (request || !isLive) return;
    first = true;
    request = clock.raf(tick);
  }

  function stop() {
    clock.cancel(request);
    request = 0;
    paint(canvas, restsWithSource);
  }

  part("example-stop").hidden = !isLive;
  part("example-stop").addEventListener("click", meant(() => (request ? stop() : start())));

  return {
    still() {
      paint(canvas, restsWithSource);
      paint(part("preview-example"), restsWithSource);
    },
    start,
    stop,
    setFrameMs: schedule.setFrameMs,
  };
}
