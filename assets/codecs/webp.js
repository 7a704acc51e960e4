// A lossless WebP (VP8L) to pixels, by RFC 9649 section 3, whose numbers stand beside the steps. Pixels read back from a canvas are altered by
// some browsers; these are the file's. A pixel is one 32-bit number, 0xAARRGGBB, as in the standard.

import { createUndo, sum, tiles } from "./transforms.js";

/** 3.8.2.2: where the pixel at distance code 1 to 120 lies: columns to the left (negative: right) and rows up, nearest first. */
const NEAR = [
  "0,1 1,0 1,1 -1,1 0,2 2,0 1,2 -1,2 2,1 -2,1 2,2 -2,2 0,3 3,0 1,3 -1,3 3,1 -3,1 2,3 -2,3 3,2 -3,2 0,4 4,0 1,4 -1,4 4,1 -4,1 3,3 -3,3",
  "2,4 -2,4 4,2 -4,2 0,5 3,4 -3,4 4,3 -4,3 5,0 1,5 -1,5 5,1 -5,1 2,5 -2,5 5,2 -5,2 4,4 -4,4 3,5 -3,5 5,3 -5,3 0,6 6,0 1,6 -1,6 6,1 -6,1",
  "2,6 -2,6 6,2 -6,2 4,5 -4,5 5,4 -5,4 3,6 -3,6 6,3 -6,3 0,7 7,0 1,7 -1,7 5,5 -5,5 7,1 -7,1 4,6 -4,6 6,4 -6,4 2,7 -2,7 7,2 -7,2 3,7 -3,7",
  "7,3 -7,3 5,6 -5,6 6,5 -6,5 8,0 4,7 -4,7 7,4 -7,4 8,1 8,2 6,6 -6,6 8,3 5,7 -5,7 7,5 -7,5 8,4 6,7 -6,7 7,6 -7,6 8,5 7,7 -7,7 8,6 8,7",
].flatMap((line) => line.split(" ").map((pair) => pair.split(",").map(Number)));
/** 3.7.2.1.2: in which order the lengths of the code of code lengths stand. */
const LENGTHS_ORDER = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
const LITERALS = 256;
const LENGTH_CODES = 24;
const DISTANCE_CODES = 40;
const LONGEST_CODE = 15;
const TABLE_BITS = 9;
const LONGER = 0xffff;

/** A step of the main image takes fewer bytes. */
const STEP_BYTES = 32;

/**
 * @typedef {{bytes: Uint8Array, at: number, window: number, count: number}} Reader bits are taken from the low end of the window
 * @typedef {{table: Uint16Array, counts: Uint16Array, symbols: Uint16Array}} Code by the next TABLE_BITS bits symbol << 4 | length, or LONGER
 * @typedef {import("./transforms.js").Transform} Transform
 * @typedef {{width: number, data: Uint32Array<ArrayBuffer>, groups: Code[][], cacheBits: number, cache: Uint32Array, bits: number, groupOf: Uint32Array|null,
 *   at: number, x: number, y: number, cached: number}} Image of which pixels are there up to `at`
 * @typedef {{width: number, height: number, pixels: Uint8ClampedArray<ArrayBuffer>}} Picture RGBA
 */

/**
 * Reads a file while it comes: is given what there is of it from its start, more each time, and in the end the whole, of which it gives the picture;
 * Error where the bytes are none.
 * @returns {(file: Uint8Array, isWhole: boolean) => Picture|null}
 */
export function createReading() {
  /** @type {ReturnType<typeof begin>|null} */
  let begun = null;
  /** @type {Picture|null} */
  let picture = null;

  /** @param {Uint8Array} file */
  function beginOnPart(file) {
    try {
      const found = begin(file);
      return found.reader.at > found.reader.bytes.length ? null : found; // bits that had not come were taken for 0
    } catch {
      return null; // there is more of it the next time
    }
  }

  return (file, isWhole) => {
    if (picture) return picture;
    begun ??= isWhole ? begin(file) : beginOnPart(file);
    if (!begun) return null;
    const { reader, image, width, height } = begun;
    reader.bytes = chunk(file);
    readPixels(reader, image, isWhole ? Infinity : reader.bytes.length - STEP_BYTES);
    if (isCut(reader)) throw new Error("the WebP is cut short");
    const pixels = begun.undo(isWhole ? height : image.y, isWhole);
    if (isWhole && pixels) picture = { width, height, pixels };
    return picture;
  };
}

/** @param {Uint8Array} file */
function begin(file) {
  const reader = { bytes: chunk(file), at: 0, window: 0, count: 0 };
  if (take(reader, 8) !== 0x2f) throw new Error("no lossless WebP: the signature is missing");
  const width = take(reader, 14) + 1;
  const height = take(reader, 14) + 1;
  take(reader, 1); // a hint that alpha is used: it changes nothing
  if (take(reader, 3)) throw new Error("no lossless WebP: an unknown version");
  /** @type {Transform[]} */
  const transforms = [];
  let coded = width;
  while (take(reader, 1)) {
    const transform = readTransform(reader, coded, height);
    transforms.push(transform);
    if (transform.type === 3) coded = (coded + (1 << transform.bits) - 1) >> transform.bits;
  }
  const image = openImage(reader, coded, height, true);
  return { reader, width, height, image, undo: createUndo(transforms.reverse(), image, width, height) };
}

/** @param {Reader} reader */
function isCut(reader) {
  return reader.at - (reader.count >> 3) > reader.bytes.length;
}

/**
 * The VP8L chunk of a RIFF file.
 * @param {Uint8Array} file
 */
function chunk(file) {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = 12; at + 8 <= file.length; ) {
    const size = view.getUint32(at + 4, true);
    if (view.getUint32(at) === 0x5650384c) return file.subarray(at + 8, at + 8 + size);
    at += 8 + size + (size & 1);
  }
  throw new Error("no lossless WebP: it has no VP8L chunk");
}

/** @param {Reader} reader */
function fill(reader) {
  while (reader.count <= 24) {
    reader.window |= reader.bytes[reader.at] << reader.count; // beyond the end: 0
    reader.at += 1;
    reader.count += 8;
  }
}

/**
 * The next bits as a number; at most 24.
 * @param {Reader} reader
 * @param {number} bits
 */
function take(reader, bits) {
  fill(reader);
  const value = reader.window & ((1 << bits) - 1);
  reader.window >>>= bits;
  reader.count -= bits;
  return value;
}

/**
 * 3.5: a transform with its data: one pixel for each tile, or the colours of a palette.
 * @param {Reader} reader
 * @param {number} width
 * @param {number} height
 * @returns {Transform}
 */
function readTransform(reader, width, height) {
  const type = take(reader, 2);
  if (type === 2) return { type, bits: 0, width, data: new Uint32Array(0) };
  if (type === 3) {
    const size = take(reader, 8) + 1;
    const data = readImage(reader, size, 1);
    for (let number = 1; number < size; number += 1) data[number] = sum(data[number], data[number - 1]);
    const bits = size <= 2 ? 3 : size <= 4 ? 2 : size <= 16 ? 1 : 0;
    return { type, bits, width, data };
  }
  const bits = take(reader, 3) + 2;
  return { type, bits, width, data: readImage(reader, tiles(width, bits), tiles(height, bits)) };
}

/** @type {(reader: Reader, width: number, height: number) => Uint32Array<ArrayBuffer>} */
function readImage(reader, width, height) {
  const image = openImage(reader, width, height, false);
  readPixels(reader, image, Infinity);
  return image.data;
}

/**
 * 3.6, 3.7: an image of prefix codes, before its pixels; of the main one, each tile may have codes of its own.
 * @param {Reader} reader
 * @param {number} width
 * @param {number} height
 * @param {boolean} main
 * @returns {Image}
 */
function openImage(reader, width, height, main) {
  const cacheBits = take(reader, 1) ? take(reader, 4) : 0;
  const bits = main && take(reader, 1) ? take(reader, 3) + 2 : 0;
  const groupOf = bits ? readImage(reader, tiles(width, bits), tiles(height, bits)).map((pixel) => (pixel >>> 8) & 0xffff) : null;
  const groups = [];
  for (let left = groupOf ? groupOf.reduce((most, group) => Math.max(most, group)) : 0; left >= 0; left -= 1) {
    if (isCut(reader)) throw new Error("the WebP is cut short");
    const sizes = [LITERALS + LENGTH_CODES + (cacheBits && 1 << cacheBits), LITERALS, LITERALS, LITERALS, DISTANCE_CODES];
    groups.push(sizes.map((size) => readCode(reader, size)));
  }
  const room = { data: new Uint32Array(width * height), cache: new Uint32Array(cacheBits && 1 << cacheBits) };
  return { width, ...room, groups, cacheBits, bits, groupOf, at: 0, x: 0, y: 0, cached: 0 };
}

/**
 * 3.7.2.1: a prefix code, given by the lengths of its symbols.
 * @param {Reader} reader
 * @param {number} size of the alphabet
 */
function readCode(reader, size) {
  const lengths = new Uint8Array(size);
  if (take(reader, 1)) {
    const two = take(reader, 1);
    const first = take(reader, take(reader, 1) ? 8 : 1);
    lengths[first] = 1;
    if (two) lengths[take(reader, 8)] = 1;
    return makeCode(lengths);
  }
  const ofLengths = new Uint8Array(19);
  const given = 4 + take(reader, 4);
  for (let number = 0; number < given; number += 1) ofLengths[LENGTHS_ORDER[number]] = take(reader, 3);
  const code = makeCode(ofLengths);
  let left = take(reader, 1) ? 2 + take(reader, 2 + 2 * take(reader, 3)) : size;
  for (let symbol = 0, last = 8; symbol < size && left > 0; left -= 1) {
    const length = next(reader, code);
    if (length < 16) {
      lengths[symbol] = length;
      symbol += 1;
      if (length) last = length;
    } else {
      const repeat = length === 16 ? 3 + take(reader, 2) : length === 17 ? 3 + take(reader, 3) : 11 + take(reader, 7);
      if (length === 16) lengths.fill(last, symbol, symbol + repeat);
      symbol += repeat;
    }
  }
  return makeCode(lengths);
}

/**
 * The canonical code of these lengths. A code of one symbol takes no bits.
 * @param {Uint8Array} lengths
 * @returns {Code}
 */
function makeCode(lengths) {
  const counts = new Uint16Array(LONGEST_CODE + 1);
  for (const length of lengths) counts[length] += 1;
  const used = lengths.length - counts[0];
  counts[0] = 0;
  const starts = new Uint16Array(LONGEST_CODE + 2);
  for (let length = 1; length <= LONGEST_CODE; length += 1) starts[length + 1] = starts[length] + counts[length];
  const symbols = new Uint16Array(used);
  for (let symbol = 0; symbol < lengths.length; symbol += 1) if (lengths[symbol]) symbols[starts[lengths[symbol]]++] = symbol;
  const table = new Uint16Array(1 << TABLE_BITS).fill(used > 1 ? LONGER : symbols[0] << 4);
  for (let length = 1, code = 0, number = 0; used > 1 && length <= TABLE_BITS; length += 1, code <<= 1) {
    for (const end = number + counts[length]; number < end; number += 1, code += 1) {
      for (let place = reversed(code, length); place < table.length; place += 1 << length) table[place] = (symbols[number] << 4) | length;
    }
  }
  return { table, counts, symbols };
}

/** @type {(code: number, length: number) => number} */
function reversed(code, length) {
  let result = 0;
  for (let bit = 0; bit < length; bit += 1) result |= ((code >> bit) & 1) << (length - 1 - bit);
  return result;
}

/**
 * The next symbol of a code.
 * @param {Reader} reader
 * @param {Code} code
 */
function next(reader, code) {
  if (reader.count < LONGEST_CODE) fill(reader);
  const entry = code.table[reader.window & ((1 << TABLE_BITS) - 1)];
  if (entry === LONGER) return nextLong(reader, code);
  reader.window >>>= entry & 15;
  reader.count -= entry & 15;
  return entry >> 4;
}

/** @type {(reader: Reader, code: Code) => number} */
function nextLong(reader, { counts, symbols }) {
  for (let length = 1, value = 0, first = 0, before = 0; length <= LONGEST_CODE; length += 1) {
    value |= take(reader, 1);
    if (value - first < counts[length]) return symbols[before + value - first];
    before += counts[length];
    first = (first + counts[length]) << 1;
    value <<= 1;
  }
  throw new Error("the WebP is damaged: no such code");
}

/**
 * 3.8: literals, copies of what came before, and colours used lately; as long as the reader is before `end`.
 * @param {Reader} reader
 * @param {Image} image
 * @param {number} end
 */
function readPixels(reader, image, end) {
  const { width, data, groups, cacheBits, cache, bits, groupOf } = image;
  const across = tiles(width, bits);
  let [greens, reds, blues, alphas, distances] = groups[0];
  let { at, x, y, cached } = image;
  let tileEnd = 0;
  while (at < data.length && reader.at < end) {
    if (groupOf && (x >= tileEnd || x === 0)) {
      [greens, reds, blues, alphas, distances] = groups[groupOf[(y >> bits) * across + (x >> bits)]];
      tileEnd = ((x >> bits) + 1) << bits;
    }
    const symbol = next(reader, greens);
    let length = 1;
    if (symbol < LITERALS) {
      const red = next(reader, reds);
      const blue = next(reader, blues);
      data[at] = (next(reader, alphas) << 24) | (red << 16) | (symbol << 8) | blue;
    } else if (symbol < LITERALS + LENGTH_CODES) {
      length = Math.min(extended(reader, symbol - LITERALS), data.length - at);
      const back = distance(extended(reader, next(reader, distances)), width);
      if (back > at) throw new Error("the WebP is damaged: a copy from before its start");
      for (let copied = at; copied < at + length; copied += 1) data[copied] = data[copied - back];
    } else {
      for (; cached < at; cached += 1) cache[Math.imul(0x1e35a7bd, data[cached]) >>> (32 - cacheBits)] = data[cached];
      data[at] = cache[symbol - LITERALS - LENGTH_CODES];
    }
    at += length;
    for (x += length; x >= width; x -= width) y += 1;
    if (length > 1) tileEnd = 0;
  }
  Object.assign(image, { at, x, y, cached });
}

/**
 * 3.8.2.2: a length or distance of a prefix and further bits.
 * @param {Reader} reader
 * @param {number} prefix
 */
function extended(reader, prefix) {
  if (prefix < 4) return prefix + 1;
  const bits = (prefix - 2) >> 1;
  return ((2 + (prefix & 1)) << bits) + take(reader, bits) + 1;
}

/** @type {(code: number, width: number) => number} */
function distance(code, width) {
  if (code > NEAR.length) return code - NEAR.length;
  const [left, up] = NEAR[code - 1];
  return Math.max(left + up * width, 1);
}
