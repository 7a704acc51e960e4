// The display's refresh rate, from the frame clock.

const FRAMES = 60;
const GIVE_UP_MS = 3000;
/** How many of the newest intervals may tell the rate before all are there. */
const SOON = [8, 12, 24, 48];
const SOON_SHARE = 0.75;
const SOON_ERROR = 0.01;

/** @typedef {{refresh_hz: number, frame_ms: number, frame_sd_ms: number, clock_rate: number}} Refresh `clock_rate` is how fast the page's clock runs beside its frames: 1, or somebody has changed it */

/** @param {number[]} values @returns {number} */
const median = (values) => values.slice().sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/**
 * Measured over about a second; null on a display that gives no frames. `soon` is there as soon as the newest frames tell the rate to one per
 * cent (8 even ones do, unless one before them was too short for it), at the latest with `whole`: a page that is still loading drops frames, so that it may have to be set right.
 * @param {Clock} clock @param {Later} later
 * @returns {{soon: Promise<Refresh|null>, whole: Promise<Refresh|null>}}
 */
export function measureRefresh(clock, later) {
  /** @type {number[]} */
  const times = [];
  /** @type {number[]} by the page's clock */
  const clocks = [];
  let isTold = false;
  let over = false;
  /** @type {(found: Refresh|null) => void} */
  let tellSoon = () => {};
  /** @type {(found: Refresh|null) => void} */
  let tellWhole = () => {};
  const soon = new Promise((resolve) => (tellSoon = resolve));
  const whole = new Promise((resolve) => (tellWhole = resolve));
  later(() => finish(), GIVE_UP_MS);

  /** @param {number} count of the newest frames @returns {Refresh|null} */
  function found(count) {
    const told = summary(times.slice(-count));
    return told && { ...told, clock_rate: Math.round(100 * clockRate()) / 100 };
  }

  /** A busy page looks at its clock late, now and then by much: what each half says is the frame in which it was least late. */
  function clockRate() {
    const middle = times.length >> 1;
    const late = times.map((t, number) => (clocks[number] ?? 0) - t);
    const gained = Math.min(...late.slice(middle)) - Math.min(...late.slice(0, middle));
    return 1 + gained / ((times[times.length - 1] ?? 0) - (times[middle] ?? 0));
  }

  function finish() {
    if (over) return;
    over = true;
    const all = found(times.length);
    tellSoon(all);
    tellWhole(all);
  }

  /** @param {number} t */
  function tick(t) {
    times.push(t);
    clocks.push(clock.now());
    const sure = isTold ? undefined : SOON.find((count) => isSure(times, count));
    if (sure) tellSoon(found(sure + 1));
    isTold ||= sure !== undefined;
    if (times.length > FRAMES) finish();
    else if (!over) clock.raf(tick);
  }
  clock.raf(tick);
  return { soon, whole };
}

/**
 * Whether so many of the newest intervals tell the rate: nearly all are alike, and none is that of a display twice as fast; where they are few,
 * none since the start.
 * @param {number[]} times @param {number} count
 */
function isSure(times, count) {
  const all = intervalsOf(times);
  const intervals = all.slice(-count);
  const { usual, mean, sd } = moments(intervals);
  if (intervals.length < count || usual.length < SOON_SHARE * count) return false;
  return Math.min(...(count === SOON[0] ? all : intervals)) > 0.6 * mean && sd / Math.sqrt(usual.length) <= SOON_ERROR * mean;
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
      return middle > 0 && even && differs(middle, frameMs);
    },
  };
}

/** @param {number[]} times */
const intervalsOf = (times) => times.slice(1).map((t, number) => t - (times[number] ?? t));

/** @param {number[]} intervals */
function moments(intervals) {
  const middle = median(intervals);
  // frames that were missed say nothing of the display
  const usual = middle > 0 ? intervals.filter((interval) => interval < 1.5 * middle && interval > 0.5 * middle) : intervals; // all, where a clock has steps longer than frames
  const mean = usual.reduce((sum, interval) => sum + interval, 0) / usual.length;
  const variance = usual.reduce((sum, interval) => sum + (interval - mean) ** 2, 0) / usual.length;
  return { usual, mean, sd: Math.sqrt(variance) };
}

/** @param {number[]} times */
function summary(times) {
  const intervals = intervalsOf(times);
  if (intervals.length < (SOON[0] ?? 0)) return null;
  const { mean, sd } = moments(intervals);
  const rounded = (/** @type {number} */ value) => Math.round(value * 1000) / 1000;
  return { refresh_hz: rounded(1000 / mean), frame_ms: rounded(mean), frame_sd_ms: rounded(sd) };
}
