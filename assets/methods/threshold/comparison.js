// One comparison: level and side are chosen, both sides are shown on one clock, and the answer is taken.

import { suspending } from "../../instrument/flicker.js";
import { gridOffset, shownSize } from "../../instrument/geometry.js";
import { meant } from "../../runtime/page.js";
import { choose, createStop, decode, FRAMES, viewOf } from "./show.js";

const SHOWN_BEFORE_ANSWER = 4;
const SIDES = /** @type {const} */ (["left", "right"]);
/** @type {Record<string, PairResponse>} */
const KEYS = { ArrowLeft: "left", ArrowRight: "right", ArrowDown: "none", ArrowUp: "both" };
/** @type {PairResponse[]} */
const RESPONSES = ["left", "none", "both", "right"];

/** @typedef {ReturnType<typeof import("../../instrument/flicker.js").createFlicker>} Flicker */

/**
 * @param {Tools} tools
 * @param {(side: "left"|"right", onShown: (shown: number|null) => void, onFrame: () => void) => Flicker} flickerAt
 * @returns {Task}
 */
export function createComparison(tools, flickerAt) {
  const { words, slot, part, window, elapsed, random, save, record, onSize, cssPxPerCm } = tools;
  const page = /** @type {ThresholdPage} */ (tools.page);
  const { display } = page;
  const stage = slot("stage");
  const places = { left: slot("left"), right: slot("right") };
  const canvases = { left: /** @type {HTMLCanvasElement} */ (part("canvas-left")), right: /** @type {HTMLCanvasElement} */ (part("canvas-right")) };
  const buttons = /** @type {Record<PairResponse, HTMLButtonElement>} */ ({
    left: slot("answer-left"), none: slot("answer-none"), both: slot("answer-both"), right: slot("answer-right"),
  });
  const paired = page.flickering === "both";
  const flickers = { left: flickerAt("left", (shown) => tell("left", shown), update), right: flickerAt("right", (shown) => tell("right", shown), update) };
  /** One for each side: of one, only the level that was wanted last is kept. @type {Partial<Record<"left"|"right", ReturnType<typeof decode>>>} */
  let decoders = {};
  /** @type {ThresholdTrial|null} */
  let spec = null;
  /** @type {ThresholdState} */
  let state = { trial: "", level: 1, other: 0, side: "none", started_ms: 0 };
  /** @type {"left"|"right"} the side whose flicker runs through the higher level, though nothing of it may be seen in a catch trial */
  let flickering = "left";
  let paused = false;
  let finish = () => {};
  const stopping = createStop(tools, { isShown: () => spec !== null, halt: () => both((flicker) => flicker.stop()), goOn });

  /** @param {"left"|"right"} side @param {number|null} shown */
  function tell(side, shown) {
    places[side].dataset.shown = shown === null ? "none" : shown ? `level:${shown}` : "source";
  }

  const both = (/** @type {(flicker: Flicker) => void} */ act) => SIDES.forEach((side) => act(flickers[side]));

  /** The level that a side alternates with. @param {"left"|"right"} side */
  function levelAt(side) {
    return side === flickering ? state.level : state.other;
  }

  function update() {
    const ready = spec !== null && SIDES.every((side) => !levelAt(side) || flickers[side].shownTimes(levelAt(side)) >= SHOWN_BEFORE_ANSWER);
    for (const button of Object.values(buttons)) if (button.disabled === ready) button.disabled = !ready;
  }

  function fit() {
    const size = shownSize(/** @type {ThresholdTrial} */ (spec), display, cssPxPerCm(), window.devicePixelRatio);
    for (const side of SIDES) {
      Object.assign(places[side].style, { width: `${size.css_width}px`, height: `${size.css_height}px`, left: "0px", top: "0px" });
      canvases[side].classList.toggle("exact", display.scaling === "pixels");
      if (canvases[side].width !== size.width || canvases[side].height !== size.height) Object.assign(canvases[side], { width: size.width, height: size.height });
    }
    // once both have their size: the second one moves the first
    for (const side of SIDES) {
      const offset = gridOffset(places[side].getBoundingClientRect(), window.devicePixelRatio);
      Object.assign(places[side].style, { left: `${offset.x}px`, top: `${offset.y}px` });
    }
    onSize(size);
    return display.scaling === "pixels" ? null : { width: size.width, height: size.height };
  }

  /** Both begin in one frame, once both have what they show. */
  function goOn() {
    const isReady = SIDES.every((side) => decoders[side]?.get(0) && decoders[side]?.get(levelAt(side)));
    if (!paused && spec && !stopping.stopped() && isReady) both((flicker) => flicker.start());
  }

  /** @param {PairResponse} response */
  function answer(response) {
    if (!spec || buttons[response].disabled || buttons[response].hidden) return;
    const { trial, level, other, side, started_ms } = state;
    both((flicker) => flicker.stop());
    record(/** @type {ThresholdRow} */ ({ trial, attempt: 1, level, other, side, response, started_ms, ended_ms: elapsed(), timing: flickers[flickering].timing() }));
    spec = null;
    update();
    save(null);
    finish();
  }

  buttons.both.hidden = !paired;
  for (const response of RESPONSES) buttons[response].addEventListener("click", meant(() => answer(response)));
  window.addEventListener("keydown", (event) => {
    const response = KEYS[event.key];
    if (!spec || !response || buttons[response].hidden || event.repeat || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    answer(response);
  });

  return {
    async run(next, packs, saved) {
      const trial = /** @type {ThresholdTrial} */ (next);
      const pack = /** @type {Pack} */ (packs[0]);
      const { view, isCatch } = await viewOf(tools, trial, pack);
      flickering = random() < 0.5 ? "left" : "right";
      state = /** @type {ThresholdState|null} */ (saved) ?? { trial: trial.trial, ...choose(tools, trial), side: isCatch ? "none" : flickering, started_ms: elapsed() };
      if (state.side !== "none") flickering = state.side;
      spec = trial;
      save(state);
      stage.dataset.trial = trial.trial;
      part("task").textContent = words(paired ? "task_compare_both" : "task_compare");
      const target = fit();
      for (const side of SIDES) {
        const flicker = flickers[side];
        const decoder = decode(tools, pack, view, { ...FRAMES, target, onDecoded: goOn });
        decoders[side] = decoder;
        flicker.setDecoder(decoder);
        flicker.restartTiming();
        flicker.setLevel(levelAt(side));
      }
      stopping.run();
      await /** @type {Promise<void>} */ (new Promise((resolve) => (finish = resolve)));
      for (const side of SIDES) decoders[side]?.close();
      decoders = {};
    },
    refit() {
      const target = spec && fit();
      if (spec) for (const side of SIDES) decoders[side]?.setTarget(target);
      both((flicker) => flicker.repaint());
    },
    stop: stopping.stop,
    ...suspending(both, goOn, (is) => (paused = is)),
  };
}
