// The pack format: "HITPACK1", 4-byte little-endian length, JSON index, frames.

const MAGIC = "HITPACK1";

/**
 * The frames in a pack's bytes; levels[d] is the number of the frame shown at level d.
 * @param {Uint8Array} bytes
 * @returns {{width: number, height: number, levels: number[], frames: {type: string, bytes: Uint8Array}[]}}
 */
export function readPack(bytes) {
  const start = MAGIC.length + 4;
  if (bytes.length < start || new TextDecoder().decode(bytes.subarray(0, MAGIC.length)) !== MAGIC) {
    throw new Error("no pack");
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(MAGIC.length, true);
  const index = JSON.parse(new TextDecoder().decode(bytes.subarray(start, start + length)));
  const body = start + length;
  const frames = index.frames.map((frame) => ({
    type: frame.type,
    bytes: bytes.subarray(body + frame.offset, body + frame.offset + frame.length),
  }));
  if (frames.some((frame, number) => frame.bytes.length !== index.frames[number].length)) {
    throw new Error("pack cut short");
  }
  return { width: index.width, height: index.height, levels: index.levels, frames };
}
