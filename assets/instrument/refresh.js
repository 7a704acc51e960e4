// The display's refresh rate, from the frame clock.

const FRAMES = 60;
const GIVE_UP_MS = 3000;

/** @param {number[]} values @returns {number} */
const median = (values) => values.slice().sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/**
 * Measured over about a second; null on a display that gives no frames.
 * @param {Clock} clock @param {Later} later
 * @returns {Promise<{refresh_hz: number, frame_ms: number, frame_sd_ms: number, clock_rate: number}|null>} `clock_rate` is
 * how fast the page's clock runs beside its frames: 1, or somebody has changed it
 */
export function measureRefresh(clock, later) {
  return new Promise((resolve) => {
    /** @type {number[]} */
    const times = [];
    let firstAt = 0;
    let lastAt = 0;
    let over = false;
    later(() => finish(), GIVE_UP_MS);

    function finish() {
      if (over) return;
      over = true;
      const found = summary(times);
      const lasted = (times[times.length - 1] ?? 0) - (times[0] ?? 0);
      resolve(found && { ...found, clock_rate: Math.round((100 * (lastAt - firstAt)) / lasted) / 100 });
    }

    /** @param {number} t */
    function tick(t) {
      times.push(t);
      lastAt = clock.now();
      if (times.length === 1) firstAt = lastAt;
      if (times.length > FRAMES) finish();
      else if (!over) clock.raf(tick);
    }
    clock.raf(tick);
  });
}

const WATCHED = 90;
const OTHER_SHARE = 0.1;
const EVEN_SHARE = 0.8;

/** Tells from the frames as they come that the display's rate has become another; a page under load drops frames, unevenly. */
export function createRateWatch() {
  /** @type {number[]} */
  let intervals = [];
  let last = 0;
  const differs = (/** @type {number} */ one, /** @type {number} */ other) => Math.abs(one - other) > OTHER_SHARE * other;

  return {
    differs,
    /** @param {number} t @param {number} frameMs as it was measured */
    isOther(t, frameMs) {
      if (t > last) intervals.push(t - last);
      last = t;
      if (intervals.length < WATCHED) return false;
      const middle = median(intervals);
      const even = intervals.filter((interval) => !differs(interval, middle)).length >= EVEN_SHARE * intervals.length;
      intervals = [];
      return even && differs(middle, frameMs);
    },
  };
}

/** @param {number[]} times */
function summary(times) {
  const intervals = times.slice(1).map((t, number) => t - (times[number] ?? t));
  if (intervals.length < 10) return null;
  const middle = median(intervals);
  // frames that were missed say nothing of the display
  const usual = intervals.filter((interval) => interval < 1.5 * middle && interval > 0.5 * middle);
  const mean = usual.reduce((sum, interval) => sum + interval, 0) / usual.length;
  const variance = usual.reduce((sum, interval) => sum + (interval - mean) ** 2, 0) / usual.length;
  const rounded = (/** @type {number} */ value) => Math.round(value * 1000) / 1000;
  return { refresh_hz: rounded(1000 / mean), frame_ms: rounded(mean), frame_sd_ms: rounded(Math.sqrt(variance)) };
}
