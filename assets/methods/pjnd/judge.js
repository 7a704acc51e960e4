// Training answers: the level's window, and places matched one to one.

/** @param {number|null} level null: no flicker seen */
export function levelIsRight(level, question) {
  return level !== null && level >= question.level[0] && level <= question.level[1];
}

/** Whether enough points have a mark of their own within the radius: one mark never serves two points. */
export function placesAreRight(marks, question) {
  return matchCount(marks, question.points, question.radius_px) >= question.matches;
}

/** The largest number of pairs of one mark and one point at most radius apart (augmenting paths). */
export function matchCount(marks, points, radius) {
  const near = marks.map(([x, y]) => points.map(([a, b]) => Math.hypot(x - a, y - b) <= radius));
  const owner = points.map(() => -1);

  function place(mark, tried) {
    for (let point = 0; point < points.length; point += 1) {
      if (!near[mark][point] || tried.has(point)) continue;
      tried.add(point);
      if (owner[point] < 0 || place(owner[point], tried)) {
        owner[point] = mark;
        return true;
      }
    }
    return false;
  }

  return marks.filter((_, mark) => place(mark, new Set())).length;
}
