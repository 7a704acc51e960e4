// The trials of a page one after another: which is next, and its packs.

/**
 * The next trial: training in the plan's order, then one at random of those whose packs have arrived; null if none has.
 * @param {PageData} page @param {Pick<VisitState, "finished"|"order">} state
 * @param {(trial: Trial) => boolean} arrived @param {() => number} random @returns {Trial|null}
 */
function nextTrial(page, state, arrived, random) {
  const open = (/** @type {Trial} */ trial) => !state.finished.includes(trial.trial);
  const begun = [...page.training, ...page.study].find((trial) => open(trial) && state.order.includes(trial.trial));
  const training = page.training.find(open);
  const first = begun ?? training;
  if (first) return arrived(first) ? first : null;
  const ready = page.study.filter((trial) => open(trial) && arrived(trial));
  return ready[Math.floor(random() * ready.length)] ?? null;
}

/**
 * @param {object} options
 * @param {PageData} options.page
 * @param {ReturnType<typeof import("./session.js").createSession>} options.session
 * @param {ReturnType<typeof import("./packs.js").createPacks>} options.packs
 * @param {Method} options.method
 * @param {Task} options.task
 * @param {() => number} options.random
 * @param {(kind: "training"|"study", number: number, count: number) => void} options.onTrial a trial comes on
 * @param {(waiting: boolean) => void} options.onWaiting no pack is there, or one is again
 */
export function createSequence({ page, session, packs, method, task, random, onTrial, onWaiting }) {
  const { state } = session;
  const choose = method.next ?? nextTrial;
  /** @type {Trial|null} */
  let current = null;
  /** @type {Trial|null} drawn while the one before was worked, so that it could be decoded ahead */
  let drawn = null;

  const together = (/** @type {Trial} */ trial) => method.together?.(page, trial) ?? [trial];
  const names = (/** @type {Trial} */ trial) => together(trial).map(({ trial: id }) => id);
  const hashes = (/** @type {Trial} */ trial) => together(trial).flatMap(method.packs);
  const arrived = (/** @type {Trial} */ trial) => hashes(trial).every(packs.arrived);
  const packsOf = (/** @type {Trial} */ trial) => hashes(trial).map(packs.get);
  const all = () => [...page.training, ...page.study];
  const openTrials = () => all().filter(({ trial: id }) => !state.finished.includes(id));

  /** @returns {Promise<Trial>} */
  async function arrival() {
    onWaiting(true);
    const next = await new Promise((resolve) => {
      packs.onChange(() => {
        const found = choose(page, state, arrived, random);
        if (found) resolve(found);
      });
    });
    onWaiting(false);
    return next;
  }

  function drawAhead() {
    if (!task.prepare || !current || drawn) return;
    drawn = choose(page, { ...state, finished: [...state.finished, ...names(current)] }, arrived, random);
    if (drawn) task.prepare(drawn, packsOf(drawn));
  }

  async function workOne() {
    const found = drawn ?? choose(page, state, arrived, random) ?? (await arrival());
    const next = together(found)[0] ?? found;
    current = next;
    drawn = null;
    for (const name of names(next)) session.begin(name);
    const kind = page.training.includes(next) ? "training" : "study";
    const leading = all().filter((trial) => together(trial)[0] === trial);
    onTrial(kind, leading.filter(({ trial: id }) => state.finished.includes(id)).length + 1, leading.length);
    const worked = task.run(next, packsOf(next), state.active?.trial === next.trial ? state.active : null);
    drawAhead();
    await worked;
    current = null;
    for (const name of names(next)) session.finish(name);
    // the same picture may stand on the page again, in another role
    const needed = new Set(openTrials().flatMap(method.packs));
    for (const hash of hashes(next)) if (!needed.has(hash)) packs.release(hash);
  }

  packs.onChange(drawAhead);

  return {
    async work() {
      while (openTrials().length) await workOne();
    },
    current: () => current,
  };
}
