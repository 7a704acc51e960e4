// What was shown when, as running statistics: no list grows with time.

function createMoments() {
  let count = 0;
  let mean = 0;
  let squares = 0;
  return {
    /** @param {number} value */
    add(value) {
      count += 1;
      const delta = value - mean;
      mean += delta / count;
      squares += delta * (value - mean);
    },
    count: () => count,
    mean: () => (count ? mean : null),
    sd: () => (count > 1 ? Math.sqrt(squares / (count - 1)) : null),
  };
}

/** @param {number|null} value */
const round = (value) => (value === null ? null : Math.round(value * 100) / 100);

const OFF_SHARE = 0.1;
const VARIED_SHARE = 0.2;

/**
 * Whether swaps came when they were due, by their own frames; so they did where there were none.
 * @param {{ swaps?: number, mean_ms?: number|null, sd_ms?: number|null }} timing @param {number} swapMs
 */
export function held({ swaps = 0, mean_ms: mean = null, sd_ms: sd = null }, swapMs) {
  if (!swaps) return true;
  return Math.abs((mean ?? swapMs) - swapMs) <= OFF_SHARE * swapMs && (sd ?? 0) <= VARIED_SHARE * swapMs;
}

/** Statistics of one attempt, on the frame clock; the interval across a pause does not count. */
export function createTiming() {
  const all = createMoments();
  const phases = { source: createMoments(), distorted: createMoments() };
  /** @type {number|null} */
  let lastSwap = null;
  let max = 0;
  let worstError = 0;
  let dropped = 0;
  let hiddenMs = 0;
  let stalledMs = 0;

  return {
    /**
     * A swap at frame time t ends a phase; errorMs is how far t lies from the swap's due time.
     * @param {number} t @param {"source"|"distorted"} ended @param {number} errorMs
     */
    swap(t, ended, errorMs) {
      if (lastSwap !== null) {
        const interval = t - lastSwap;
        all.add(interval);
        phases[ended].add(interval);
        max = Math.max(max, interval);
        worstError = Math.max(worstError, Math.abs(errorMs));
      }
      lastSwap = t;
    },
    /** @param {number} frames */
    frameGap(frames) {
      dropped += frames;
    },
    interrupted() {
      lastSwap = null;
    },
    /** No frame came for a while, though the page was not hidden. @param {number} ms */
    stalled(ms) {
      stalledMs += ms;
    },
    /** @param {number} ms */
    hidden(ms) {
      hiddenMs += ms;
    },
    snapshot: () => ({
      swaps: all.count(),
      mean_ms: round(all.mean()),
      sd_ms: round(all.sd()),
      max_ms: round(max),
      source_mean_ms: round(phases.source.mean()),
      distorted_mean_ms: round(phases.distorted.mean()),
      worst_error_ms: round(worstError),
      dropped,
      hidden_ms: Math.round(hiddenMs),
      stalled_ms: Math.round(stalledMs),
    }),
  };
}
