// The rows of pjnd: what of one goes into the CSV, and how they are made smaller without losing where the worker turned.

const TRACE_LENGTHS = [400, 200, 100, 50, 25, 12, 6, 2, 0];

/** @type {Record<string, (row: PjndRow) => unknown>} */
export const columns = {
  level: (row) => row.level,
  none_seen: (row) => row.none_seen,
  points: (row) => row.points.map(([x, y]) => `${x} ${y}`).join("; "),
  started_ms: (row) => row.started_ms,
  ended_ms: (row) => row.ended_ms,
  slider_start: (row) => row.slider_start,
};

/**
 * First the slider's traces are thinned as far as needed; then, for a worker who was coached a hundred times, the frame
 * statistics of coached attempts go. Answers are never touched.
 * @param {Row[]} rows @param {(row: Row) => boolean} isLast
 */
export function* reductions(rows, isLast) {
  let trials = /** @type {PjndRow[]} */ (rows);
  for (const most of TRACE_LENGTHS) {
    trials = trials.map((row) => ({ ...row, trace: thinned(row.trace, most) }));
    yield trials;
  }
  yield trials.map((row) => (isLast(row) ? row : { ...row, timing: {} }));
}

/**
 * A trace of at most `most` entries: the ends, and the turns of the slider before the steps between them.
 * @param {Trace} trace @param {number} most @returns {Trace}
 */
export function thinned(trace, most) {
  if (trace.length <= most) return trace;
  if (most < 2) return [];
  const turns = trace.filter((entry, number) => {
    const before = trace[number - 1];
    const after = trace[number + 1];
    return !before || !after || Math.sign(entry[1] - before[1]) !== Math.sign(after[1] - entry[1]);
  });
  if (turns.length <= most) return turns;
  const step = (turns.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, number) => turns[Math.round(number * step)]).filter((entry) => entry !== undefined);
}
