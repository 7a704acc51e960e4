// Pixels of a picture at every quality: by jpeg.c compiled to WebAssembly where the page can run it (a sixth of the time), else by jpeg.js. The same pixels.

import compiled from "./jpeg.wasm.json" with { type: "json" };
import { frame, prepare } from "./jpeg.js";

/**
 * @typedef {"4:4:4"|"4:2:2"|"4:2:0"} Subsampling
 * @typedef {Iterable<Uint8ClampedArray<ArrayBuffer>>} Strips opaque RGBA, whole lines from the top; each is valid until the next
 * @typedef {(quality: number) => Strips} Frames
 * @typedef {{kind: "wasm"|"script", prepare: (pixels: Uint8ClampedArray, width: number, height: number, subsampling: Subsampling) => Promise<Frames>}} Kernel
 * @typedef {{memory: WebAssembly.Memory, place: (width: number, height: number, x: number, y: number) => number, lines: () => number, prepare: (line: number) => void,
 *   frame: (quality: number, line: number) => void}} Exports
 */

/**
 * The fastest kernel that this page can run. WebAssembly needs SIMD, and `'wasm-unsafe-eval'` in the page's policy; where it has not the
 * memory for a picture, the script makes that one.
 * @returns {Promise<Kernel>}
 */
export async function loadKernel() {
  try {
    const module = await WebAssembly.compile(Uint8Array.from(atob(compiled.base64), (letter) => letter.charCodeAt(0)));
    return { kind: "wasm", prepare: (...given) => prepareCompiled(module, ...given).catch(() => prepareScript(...given)) };
  } catch {
    return { kind: "script", prepare: prepareScript };
  }
}

/** @type {Kernel["prepare"]} */
async function prepareScript(pixels, width, height, subsampling) {
  const prepared = prepare(pixels, width, height, subsampling);
  return (quality) => [frame(prepared, quality)];
}

/** @type {(module: WebAssembly.Module, pixels: Uint8ClampedArray, width: number, height: number, subsampling: Subsampling) => Promise<Frames>} */
async function prepareCompiled(module, pixels, width, height, subsampling) {
  const instance = await WebAssembly.instantiate(module);
  const kernel = /** @type {Exports} */ (/** @type {unknown} */ (instance.exports));
  const at = kernel.place(width, height, subsampling === "4:4:4" ? 0 : 1, subsampling === "4:2:0" ? 1 : 0) >>> 0;
  if (!at) throw new Error(`no memory for a picture of ${width}x${height}`);
  const lines = kernel.lines();
  const strip = (/** @type {number} */ line) => new Uint8ClampedArray(/** @type {ArrayBuffer} */ (kernel.memory.buffer), at, Math.min(lines, height - line) * width * 4);
  for (let line = 0; line < height; line += lines) {
    strip(line).set(pixels.subarray(line * width * 4, (line + lines) * width * 4));
    kernel.prepare(line);
  }
  return function* (quality) {
    for (let line = 0; line < height; line += lines) {
      kernel.frame(quality, line);
      yield strip(line);
    }
  };
}
