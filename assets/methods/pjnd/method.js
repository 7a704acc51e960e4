// The method pjnd: move a slider until flicker is just seen, then mark where it is seen.

import { createDecoder } from "../../instrument/decoder.js";
import { createFlicker, suspending } from "../../instrument/flicker.js";
import { shownSize } from "../../instrument/geometry.js";
import { createSchedule } from "../../instrument/schedule.js";
import { composing, readView, recast } from "../../instrument/view.js";
import { held } from "../../instrument/timing.js";
import { createExample } from "./example.js";
import { columns, reductions } from "./rows.js";
import { createStage } from "./stage.js";
import { createTrial } from "./trial.js";

const DECODE_AGAIN_MS = 3000;
const USUAL_FRAME_MS = 1000 / 60;

/** @type {Method} */
export const method = {
  packs: (trial) => [pjnd(trial).pack],
  room: (trial, display, cssPxPerCm, ratio) => shownSize(pjnd(trial), display, cssPxPerCm, ratio),
  createTask,
  createExample: (tools) => createExample(tools, makeSchedule(tools.page.display)),
  columns,
  reductions,
  held: (row, swapMs) => held(/** @type {PjndRow} */ (row).timing, swapMs),
};

/** @param {Trial} trial */
function pjnd(trial) {
  return /** @type {PjndTrial} */ (trial);
}

/** @param {DisplayData} display */
function makeSchedule({ swaps_per_second: swapsPerSecond, schedule: kind }) {
  return createSchedule({ swapsPerSecond, kind, frameMs: USUAL_FRAME_MS });
}

/** @param {Tools} tools @returns {Task} */
function createTask(tools) {
  const { display } = tools.page;
  const { cssPxPerCm, later, onSize, onTrouble, part, slot, window } = tools;
  const stage = createStage({
    element: slot("stage"), canvas: part("canvas"), overlay: part("overlay"), window, onMark: (point) => trial.mark(point),
  });
  const flicker = createFlicker({
    canvas: part("canvas"), clock: tools.clock, schedule: makeSchedule(display), onShown: stage.setShown, onFrame: () => trial.update(),
  });
  const trial = createTrial(tools, stage, flicker);
  /** @type {ReturnType<typeof createDecoder>|null} */
  let decoder = null;
  let paused = false;

  /** Frames are decoded at the size they are shown at; at their own size nothing is resampled. @param {ShownSize} size */
  function targetOf(size) {
    return display.scaling === "pixels" ? null : { width: size.width, height: size.height };
  }

  /** @param {Pack} pack @param {View} view @param {ShownSize} size */
  function decode(pack, view, size) {
    const bitmaps = tools.bitmaps(pack);
    const made = createDecoder(recast(pack, view), {
      ...bitmaps,
      createBitmap: composing(window.document, bitmaps.createBitmap),
      target: targetOf(size),
      nextFrame: tools.clock.raf,
      onError() {
        onTrouble();
        later(() => made.retry(), DECODE_AGAIN_MS);
      },
    });
    return made;
  }

  function goOn() {
    if (!paused && trial.active() && !trial.stopped()) flicker.start();
  }

  return {
    async run(next, packs, saved) {
      const spec = pjnd(next);
      const pack = /** @type {Pack} */ (packs[0]);
      const view = await readView(spec.shown, spec.trial, pack, () => new Promise((goOn) => later(() => goOn(null), 0)), window.crypto.subtle);
      const size = stage.place(spec, display, cssPxPerCm());
      onSize(size);
      decoder = decode(pack, view, size);
      flicker.setDecoder(decoder);
      const kept = /** @type {PjndState|null} */ (saved);
      decoder.want(kept?.level ?? 0);
      await trial.run(spec, kept);
      decoder.close();
      decoder = null;
    },
    refit() {
      const size = stage.fit(display, cssPxPerCm());
      decoder?.setTarget(targetOf(size));
      flicker.repaint();
      onSize(size);
    },
    stop: () => trial.stop(),
    ...suspending((act) => act(flicker), goOn, (is) => (paused = is)),
  };
}
