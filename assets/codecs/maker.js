// Makes the frames of packs that carry a source alone: in a worker, so that the flicker's clock is never late; where none can be
// had, in the page itself. Source and levels go one way, from pixels to a bitmap.

import { loadKernel } from "./kernel.js";
import { decodeWebp } from "./webp.js";

/** Above this many pixels the worker is given one frame at a time: what is needed may change while it works. */
const QUICK_PIXELS = 2 ** 20;

/**
 * How the levels of one pack come about.
 * @typedef {object} Recipe
 * @property {Uint8Array} source a lossless WebP
 * @property {import("./kernel.js").Subsampling} subsampling
 * @property {(number|null)[]} qualities by level; null: the source
 * @property {number} width
 * @property {number} height
 *
 * @typedef {{width: number, height: number}|null} Target size in device pixels; null: the source's own
 * @typedef {(pixels: Uint8ClampedArray<ArrayBuffer>, width: number, height: number, target: Target) => Promise<ImageBitmap>} ToBitmap
 * @typedef {{pack: string, level: number, target: Target, need: number, done: (bitmap: ImageBitmap) => void, failed: (error: Error) => void}} Request
 * @typedef {{postMessage: (message: unknown[]) => void, terminate: () => void, onmessage: ((event: MessageEvent) => void)|null,
 *   onerror: ((event: any) => void)|null, onmessageerror: ((event: any) => void)|null}} WorkerLike
 */

/**
 * A frame as a bitmap. No colour conversion: pixels are sRGB. With a target, every frame is resampled alike.
 * @type {ToBitmap}
 */
export function toBitmap(pixels, width, height, target) {
  /** @type {ImageBitmapOptions} */
  const options = { colorSpaceConversion: "none", premultiplyAlpha: "none" };
  if (target) Object.assign(options, { resizeWidth: target.width, resizeHeight: target.height, resizeQuality: "high" });
  return createImageBitmap(new ImageData(pixels, width, height), options);
}

/**
 * Where frames are made, one after another: keeps what does not depend on the level. What a pack needs is worked out at its first frame.
 * @param {ToBitmap} [paint]
 * @param {() => Promise<import("./kernel.js").Kernel>} [load]
 */
export function createBench(paint = toBitmap, load = loadKernel) {
  /** @type {Map<string, {recipe: Recipe, source?: ReturnType<typeof decodeWebp>, frames?: import("./kernel.js").Frames}>} */
  const packs = new Map();
  /** @type {ReturnType<typeof load>|null} */
  let kernel = null;
  /** @type {Promise<unknown>} */
  let last = Promise.resolve();

  /** @type {(pack: string, level: number, target: Target) => Promise<ImageBitmap>} */
  async function make(pack, level, target) {
    const kept = packs.get(pack);
    if (!kept) throw new Error(`pack ${pack} is not open`);
    const { width, height, pixels } = (kept.source ??= decodeWebp(kept.recipe.source));
    const quality = kept.recipe.qualities[level];
    if (quality === null) return paint(pixels, width, height, target);
    kept.frames ??= await (await (kernel ??= load())).prepare(pixels, width, height, kept.recipe.subsampling);
    return paint(kept.frames(quality), width, height, target);
  }

  return {
    /** @type {(pack: string, recipe: Recipe) => void} */
    open(pack, recipe) {
      packs.set(pack, { recipe });
    },
    /** The next frame waits until the bitmap of this one is there, as its pixels may lie in the same memory. @type {typeof make} */
    make(pack, level, target) {
      const made = last.then(() => make(pack, level, target));
      last = made.catch(() => {});
      return made;
    },
    /** @type {(pack: string) => void} */
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
  scope.onmessage = async ({ data: [verb, ...given] }) => {
    if (verb === "open") bench.open(given[0], given[1]);
    else if (verb === "close") bench.close(given[0]);
    else {
      const [number, pack, level, target] = given;
      try {
        const bitmap = await bench.make(pack, level, target);
        scope.postMessage([number, bitmap], [bitmap]);
      } catch (error) {
        scope.postMessage([number, null, String(error)]);
      }
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
 * Asks for frames, the most needed first.
 * @param {object} options
 * @param {() => WorkerLike} options.createWorker may throw; a worker that fails, at once or later, is replaced by the page itself
 * @param {ReturnType<typeof createBench>} [options.bench] for the page itself
 * @param {(act: () => void) => void} [options.later] so that the page can draw between two frames that it makes itself
 */
export function createMaker({ createWorker, bench = createBench(), later = (act) => setTimeout(act) }) {
  /** @type {Map<string, Recipe>} */
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
    worker.onmessage = ({ data: [number, bitmap, error] }) => answer(number, bitmap, error);
    worker.onerror = worker.onmessageerror = goOnAlone;
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
    for (const [pack, recipe] of recipes) bench.open(pack, recipe);
    pump();
  }

  /** @type {(number: number, bitmap: ImageBitmap|null, error?: string) => void} */
  function answer(number, bitmap, error) {
    const request = inHand.get(number);
    inHand.delete(number);
    if (!request) bitmap?.close(); // its pack was closed meanwhile
    else if (bitmap) request.done(bitmap);
    else request.failed(new Error(error));
    pump();
  }

  /** @param {Request} request */
  function mayBegin({ pack }) {
    const { width, height } = /** @type {Recipe} */ (recipes.get(pack));
    return inHand.size === 0 || (worker !== null && inHand.size === 1 && width * height <= QUICK_PIXELS);
  }

  function pump() {
    waiting.sort((one, other) => one.need - other.need);
    while (waiting.length && mayBegin(waiting[0])) {
      const request = /** @type {Request} */ (waiting.shift());
      const { pack, level, target } = request;
      const number = (count += 1);
      inHand.set(number, request);
      if (worker) worker.postMessage(["make", number, pack, level, target]);
      else later(() => bench.make(pack, level, target).then((bitmap) => answer(number, bitmap), (error) => answer(number, null, String(error))));
    }
  }

  /** @type {(request: Request, why: Error) => void} */
  function drop(request, why) {
    waiting = waiting.filter((other) => other !== request);
    request.failed(why);
  }

  return {
    /** @type {(pack: string, recipe: Recipe) => void} */
    open(pack, recipe) {
      recipes.set(pack, recipe);
      if (worker) worker.postMessage(["open", pack, recipe]);
      else bench.open(pack, recipe);
    },
    /**
     * The bitmap of a level. Smaller needs come first, equal ones in the order they were asked for. An aborted request that has not begun is dropped.
     * @param {string} pack an open one
     * @param {number} level
     * @param {{target?: Target, need?: number, signal?: AbortSignal}} [options]
     * @returns {Promise<ImageBitmap>}
     */
    make(pack, level, { target = null, need = 0, signal } = {}) {
      return new Promise((done, failed) => {
        if (!recipes.has(pack)) throw new Error(`pack ${pack} is not open`);
        signal?.throwIfAborted();
        const request = { pack, level, target, need, done, failed };
        signal?.addEventListener("abort", () => waiting.includes(request) && drop(request, signal.reason), { once: true });
        waiting.push(request);
        pump();
      });
    },
    /** Nothing more of this pack is wanted: its memory is freed, what is still asked for of it fails. @type {(pack: string) => void} */
    close(pack) {
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
    },
    inWorker: () => worker !== null,
  };
}
