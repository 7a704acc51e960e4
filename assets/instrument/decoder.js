// Decoded frames in a bounded window around the wanted level; source and distorted frames by one path.

const BYTES_PER_PIXEL = 4;
const DECODES_AT_ONCE = 2;
const LEAST_FRAMES = 5;
const DEFAULT_BUDGET_BYTES = 256 * 2 ** 20;

/**
 * A frame as a bitmap. No colour conversion: frames carry no profile and are sRGB. With a target, every frame is
 * resampled alike.
 * @type {NonNullable<Bitmaps["createBitmap"]>}
 */
export async function decodeFrame(frame, target) {
  if ("codec" in frame) throw new Error(`nothing here makes ${frame.codec}`);
  /** @type {ImageBitmapOptions} */
  const options = { colorSpaceConversion: "none", premultiplyAlpha: "none" };
  if (target) Object.assign(options, { resizeWidth: target.width, resizeHeight: target.height, resizeQuality: "high" });
  return createImageBitmap(new Blob([frame.bytes], { type: frame.type }), options);
}

/**
 * @template F
 * @param {Omit<Pack, "frames"> & {frames: F[]}} pack
 * @param {object} options
 * @param {{width: number, height: number}|null} options.target size in device pixels, null for the source's own
 * @param {number} [options.budgetBytes] for decoded frames; a few frames are kept whatever it is
 * @param {(act: () => void) => void} [options.nextFrame] what is decoded ahead lets frames through: one begins in each
 * @param {number} [options.leastFrames] how many
 * @param {Bitmaps<F>["createBitmap"]} [options.createBitmap] may heed the signal: the frame is no longer urgent
 * @param {() => void} [options.onClose]
 * @param {(level: number) => void} [options.onDecoded]
 * @param {(error: unknown) => void} [options.onError]
 */
export function createDecoder(pack, options) {
  const { budgetBytes = DEFAULT_BUDGET_BYTES, leastFrames = LEAST_FRAMES, onDecoded, onError } = options;
  const createBitmap = options.createBitmap ?? /** @type {NonNullable<Bitmaps<any>["createBitmap"]>} */ (decodeFrame);
  const { levels, frames } = pack;
  /** @type {Map<number, {bitmap: ImageBitmap, generation: number}>} by frame number */
  const bitmaps = new Map();
  /** @type {Map<number, AbortController>} */
  const decoding = new Map();
  /** @type {Set<number>} */
  const failed = new Set();
  const nextFrame = options.nextFrame ?? ((act) => void requestAnimationFrame(act));
  let target = options.target;
  let begun = false; // ahead, in this frame
  let generation = 0;
  let wanted = 0;
  let held = 0;
  let direction = 1;
  let closed = false;

  const frameOf = (/** @type {number} */ level) => levels[level] ?? 0;

  function capacity() {
    const { width, height } = target ?? pack;
    return Math.max(leastFrames, Math.floor(budgetBytes / (width * height * BYTES_PER_PIXEL)) - DECODES_AT_ONCE);
  }

  /** Frame numbers worth having, most urgent first: source, wanted, then outward, two ahead for one behind. */
  function urgent() {
    const order = new Set([frameOf(0), frameOf(wanted), frameOf(held)]);
    const most = Math.min(capacity(), frames.length);
    let ahead = 1;
    let behind = 1;
    for (let step = 0; order.size < most && step < 3 * levels.length; step += 1) {
      const level = step % 3 === 2 ? wanted - direction * behind++ : wanted + direction * ahead++;
      if (level >= 0 && level < levels.length) order.add(frameOf(level));
    }
    return order;
  }

  /** @param {number} number */
  function fresh(number) {
    return bitmaps.get(number)?.generation === generation;
  }

  function pump() {
    if (closed) return;
    const shown = [frameOf(0), frameOf(wanted), frameOf(held)];
    for (const number of urgent()) {
      if (decoding.size >= DECODES_AT_ONCE) return;
      if (fresh(number) || decoding.has(number) || failed.has(number)) continue;
      if (shown.includes(number)) decode(number);
      else if (begun) return;
      else decodeAhead(number);
    }
  }

  /** @param {number} number */
  function decodeAhead(number) {
    begun = true;
    decode(number);
    nextFrame(() => {
      begun = false;
      pump();
    });
  }

  /** @param {number} number */
  async function decode(number) {
    const frame = frames[number];
    const mine = generation;
    if (!frame) return;
    const stop = new AbortController();
    decoding.set(number, stop);
    try {
      const bitmap = await createBitmap(frame, target, stop.signal);
      if (closed || mine !== generation) bitmap.close();
      else keep(number, bitmap);
    } catch (error) {
      if (!closed && mine === generation && !stop.signal.aborted) {
        failed.add(number);
        onError?.(error);
      }
    }
    decoding.delete(number);
    pump();
  }

  /** What is being decoded and is not wanted next need not come first. */
  function hurry() {
    const shown = [frameOf(0), frameOf(wanted), frameOf(held)];
    for (const [number, stop] of decoding) if (!shown.includes(number)) stop.abort();
  }

  /** @param {number} number @param {ImageBitmap} bitmap */
  function keep(number, bitmap) {
    bitmaps.get(number)?.bitmap.close();
    bitmaps.set(number, { bitmap, generation });
    evict();
    onDecoded?.(levels.indexOf(number));
  }

  function evict() {
    const order = urgent();
    for (const [number, entry] of bitmaps) {
      if (bitmaps.size <= capacity()) return;
      if (!order.has(number)) {
        entry.bitmap.close();
        bitmaps.delete(number);
      }
    }
  }

  return {
    /** Decode around this level from now on. @param {number} level */
    want(level) {
      if (level !== wanted) direction = level > wanted ? 1 : -1;
      wanted = level;
      hurry();
      evict();
      pump();
    },
    /** Keep this level's bitmap: it is what the flicker shows. @param {number} level */
    hold(level) {
      held = level;
      evict();
    },
    /** The bitmap of a level, or null while it is not decoded. After setTarget, the old size serves until the new is there. */
    get: (/** @type {number} */ level) => bitmaps.get(frameOf(level))?.bitmap ?? null,
    /** @param {{width: number, height: number}|null} size */
    setTarget(size) {
      target = size;
      generation += 1;
      failed.clear();
      pump();
    },
    retry() {
      failed.clear();
      pump();
    },
    liveBitmaps: () => bitmaps.size,
    close() {
      closed = true;
      for (const { bitmap } of bitmaps.values()) bitmap.close();
      bitmaps.clear();
      options.onClose?.();
    },
  };
}
