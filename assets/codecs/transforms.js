// What a lossless WebP did to its pixels before it coded them, undone: RFC 9649 section 3.5, whose numbers stand beside the steps.

const BLACK = 0xff000000;

/** @typedef {{type: number, bits: number, width: number, data: Uint32Array<ArrayBuffer>}} Transform with the width of what it makes */

/** How many tiles of 1 << bits a length has. @type {(length: number, bits: number) => number} */
export const tiles = (length, bits) => (length + (1 << bits) - 1) >> bits;

/**
 * 3.5: the picture before its transforms, line by line while the image is read, in a copy then: later pixels are copies of what is read.
 * @param {Transform[]} transforms the last one first
 * @param {{data: Uint32Array<ArrayBuffer>}} image
 * @param {number} width
 * @param {number} height
 */
export function createUndo(transforms, image, width, height) {
  const inLines = transforms.every(({ type }) => type !== 3);
  /** @type {Uint32Array<ArrayBuffer>|null} */
  let data = null;
  let copied = 0;
  const done = transforms.map(() => 0);
  let turned = 0;

  /** @param {number} lines */
  function copy(lines) {
    data ??= new Uint32Array(image.data.length);
    data.set(image.data.subarray(copied, lines * width), copied);
    copied = lines * width;
    return data;
  }

  /**
   * The pixels as RGBA, of which those of some lines are right: of all, where all lines are there.
   * @param {number} lines that are there
   * @param {boolean} isWhole
   */
  return (lines, isWhole) => {
    if (!inLines && !isWhole) return null;
    let result = isWhole && !data ? image.data : copy(lines);
    for (const [number, transform] of transforms.entries()) {
      if (transform.type === 3) result = undoPalette(transform, result, height);
      else undo(transform, result, done[number], lines);
      done[number] = lines;
      if (transform.type === 0 && !isWhole) lines = Math.max(lines - 1, 0); // the next line is predicted from it as it is
    }
    toRgba(result, turned * width, lines * width);
    turned = lines;
    return new Uint8ClampedArray(result.buffer);
  };
}

/**
 * Undoes a transform in some lines.
 * @param {Transform} transform
 * @param {Uint32Array} data
 * @param {number} from
 * @param {number} to
 */
function undo(transform, data, from, to) {
  if (transform.type === 0) undoPrediction(transform, data, from, to);
  else if (transform.type === 1) undoColour(transform, data, from, to);
  else for (let at = from * transform.width; at < to * transform.width; at += 1) data[at] = sum(data[at], ((data[at] >> 8) & 0xff) * 0x10001);
}

/**
 * 3.5.1. The first row is predicted from the left, the first column from above.
 * @param {Transform} transform
 * @param {Uint32Array} data
 * @param {number} from
 * @param {number} to
 */
function undoPrediction({ bits, width, data: modes }, data, from, to) {
  if (from === 0 && to > 0) {
    data[0] = sum(data[0], BLACK);
    for (let at = 1; at < width; at += 1) data[at] = sum(data[at], data[at - 1]);
  }
  for (let y = Math.max(from, 1); y < to; y += 1) {
    const row = y * width;
    data[row] = sum(data[row], data[row - width]);
    for (let x = 1; x < width; ) {
      const mode = (modes[(y >> bits) * tiles(width, bits) + (x >> bits)] >> 8) & 15;
      const end = Math.min(((x >> bits) + 1) << bits, width);
      for (; x < end; x += 1) data[row + x] = sum(data[row + x], predicted(mode, data, row + x, width));
    }
  }
}

/** @type {(mode: number, data: Uint32Array, at: number, width: number) => number} */
function predicted(mode, data, at, width) {
  const left = data[at - 1];
  const top = data[at - width];
  switch (mode) {
    case 1: return left;
    case 2: return top;
    case 3: return data[at - width + 1];
    case 4: return data[at - width - 1];
    case 5: return average(average(left, data[at - width + 1]), top);
    case 6: return average(left, data[at - width - 1]);
    case 7: return average(left, top);
    case 8: return average(data[at - width - 1], top);
    case 9: return average(top, data[at - width + 1]);
    case 10: return average(average(left, data[at - width - 1]), average(top, data[at - width + 1]));
    case 11: return nearer(left, top, data[at - width - 1]);
    case 12: return clamped(left, top, data[at - width - 1], 1);
    case 13: return clamped(average(left, top), average(left, top), data[at - width - 1], 2);
    default: return BLACK;
  }
}

/** Channel by channel, modulo 256. @type {(a: number, b: number) => number} */
export function sum(a, b) {
  return (((a & 0xff00ff00) + (b & 0xff00ff00)) & 0xff00ff00) | (((a & 0xff00ff) + (b & 0xff00ff)) & 0xff00ff);
}

/** Channel by channel, rounded down. @type {(a: number, b: number) => number} */
function average(a, b) {
  return (((a ^ b) & 0xfefefefe) >>> 1) + (a & b);
}

/** Left or top, whichever is nearer to left + top - corner over all channels; top if none. @type {(left: number, top: number, corner: number) => number} */
function nearer(left, top, corner) {
  let difference = 0;
  for (let shift = 0; shift < 32; shift += 8) {
    const middle = (corner >>> shift) & 255;
    difference += Math.abs(((top >>> shift) & 255) - middle) - Math.abs(((left >>> shift) & 255) - middle);
  }
  return difference < 0 ? left : top;
}

/** a + (b - c) / part in each channel, cut towards zero, clamped. @type {(a: number, b: number, c: number, part: number) => number} */
function clamped(a, b, c, part) {
  let result = 0;
  for (let shift = 0; shift < 32; shift += 8) {
    const step = ((((b >>> shift) & 255) - ((c >>> shift) & 255)) / part) | 0;
    const value = ((a >>> shift) & 255) + step;
    result |= (value < 0 ? 0 : value > 255 ? 255 : value) << shift;
  }
  return result;
}

/**
 * 3.5.2: red and blue back, from green and from red, by signed parts of 32.
 * @param {Transform} transform
 * @param {Uint32Array} data
 * @param {number} from
 * @param {number} to
 */
function undoColour({ bits, width, data: factors }, data, from, to) {
  const across = tiles(width, bits);
  for (let at = from * width, x = 0, y = from; at < to * width; at += 1) {
    const factor = factors[(y >> bits) * across + (x >> bits)];
    const pixel = data[at];
    const green = (pixel << 16) >> 24;
    const red = ((pixel >>> 16) + ((((factor << 24) >> 24) * green) >> 5)) & 255;
    const blue = pixel + ((((factor << 16) >> 24) * green) >> 5) + ((((factor << 8) >> 24) * ((red << 24) >> 24)) >> 5);
    data[at] = (pixel & 0xff00ff00) | (red << 16) | (blue & 255);
    x += 1;
    if (x === width) [x, y] = [0, y + 1];
  }
}

/**
 * 3.5.4: colours for their numbers, of which a pixel's green holds one, two, four or eight.
 * @param {Transform} transform
 * @param {Uint32Array<ArrayBuffer>} data
 * @param {number} height
 */
function undoPalette({ bits, width, data: colours }, data, height) {
  const result = new Uint32Array(width * height);
  const size = 8 >> bits;
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 1) {
      const packed = data[y * tiles(width, bits) + (x >> bits)] >> 8;
      result[at] = colours[(packed >> ((x & ((1 << bits) - 1)) * size)) & ((1 << size) - 1)]; // none: 0
    }
  }
  return result;
}

/** From ARGB as numbers to RGBA as bytes, in place: every machine that runs a browser has the lowest byte first. @type {(data: Uint32Array, from: number, to: number) => void} */
function toRgba(data, from, to) {
  for (let at = from; at < to; at += 1) {
    const pixel = data[at];
    data[at] = (pixel & 0xff00ff00) | ((pixel >> 16) & 255) | ((pixel & 255) << 16);
  }
}
