// What is known of this worker's visit: saved for a reload, and made into the submission.

import { fitSubmission } from "./submission.js";

const MOST_DISPLAY_CHANGES = 50;

/**
 * @param {object} options
 * @param {object} options.page
 * @param {ReturnType<typeof import("./environment.js").readEnvironment>} options.environment
 * @param {ReturnType<typeof import("./storage.js").createStorage>} options.storage
 * @param {() => number} options.now wall clock, so that times go on across a reload
 * @param {string} options.firstScreen
 */
export function createSession({ page, environment, storage, now, firstScreen }) {
  const saved = storage.load();
  const state = saved ?? {
    opened_at: now(),
    screen: firstScreen,
    consent: null,
    calibration: null,
    order: [],
    finished: [],
    rows: [],
    active: null,
    survey: {},
    display_changes: [],
    withdrawn_from: null,
  };
  const elapsed = () => Math.round(now() - state.opened_at);
  const save = () => storage.save(state);

  return {
    state,
    save,
    elapsed,
    resumed: saved !== null,
    reset: () => storage.clear(),
    cssPxPerCm: () => state.calibration?.css_px_per_cm ?? null,
    displayChanged(change) {
      if (state.display_changes.length >= MOST_DISPLAY_CHANGES) return;
      state.display_changes.push({ ms: elapsed(), ...change });
      save();
    },
    /** A trial is begun: its place in the order is fixed from now on. */
    begin(trial) {
      if (!state.order.includes(trial)) state.order.push(trial);
      save();
    },
    finish(trial) {
      state.finished.push(trial);
      state.active = null;
      save();
    },
    submission: (display) =>
      fitSubmission({
        schema: 1,
        batch: page.batch,
        page: page.page,
        assignment: environment.assignment,
        worker: environment.worker,
        hit: environment.hit,
        opened_at: new Date(state.opened_at).toISOString(),
        submitted_ms: elapsed(),
        order: state.order,
        trials: state.rows,
        display: { ...display, changes: state.display_changes },
        calibration: state.calibration ?? {},
        consent: state.consent ?? {},
        survey: state.survey,
      }),
  };
}
