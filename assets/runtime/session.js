// What is known of this worker's visit: saved for a reload, and made into the submission.

import { fitSubmission } from "./submission.js";

const MOST_DISPLAY_CHANGES = 50;
const SAVE_SOON_MS = 300;
/** Clocks that are set right by a server move by less. */
const CLOCK_STEP_MS = 60_000;
/** A page that loads again takes less; more is an absence, or a clock that was put forward, and no time of any trial. */
const LONGEST_RELOAD_MS = 60_000;

/**
 * @param {object} options
 * @param {PageData} options.page
 * @param {Environment} options.environment
 * @param {ReturnType<typeof import("./storage.js").createStorage>} options.storage
 * @param {() => number} options.now wall clock, so that times go on across a reload
 * @param {() => number} options.monotonic a clock that nobody sets, for all times within a visit
 * @param {Later} options.later
 * @param {() => number} options.ratio device pixels per CSS pixel
 * @param {ScreenName} options.firstScreen
 * @param {Method["packs"]} options.packsOf
 */
export function createSession({ page, environment, storage, now, monotonic, later, ratio, firstScreen, packsOf }) {
  // what was saved for another build of this page is not this one's
  const consents = [page, ...(page.languages ?? [])].map((each) => each.consent_sha256);
  const content = [...consents, ...(page.checks ?? []).map(({ id }) => id), ...[...page.training, ...page.study].map((trial) => [trial.trial, ...packsOf(trial)].join(""))].join(" ");
  const loaded = /** @type {VisitState|null} */ (storage.load());
  const saved = loaded?.content === content ? loaded : null;
  /** @type {VisitState} */
  const state = {
    content,
    opened_at: now(),
    opened_ratio: ratio(),
    elapsed_ms: 0,
    saved_at: now(),
    away_ms: 0,
    screen: firstScreen,
    consent: null,
    calibration: null,
    order: [],
    finished: [],
    rows: [],
    active: null,
    survey: {},
    display_changes: [],
    refresh_changes: [],
    withdrawn_from: null,
    failed: false,
    outbox: null,
    ...saved,
  };
  const gap = Math.max(0, now() - state.saved_at);
  const isAway = gap > LONGEST_RELOAD_MS;
  const before = state.elapsed_ms + (isAway ? 0 : gap);
  if (isAway) state.away_ms += Math.round(gap);
  const since = monotonic();
  let waiting = false;
  let forgotten = false;

  let latest = Math.round(before);
  // No time is before one that was told, whatever a browser that blurs its clock says.
  const elapsed = () => (latest = Math.max(latest, Math.round(before + monotonic() - since)));

  function save() {
    if (forgotten) return;
    state.elapsed_ms = elapsed();
    state.saved_at = now();
    storage.save(state);
  }

  return {
    state,
    save,
    /** Keep the method's state of the trial at hand. @param {VisitState["active"]} active */
    keep(active) {
      state.active = active;
      save();
    },
    /** The same within a moment: for what changes fast. @param {VisitState["active"]} active */
    keepSoon(active) {
      state.active = active;
      if (waiting) return;
      waiting = true;
      later(() => {
        waiting = false;
        save();
      }, SAVE_SOON_MS);
    },
    /** @param {Row} row */
    record(row) {
      state.rows.push(row);
      save();
    },
    elapsed,
    /** The wall clock went back; that it went on may be a machine that slept. */
    clockWentBack: () => now() + CLOCK_STEP_MS < state.opened_at + elapsed() + state.away_ms,
    /** Another tab works on the same page: nothing is saved over what it saves. */
    yield() {
      forgotten = true;
    },
    resumed: saved !== null,
    reset() {
      forgotten = true;
      storage.clear();
    },
    /** @param {number} cardWidthCssPx @param {number} cssPxPerCm @param {boolean} adjusted by the worker, or left as it stood */
    calibrate(cardWidthCssPx, cssPxPerCm, adjusted) {
      state.calibration = { card_width_css_px: cardWidthCssPx, css_px_per_cm: cssPxPerCm, device_pixel_ratio: ratio(), adjusted };
      state.reference_ratio = ratio();
      state.display_changes = [];
      save();
    },
    /** The card told device pixels per centimetre; zooming changes the CSS pixels, not the screen. */
    cssPxPerCm() {
      if (!state.calibration) return null;
      const { css_px_per_cm: calibrated, device_pixel_ratio: then } = state.calibration;
      return (calibrated * then) / ratio();
    },
    /** What changed before the reference was taken changed nothing that was measured. @param {DisplayNow & {ms: number}} change */
    displayChanged(change) {
      if (state.reference_ratio === undefined || state.display_changes.length >= MOST_DISPLAY_CHANGES) return;
      state.display_changes.push(change);
      save();
    },
    /** The display's rate is another than before. @param {number} hz */
    rateChanged(hz) {
      if (state.refresh_changes.length < MOST_DISPLAY_CHANGES) state.refresh_changes.push({ ms: elapsed(), refresh_hz: hz });
      save();
    },
    /** The pixel ratio is another than the one that trials are held to. */
    zoomed: () => state.reference_ratio !== undefined && ratio() !== state.reference_ratio,
    /** The window is as the page asked for: before the first trial, that is what trials are held to. */
    asAsked() {
      if (state.reference_ratio === undefined || state.order.length) return;
      state.reference_ratio = ratio();
      state.display_changes = [];
      save();
    },
    /** A trial is begun: its place in the order is fixed from now on. @param {string} trial */
    begin(trial) {
      state.reference_ratio ??= state.calibration?.device_pixel_ratio ?? ratio();
      if (!state.order.includes(trial)) state.order.push(trial);
      save();
    },
    /** @param {string} trial */
    finish(trial) {
      state.finished.push(trial);
      state.active = null;
      save();
    },
    /** @param {object} display @param {Method["reductions"]} reductions */
    submission: (display, reductions) =>
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
        display: { ...display, changes: state.display_changes, refresh_changes: state.refresh_changes, away_ms: state.away_ms },
        calibration: state.calibration ?? {},
        consent: state.consent ?? {},
        survey: state.survey,
        ...(page.checks && { checks: state.checks ?? {} }),
      }, reductions),
  };
}
