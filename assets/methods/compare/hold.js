// Toggling in place: the source is shown while a button or the space bar is held, with a most of swaps a second.

/**
 * @param {object} options
 * @param {HTMLElement} options.button
 * @param {number} options.perSecond
 * @param {(isPivot: boolean) => void} options.onSwap called in the frame that swaps
 */
export function createHold({ button, perSecond, onSwap }) {
  const leastMs = 1000 / perSecond;
  let held = false;
  let pressed = false; // while the versions stand there: a press that was too short is not lost
  let isPivot = false;
  let swappedAt = -Infinity;
  let count = 0;

  function press() {
    held = true;
    pressed ||= !isPivot;
  }

  function release() {
    held = false;
  }


  button.addEventListener("pointerdown", (event) => event.button === 0 && press());
  for (const event of ["pointerup", "pointercancel", "pointerleave"]) button.addEventListener(event, release);
  button.addEventListener("click", (event) => event.detail === 0 && (pressed ||= !isPivot)); // by Enter

  return {
    press,
    release,
    /** A question begins, on its versions. */
    restart() {
      held = pressed = isPivot = false;
      swappedAt = -Infinity;
      count = 0;
    },
    /** @param {number} t of a frame */
    frame(t) {
      const wanted = held || pressed;
      if (wanted === isPivot || t - swappedAt < leastMs) return;
      isPivot = wanted;
      swappedAt = t;
      if (isPivot) {
        pressed = false;
        count += 1;
      }
      onSwap(isPivot);
    },
    /** How often the source was shown. */
    count: () => count,
  };
}
