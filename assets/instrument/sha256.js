// SHA-256, by the browser where it lends its own: it keeps that for secure contexts, and pages over plain http are none.

const BLOCK = 64;
const SLICE = 2 ** 20; // so much at a time lets frames through
const INITIAL = roots(8, 1 / 2);
const ROUNDS = roots(64, 1 / 3);

/** The first 32 bits of the fractions of the roots of the first primes. @param {number} count @param {number} power */
function roots(count, power) {
  /** @type {number[]} */
  const primes = [];
  for (let number = 2; primes.length < count; number += 1) if (primes.every((prime) => number % prime)) primes.push(number);
  return Uint32Array.from(primes, (prime) => (prime ** power % 1) * 2 ** 32);
}

/** @param {number} word @param {number} by */
const turned = (word, by) => (word >>> by) | (word << (32 - by));

/** Takes whole blocks into the state. @param {Uint32Array} state @param {Uint8Array} bytes @param {Uint32Array} w 64 words of room */
function take(state, bytes, w) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length; at += BLOCK) {
    for (let i = 0; i < 16; i += 1) w[i] = view.getUint32(at + 4 * i);
    for (let i = 16; i < 64; i += 1) {
      const [early, late] = [/** @type {number} */ (w[i - 15]), /** @type {number} */ (w[i - 2])];
      const s0 = turned(early, 7) ^ turned(early, 18) ^ (early >>> 3);
      const s1 = turned(late, 17) ^ turned(late, 19) ^ (late >>> 10);
      w[i] = /** @type {number} */ (w[i - 16]) + s0 + /** @type {number} */ (w[i - 7]) + s1;
    }
    mix(state, w);
  }
}

/** @param {Uint32Array} state @param {Uint32Array} w */
function mix(state, w) {
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let i = 0; i < 64; i += 1) {
    const s1 = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25);
    const first = (h + s1 + ((e & f) ^ (~e & g)) + /** @type {number} */ (ROUNDS[i]) + /** @type {number} */ (w[i])) | 0;
    const s0 = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22);
    const second = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + first) | 0; d = c; c = b; b = a; a = (first + second) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] = /** @type {number} */ (state[i]) + word));
}

/**
 * The digest of bytes; here in slices.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {() => Promise<unknown>} pause between two slices
 * @param {SubtleCrypto} [subtle] the browser's own
 * @returns {Promise<Uint8Array>}
 */
export async function sha256(bytes, pause, subtle) {
  if (subtle) return new Uint8Array(await subtle.digest("SHA-256", bytes));
  const state = Uint32Array.from(INITIAL);
  const room = new Uint32Array(64);
  const whole = bytes.length - (bytes.length % BLOCK);
  for (let at = 0; at < whole; at += SLICE) {
    if (at) await pause();
    take(state, bytes.subarray(at, Math.min(at + SLICE, whole)), room);
  }
  const rest = bytes.subarray(whole);
  const end = new Uint8Array(rest.length + 9 > BLOCK ? 2 * BLOCK : BLOCK);
  end.set(rest);
  end[rest.length] = 0x80;
  new DataView(end.buffer).setBigUint64(end.length - 8, BigInt(bytes.length) * 8n);
  take(state, end, room);
  const digest = new DataView(new ArrayBuffer(32));
  state.forEach((word, i) => digest.setUint32(4 * i, word));
  return new Uint8Array(digest.buffer);
}
