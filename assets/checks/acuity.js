// Landolt rings: on which side the gap is, ever finer as long as it is seen.

import { listen, sharp } from "./answers.js";

const SIDES = ["left", "right", "up", "down"];
const TURNS = { right: 0, down: 1, left: 2, up: 3 };
const STEP = 0.1;
/** As long as all goes well, so many steps at once. */
const LEAP = 3;
const RINGS_A_SIZE = 3;
const RIGHT_A_SIZE = 2;
const SIDE_PX = 240;
const GAPS_A_RING = 5;

/** The gap in CSS pixels of a size in logMAR. @param {number} logmar @param {number} distanceCm @param {number} pxPerCm */
export const gapPx = (logmar, distanceCm, pxPerCm) => distanceCm * pxPerCm * Math.tan((10 ** logmar / 60 / 180) * Math.PI);

/**
 * The sizes from the first to the finest whose gap has a device pixel.
 * @param {number} first @param {(logmar: number) => number} gapOf in device pixels
 */
export function sizesFrom(first, gapOf) {
  const sizes = [first];
  for (let step = 1; gapOf(first - step * STEP) >= 1 - 1e-9 && step < 30; step++) sizes.push(Math.round((first - step * STEP) * 10) / 10);
  return sizes;
}

/**
 * Which size comes next: leaps while all is seen, then single steps below the finest that was; null when it is over.
 * @param {number} count of sizes @param {{at: number, seen: boolean}[]} tried in order, by the size's number
 */
export function nextSize(count, tried) {
  const seen = Math.max(-1, ...tried.filter((each) => each.seen).map((each) => each.at));
  const missed = Math.min(count, ...tried.filter((each) => !each.seen).map((each) => each.at));
  if (missed - seen <= 1) return null;
  const hasMissed = missed < count;
  return hasMissed ? seen + 1 : Math.min(count - 1, seen < 0 ? 0 : seen + LEAP);
}

/** @type {CheckKind} */
export const check = ({ page, data, part, root, window, random, cssPxPerCm, keep }) => {
  const { first_logmar: first } = /** @type {{first_logmar: number}} */ (/** @type {unknown} */ (data));
  const canvas = /** @type {HTMLCanvasElement} */ (part("acuity-ring"));
  let end = () => {};

  /** @param {number} gap in CSS pixels @param {keyof typeof TURNS} side */
  function drawRing(gap, side) {
    const context = sharp(canvas, SIDE_PX, SIDE_PX, window.devicePixelRatio);
    context.fillStyle = "#fff";
    context.fillRect(0, 0, SIDE_PX, SIDE_PX);
    context.translate(SIDE_PX / 2, SIDE_PX / 2);
    context.rotate((TURNS[side] * Math.PI) / 2);
    context.lineWidth = gap;
    context.strokeStyle = "#000";
    context.beginPath();
    context.arc(0, 0, 2 * gap, 0, 2 * Math.PI);
    context.stroke();
    context.fillRect(0, -gap / 2, 3 * gap, gap);
  }

  return {
    begin(over) {
      end();
      const gapOf = (/** @type {number} */ logmar) => gapPx(logmar, page.display.distance_cm, cssPxPerCm() ?? 96 / 2.54);
      const all = sizesFrom(first, (logmar) => gapOf(logmar) * window.devicePixelRatio);
      const fitting = all.filter((logmar) => GAPS_A_RING * gapOf(logmar) <= SIDE_PX);
      const sizes = fitting.length ? fitting : all.slice(-1);
      /** @type {{at: number, seen: boolean}[]} */
      const tried = [];
      /** @type {{logmar: number, shown: string, told: string}[]} */
      const rings = [];
      let at = 0;
      let right = 0;
      let wrong = 0;
      /** @type {keyof typeof TURNS} */
      let side = "left";

      function show() {
        side = /** @type {keyof typeof TURNS} */ (SIDES[Math.floor(random() * SIDES.length)]);
        drawRing(gapOf(sizes[at] ?? first), side);
      }

      show();
      end = listen(root, window, (answer) => {
        const told = answer.slice("Arrow".length).toLowerCase();
        rings.push({ logmar: sizes[at] ?? first, shown: side, told });
        if (told === side) right += 1;
        else wrong += 1;
        if (right >= RIGHT_A_SIZE || wrong > RINGS_A_SIZE - RIGHT_A_SIZE) {
          tried.push({ at, seen: right >= RIGHT_A_SIZE });
          [right, wrong] = [0, 0];
          const next = nextSize(sizes.length, tried);
          if (next === null) {
            end();
            keep({ finest_logmar: sizes.at(-1), rings });
            over();
            return;
          }
          at = next;
        }
        show();
      });
    },
    end: () => end(),
  };
};
