// The rows of compare: what of one goes into the CSV, and what of many can be left out where they are too many.

/** @type {Record<string, (row: CompareRow) => unknown>} */
export const columns = {
  response: (row) => row.response,
  response_time_ms: (row) => row.response_time_ms,
  toggles: (row) => row.toggles,
  started_ms: (row) => row.started_ms,
  ended_ms: (row) => row.ended_ms,
};

const JUDGED = ["swaps", "mean_ms", "sd_ms", "source_mean_ms", "distorted_mean_ms", "dropped"];

/**
 * First what frames tell beyond what a question is judged by; then, of coached attempts, all of it. Answers are never touched.
 * @param {Row[]} rows @param {(row: Row) => boolean} isLast
 */
export function* reductions(rows, isLast) {
  const all = /** @type {CompareRow[]} */ (rows);
  for (const names of [JUDGED, JUDGED.slice(0, 3)]) {
    const fewer = all.map((row) => ({ ...row, timing: shorter(row.timing, names) }));
    yield fewer;
    yield fewer.map((row) => (isLast(row) ? row : { ...row, timing: {} }));
  }
}

/** @param {CompareRow["timing"]} timing @param {string[]} names @returns {CompareRow["timing"]} */
function shorter(timing, names) {
  const kept = timing.swaps ? names : ["swaps"];
  return Object.fromEntries(Object.entries(timing).filter(([name]) => kept.includes(name)));
}
