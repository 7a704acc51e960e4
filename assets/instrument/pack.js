// The pack format: "HITPACK1", 4-byte little-endian length, JSON index, frames; in a page as base64.

const MAGIC = "HITPACK1";

/** No index is as long: it has some hundred bytes for each of at most thousands of frames. */
const MOST_INDEX_BYTES = 2 ** 24;

/** No source is as long: of its pixels and beside them, in bytes. */
const MOST_BYTES_PER_PIXEL = 8;
const MOST_BYTES_BESIDE = 2 ** 16;

/** What longer packs carry is the browser's to keep, which may put it on disk; a shorter one is at hand sooner. */
const LONG_BYTES = 2 ** 23;

/** @typedef {{width: number, height: number, levels: number[], frames: ({type: string, offset: number, length: number}|MadeFrame)[]}} Index */

/**
 * The index of a pack, and where its frames begin; null while not all of that is there.
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
function readIndex(bytes) {
  const start = MAGIC.length + 4;
  if (bytes.length < start) return null;
  if (new TextDecoder().decode(bytes.subarray(0, MAGIC.length)) !== MAGIC) throw new Error("no pack");
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(MAGIC.length, true);
  if (length > MOST_INDEX_BYTES) throw new Error("no pack");
  const body = start + length;
  if (bytes.length < body) return null;
  /** @type {Index} */
  const index = JSON.parse(new TextDecoder().decode(bytes.subarray(start, body)));
  if (!isSound(index)) throw new Error("a pack's index has numbers that cannot be");
  return { index, body };
}

/** @param {Index} index */
function isSound({ width, height, levels, frames }) {
  /** @type {(number: unknown, least: number, most?: number) => boolean} */
  const isCount = (number, least, most = Infinity) => Number.isSafeInteger(number) && least <= Number(number) && Number(number) <= most;
  return isCount(width, 1) && isCount(height, 1) && levels.length > 0 && levels.every((number) => isCount(number, 0, frames.length - 1))
    && frames.every((frame) => ("codec" in frame ? isCount(frame.quality, 1, 100) : isCount(frame.offset, 0) && isCount(frame.length, 1)));
}

/**
 * The frames in a pack's bytes, or how they are made; levels[d] is the number of the frame shown at level d.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Pack}
 */
export function readPack(bytes) {
  const found = readIndex(bytes);
  if (!found) throw new Error("no pack");
  const { index, body } = found;
  const whole = bytes.length > LONG_BYTES ? new Blob([bytes]) : bytes;
  const frames = index.frames.map((frame) => {
    if ("codec" in frame) return frame;
    const [start, end] = [body + frame.offset, body + frame.offset + frame.length];
    if (end > bytes.length) throw new Error("pack cut short");
    return { type: frame.type, bytes: whole instanceof Blob ? whole.slice(start, end) : whole.subarray(start, end) };
  });
  return { width: index.width, height: index.height, levels: index.levels, frames };
}

/**
 * Of a pack of which so much has come, where the source lies that its frames are made of: null while that is not told, false where none is.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {number} mostPixels that it may have
 */
export function findSource(bytes, mostPixels) {
  const found = readIndex(bytes);
  if (!found) return null;
  const { width, height, levels, frames } = found.index;
  const source = frames[levels[0] ?? 0];
  if (!source || "codec" in source || !frames.some((frame) => "codec" in frame) || width * height > mostPixels) return false;
  if (source.length > width * height * MOST_BYTES_PER_PIXEL + MOST_BYTES_BESIDE) return false; // damaged, which is told once all of it is there
  return { start: found.body + source.offset, length: source.length };
}

/** What a frame carries. @param {Uint8Array<ArrayBuffer>|Blob} content */
export async function bytesOf(content) {
  return content instanceof Blob ? new Uint8Array(await content.arrayBuffer()) : content;
}

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
export function fromBase64(text) {
  if (typeof Uint8Array.fromBase64 === "function") return Uint8Array.fromBase64(text);
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
