// What a trial shows at each level: the ladder's own frames, or, where the answer is to be known, others in their place. Every trial's
// data say it, masked, in as many bytes; as in hitgen/stimuli/views.py.

import { decodeFrame } from "./decoder.js";
import { bytesOf, fromBase64 } from "./pack.js";
import { sha256 } from "./sha256.js";

const PLACES = 3;
const PLATEAU = 0.5;

/**
 * @param {string} text as the trial's data have it @param {string} trial its opaque id @param {Pack} pack @param {() => Promise<unknown>} pause @param {SubtleCrypto} [subtle]
 * @returns {Promise<View>}
 */
export async function readView(text, trial, pack, pause, subtle) {
  const source = pack.frames[pack.levels[0] ?? 0];
  const digest = await sha256(await bytesOf(source && "bytes" in source ? source.bytes : new Uint8Array()), pause, subtle);
  const numbers = unmasked(fromBase64(text), parseInt(trial.slice(0, 8), 16) ^ new DataView(digest.buffer).getUint32(0));
  const number = (/** @type {number} */ at) => numbers.getUint16(2 * at, true);
  const first = 2 * PLACES + 1;
  const most = (numbers.byteLength / 2 - first) / (PLACES + 1);
  const levels = (/** @type {number} */ row) => [0, ...Array.from({ length: most }, (_, at) => number(first + row * most + at))];
  /** @type {View} */
  const view = { outside: levels(0), inside: [], places: [], reach: number(2 * PLACES) };
  for (let place = 0; place < PLACES; place += 1) {
    if (!number(2 * place) && !number(2 * place + 1)) continue;
    view.places.push([number(2 * place), number(2 * place + 1)]);
    view.inside.push(levels(1 + place));
  }
  return view;
}

/** By Marsaglia's xorshift32. @param {Uint8Array} bytes @param {number} key */
function unmasked(bytes, key) {
  let state = key || 1;
  const plain = bytes.map((byte) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return byte ^ (state & 255);
  });
  return new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
}

/**
 * The pack as a trial shows it.
 * @param {Pack} pack @param {View} view @returns {ShownPack}
 */
export function recast(pack, { outside, inside, places, reach }) {
  /** @type {ShownPack["frames"]} */
  const frames = [...pack.frames];
  const numberOf = (/** @type {number} */ level) => pack.levels[level] ?? 0;
  const levels = outside.map((level, at) => {
    const around = numberOf(level);
    const within = inside.map((levels) => numberOf(levels[at] ?? level));
    const [first, others] = [pack.frames[around], within.flatMap((number) => pack.frames[number] ?? [])];
    if (!first || others.length < places.length || within.every((number) => number === around)) return around;
    return frames.push({ outside: first, inside: others, places, reach, width: pack.width }) - 1;
  });
  return { ...pack, levels, frames };
}

/**
 * Bitmaps of what `recast` gave.
 * @param {Document} document
 * @param {Bitmaps["createBitmap"]} [createBitmap] of the pack's own frames
 * @returns {NonNullable<Bitmaps<ShownFrame>["createBitmap"]>}
 */
export function composing(document, createBitmap = decodeFrame) {
  /** @type {WeakMap<Frame, Map<string, Patch>>} what places show, by their frames: they keep one for many levels */
  const kept = new WeakMap();

  /** @param {number} width @param {number} height */
  function surfaceOf(width, height) {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { colorSpace: "srgb" }));
  }

  /**
   * What a frame shows in a place, fading out.
   * @typedef {{canvas: HTMLCanvasElement, left: number, top: number}} Patch
   * @param {ImageBitmap} within @param {number} x @param {number} y @param {number} reach
   * @returns {Patch}
   */
  function cut(within, x, y, reach) {
    const [left, top, side] = [Math.floor(x - reach), Math.floor(y - reach), Math.ceil(2 * reach) + 2];
    const surface = surfaceOf(side, side);
    const spread = surface.createRadialGradient(x - left, y - top, PLATEAU * reach, x - left, y - top, reach);
    spread.addColorStop(0, "#000f");
    spread.addColorStop(1, "#0000");
    surface.fillStyle = spread;
    surface.fillRect(0, 0, side, side);
    surface.globalCompositeOperation = "source-in";
    surface.drawImage(within, -left, -top);
    return { canvas: surface.canvas, left, top };
  }

  return async (frame, target, signal) => {
    if (!("outside" in frame)) return createBitmap(frame, target, signal);
    const around = await createBitmap(frame.outside, target, signal);
    const surface = surfaceOf(around.width, around.height);
    const scale = around.width / frame.width;
    surface.drawImage(around, 0, 0);
    around.close();
    for (const [place, [x, y]] of frame.places.entries()) {
      const inside = /** @type {Frame} */ (frame.inside[place]);
      const patches = kept.get(inside) ?? new Map();
      kept.set(inside, patches);
      const key = `${place} ${scale}`;
      if (!patches.has(key)) {
        const within = await createBitmap(inside, target, signal);
        patches.set(key, cut(within, x * scale, y * scale, frame.reach * scale));
        within.close();
      }
      const patch = patches.get(key);
      surface.drawImage(patch.canvas, patch.left, patch.top);
    }
    return createImageBitmap(surface.canvas, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  };
}
