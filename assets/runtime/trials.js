// The trials of a page one after another: which is next, its pack, its decoder.

import { createDecoder } from "./decoder.js";

const DECODE_AGAIN_MS = 3000;

/** The next trial: training in the plan's order, then one at random of those whose pack has arrived; null if none has. */
export function nextTrial(page, state, arrived, random) {
  const open = (trial) => !state.finished.includes(trial.trial);
  const begun = [...page.training, ...page.study].find((trial) => open(trial) && state.order.includes(trial.trial));
  const training = page.training.find(open);
  const first = begun ?? training;
  if (first) return arrived(first.pack) ? first : null;
  const ready = page.study.filter((trial) => open(trial) && arrived(trial.pack));
  return ready.length ? ready[Math.floor(random() * ready.length)] : null;
}

/**
 * @param {object} tools page, session, packs, stage, flicker, trial, random, later
 * @param {(kind: "training"|"study", number: number, count: number) => void} tools.onTrial a trial comes on
 * @param {(waiting: boolean) => void} tools.onWaiting no pack is there, or one is again
 * @param {(size: object) => void} tools.onSize
 * @param {() => void} tools.onTrouble a frame cannot be decoded; it is tried again
 */
export function createTrials({ page, session, packs, stage, flicker, trial, random, later, onTrial, onWaiting, onSize, onTrouble }) {
  const { state } = session;
  let decoder = null;
  let current = null;

  const isTraining = (candidate) => page.training.includes(candidate);
  const openTrials = () => [...page.training, ...page.study].filter(({ trial: id }) => !state.finished.includes(id));

  async function arrival() {
    onWaiting(true);
    await new Promise((resolve) => {
      packs.onChange(() => nextTrial(page, state, packs.arrived, random) && resolve());
    });
    onWaiting(false);
  }

  function troubled() {
    const mine = decoder;
    onTrouble();
    later(() => mine.retry(), DECODE_AGAIN_MS);
  }

  async function workOne() {
    let next = nextTrial(page, state, packs.arrived, random);
    if (!next) {
      await arrival();
      next = nextTrial(page, state, packs.arrived, random);
    }
    current = next;
    session.begin(next.trial);
    const kind = isTraining(next) ? "training" : "study";
    onTrial(kind, state.finished.length + 1, page.training.length + page.study.length);
    const size = stage.place(next, page.display, session.cssPxPerCm());
    onSize(size);
    decoder = createDecoder(packs.get(next.pack), { target: targetOf(size), onError: troubled });
    flicker.setDecoder(decoder);
    const saved = state.active?.trial === next.trial ? state.active : null;
    decoder.want(saved?.level ?? 0);
    await trial.run(next, saved);
    decoder.close();
    current = null;
    session.finish(next.trial);
    // the same picture may stand on the page again, in another role
    if (!openTrials().some(({ pack }) => pack === next.pack)) packs.release(next.pack);
  }

  /** Frames are decoded at the size they are shown at; at their own size nothing is resampled. */
  function targetOf(size) {
    return page.display.scaling === "pixels" ? null : { width: size.width, height: size.height };
  }

  return {
    async work() {
      while (openTrials().length) await workOne();
    },
    /** The window or the zoom changed. */
    refit() {
      if (!current) return;
      const size = stage.fit(page.display, session.cssPxPerCm());
      decoder.setTarget(targetOf(size));
      flicker.repaint();
      onSize(size);
    },
    current: () => current,
  };
}
