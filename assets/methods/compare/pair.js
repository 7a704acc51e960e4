// Two pictures side by side: both change in the same frame, and nothing is shown before all three are decoded.

import { decodeFrame } from "../../instrument/decoder.js";
import { createFlicker } from "../../instrument/flicker.js";
import { gridOffset, shownSize } from "../../instrument/geometry.js";
import { createSchedule } from "../../instrument/schedule.js";
import contract from "./contract.json" with { type: "json" };

const USUAL_FRAME_MS = 1000 / 60;
const VERSIONS = 1; // what the flicker takes for its one level

/**
 * @param {Tools} tools
 */
export function createPair({ page, slot, part, window, clock, cssPxPerCm }) {
  const { display } = page;
  const stage = slot("stage");
  stage.style.gap = `${contract.gap_css_px}px`;
  const sides = [side(slot("left"), part("canvas-left")), side(slot("right"), part("canvas-right"))];
  /** @type {ComparePictures|null} */
  let pictures = null;
  let source = { width: 1, height: 1 };

  // The instrument flickers one canvas; this one is two, so that both have its clock and its frames.
  const both = {
    width: 0,
    height: 0,
    getContext: () => ({ drawImage: (/** @type {ImageBitmap[]} */ pair) => pair.forEach((bitmap, number) => paint(number, bitmap)) }),
  };
  const frames = {
    get: (/** @type {number} */ level) => pictures && (level ? [pictures.left, pictures.right] : [pictures.pivot, pictures.pivot]),
    want() {},
    hold() {},
  };
  const flicker = createFlicker({
    canvas: /** @type {HTMLCanvasElement} */ (/** @type {unknown} */ (both)),
    clock,
    schedule: createSchedule({ swapsPerSecond: display.swaps_per_second, kind: display.schedule, frameMs: USUAL_FRAME_MS }),
    onShown: (level) => tell(level === null ? "none" : level ? "version" : "pivot"),
  });

  /** @param {number} number @param {ImageBitmap} bitmap */
  function paint(number, bitmap) {
    const { canvas, surface } = /** @type {(typeof sides)[number]} */ (sides[number]);
    surface.imageSmoothingQuality = "high";
    surface.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  }

  /** @param {"pivot"|"version"|"none"} shown */
  function tell(shown) {
    for (const { place } of sides) if (place.dataset.shown !== shown) place.dataset.shown = shown;
  }

  /** @param {"pivot"|"version"} shown */
  function show(shown) {
    frames.get(shown === "version" ? VERSIONS : 0)?.forEach((bitmap, number) => paint(number, bitmap));
    tell(shown);
  }

  /** Both pictures at their exact size, each on whole device pixels. */
  function fit() {
    const ratio = window.devicePixelRatio;
    const size = shownSize(source, display, cssPxPerCm(), ratio);
    for (const { place, canvas } of sides) {
      place.style.width = `${size.css_width}px`;
      place.style.height = `${size.css_height}px`;
      canvas.classList.toggle("exact", display.scaling === "pixels");
      if (canvas.width !== size.width || canvas.height !== size.height) {
        canvas.width = size.width;
        canvas.height = size.height;
      }
    }
    align();
    return size;
  }

  /** Words around them move the pictures by parts of a pixel. */
  function align() {
    for (const { canvas } of sides) {
      canvas.style.left = canvas.style.top = "0px";
      const offset = gridOffset(canvas.getBoundingClientRect(), window.devicePixelRatio);
      canvas.style.left = `${offset.x}px`;
      canvas.style.top = `${offset.y}px`;
    }
  }

  /** A question begins: nothing was shown yet. */
  function restart() {
    flicker.setDecoder(/** @type {ReturnType<typeof import("../../instrument/decoder.js").createDecoder>} */ (/** @type {unknown} */ (frames)));
    flicker.setLevel(VERSIONS);
    flicker.restartTiming();
  }

  return {
    flicker,
    show,
    align,
    /** Nothing is shown any more. */
    blank() {
      flicker.stop();
      tell("none");
    },
    /** A question's place, before anything of it is shown. @param {CompareTrial} trial */
    place(trial) {
      source = trial;
      pictures = null;
      flicker.stop();
      tell("none");
      Object.assign(stage.dataset, { trial: trial.trial, width: trial.width, height: trial.height, arm: trial.arm });
      return fit();
    },
    /** The pictures of the question at its place. @param {ComparePictures} next */
    take(next) {
      pictures = next;
      restart();
    },
    restart,
    /** The window or its screen changed. */
    refit() {
      const shown = sides[0]?.place.dataset.shown;
      const size = fit();
      if (shown === "pivot" || shown === "version") show(shown);
      return size;
    },
    /** How often the versions were shown. */
    shownTimes: () => flicker.shownTimes(VERSIONS),
  };
}

/** @param {HTMLElement} place @param {HTMLCanvasElement} canvas */
function side(place, canvas) {
  const surface = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false, colorSpace: "srgb" }));
  return { place, canvas, surface };
}

/** All three pictures of a question, or none; each is decoded once, though it stands on both sides. @param {Pack[]} packs @returns {Promise<ComparePictures>} */
export async function decodePictures(packs) {
  const distinct = [...new Set(packs)];
  const decoded = await Promise.allSettled(distinct.map((pack) => decodeFrame(/** @type {Frame} */ (pack.frames[0]), null, new AbortController().signal)));
  const bitmaps = new Map(decoded.flatMap((each, number) => (each.status === "fulfilled" ? [[distinct[number], each.value]] : [])));
  const [pivot, left, right] = packs.map((pack) => bitmaps.get(pack));
  if (pivot && left && right) return { pivot, left, right };
  for (const bitmap of bitmaps.values()) bitmap.close();
  throw new Error("a picture cannot be decoded");
}

/** @param {ComparePictures} pictures */
export function closePictures({ pivot, left, right }) {
  for (const bitmap of [pivot, left, right]) bitmap.close();
}
