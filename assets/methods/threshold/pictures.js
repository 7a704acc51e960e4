// Several pictures of different ladders at once: each flickers at a level of its own, and every one that does is selected.

import { suspending } from "../../instrument/flicker.js";
import { gridOffset, shownSize } from "../../instrument/geometry.js";
import { meant } from "../../runtime/page.js";
import contract from "./contract.json" with { type: "json" };
import { choose, createStop, decode, FRAMES, viewOf } from "./show.js";

const SHOWN_BEFORE_ANSWER = 4;
const CONTROLS = "button, select, input, textarea, a";

/** @typedef {ReturnType<typeof import("../../instrument/flicker.js").createFlicker>} Flicker */
/** @typedef {(canvas: HTMLCanvasElement, onShown: (shown: number|null) => void, onFrame: () => void) => Flicker} FlickerOn */

/** How many of several pictures stand beside each other. @param {number} pictures */
export const acrossOf = (pictures) => (pictures <= contract.most_across ? pictures : pictures / 2);

/** The trials that are shown at once with one. @param {PageData} page @param {ThresholdTrial} trial */
export function groupOf({ study }, trial) {
  const { group } = trial;
  return group === undefined ? [trial] : /** @type {ThresholdTrial[]} */ (study).filter((other) => other.group === group);
}

/**
 * @param {Tools} tools @param {FlickerOn} flickerOn
 * @returns {Task}
 */
export function createPictures(tools, flickerOn) {
  const { words, slot, part, window, elapsed, random, save, record, onSize, cssPxPerCm } = tools;
  const { document } = window;
  const page = /** @type {ThresholdPage} */ (tools.page);
  const { display } = page;
  const stage = slot("stage");
  const goOnButton = /** @type {HTMLButtonElement} */ (slot("go-on"));
  const places = Array.from({ length: page.pictures }, (_, at) => createPlace(at));
  stage.style.gap = `${contract.gap_css_px}px`;
  stage.style.gridTemplateColumns = `repeat(${acrossOf(page.pictures)}, auto)`;
  stage.replaceChildren(...places.map(({ button }) => button));
  /** @type {ThresholdTrial[]} in the order in which they stand; empty: none is shown */
  let shown = [];
  /** @type {PicturesState} */
  let state = { trial: "", pictures: [], started_ms: 0 };
  let paused = false;
  let finish = () => {};
  const stopping = createStop(tools, { isShown: () => shown.length > 0, halt: () => each((flicker) => flicker.stop()), goOn });

  /** @param {number} at */
  function createPlace(at) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "picture";
    button.dataset.shown = "none";
    const canvas = document.createElement("canvas");
    const mark = document.createElement("span");
    mark.className = "mark";
    mark.textContent = String(at + 1);
    for (const hidden of [canvas, mark]) hidden.setAttribute("aria-hidden", "true");
    button.append(canvas, mark);
    button.addEventListener("click", meant(() => toggle(at)));
    const tell = (/** @type {number|null} */ level) => (button.dataset.shown = level === null ? "none" : level ? `level:${level}` : "source");
    /** @type {{button: HTMLButtonElement, canvas: HTMLCanvasElement, mark: HTMLElement, flicker: Flicker, decoder: ReturnType<typeof decode>|null}} */
    const place = { button, canvas, mark, flicker: flickerOn(canvas, tell, update), decoder: null };
    return place;
  }

  const each = (/** @type {(flicker: Flicker) => void} */ act) => places.forEach(({ flicker }) => act(flicker));

  /** Whether each place has something, by its number. @param {(place: (typeof places)[number], picture: PictureState) => unknown} has */
  const all = (has) => shown.length > 0 && places.every((place, at) => has(place, /** @type {PictureState} */ (state.pictures[at])));

  function update() {
    const ready = all(({ flicker }, { level }) => flicker.shownTimes(level) >= SHOWN_BEFORE_ANSWER);
    if (goOnButton.disabled === ready) goOnButton.disabled = !ready;
  }

  /** What is selected, to be seen and heard. */
  function describe() {
    places.forEach(({ button }, at) => button.setAttribute("aria-pressed", String(state.pictures[at]?.selected ?? false)));
    goOnButton.textContent = words(state.pictures.some(({ selected }) => selected) ? "answer_go_on" : "answer_none");
  }

  /** @param {number} at */
  function toggle(at) {
    const picture = state.pictures[at];
    if (!shown.length || !picture) return;
    picture.selected = !picture.selected;
    describe();
    save(state);
  }

  /** @param {number} at @returns {{width: number, height: number}|null} what its frames are decoded to */
  function fit(at) {
    const { button, canvas, mark } = /** @type {(typeof places)[number]} */ (places[at]);
    const size = shownSize(/** @type {ThresholdTrial} */ (shown[at]), display, cssPxPerCm(), window.devicePixelRatio);
    Object.assign(button.style, { width: `${size.css_width}px`, left: "0px", top: "0px" });
    Object.assign(canvas.style, { width: `${size.css_width}px`, height: `${size.css_height}px` });
    mark.style.height = `${contract.below_css_px}px`;
    canvas.classList.toggle("exact", display.scaling === "pixels");
    if (canvas.width !== size.width || canvas.height !== size.height) Object.assign(canvas, { width: size.width, height: size.height });
    onSize(size);
    return display.scaling === "pixels" ? null : { width: size.width, height: size.height };
  }

  /** Once all have their sizes: the last one moves the first. */
  function align() {
    for (const { button, canvas } of places) {
      const offset = gridOffset(canvas.getBoundingClientRect(), window.devicePixelRatio);
      Object.assign(button.style, { left: `${offset.x}px`, top: `${offset.y}px` });
    }
  }

  /** All begin in one frame, so that they swap in the same ones. */
  function goOn() {
    if (!paused && !stopping.stopped() && all(({ decoder }, { level }) => decoder?.get(0) && decoder.get(level))) each((flicker) => flicker.start());
  }

  function answer() {
    if (!shown.length || goOnButton.disabled) return;
    const { started_ms } = state;
    const ended_ms = elapsed();
    each((flicker) => flicker.stop());
    for (const { trial } of groupOf(page, /** @type {ThresholdTrial} */ (shown[0]))) {
      const at = state.pictures.findIndex((picture) => picture.trial === trial);
      const { level, side, selected } = /** @type {PictureState} */ (state.pictures[at]);
      const response = selected ? "here" : "none";
      record(/** @type {ThresholdRow} */ ({ trial, attempt: 1, level, other: 0, side, response, position: at + 1, started_ms, ended_ms, timing: places[at]?.flicker.timing() }));
    }
    shown = [];
    update();
    save(null);
    finish();
  }

  goOnButton.addEventListener("click", meant(answer));
  window.addEventListener("keydown", (event) => {
    if (!shown.length || event.repeat || event.altKey || event.ctrlKey || event.metaKey) return;
    const number = Number(/^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1] ?? 0);
    const target = /** @type {Element} */ (event.target);
    // on a picture Enter goes on, too: whoever clicked it may still be there
    const isFree = stage.contains(target) || !target.closest(CONTROLS);
    if (number ? number > places.length : event.key !== "Enter" || !isFree) return;
    event.preventDefault();
    if (number) toggle(number - 1);
    else answer();
  });

  /** A state to begin with; places are drawn. @param {ThresholdTrial[]} group @param {boolean[]} caught */
  function begin(group, caught) {
    const drawn = group.map((trial, at) => ({ trial, is: caught[at], key: random() })).sort((one, other) => one.key - other.key);
    return {
      trial: /** @type {ThresholdTrial} */ (group[0]).trial,
      started_ms: elapsed(),
      pictures: drawn.map(({ trial, is }) => /** @type {PictureState} */ ({ trial: trial.trial, level: choose(tools, trial).level, side: is ? "none" : "here", selected: false })),
    };
  }

  return {
    async run(next, packs, saved) {
      const group = groupOf(page, /** @type {ThresholdTrial} */ (next));
      const views = await Promise.all(group.map((trial, at) => viewOf(tools, trial, /** @type {Pack} */ (packs[at]))));
      state = /** @type {PicturesState|null} */ (saved) ?? begin(group, views.map(({ isCatch }) => isCatch));
      const at = state.pictures.map(({ trial }) => group.findIndex((one) => one.trial === trial));
      shown = at.map((number) => /** @type {ThresholdTrial} */ (group[number]));
      save(state);
      stage.dataset.trial = group.map(({ trial }) => trial).join(" ");
      part("task").textContent = words("task_compare_each");
      const targets = places.map((_, number) => fit(number));
      align();
      places.forEach((place, number) => {
        const from = /** @type {number} */ (at[number]);
        const { trial, level } = /** @type {PictureState} */ (state.pictures[number]);
        place.button.dataset.picture = trial;
        place.button.setAttribute("aria-label", words("picture_label", { number: number + 1 }));
        const { view } = /** @type {(typeof views)[number]} */ (views[from]);
        place.decoder = decode(tools, /** @type {Pack} */ (packs[from]), view, { ...FRAMES, target: targets[number] ?? null, onDecoded: goOn });
        place.flicker.setDecoder(place.decoder);
        place.flicker.restartTiming();
        place.flicker.setLevel(level);
      });
      describe();
      stopping.run();
      await /** @type {Promise<void>} */ (new Promise((resolve) => (finish = resolve)));
      for (const place of places) {
        place.decoder?.close();
        place.decoder = null;
      }
    },
    refit() {
      if (shown.length) {
        const targets = places.map((_, at) => fit(at));
        align();
        places.forEach(({ decoder }, at) => decoder?.setTarget(targets[at] ?? null));
      }
      each((flicker) => flicker.repaint());
    },
    stop: stopping.stop,
    ...suspending(each, goOn, (is) => (paused = is)),
  };
}
