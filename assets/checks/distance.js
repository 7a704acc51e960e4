// The blind spot: a dot moves away from a square that one eye looks at; where it vanishes tells how far the eye is.

import { listen } from "./answers.js";

/** Degrees at the distance that is asked for: where the dot begins, and how fast it goes. */
const FROM_DEG = 4;
const DEG_A_SECOND = 3;
const MOST_LOST = 3;
const LEAST_EDGE_PX = 8;
/** Nobody has seen it vanish before; a key that is held, or a click that follows it, is no answer. */
const LEAST_MS = 400;

/** How far an eye is, in centimetres. @param {number[]} px where the dot vanished @param {number} pxPerCm @param {number} angleDeg */
export function distanceCm(px, pxPerCm, angleDeg) {
  const sorted = [...px].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
  return median / pxPerCm / Math.tan((angleDeg / 180) * Math.PI);
}

/** @type {CheckKind} */
export const check = ({ page, data, words, part, root, window, cssPxPerCm, keep }) => {
  const { sweeps, angle_deg: angleDeg, tolerance, tries } = /** @type {{sweeps: number, angle_deg: number, tolerance: number, tries: number}} */ (/** @type {unknown} */ (data));
  const [dot, square, track, button] = [part("distance-dot"), part("distance-square"), part("distance-track"), part("distance-press")];
  const asked = page.display.distance_cm;
  let end = () => {};

  return {
    begin(over) {
      end();
      const pxPerCm = cssPxPerCm() ?? 96 / 2.54;
      const pxOf = (/** @type {number} */ degrees) => asked * pxPerCm * Math.tan((degrees / 180) * Math.PI);
      /** @type {{px: number}[]} */
      let round = [];
      const rounds = [round];
      let frame = 0;
      let isMoving = false;
      /** when the dot began to move, on the frames' clock @type {number|null} */
      let since = null;
      let px = 0;
      let lost = 0;

      /** The square stands so that the middle of the way is in front of the face, where there is room to the left for who sits twice as far. */
      function edge() {
        const [way, width] = [pxOf(angleDeg), track.clientWidth];
        return Math.max(LEAST_EDGE_PX, Math.min((width - way) / 2, width - 2 * way - dot.offsetWidth));
      }

      function place() {
        square.style.right = `${edge()}px`;
        dot.style.right = `${edge() + px + (square.offsetWidth - dot.offsetWidth) / 2}px`;
      }

      function rest() {
        window.cancelAnimationFrame(frame);
        isMoving = false;
        px = pxOf(FROM_DEG);
        place();
        part("distance-progress").textContent = words("check_progress", { number: round.length + 1, count: sweeps });
        button.textContent = words("blindspot_start");
      }

      function start() {
        isMoving = true;
        since = null;
        part("distance-again").textContent = "";
        button.textContent = words("blindspot_gone");
        frame = window.requestAnimationFrame(move);
      }

      /** @param {number} t */
      function move(t) {
        since ??= t;
        px = pxOf(FROM_DEG) + ((t - since) / 1000) * pxOf(DEG_A_SECOND);
        if (px > track.clientWidth - edge() - (square.offsetWidth + dot.offsetWidth) / 2) {
          // it never vanished: once more, but nobody is held here who sits too far away for this window
          lost += 1;
          if (lost < MOST_LOST) rest();
          else record();
          return;
        }
        place();
        frame = window.requestAnimationFrame(move);
      }

      function press() {
        if (!isMoving) {
          start();
          return;
        }
        if (since === null || window.performance.now() - since < LEAST_MS) return;
        record();
      }

      function record() {
        round.push({ px });
        if (round.length < sweeps) rest();
        else close();
      }

      function close() {
        const found = distanceCm(round.map((sweep) => sweep.px), pxPerCm, angleDeg);
        if (Math.abs(found - asked) > tolerance * asked && rounds.length < tries) {
          part("distance-again").textContent = words("blindspot_again", { measured: Math.round(found) });
          rounds.push((round = []));
          rest();
          return;
        }
        end();
        keep({ css_px_per_cm: pxPerCm, rounds });
        over();
      }

      part("distance-again").textContent = "";
      rest();
      const deaf = listen(root, window, press);
      end = () => {
        window.cancelAnimationFrame(frame);
        deaf();
      };
    },
    end: () => end(),
  };
};
