// QUEST+ for one ladder: which level says most next, by what is known of its SUR; as hitgen/methods/threshold/quest.py. A posterior is a
// list of weights over a grid of means and SDs (in shares of the ladder), SDs innermost.

const LEAST_LAPSE = 0.001; // with fewer an answer could be impossible, and nothing be left of a posterior
const PAIRED_LEVELS = 50; // of so many at most pairs are made

/** The standard normal distribution, to 1e-7 (Press et al., erfcc). @param {number} z */
function normalCdf(z) {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.5 * x);
  const sum = -1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * (-0.18628806 + t * (
    0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277))))))));
  const tail = 0.5 * t * Math.exp(-x * x + sum);
  return z > 0 ? 1 - tail : tail;
}

/** How often the flickering side is found at a level, for each point of the grid. @param {QuestGrid} grid @param {number} level @param {number} levelMax */
function foundRates({ means, sds, guess, lapse }, level, levelMax) {
  return means.flatMap((mean) => sds.map((sd) => guess + (1 - guess - lapse) * normalCdf((level - mean * levelMax) / (sd * levelMax))));
}

/**
 * The posterior after answers.
 * @param {QuestGrid} grid @param {number[]} weights @param {{level: number, found: boolean}[]} answers @param {number} levelMax
 */
export function updated(grid, weights, answers, levelMax) {
  let result = weights;
  for (const { level, found } of answers) {
    const rates = foundRates(grid, level, levelMax);
    result = result.map((weight, at) => weight * (found ? /** @type {number} */ (rates[at]) : 1 - /** @type {number} */ (rates[at])));
    const total = result.reduce((sum, weight) => sum + weight, 0);
    result = result.map((weight) => weight / total);
  }
  return result;
}

/** The level whose answer is expected to leave the least entropy; the lowest of equal ones. @param {QuestGrid} grid @param {number[]} weights @param {number} levelMax */
export function bestLevel(grid, weights, levelMax) {
  let best = 1;
  let least = Infinity;
  for (let level = 1; level <= levelMax; level += 1) {
    const expected = expectedEntropy(weights, foundRates(grid, level, levelMax));
    if (expected < least) [best, least] = [level, expected];
  }
  return best;
}

/**
 * How often nothing, the side of the higher level, the other side and both are named, for each point of the grid.
 * @param {QuestGrid} grid @param {number[]} high how often the higher level is seen @param {number[]} low the other one
 */
function outcomeRates({ guess, lapse }, high, low) {
  const blind = Math.max(lapse, LEAST_LAPSE) / 4;
  const looked = 1 - 4 * blind;
  const unseen = high.map((sees) => 1 - sees);
  return [
    unseen.map((none) => looked * none * (1 - 2 * guess) + blind),
    high.map((sees, at) => looked * (sees - /** @type {number} */ (low[at]) + (1 - sees) * guess) + blind),
    unseen.map((none) => looked * none * guess + blind),
    low.map((sees) => looked * sees + blind),
  ];
}

/** How often a level is seen, for each point of the grid. @param {QuestGrid} grid @param {number} level @param {number} levelMax */
function seenRates(grid, level, levelMax) {
  return foundRates({ ...grid, guess: 0, lapse: 0 }, level, levelMax);
}

/**
 * The posterior after comparisons of pairs of levels.
 * @param {QuestGrid} grid @param {number[]} weights @param {Compared[]} answers @param {number} levelMax
 */
export function updatedByPairs(grid, weights, answers, levelMax) {
  let result = weights;
  for (const [level, other, outcome] of answers) {
    const rates = /** @type {number[]} */ (outcomeRates(grid, seenRates(grid, level, levelMax), seenRates(grid, other, levelMax))[outcome]);
    result = result.map((weight, at) => weight * /** @type {number} */ (rates[at]));
    const total = result.reduce((sum, weight) => sum + weight, 0);
    result = result.map((weight) => weight / total);
  }
  return result;
}

/**
 * The pair of levels (the higher one first) whose answer is expected to leave the least entropy; the first of equal ones.
 * @param {QuestGrid} grid @param {number[]} weights @param {number} levelMax
 * @returns {[number, number]}
 */
export function bestPair(grid, weights, levelMax) {
  const step = Math.ceil(levelMax / PAIRED_LEVELS);
  const levels = Array.from({ length: Math.ceil(levelMax / step) }, (_, at) => levelMax - at * step).reverse();
  const seen = levels.map((level) => seenRates(grid, level, levelMax));
  /** @type {[number, number]} */
  let best = [levelMax, 0];
  let least = Infinity;
  levels.forEach((high, above) => levels.slice(0, above).forEach((low, below) => {
    const rates = outcomeRates(grid, /** @type {number[]} */ (seen[above]), /** @type {number[]} */ (seen[below]));
    const expected = rates.reduce((sum, each) => sum + leftEntropy(weights, each), 0);
    if (expected < least) [best, least] = [[high, low], expected];
  }));
  return best;
}

/** @param {number[]} weights @param {number[]} rates */
function expectedEntropy(weights, rates) {
  return leftEntropy(weights, rates) + leftEntropy(weights, rates.map((rate) => 1 - rate));
}

/** The entropy that an outcome leaves, times how often it comes. @param {number[]} weights @param {number[]} rates */
function leftEntropy(weights, rates) {
  let share = 0;
  let sum = 0;
  for (let at = 0; at < weights.length; at += 1) {
    const joint = /** @type {number} */ (weights[at]) * /** @type {number} */ (rates[at]);
    share += joint;
    if (joint > 0) sum += joint * Math.log(joint);
  }
  return share > 0 ? share * Math.log(share) - sum : 0;
}
