// The slider's trace, [[ms, level], ...]: kept short without losing where the worker turned.

/** At most `most` entries: the ends, and the turns of the slider before the steps between them. */
export function thinned(trace, most) {
  if (trace.length <= most) return trace;
  if (most < 2) return [];
  const turns = trace.filter((entry, number) => {
    const before = trace[number - 1];
    const after = trace[number + 1];
    return !before || !after || Math.sign(entry[1] - before[1]) !== Math.sign(after[1] - entry[1]);
  });
  if (turns.length <= most) return turns;
  const step = (turns.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, number) => turns[Math.round(number * step)]);
}
