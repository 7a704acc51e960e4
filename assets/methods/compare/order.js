// Which question comes next: block by block, so that traps stay spread, at random within a block and among the blocks.

/**
 * Training in the plan's order; then, of those whose pictures have arrived, one of the block at hand, or of a block at random.
 * @param {ComparePage} page @param {Pick<VisitState, "finished"|"order">} state
 * @param {(trial: Trial) => boolean} arrived @param {() => number} random @returns {CompareTrial|null}
 */
export function nextQuestion(page, state, arrived, random) {
  const open = (/** @type {CompareTrial} */ { trial }) => !state.finished.includes(trial);
  const begun = [...page.training, ...page.study].find((trial) => open(trial) && state.order.includes(trial.trial));
  const first = begun ?? page.training.find(open);
  if (first) return arrived(first) ? first : null;
  const rest = page.study.filter(open);
  const last = page.study.find(({ trial }) => trial === state.order.at(-1));
  const here = rest.filter(({ block }) => block === last?.block);
  const ready = here.filter(arrived);
  return pick(ready.length ? ready : inBlock(rest, arrived, random), random);
}

/** The arrived questions of a block: at random one that is there as a whole, else the first of which anything is. @param {CompareTrial[]} rest @param {(trial: Trial) => boolean} arrived @param {() => number} random */
function inBlock(rest, arrived, random) {
  const blocks = [...new Set(rest.map(({ block }) => block))].map((block) => rest.filter((trial) => trial.block === block));
  const whole = blocks.filter((block) => block.every(arrived));
  const chosen = whole.length ? pick(whole, random) : blocks.find((block) => block.some(arrived));
  return (chosen ?? []).filter(arrived);
}

/** @template T @param {T[]} list @param {() => number} random @returns {T|null} */
function pick(list, random) {
  return list[Math.floor(random() * list.length)] ?? null;
}
