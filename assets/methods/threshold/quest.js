// QUEST+ for one ladder: which level says most next, by what is known of its SUR; as hitgen/methods/threshold/quest.py. A posterior is a
// list of weights over a grid of means and SDs (in shares of the ladder), SDs innermost.

/** The standard normal distribution, to 1e-7 (Press et al., erfcc). @param {number} z */
export function normalCdf(z) {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.5 * x);
  const sum = -1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * (-0.18628806 + t * (
    0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277))))))));
  const tail = 0.5 * t * Math.exp(-x * x + sum);
  return z > 0 ? 1 - tail : tail;
}

/** How often the flickering side is found at a level, for each point of the grid. @param {QuestGrid} grid @param {number} level @param {number} levelMax */
export function foundRates({ means, sds, guess, lapse }, level, levelMax) {
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

/** @param {number[]} weights @param {number[]} rates */
function expectedEntropy(weights, rates) {
  let expected = 0;
  for (const found of [true, false]) {
    let share = 0;
    let sum = 0;
    weights.forEach((weight, at) => {
      const rate = /** @type {number} */ (rates[at]);
      const joint = weight * (found ? rate : 1 - rate);
      share += joint;
      if (joint > 0) sum += joint * Math.log(joint);
    });
    expected += share * Math.log(share) - sum;
  }
  return expected;
}
