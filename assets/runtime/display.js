// What the display is like and how it changed: whether the trials fit, recorded with the answers, warned of where they suffer.

import { seenRatio } from "../instrument/geometry.js";
import { createRateWatch, measureRefresh } from "../instrument/refresh.js";
import { createSchedule } from "../instrument/schedule.js";

const CHANGE_SETTLED_MS = 300;
const LAYOUT_MS = 50;
/** A 32 inch screen of 1920 pixels has 27: before the screen is measured, a picture takes at least that. */
const LEAST_PX_PER_CM = 27;
const FALSE_CLOCK = 0.2;
/** A box at parts of a pixel has one more or less. */
const ROUNDED_PX = 1.5;
const PREFERENCES = {
  forced_colors: "(forced-colors: active)",
  inverted_colors: "(inverted-colors: inverted)",
  dark: "(prefers-color-scheme: dark)",
  reduced_motion: "(prefers-reduced-motion: reduce)",
};
const USUAL_FRAME_MS = 1000 / 60;
const OTHER_AVIF = /Firefox\//;
/** The arrangement of a layout that it may have in its style for windows that are too low for its own. */
const BESIDE = "side";

/**
 * @param {object} options
 * @param {PageData} options.page
 * @param {ReturnType<typeof import("./session.js").createSession>} options.session
 * @param {Pick<Method, "room"|"held">} options.method
 * @param {Set<string>} options.types of the frames' files
 * @param {Clock} options.clock
 * @param {Later} options.later
 * @param {Window} options.window
 */
export function createDisplay({ page, session, method, types, clock, later, window }) {
  const { display } = page;
  const { swaps_per_second: swapsPerSecond, schedule: kind } = display;
  /** @type {import("../instrument/refresh.js").Refresh|null} as the first frames tell it, then as the whole second does */
  let refresh = null;
  /** @type {number|null} */
  let scale = null;
  const root = window.document.documentElement;
  const canvases = [.../** @type {NodeListOf<HTMLCanvasElement>} */ (window.document.querySelectorAll('[data-hit="stage"] canvas'))];
  let resized = false;
  const watch = createRateWatch();
  /** @type {import("../instrument/refresh.js").Refresh|null} the newest, where the rate changed during the visit */
  let refreshNow = null;
  let measuring = false;
  /** @type {(frameMs: number) => void} */
  let whenRateFound = () => {};
  let changing = 0;
  let ratioSeen = seenRatio(window);
  let whenRatioChanged = () => {};

  /** @returns {DisplayNow} */
  const now = () => ({
    device_pixel_ratio: seenRatio(window),
    viewport: [window.innerWidth, window.innerHeight],
    screen: [window.screen.width, window.screen.height],
  });

  /** A window that is dragged larger is one change, not one for every frame of the dragging. */
  function changed() {
    changing += 1;
    const mine = changing;
    const ms = session.elapsed();
    later(() => mine === changing && session.displayChanged({ ms, ...now() }), CHANGE_SETTLED_MS);
  }

  /**
   * A move to a screen of another pixel ratio may leave the window's size in CSS pixels as it is: no resize is told then.
   * Not every browser tells a query either, so that `look` compares, in every frame of a trial.
   * @param {() => void} act
   */
  function onRatioChange(act) {
    whenRatioChanged = act;
    window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`).addEventListener("change", () => look(), { once: true });
  }

  /** @param {number} [t] of a frame */
  function look(t) {
    if (t !== undefined && refresh && watch.isOther(t, (refreshNow ?? refresh).frame_ms)) measureAgain();
    if (seenRatio(window) === ratioSeen) return;
    ratioSeen = seenRatio(window);
    onRatioChange(whenRatioChanged);
    whenRatioChanged();
  }

  async function measureAgain() {
    if (measuring) return;
    measuring = true;
    const found = await measureRefresh(clock, later).whole;
    measuring = false;
    const before = refreshNow ?? refresh;
    if (!found || !before || !watch.differs(found.frame_ms, before.frame_ms)) return;
    refreshNow = found;
    session.rateChanged(found.refresh_hz);
    whenRateFound(found.frame_ms);
  }

  /** Resolves once trials may begin; where slow displays are refused, a first estimate will not do. Needs a visible page. */
  async function measure() {
    if (refresh) return;
    const { soon, whole } = measureRefresh(clock, later);
    const settled = whole.then(settle);
    refresh = await soon;
    if (refresh) whenRateFound(refresh.frame_ms);
    if (display.refuse_slow_display) await settled;
  }

  /** @param {import("../instrument/refresh.js").Refresh|null} found over the whole second; what began by another rate is recorded */
  function settle(found) {
    const isOther = found && refresh && watch.differs(found.frame_ms, refresh.frame_ms);
    refresh = found;
    if (!found) return;
    if (isOther && session.state.order.length) session.rateChanged(found.refresh_hz);
    whenRateFound(found.frame_ms);
  }

  /** Fewer than two frames a swap, or frames too uneven to hold the schedule within one frame. */
  function cannotHold() {
    return refresh !== null && (refresh.refresh_hz < 2 * swapsPerSecond || refresh.frame_sd_ms > refresh.frame_ms / 2);
  }

  /** Whether the browser's pixel ratio is the one that it lays out by. */
  function isTrueRatio() {
    const ratio = window.devicePixelRatio;
    return window.matchMedia(`(min-resolution: ${ratio * 0.98}dppx) and (max-resolution: ${ratio * 1.02}dppx)`).matches;
  }

  /** Extensions that darken or recolour pages lay a filter over the whole of them, or over pictures; none may shrink or turn them. */
  function isAltered() {
    return canvases.some((canvas) => {
      for (let /** @type {Element|null} */ element = canvas; element; element = element.parentElement) {
        const { filter, opacity, mixBlendMode, transform, scale, rotate } = window.getComputedStyle(element);
        if (filter !== "none" || opacity !== "1" || mixBlendMode !== "normal") return true;
        if ([transform, scale, rotate].some((given) => given && given !== "none")) return true;
      }
      return false;
    });
  }

  /** Whether what draws pictures is the browser's own. */
  function isOwnPainter() {
    const { CanvasRenderingContext2D, HTMLCanvasElement } = /** @type {Window & typeof globalThis} */ (window);
    return [CanvasRenderingContext2D.prototype.drawImage, HTMLCanvasElement.prototype.getContext].every((act) => /\[native code\]/.test(Function.prototype.toString.call(act)));
  }

  /** Looks, whenever a picture's box has changed and been left alone, whether it has the device pixels that are painted for it. */
  function watchSizes() {
    /** @type {Map<Element, DOMRectReadOnly>} */
    const boxes = new Map();
    let changes = 0;
    const { ResizeObserver } = /** @type {Window & typeof globalThis} */ (window);
    const observer = new ResizeObserver((entries) => {
      changes += 1;
      const mine = changes;
      for (const { target, contentRect } of entries) boxes.set(target, contentRect);
      // twice, for on a slow machine a picture follows its new pixel ratio late
      later(() => mine === changes && canvases.some(isOtherSize) && later(noteSizes, CHANGE_SETTLED_MS), CHANGE_SETTLED_MS);
    });
    for (const canvas of canvases) observer.observe(canvas);

    function noteSizes() {
      resized ||= canvases.some(isOtherSize);
    }

    /** @param {HTMLCanvasElement} canvas */
    function isOtherSize(canvas) {
      const { width = 0, height = 0 } = boxes.get(canvas) ?? {};
      const off = (/** @type {number} */ css, /** @type {number} */ pixels) => Math.abs(css * window.devicePixelRatio - pixels);
      return width > 0 && Math.max(off(width, canvas.width), off(height, canvas.height)) > ROUNDED_PX;
    }
  }

  const preferences = () => Object.entries(PREFERENCES).filter(([, query]) => window.matchMedia(query).matches).map(([name]) => name);

  function warnings() {
    const ratios = session.state.display_changes.map((change) => change.device_pixel_ratio);
    const found = [];
    const swapMs = 1000 / swapsShown();
    if (session.state.calibration?.adjusted === false) found.push("the card's frame was left as it stood");
    if (scale !== null && scale < 1) found.push("less than one device pixel per source pixel");
    if (session.zoomed() || ratios.some((ratio) => ratio !== session.state.reference_ratio)) found.push("the pixel ratio changed during the visit");
    if (cannotHold()) found.push("the display cannot hold the schedule");
    if (session.state.rows.some((row) => method.held?.(row, swapMs) === false)) found.push("a trial did not hold the schedule");
    if (session.state.refresh_changes.length) found.push("the refresh rate changed during the visit");
    if (session.state.away_ms) found.push("the page was closed for a while, or the clock was put forward");
    if (types.has("image/avif") && OTHER_AVIF.test(window.navigator.userAgent)) found.push("this browser shows AVIF otherwise than others");
    if (window.matchMedia(PREFERENCES.forced_colors).matches) found.push("forced colours replace the grey around the picture");
    if (window.matchMedia(PREFERENCES.inverted_colors).matches) found.push("the colours are inverted");
    if (isAltered()) found.push("a style that is not the page's alters its pictures");
    if (resized) found.push("a picture was not shown at its own size");
    if (!isOwnPainter()) found.push("what draws the pictures is not the browser's own");
    if (!isTrueRatio()) found.push("the pixel ratio that the browser tells is false");
    if (refresh && Math.abs(refresh.clock_rate - 1) > FALSE_CLOCK || session.clockWentBack()) found.push("the clock was changed");
    if (refresh === null) found.push("the refresh rate could not be measured");
    return found;
  }

  /** What the trials need in the layout's arrangement at hand; what they need beside the picture its style tells. */
  function need() {
    const style = window.getComputedStyle(root);
    const told = (/** @type {string} */ name) => Number.parseFloat(style.getPropertyValue(name)) || 0;
    const pxPerCm = session.cssPxPerCm() ?? LEAST_PX_PER_CM;
    const sizes = [...page.training, ...page.study].map((trial) => method.room(trial, display, pxPerCm, window.devicePixelRatio, page));
    const across = Math.max(...sizes.map((size) => size.css_width)) + told("--room-width");
    const down = Math.max(...sizes.map((size) => size.css_height)) + told("--room-height");
    const needed = { width: Math.ceil(across), height: Math.ceil(Math.max(down, told("--least-height"))) };
    const viewport = { width: window.innerWidth, height: window.innerHeight };
    return { fits: viewport.width >= needed.width && viewport.height >= needed.height, needed, viewport };
  }

  /** A frame of another process, or one that is not shown yet, begins with no size: resolves once there is one, for not every browser tells of it. */
  async function laidOut() {
    while (!window.innerWidth || !window.innerHeight) await new Promise((goOn) => later(() => goOn(null), LAYOUT_MS));
  }

  /** Whether the trials fit the window, if not as they are arranged then otherwise. */
  function room() {
    const found = need();
    if (found.fits) return found;
    const before = root.dataset.arrangement ?? "";
    root.dataset.arrangement = before ? "" : BESIDE;
    const other = need();
    if (other.fits) return other;
    root.dataset.arrangement = before;
    return found;
  }

  watchSizes();
  return {
    changed,
    onRatioChange,
    look,
    /** @param {(frameMs: number) => void} act what each rate that is found is given to */
    onRate(act) {
      whenRateFound = act;
    },
    laidOut,
    room,
    /** Device pixels per source pixel of the trial at hand. @param {number} next */
    setScale(next) {
      scale = next;
    },
    measure,
    /** The config refuses displays that cannot hold the schedule, and this is one or could not be measured. */
    tooSlow: () => display.refuse_slow_display && (refresh === null || cannotHold()),
    zoomed: () => session.zoomed(),
    /** @param {string} browser its name and version */
    record: (browser) => ({
      scaling: display.scaling,
      width_cm: display.scaling === "physical" ? display.width_cm : null,
      css_px_per_cm: session.cssPxPerCm(),
      device_px_per_source_px: scale,
      ...now(),
      reference_pixel_ratio: session.state.reference_ratio ?? null,
      schedule: kind,
      swaps_per_second: swapsShown(),
      ...(refresh ?? { refresh_hz: null, frame_ms: null, frame_sd_ms: null }),
      preferences: preferences(),
      browser,
      arrangement: root.dataset.arrangement || root.dataset.layout,
      user_agent: window.navigator.userAgent,
      warnings: warnings(),
    }),
  };

  function swapsShown() {
    const { periodMs } = createSchedule({ swapsPerSecond, kind, frameMs: refresh?.frame_ms ?? USUAL_FRAME_MS });
    return Math.round(100000 / periodMs) / 100;
  }
}
