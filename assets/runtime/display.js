// What the display is like and how it changed: recorded with the answers, warned of where they suffer.

import { measureRefresh } from "./refresh.js";

const CHANGE_SETTLED_MS = 300;

/**
 * @param {object} options page, session, schedule, clock, later, window
 */
export function createDisplay({ page, session, schedule, clock, later, window }) {
  const { display } = page;
  let refresh = null;
  let scale = null;
  let changing = 0;

  const now = () => ({
    device_pixel_ratio: window.devicePixelRatio,
    viewport: [window.innerWidth, window.innerHeight],
    screen: [window.screen.width, window.screen.height],
  });

  /** A window that is dragged larger is one change, not one for every frame of the dragging. */
  function changed() {
    changing += 1;
    const mine = changing;
    later(() => mine === changing && session.displayChanged(now()), CHANGE_SETTLED_MS);
  }

  /** Fewer than two frames a swap, or frames too uneven to hold the schedule within one frame. */
  function cannotHold() {
    return refresh !== null && (refresh.refresh_hz < 2 * display.swaps_per_second || refresh.frame_sd_ms > refresh.frame_ms / 2);
  }

  function warnings() {
    const ratios = session.state.display_changes.map((change) => change.device_pixel_ratio);
    const found = [];
    if (scale !== null && scale < 1) found.push("less than one device pixel per source pixel");
    if (ratios.some((ratio) => ratio !== session.state.opened_ratio)) found.push("the pixel ratio changed during the visit");
    if (cannotHold()) found.push("the display cannot hold the schedule");
    if (refresh === null) found.push("the refresh rate could not be measured");
    return found;
  }

  return {
    changed,
    /** Device pixels per source pixel of the trial at hand. */
    setScale(next) {
      scale = next;
    },
    /** Measures the refresh rate, which needs a visible page; null where there are no frames. */
    async measure() {
      refresh ??= await measureRefresh(clock, later);
      return refresh;
    },
    /** The config refuses displays that cannot hold the schedule, and this is one or could not be measured. */
    tooSlow: () => display.refuse_slow_display && (refresh === null || cannotHold()),
    zoomed: () => window.devicePixelRatio !== session.state.opened_ratio,
    record: (browser) => ({
      scaling: display.scaling,
      width_cm: display.scaling === "physical" ? display.width_cm : null,
      css_px_per_cm: session.cssPxPerCm(),
      device_px_per_source_px: scale,
      ...now(),
      schedule: display.schedule,
      swaps_per_second: Math.round(100000 / schedule.periodMs) / 100,
      ...(refresh ?? { refresh_hz: null, frame_ms: null, frame_sd_ms: null }),
      browser,
      user_agent: window.navigator.userAgent,
      warnings: warnings(),
    }),
  };
}
