// What a trial shows at each level: the ladder's own frames, or, where the answer is to be known, others in their place. Every trial's
// data say it, masked, in as many bytes; as in hitgen/stimuli/views.py.

import { decodeFrame } from "./decoder.js";
import { fromBase64 } from "./pack.js";
import { sha256 } from "./sha256.js";

const PLACES = 3;
const PLATEAU = 0.5;

/**
 * @param {string} text as the trial's data have it @param {string} trial its opaque id @param {Pack} pack @param {() => Promise<unknown>} pause @param {SubtleCrypto} [subtle]
 * @returns {Promise<View>}
 */
export async function readView(text, trial, pack, pause, subtle) {
  const source = pack.frames[pack.levels[0] ?? 0];
  const digest = await sha256(source && "bytes" in source ? source.bytes : new Uint8Array(), pause, subtle);
  const numbers = unmasked(fromBase64(text), parseInt(trial.slice(0, 8), 16) ^ new DataView(digest.buffer).getUint32(0));
  const number = (/** @type {number} */ at) => numbers.getUint16(2 * at, true);
  const first = 2 * PLACES + 1;
  const last = numbers.byteLength / 2 - first;
  /** @type {View} */
  const view = { outside: [0], inside: [0], places: [], reach: number(2 * PLACES) };
  for (let place = 0; place < PLACES; place += 1) {
    if (number(2 * place) || number(2 * place + 1)) view.places.push([number(2 * place), number(2 * place + 1)]);
  }
  for (let at = 0; at < last; at += 1) (at < last / 2 ? view.outside : view.inside).push(number(first + at));
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
    const [around, within] = [numberOf(level), numberOf(inside[at] ?? level)];
    if (around === within || !places.length) return around;
    const [first, second] = [pack.frames[around], pack.frames[within]];
    if (!first || !second) return around;
    return frames.push({ outside: first, inside: second, places, reach, width: pack.width }) - 1;
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
  return async (frame, target, signal) => {
    if (!("outside" in frame)) return createBitmap(frame, target, signal);
    const around = await createBitmap(frame.outside, target, signal);
    const within = await createBitmap(frame.inside, target, signal);
    const canvas = Object.assign(document.createElement("canvas"), { width: around.width, height: around.height });
    const surface = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { colorSpace: "srgb" }));
    const scale = around.width / frame.width;
    for (const [x, y] of frame.places) {
      const spread = surface.createRadialGradient(x * scale, y * scale, PLATEAU * frame.reach * scale, x * scale, y * scale, frame.reach * scale);
      spread.addColorStop(0, "#000f");
      spread.addColorStop(1, "#0000");
      surface.fillStyle = spread;
      surface.fillRect(0, 0, canvas.width, canvas.height);
    }
    surface.globalCompositeOperation = "source-in";
    surface.drawImage(within, 0, 0);
    surface.globalCompositeOperation = "destination-over";
    surface.drawImage(around, 0, 0);
    around.close();
    within.close();
    return createImageBitmap(canvas, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  };
}
