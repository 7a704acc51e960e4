// Training answers: the level's window, and places matched one to one.

/** @param {number|null} level null: no flicker seen @param {PjndQuestion} question */
export function levelIsRight(level, question) {
  return level !== null && level >= question.level[0] && level <= question.level[1];
}

/**
 * Whether enough points have a mark of their own within the radius: one mark never serves two points.
 * @param {[number, number][]} marks @param {PjndQuestion} question
 */
export function placesAreRight(marks, question) {
  return matchCount(marks, question.points, question.radius_px) >= question.matches;
}

/**
 * The largest number of pairs of one mark and one point at most radius apart (augmenting paths).
 * @param {[number, number][]} marks @param {[number, number][]} points @param {number} radius
 */
export function matchCount(marks, points, radius) {
  const near = marks.map(([x, y]) => points.map(([a, b]) => Math.hypot(x - a, y - b) <= radius));
  /** @type {Map<number, number>} the mark that has a point */
  const owner = new Map();

  /** @param {number} mark @param {Set<number>} tried @returns {boolean} */
  function place(mark, tried) {
    for (let point = 0; point < points.length; point += 1) {
      if (!near[mark]?.[point] || tried.has(point)) continue;
      tried.add(point);
      const other = owner.get(point);
      if (other === undefined || place(other, tried)) {
        owner.set(point, mark);
        return true;
      }
    }
    return false;
  }

  return marks.filter((_, mark) => place(mark, new Set())).length;
}
