// Makes the frames of packs that carry a source alone: in a worker, so that the flicker's clock is never late; where none can be
// had, in the page itself. Source and levels go one way, from pixels to a bitmap.

import { bytesOf } from "../instrument/pack.js";
import { loadKernel } from "./kernel.js";
import { createReading } from "./webp.js";

/** Above this many pixels the worker is given one frame at a time: what is needed may change while it works. */
const QUICK_PIXELS = 2 ** 20;

/** A worker that is one says so much sooner; some browsers' guards put a mute one in its place. */
const SILENT_MS = 10_000;

/** A strip of a source has about so many. */
const STRIP_PIXELS = 2 ** 18;

/**
 * @typedef {{width: number, height: number}} Size of a source
 * @typedef {Size & {source: Uint8Array<ArrayBuffer>|Blob}} Recipe of a pack: its source as lossless WebP
 * @typedef {{width: number, height: number}|null} Target size in device pixels; null: the source's own
 * @typedef {import("./kernel.js").Strips} Strips
 * @typedef {(strips: Strips, width: number, height: number, target: Target) => Promise<ImageBitmap>} ToBitmap
 * @typedef {{pack: number, frame: MadeFrame|null, target: Target, done: (bitmap: ImageBitmap) => void, failed: (error: Error) => void}} Request
 * @typedef {{postMessage: {(message: unknown[]): void, (message: unknown[], transfer: Transferable[]): void}, terminate: () => void, onmessage: ((event: MessageEvent) => void)|null,
 *   onerror: ((event: any) => void)|null, onmessageerror: ((event: any) => void)|null}} WorkerLike
 */

/**
 * What makes bitmaps of frames. No colour conversion: pixels are sRGB. With a target, every frame is resampled alike. They are gathered on a
 * canvas that becomes the bitmap, so that a frame is never there twice; where there is no such canvas, in memory.
 * @returns {ToBitmap}
 */
function createPainter() {
  /** @type {OffscreenCanvas|null} */
  let canvas = null;

  /** @type {(width: number, height: number) => OffscreenCanvasRenderingContext2D|null} */
  function surfaceOf(width, height) {
    if (typeof OffscreenCanvas === "undefined") return null;
    canvas ??= new OffscreenCanvas(width, height);
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    return canvas.getContext("2d", { alpha: false, colorSpace: "srgb", willReadFrequently: true });
  }

  return async (strips, width, height, target) => {
    /** @type {ImageBitmapOptions} */
    const options = { colorSpaceConversion: "none", premultiplyAlpha: "none" };
    if (target) Object.assign(options, { resizeWidth: target.width, resizeHeight: target.height, resizeQuality: "high" });
    const surface = surfaceOf(width, height);
    const whole = surface ? null : new ImageData(width, height);
    let at = 0;
    for (const strip of strips) {
      if (whole) whole.data.set(strip, at);
      else surface?.putImageData(new ImageData(strip, width), 0, at / (4 * width));
      at += strip.length;
    }
    if (whole || target) return createImageBitmap(/** @type {ImageBitmapSource} */ (whole ?? canvas), options);
    return /** @type {OffscreenCanvas} */ (canvas).transferToImageBitmap();
  };
}

/**
 * Pixels in strips, copied: what browsers build on a buffer's memory holds all of it until it is collected.
 * @type {(pixels: Uint8ClampedArray, width: number) => Strips}
 */
function* stripsOf(pixels, width) {
  const strip = new Uint8ClampedArray(Math.min(pixels.length, Math.ceil(STRIP_PIXELS / width) * width * 4));
  for (let at = 0; at < pixels.length; at += strip.length) {
    const part = pixels.subarray(at, at + strip.length);
    strip.set(part);
    yield strip.subarray(0, part.length);
  }
}

/** So many bytes as numbers of four. @param {Uint8Array} bytes @param {number} length */
function inFours(bytes, length) {
  const fours = new Int32Array(Math.ceil(length / 4));
  new Uint8Array(fours.buffer).set(bytes.subarray(0, length));
  return fours;
}

/** A source of so many bytes that is read while it comes. @param {number} size */
function createAhead(size) {
  const bytes = new Uint8Array(size);
  const reading = createReading();
  let length = 0;
  let isDamaged = false; // whoever asks for its frames is told

  return {
    reading,
    /** @param {Uint8Array} part */
    add(part) {
      bytes.set(part, length);
      length += part.length;
      try {
        if (!isDamaged) reading(bytes.subarray(0, length), length === size);
      } catch {
        isDamaged = true;
      }
    },
    /** Whether what was read so far is the beginning of this one. @param {Uint8Array} source */
    isOf(source) {
      if (isDamaged || source.length !== size) return false;
      const [read, whole] = [inFours(bytes, length), inFours(source, length)];
      for (let at = 0; at < read.length; at += 1) if (read[at] !== whole[at]) return false;
      return true;
    },
  };
}

/**
 * Where frames are made, one after another: keeps what does not depend on the level. What a pack needs is worked out at its first frame;
 * of a large one the source is not kept beside that.
 * @param {ToBitmap} [paint]
 * @param {() => Promise<import("./kernel.js").Kernel>} [load]
 */
export function createBench(paint = createPainter(), load = loadKernel) {
  /** @type {Map<number, {size: Size, pixels: Uint8ClampedArray<ArrayBuffer>|null, frames: import("./kernel.js").Frames|null}>} */
  const packs = new Map();
  /** @type {ReturnType<typeof load>|null} */
  let kernel = null;
  /** @type {Promise<unknown>} */
  let last = Promise.resolve();
  /** @type {ReturnType<typeof createAhead>|null} */
  let ahead = null;

  /** @param {Uint8Array<ArrayBuffer>|Blob} content of a source: memory that is its own is free again at once, where the browser can do that */
  async function readSource(content) {
    const source = await bytesOf(content);
    const reading = ahead?.isOf(source) ? ahead.reading : createReading();
    if (reading === ahead?.reading) ahead = null;
    const { pixels } = /** @type {import("./webp.js").Picture} */ (reading(source, true));
    if (source !== content) source.buffer.transfer?.(0);
    return pixels;
  }

  /** Large ones are read again in the rare case. @param {{pixels: Uint8ClampedArray<ArrayBuffer>|null}} kept */
  function forget(kept) {
    kept.pixels?.buffer.transfer?.(0);
    kept.pixels = null;
  }

  /** @type {(pack: number, frame: MadeFrame|null, target: Target, source: Uint8Array<ArrayBuffer>|Blob|null) => Promise<ImageBitmap>} */
  async function make(pack, frame, target, source) {
    const kept = packs.get(pack);
    if (!kept) throw new Error(`pack ${pack} is not open`);
    const { width, height } = kept.size;
    const read = () => readSource(source ?? new Uint8Array());
    if (!frame) {
      const pixels = kept.pixels ?? (await read());
      if (width * height <= QUICK_PIXELS || !kept.frames) kept.pixels = pixels;
      return paint(stripsOf(pixels, width), width, height, target);
    }
    if (!kept.frames) {
      const pixels = kept.pixels ?? (await read());
      kept.frames = await (await (kernel ??= load())).prepare(pixels, width, height, frame.subsampling);
      kept.pixels = pixels;
      if (width * height > QUICK_PIXELS) forget(kept);
    }
    return paint(kept.frames(frame.quality), width, height, target);
  }

  return {
    /** What no picture is needed for: the first canvas takes long. */
    makeReady() {
      kernel ??= load();
      paint([new Uint8ClampedArray(4)], 1, 1, null).then((bitmap) => bitmap.close(), () => {});
    },
    /** Reads a source while it comes, as far as it is there. @type {(part: Uint8Array, size: number) => void} */
    readAhead(part, size) {
      ahead ??= createAhead(size);
      ahead.add(part);
    },
    /** @type {(pack: number, size: Size) => void} */
    open(pack, size) {
      packs.set(pack, { size, pixels: null, frames: null });
    },
    /**
     * A frame, null for the source; both need the source's bytes, frames until one of them was made. The next one waits until the bitmap of
     * this one is there, as its pixels may lie in the same memory.
     * @type {typeof make}
     */
    make(pack, frame, target, source) {
      const made = last.then(() => make(pack, frame, target, source));
      last = made.catch(() => {});
      return made;
    },
    /** @type {(pack: number) => void} */
    close(pack) {
      packs.delete(pack);
    },
  };
}

/**
 * What a worker does: makes what it is asked for, and hands the bitmaps over.
 * @param {{postMessage: (message: unknown, transfer?: Transferable[]) => void, onmessage: ((event: MessageEvent) => void)|null}} scope
 * @param {ReturnType<typeof createBench>} [bench]
 */
export function serve(scope, bench = createBench()) {
  scope.postMessage([0]); // it is heard
  bench.makeReady();
  scope.onmessage = async ({ data: [verb, ...given] }) => {
    if (verb === "open") bench.open(given[0], given[1]);
    else if (verb === "close") bench.close(given[0]);
    else if (verb === "ahead") bench.readAhead(given[0], given[1]);
    else {
      const [number, pack, frame, target, source] = given;
      try {
        const bitmap = await bench.make(pack, frame, target, source);
        scope.postMessage([number, bitmap], [bitmap]);
      } catch (error) {
        scope.postMessage([number, null, String(error)]);
      }
      source?.buffer.transfer?.(0); // a copy that came with the message: its memory is free at once, where the browser can do that
    }
  };
}

/**
 * A worker of a script's own text: no second file, so that a page stays one. Needs `worker-src blob:`.
 * @param {string} text
 * @returns {Worker}
 */
export function workerOf(text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const worker = new Worker(address);
  worker.addEventListener("message", () => URL.revokeObjectURL(address), { once: true });
  return worker;
}

/**
 * Asks for frames, one after another.
 * @param {object} options
 * @param {() => WorkerLike} options.createWorker may throw; a worker that fails, at once or later, or says nothing, is replaced by the page itself
 * @param {ReturnType<typeof createBench>} [options.bench] for the page itself
 * @param {(act: () => void) => void} [options.later] so that the page can draw between two frames that it makes itself
 * @param {number} [options.silentMs] how long a worker may say nothing after its start
 */
export function createMaker({ createWorker, bench = createBench(), later = (act) => setTimeout(act), silentMs = SILENT_MS }) {
  /** @type {Map<number, Recipe & {prepared: boolean}>} */
  const recipes = new Map();
  /** @type {Request[]} */
  let waiting = [];
  /** @type {Map<number, Request>} */
  const inHand = new Map();
  let count = 0;
  /** @type {WorkerLike|null} */
  let worker = null;
  try {
    worker = createWorker();
    let isHeard = false;
    worker.onmessage = ({ data: [number, bitmap, error] }) => {
      isHeard = true;
      answer(number, bitmap, error);
    };
    worker.onerror = worker.onmessageerror = goOnAlone;
    setTimeout(() => isHeard || goOnAlone({}), silentMs);
  } catch {
    worker = null;
  }

  /** @param {{preventDefault?: () => void}} event */
  function goOnAlone(event) {
    event.preventDefault?.();
    if (!worker) return;
    worker.terminate();
    worker = null;
    waiting = [...inHand.values(), ...waiting];
    inHand.clear();
    for (const [pack, recipe] of recipes) {
      recipe.prepared = false;
      bench.open(pack, sizeOf(recipe));
    }
    pump();
  }

  /** @type {(number: number, bitmap: ImageBitmap|null, error?: string) => void} */
  function answer(number, bitmap, error) {
    const request = inHand.get(number);
    inHand.delete(number);
    if (!request) bitmap?.close(); // its pack was closed meanwhile
    else if (bitmap) request.done(bitmap);
    else request.failed(new Error(error));
    const recipe = request?.frame && bitmap && recipes.get(request.pack);
    if (recipe) recipe.prepared = true;
    pump();
  }

  /** @type {(recipe: Recipe) => Size} */
  const sizeOf = ({ width, height }) => ({ width, height });

  /** @param {Request} request */
  function mayBegin({ pack }) {
    const { width, height } = /** @type {Recipe} */ (recipes.get(pack));
    return inHand.size === 0 || (worker !== null && inHand.size === 1 && width * height <= QUICK_PIXELS);
  }

  function pump() {
    while (waiting[0] && mayBegin(waiting[0])) {
      const request = /** @type {Request} */ (waiting.shift());
      const number = (count += 1);
      inHand.set(number, request);
      const recipe = recipes.get(request.pack);
      send(number, request, recipe && !(request.frame && recipe.prepared) ? recipe.source : null);
    }
  }

  /**
   * A source that the browser keeps is read here: WebKit does not let the worker of a page that was opened from a file read it.
   * @type {(number: number, request: Request, source: Uint8Array<ArrayBuffer>|Blob|null) => void}
   */
  function send(number, { pack, frame, target }, source) {
    const fail = (/** @type {unknown} */ error) => answer(number, null, String(error));
    const ask = (/** @type {Uint8Array<ArrayBuffer>|null} */ bytes, /** @type {Transferable[]} */ ...transfer) =>
      inHand.has(number) && worker?.postMessage(["make", number, pack, frame, target, bytes], transfer);
    if (!worker) later(() => bench.make(pack, frame, target, source).then((bitmap) => answer(number, bitmap), fail));
    else if (source instanceof Blob) bytesOf(source).then((bytes) => ask(bytes, bytes.buffer), fail);
    else ask(source);
  }

  /** @type {(request: Request, why: Error) => void} */
  function drop(request, why) {
    waiting = waiting.filter((other) => other !== request);
    request.failed(why);
  }

  /** @type {(pack: number, frame: MadeFrame|null, target: Target, signal?: AbortSignal) => Promise<ImageBitmap>} */
  function make(pack, frame, target, signal) {
    return new Promise((done, failed) => {
      if (!recipes.has(pack)) throw new Error(`pack ${pack} is not open`);
      signal?.throwIfAborted();
      const request = { pack, frame, target, done, failed };
      signal?.addEventListener("abort", () => waiting.includes(request) && drop(request, signal.reason), { once: true });
      waiting.push(request);
      pump();
    });
  }

  /** @param {number} pack */
  function close(pack) {
    recipes.delete(pack);
    if (worker) worker.postMessage(["close", pack]);
    else bench.close(pack);
    const why = new Error(`pack ${pack} was closed`);
    for (const request of waiting.filter((other) => other.pack === pack)) drop(request, why);
    for (const [number, request] of inHand) {
      if (request.pack !== pack) continue;
      inHand.delete(number);
      request.failed(why);
    }
  }

  return {
    /**
     * The bitmaps of a pack that says how its frames are made. A request that is aborted before it has begun is dropped; after `close`
     * its memory is free, and what is still asked for fails.
     * @param {Recipe} recipe
     */
    open(recipe) {
      const pack = (count += 1);
      recipes.set(pack, { ...recipe, prepared: false });
      if (worker) worker.postMessage(["open", pack, sizeOf(recipe)]);
      else bench.open(pack, sizeOf(recipe));
      return {
        /** @type {(frame: MadeFrame|null, target: Target, signal?: AbortSignal) => Promise<ImageBitmap>} */
        make: (frame, target, signal) => make(pack, frame, target, signal),
        close: () => close(pack),
      };
    },
    /** A part of the first pack's source, of so many bytes, comes: a worker begins with it. @type {(part: Uint8Array<ArrayBuffer>, size: number) => void} */
    readAhead(part, size) {
      worker?.postMessage(["ahead", part, size]);
    },
    inWorker: () => worker !== null,
  };
}
