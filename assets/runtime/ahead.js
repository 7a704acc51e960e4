// What has come of the first pack is handed on while the rest is on its way, so that its source is read by the time that all is there.

import { findSource, fromBase64 } from "../instrument/pack.js";

/** Of larger sources nothing is read ahead: while that is done a copy of their lines is kept. */
const MOST_PIXELS = 2 ** 21;

/**
 * Takes the bytes of one pack, part after part, and gives those of its source.
 * @param {(part: Uint8Array<ArrayBuffer>, size: number) => void} give a part of a source of so many bytes
 */
export function createAhead(give) {
  let bytes = new Uint8Array(0); // from the start, until it is known where the source lies
  /** @type {ReturnType<typeof findSource>} */
  let source = null;
  let left = 0;

  /** @param {Uint8Array<ArrayBuffer>} part */
  function begin(part) {
    const longer = new Uint8Array(bytes.length + part.length);
    longer.set(bytes);
    longer.set(part, bytes.length);
    bytes = longer;
    try {
      source = findSource(bytes, MOST_PIXELS);
    } catch {
      source = false; // no pack: that is told once all of it is there
    }
    if (!source) return part.subarray(part.length);
    left = source.length;
    return bytes.subarray(source.start);
  }

  return {
    /** @param {Uint8Array<ArrayBuffer>} part */
    add(part) {
      if (source === false) return;
      const given = source ? part : begin(part);
      if (!source || !given.length || !left) return;
      const wanted = given.slice(0, left);
      left -= wanted.length;
      give(wanted, source.length);
    },
  };
}

/**
 * Looks at the first pack in a page while the parser is at it.
 * @param {Document} document
 * @param {(part: Uint8Array<ArrayBuffer>) => void} add
 * @returns {() => void} ends it
 */
export function watchFirstBlock(document, add) {
  let read = 0;
  const observer = new MutationObserver(() => {
    const text = document.querySelector('script[type="application/octet-stream;base64"]')?.textContent ?? "";
    const end = text.length - (text.length % 4);
    if (end <= read) return;
    const part = text.slice(read, end);
    read = end;
    try {
      add(fromBase64(part));
    } catch {
      observer.disconnect(); // damaged, which is told once all of it is there
    }
  });
  observer.observe(document.body, { childList: true, characterData: true, subtree: true });
  return () => observer.disconnect();
}
