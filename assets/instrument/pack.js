// The pack format: "HITPACK1", 4-byte little-endian length, JSON index, frames; in a page as base64.

const MAGIC = "HITPACK1";

/**
 * The frames in a pack's bytes, or how they are made; levels[d] is the number of the frame shown at level d.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Pack}
 */
export function readPack(bytes) {
  const start = MAGIC.length + 4;
  if (bytes.length < start || new TextDecoder().decode(bytes.subarray(0, MAGIC.length)) !== MAGIC) {
    throw new Error("no pack");
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(MAGIC.length, true);
  /** @type {{width: number, height: number, levels: number[], frames: ({type: string, offset: number, length: number}|MadeFrame)[]}} */
  const index = JSON.parse(new TextDecoder().decode(bytes.subarray(start, start + length)));
  const body = start + length;
  const frames = index.frames.map((frame) => {
    if ("codec" in frame) return frame;
    const carried = bytes.subarray(body + frame.offset, body + frame.offset + frame.length);
    if (carried.length !== frame.length) throw new Error("pack cut short");
    return { type: frame.type, bytes: carried };
  });
  return { width: index.width, height: index.height, levels: index.levels, frames };
}

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
export function fromBase64(text) {
  if (typeof Uint8Array.fromBase64 === "function") return Uint8Array.fromBase64(text);
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
