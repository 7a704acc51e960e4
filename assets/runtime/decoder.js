// Decoded frames in a bounded window around the wanted level; source and distorted frames by one path.

const BYTES_PER_PIXEL = 4;
const DECODES_AT_ONCE = 2;
const LEAST_FRAMES = 5;
const DEFAULT_BUDGET_BYTES = 256 * 2 ** 20;

/**
 * A frame as a bitmap. No colour conversion: frames carry no profile and are sRGB. With a target, every frame is
 * resampled alike.
 */
export function decodeFrame(frame, target) {
  const options = { colorSpaceConversion: "none", premultiplyAlpha: "none" };
  if (target) Object.assign(options, { resizeWidth: target.width, resizeHeight: target.height, resizeQuality: "high" });
  return createImageBitmap(new Blob([frame.bytes], { type: frame.type }), options);
}

/**
 * @param {ReturnType<typeof import("./pack.js").readPack>} pack
 * @param {object} options
 * @param {{width: number, height: number}|null} options.target size in device pixels, null for the source's own
 * @param {number} [options.budgetBytes] for decoded frames; a few frames are kept whatever it is
 * @param {typeof decodeFrame} [options.createBitmap]
 * @param {(level: number) => void} [options.onDecoded]
 * @param {(error: Error) => void} [options.onError]
 */
export function createDecoder(pack, options) {
  const { budgetBytes = DEFAULT_BUDGET_BYTES, createBitmap = decodeFrame, onDecoded, onError } = options;
  const { levels, frames } = pack;
  const bitmaps = new Map(); // frame number -> {bitmap, generation}
  const decoding = new Set();
  const failed = new Set();
  let target = options.target;
  let generation = 0;
  let wanted = 0;
  let held = 0;
  let direction = 1;
  let closed = false;

  function capacity() {
    const { width, height } = target ?? pack;
    return Math.max(LEAST_FRAMES, Math.floor(budgetBytes / (width * height * BYTES_PER_PIXEL)) - DECODES_AT_ONCE);
  }

  /** Frame numbers worth having, most urgent first: source, wanted, then outward, two ahead for one behind. */
  function urgent() {
    const order = new Set([levels[0], levels[wanted], levels[held]]);
    const most = Math.min(capacity(), frames.length);
    let ahead = 1;
    let behind = 1;
    for (let step = 0; order.size < most && step < 3 * levels.length; step += 1) {
      const level = step % 3 === 2 ? wanted - direction * behind++ : wanted + direction * ahead++;
      if (level >= 0 && level < levels.length) order.add(levels[level]);
    }
    return order;
  }

  function fresh(number) {
    return bitmaps.get(number)?.generation === generation;
  }

  function pump() {
    if (closed) return;
    const order = urgent();
    for (const number of order) {
      if (decoding.size >= DECODES_AT_ONCE) return;
      if (!fresh(number) && !decoding.has(number) && !failed.has(number)) decode(number);
    }
  }

  async function decode(number) {
    const mine = generation;
    decoding.add(number);
    try {
      const bitmap = await createBitmap(frames[number], target);
      if (closed || mine !== generation) bitmap.close();
      else keep(number, bitmap);
    } catch (error) {
      if (!closed && mine === generation) {
        failed.add(number);
        onError?.(error);
      }
    }
    decoding.delete(number);
    pump();
  }

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
    /** Decode around this level from now on. */
    want(level) {
      if (level !== wanted) direction = level > wanted ? 1 : -1;
      wanted = level;
      pump();
    },
    /** Keep this level's bitmap: it is what the flicker shows. */
    hold(level) {
      held = level;
    },
    /** The bitmap of a level, or null while it is not decoded. After setTarget, the old size serves until the new is there. */
    get: (level) => bitmaps.get(levels[level])?.bitmap ?? null,
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
    },
  };
}
