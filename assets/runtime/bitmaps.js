// Where a pack's bitmaps come from: frames that it carries are the browser's to decode, others are made here.

const BUDGET_BYTES = 64 * 2 ** 20; // less than of decoded frames: a frame is soon made again
const LEAST_FRAMES = 2; // source and wanted: of large pictures none is made ahead, which would delay the one that is wanted next

/**
 * @param {typeof import("../codecs/maker.js")|null} codecs
 * @param {string} script the page's own, which a worker runs to make frames
 * @returns {{bitmaps: Tools["bitmaps"], makeReady: () => void, readAhead: (part: Uint8Array<ArrayBuffer>, size: number) => void}} what makes frames can be made ready,
 *   and read a source of so many bytes, before the first pack has arrived
 */
export function createBitmaps(codecs, script) {
  /** @type {ReturnType<typeof import("../codecs/maker.js")["createMaker"]>|null} */
  let maker = null;

  function makeReady() {
    if (codecs) maker ??= codecs.createMaker({ createWorker: () => codecs.workerOf(script) });
  }

  /** @type {Tools["bitmaps"]} */
  function bitmaps({ width, height, levels, frames }) {
    const source = frames[levels[0] ?? 0];
    makeReady();
    if (!maker || !source || !("bytes" in source) || !frames.some((frame) => "codec" in frame)) return {};
    const pack = maker.open({ source: source.bytes, width, height });
    return {
      createBitmap: (frame, target, signal) => pack.make("codec" in frame ? frame : null, target, signal),
      onClose: pack.close,
      budgetBytes: BUDGET_BYTES,
      leastFrames: LEAST_FRAMES,
    };
  }

  return { bitmaps, makeReady, readAhead: (part, size) => maker?.readAhead(part, size) };
}
