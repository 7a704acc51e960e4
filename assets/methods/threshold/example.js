// The example of the instructions: two drawn landscapes, the right one of which flickers. Still in the preview.

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

/**
 * Alternates the right one on the frame clock until stopped.
 * @param {Tools} tools @param {Schedule} schedule @returns {Example}
 */
export function createExample({ part, clock }, schedule) {
  const canvas = /** @type {HTMLCanvasElement} */ (part("example"));
  let request = 0;
  let first = true;

  /** @param {number} t */
  function tick(t) {
    request = clock.raf(tick);
    if (first) schedule.start(t);
    first = false;
    paint(canvas, schedule.indexAt(t) % 2);
  }

  function start() {
    if (request) return;
    first = true;
    request = clock.raf(tick);
  }

  function stop() {
    clock.cancel(request);
    request = 0;
    paint(canvas, 0);
  }

  part("example-stop").addEventListener("click", () => (request ? stop() : start()));

  return {
    still() {
      paint(canvas, 0);
      paint(/** @type {HTMLCanvasElement} */ (part("preview-example")), 0);
    },
    start,
    stop,
    setFrameMs: schedule.setFrameMs,
  };
}
