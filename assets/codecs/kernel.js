// Pixels of a picture at every quality: by jpeg.c compiled to WebAssembly where the page can run it (a sixth of the time), else by jpeg.js. The same pixels.

import compiled from "./jpeg.wasm.json" with { type: "json" };
import { frame, prepare } from "./jpeg.js";

/**
 * @typedef {"4:4:4"|"4:2:2"|"4:2:0"} Subsampling
 * @typedef {(quality: number) => Uint8ClampedArray<ArrayBuffer>} Frames opaque RGBA, valid until the next call
 * @typedef {{kind: "wasm"|"script", prepare: (pixels: Uint8ClampedArray, width: number, height: number, subsampling: Subsampling) => Promise<Frames>}} Kernel
 * @typedef {{memory: WebAssembly.Memory, place: (width: number, height: number, step: number, x: number, y: number) => number, prepare: () => void, frame: (quality: number) => number}} Exports
 */

/**
 * The fastest kernel that this page can run. WebAssembly needs SIMD, and `'wasm-unsafe-eval'` in the page's policy.
 * @returns {Promise<Kernel>}
 */
export async function loadKernel() {
  try {
    const module = await WebAssembly.compile(Uint8Array.from(atob(compiled.base64), (letter) => letter.charCodeAt(0)));
    return { kind: "wasm", prepare: (...given) => prepareCompiled(module, ...given) };
  } catch {
    return { kind: "script", prepare: prepareScript };
  }
}

/** @type {Kernel["prepare"]} */
async function prepareScript(pixels, width, height, subsampling) {
  const prepared = prepare(pixels, width, height, subsampling);
  return (quality) => frame(prepared, quality);
}

/** @type {(module: WebAssembly.Module, pixels: Uint8ClampedArray, width: number, height: number, subsampling: Subsampling) => Promise<Frames>} */
async function prepareCompiled(module, pixels, width, height, subsampling) {
  const instance = await WebAssembly.instantiate(module);
  const kernel = /** @type {Exports} */ (/** @type {unknown} */ (instance.exports));
  const at = kernel.place(width, height, 4, subsampling === "4:4:4" ? 0 : 1, subsampling === "4:2:0" ? 1 : 0) >>> 0;
  if (!at) throw new Error(`no memory for a picture of ${width}x${height}`);
  const memory = /** @type {ArrayBuffer} */ (kernel.memory.buffer);
  new Uint8ClampedArray(memory).set(pixels, at);
  kernel.prepare();
  return (quality) => new Uint8ClampedArray(memory, kernel.frame(quality) >>> 0, width * height * 4);
}
