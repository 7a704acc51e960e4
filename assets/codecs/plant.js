// What is planted in a made frame: a change in three places, where the answer is to be known. A pack says it masked by the frame's own first
// rows, and as much of it for every frame; nearly always it says nothing. Whole numbers only, as in hitgen/stimuli/plant.py.

const KEY_ROWS = 8;
const REACH_SHARE = 0.08; // of the picture's height
const BYTES = 15; // three places of two 16-bit numbers each, and by how much each becomes brighter

/** @type {(pixels: Uint8ClampedArray<ArrayBuffer>, width: number) => number} */
function keyOf(pixels, width) {
  const words = new Uint32Array(pixels.buffer, pixels.byteOffset, Math.min(width * KEY_ROWS, pixels.length / 4));
  let key = 0;
  for (let at = 0; at < words.length; at += 1) key = (key + Math.imul(/** @type {number} */ (words[at]), 2 * at + 1)) | 0;
  return key;
}

/** By Marsaglia's xorshift32. @type {(hex: string, key: number) => DataView} */
function unmasked(hex, key) {
  const view = new DataView(new ArrayBuffer(BYTES));
  let state = key || 1;
  for (let at = 0; at < BYTES; at += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    view.setUint8(at, parseInt(hex.slice(2 * at, 2 * at + 2), 16) ^ (state & 255));
  }
  return view;
}

/**
 * Changes a made frame in place.
 * @param {Uint8ClampedArray<ArrayBuffer>} pixels RGBA
 * @param {number} width
 * @param {number} height
 * @param {string} planted as the pack has it
 */
export function plant(pixels, width, height, planted) {
  const change = unmasked(planted, keyOf(pixels, width));
  const reach = Math.floor(height * REACH_SHARE);
  for (let place = 0; place < 3; place += 1) {
    const step = change.getInt8(12 + place);
    if (step && reach) brighten(pixels, width, height, change.getUint16(4 * place, true), change.getUint16(4 * place + 2, true), reach, step);
  }
}

/** Most in the middle, nothing from `reach` on. @type {(pixels: Uint8ClampedArray, width: number, height: number, x: number, y: number, reach: number, step: number) => void} */
function brighten(pixels, width, height, x, y, reach, step) {
  for (let row = Math.max(y - reach, 0); row <= Math.min(y + reach, height - 1); row += 1) {
    for (let column = Math.max(x - reach, 0); column <= Math.min(x + reach, width - 1); column += 1) {
      const inside = Math.max(reach ** 2 - (column - x) ** 2 - (row - y) ** 2, 0);
      const weight = Math.floor((256 * inside) / reach ** 2);
      const shift = (((weight * weight) >> 8) * step) >> 8;
      for (let at = 4 * (row * width + column), end = at + 3; at < end; at += 1) pixels[at] = /** @type {number} */ (pixels[at]) + shift;
    }
  }
}
