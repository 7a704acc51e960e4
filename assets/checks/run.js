// The checks of eyes and screens: each works its screen and keeps what was answered; what that comes to is found out at home.

/**
 * @param {object} options
 * @param {PageData} options.page
 * @param {Record<string, CheckKind>} options.kinds
 * @param {Document} options.document
 * @param {Window & typeof globalThis} options.window
 * @param {Words} options.words
 * @param {Find} options.part
 * @param {Later} options.later
 * @param {() => number} options.random
 * @param {ReturnType<typeof import("../runtime/session.js").createSession>} options.session
 * @param {() => void} options.onMove the window may stand on another screen
 * @returns {Checks}
 */
export function createChecks({ page, kinds, document, session, ...tools }) {
  const results = (session.state.checks ??= {});
  const settled = () => session.state.reference_ratio !== undefined && session.state.screen !== "calibration";
  const checks = (page.checks ?? []).map((data) => {
    const root = /** @type {HTMLElement} */ (document.querySelector(`[data-screen-part="${data.screen}"]`));
    /** @param {unknown} result */
    const keep = (result) => {
      results[data.kind] = result;
      session.save();
    };
    const kind = /** @type {CheckKind} */ (kinds[data.kind]);
    const check = kind({ ...tools, page, data, root, keep, kept: results[data.kind], settled, elapsed: session.elapsed, cssPxPerCm: session.cssPxPerCm });
    return { data, check, root };
  });

  /** @param {HTMLElement} root @param {boolean} isOver */
  function showState(root, isOver) {
    for (const each of root.querySelectorAll("[data-check]")) /** @type {HTMLElement} */ (each).hidden = (each.getAttribute("data-check") === "over") !== isOver;
    const next = /** @type {HTMLButtonElement} */ (root.querySelector('[data-hit="next"]'));
    next.disabled = !isOver;
    return next;
  }

  const screens = Object.fromEntries(
    checks.filter(({ data }) => data.screen).map(({ data, check, root }) => [data.screen, {
      enter() {
        const isOver = data.kind in results;
        showState(root, isOver);
        if (!isOver) check.begin?.(() => showState(root, true).focus());
      },
      leave() {
        check.end?.();
        return data.kind in results;
      },
    }]),
  );

  return {
    screens,
    watch() {
      for (const { check } of checks) check.watch?.();
    },
    /** Another screen takes its place for a while. */
    pause() {
      for (const { check } of checks) check.end?.();
    },
    against: () => checks.map(({ check }) => check.against?.()).find(Boolean) ?? null,
  };
}
