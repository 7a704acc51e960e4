// The packs of a page: carried in it, or fetched by content hash; usable one by one as they arrive.

import { fromBase64, readPack } from "../instrument/pack.js";
import { sha256 } from "../instrument/sha256.js";
import { createAhead, watchFirstBlock } from "./ahead.js";

/** @typedef {{state: "waiting"|"loading"|"ready"|"trouble", received: number, total: number, tries: number, pack: Pack|null}} Entry */

const FETCHES_AT_ONCE = 2; // but the first pack comes alone: nothing shares its way to the first stimulus
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30000;

/**
 * @param {object} options
 * @param {"inline"|"linked"} options.mode
 * @param {string[]} options.hashes in the order they are needed
 * @param {string} options.base folder address of linked packs
 * @param {Document} options.document
 * @param {typeof fetch} options.fetch
 * @param {Later} options.later
 * @param {() => number} options.random
 * @param {SubtleCrypto|undefined} options.subtle what digests
 * @param {(part: Uint8Array<ArrayBuffer>, size: number) => void} options.onSource a part of the first pack's source, of so many bytes, where frames are made of it
 */
export function createPacks({ mode, hashes, base, document, fetch, later, random, subtle, onSource }) {
  /** @type {Set<string>} */
  const types = new Set();
  const entries = new Map(hashes.map((hash) => [hash, newEntry()]));
  /** @type {((hash: string) => void)[]} */
  const listeners = [];
  /** @type {string[]} */
  let queue = [];
  let fetching = 0;
  let wanted = true;
  let anyArrived = false;
  const ahead = createAhead(onSource);
  let endWatching = () => {};

  /** @returns {Entry} */
  function newEntry() {
    return { state: "waiting", received: 0, total: 0, tries: 0, pack: null };
  }

  /** @param {string} hash */
  function entryOf(hash) {
    return entries.get(hash) ?? newEntry();
  }

  /** @param {string} hash */
  function changed(hash) {
    for (const listener of listeners) listener(hash);
  }

  /** Nothing is taken that is not what the page names. @param {string} hash @param {Uint8Array<ArrayBuffer>} bytes */
  async function arrive(hash, bytes) {
    const entry = entryOf(hash);
    if ((await hexDigest(bytes)) !== hash) throw new Error("damaged");
    entry.pack = readPack(bytes);
    for (const frame of entry.pack.frames) if ("type" in frame) types.add(frame.type);
    entry.state = "ready";
    anyArrived = true;
    changed(hash);
  }

  /** @param {string} hash */
  function trouble(hash) {
    entryOf(hash).state = "trouble";
    changed(hash);
  }

  /** Called by the one-line script after each inline pack: takes the block before it and frees its text. */
  function take() {
    endWatching();
    const block = /** @type {HTMLElement} */ (document.currentScript?.previousElementSibling);
    const hash = block.dataset.pack ?? "";
    if (wanted && entries.has(hash) && entryOf(hash).state !== "ready") {
      entryOf(hash).state = "loading";
      takeText(hash, block.textContent ?? "").catch(() => trouble(hash));
    }
    block.remove();
  }

  /** @param {string} hash @param {string} text */
  async function takeText(hash, text) {
    await arrive(hash, fromBase64(text));
  }

  /** Inline packs that the document ended without are missing: the page was cut off on its way. */
  function documentEnded() {
    if (mode !== "inline" || !wanted) return;
    for (const [hash, entry] of entries) if (entry.state === "waiting") trouble(hash);
  }

  /** Begin fetching linked packs; inline ones come by themselves. */
  function start() {
    if (mode === "inline") endWatching = watchFirstBlock(document, ahead.add);
    if (mode !== "linked") return;
    queue = hashes.filter((hash) => entryOf(hash).state === "waiting");
    fetchNext();
  }

  function fetchNext() {
    const most = anyArrived ? FETCHES_AT_ONCE : 1;
    while (fetching < most) {
      const hash = queue.shift();
      if (hash === undefined) return;
      fetching += 1;
      fetchOne(hash).then(
        () => settle(),
        () => {
          trouble(hash);
          retryLater(hash);
          settle();
        },
      );
    }
  }

  function settle() {
    fetching -= 1;
    fetchNext();
  }

  /** @param {string} hash */
  function retryLater(hash) {
    const entry = entryOf(hash);
    entry.tries += 1;
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (entry.tries - 1)) * (0.75 + random() / 2);
    later(() => retry(hash), wait);
  }

  /** @param {string} hash */
  function retry(hash) {
    if (entryOf(hash).state !== "trouble") return;
    entryOf(hash).state = "waiting";
    queue.unshift(hash);
    fetchNext();
  }

  /** Try every failed pack again at once. Inline packs come again with the page alone: false then. */
  function retryNow() {
    if (mode === "inline") return false;
    for (const hash of hashes) retry(hash);
    return true;
  }

  /**
   * What the head of the page asked for before this script was there: the first pack, once.
   * @type {(hash: string) => Promise<Response|null>|null}
   */
  function early(hash) {
    const ask = asked();
    if (ask?.dataset.pack !== hash) return null;
    ask.remove();
    return ask.response ?? null;
  }

  /** @returns {(HTMLElement & {response?: Promise<Response|null>, stop?: AbortController})|null} */
  function asked() {
    return document.querySelector("script[data-address]");
  }

  /** @param {string} hash */
  async function fetchOne(hash) {
    const entry = entryOf(hash);
    entry.state = "loading";
    entry.received = 0;
    // a damaged pack may lie in the browser's cache
    const cache = entry.tries ? "reload" : "default";
    const response = (await early(hash)) ?? (await fetch(`${base}${hash}.pack`, { credentials: "omit", cache }));
    if (!response.ok) throw new Error(`status ${response.status}`);
    entry.total = Number(response.headers.get("content-length")) || 0;
    const bytes = await readAll(response, (part) => {
      if (hash === hashes[0] && !entry.tries) ahead.add(part);
      entry.received += part.length;
      changed(hash);
    });
    await arrive(hash, bytes);
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes */
  async function hexDigest(bytes) {
    const digest = await sha256(bytes, pause, subtle);
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  function pause() {
    return new Promise((goOn) => later(() => goOn(null), 0));
  }

  return {
    take,
    start,
    documentEnded,
    retryNow,
    /** Drop what arrives from now on: nothing is decoded in a preview. */
    refuse() {
      wanted = false;
      asked()?.stop?.abort();
    },
    /** The kinds of files among the frames that have arrived. */
    types,
    /** A pack that has arrived. */
    get: (/** @type {string} */ hash) => /** @type {Pack} */ (entryOf(hash).pack),
    arrived: (/** @type {string} */ hash) => entryOf(hash).state === "ready",
    /** Free a pack whose trial is over. @param {string} hash */
    release(hash) {
      entryOf(hash).pack = null;
    },
    /** @param {string} hash */
    state(hash) {
      const { state, received, total, tries } = entryOf(hash);
      return { state, received, total, tries };
    },
    /** @param {(hash: string) => void} listener */
    onChange(listener) {
      listeners.push(listener);
    },
  };
}

/** @param {Response} response @param {(part: Uint8Array<ArrayBuffer>) => void} onPart */
async function readAll(response, onPart) {
  if (!response.body) return new Uint8Array();
  const reader = response.body.getReader();
  /** @type {Uint8Array[]} */
  const parts = [];
  let received = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    received += value.length;
    onPart(value);
  }
  const bytes = new Uint8Array(received);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
