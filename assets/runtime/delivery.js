// Answers on their way to where the page's own config says: tried again until they have arrived, across reloads and
// hours without a network. What is sent is fixed at the first try, so that it is the same however often it is sent.

import contract from "../contract.json" with { type: "json" };
import { sha256 } from "../instrument/sha256.js";

const { key: SAYS, submission: SUBMISSION, received: RECEIVED } = contract.frame_messages;
const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 60000;
const ANSWER_MS = 30000;
const NAME_BYTES = 16;
const STORED = 204;
/** What a collector says of answers that it has. */
const ARRIVED = ["stored", "again", "other"];

/**
 * @param {object} options
 * @param {Exclude<Results, {kind: "form"}>} options.results the page's way for answers, baked into it
 * @param {{state: VisitState, save: () => void}} options.session its state keeps the outbox across reloads
 * @param {typeof fetch} options.fetch
 * @param {Window} options.window
 * @param {Crypto} options.crypto
 * @param {Later} options.later
 * @param {(outcome: "trying"|"waiting"|"refused"|"delivered") => void} options.onChange
 */
export function createDelivery({ results, session, fetch, window, crypto, later, onChange }) {
  const { state } = session;
  const post = poster();
  let wait = FIRST_WAIT_MS;
  let turn = 0;
  let busy = false;

  function poster() {
    if (results.kind === "collector") return toCollector(results.url);
    return results.kind === "s3" ? toS3(results) : toFrame(results.origins);
  }

  /** Begin with these answers, or go on with those that are on their way. @param {string} text */
  function send(text) {
    state.outbox ??= { text, name: randomName(crypto), delivered: false };
    session.save();
    attempt();
  }

  async function attempt() {
    const { outbox } = state;
    if (busy || !outbox || outbox.delivered) return;
    busy = true;
    turn += 1;
    onChange("trying");
    /** @type {"waiting"|"refused"|"delivered"} */
    let outcome = "waiting";
    try {
      outcome = await post(outbox);
    } catch {
      // no network, no answer in time, or none that can be read: later
    }
    busy = false;
    if (outcome === "delivered") {
      state.outbox = { name: outbox.name, delivered: true };
      session.save();
    }
    onChange(outcome);
    if (outcome === "waiting") tryLater();
  }

  function tryLater() {
    const mine = turn;
    later(() => mine === turn && attempt(), wait);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }

  /** @param {string} url */
  function toCollector(url) {
    return async (/** @type {Outbox} */ { text = "" }) => {
      // text/plain needs no question beforehand, so one way through the network is enough
      const answer = await request(`${url}/results`, { method: "POST", body: text, headers: { "Content-Type": "text/plain" } });
      // A network that asks for a login first, or a server that is down, may say 200 with a page of its own.
      if (answer.ok) return ARRIVED.includes((await answer.json()).outcome) ? "delivered" : "waiting";
      return answer.status >= 500 || [408, 429].includes(answer.status) ? "waiting" : "refused";
    };
  }

  /** @param {Extract<Results, {kind: "s3"}>} bucket */
  function toS3(bucket) {
    return async (/** @type {Outbox} */ { text = "", name }) => {
      const policy = await (await request(bucket.policy_url, {})).json();
      const form = new FormData();
      for (const [field, value] of Object.entries(policy.fields)) form.set(field, String(value));
      form.set("key", `${bucket.prefix}${name}.json`);
      form.append("file", new Blob([text], { type: "application/json" }));
      const answer = await request(bucket.post_url, { method: "POST", body: form });
      // A redirect may have made a question of it that anything answers with 200; a bucket says 204 when it has stored.
      // A policy that has run out is renewed whenever the researcher's hitgen runs.
      return answer.ok && (!answer.redirected || answer.status === STORED) ? "delivered" : "waiting";
    };
  }

  /** To the recruiter's page around this one; only at the origins that are baked in. @param {string[]} origins */
  function toFrame(origins) {
    return async (/** @type {Outbox} */ { text }) => {
      if (window.parent === window) return "refused";
      return new Promise((resolve) => {
        const heard = (/** @type {MessageEvent} */ event) => {
          if (event.source !== window.parent || !origins.includes(event.origin) || event.data?.[SAYS] !== RECEIVED) return;
          window.removeEventListener("message", heard);
          resolve("delivered");
        };
        window.addEventListener("message", heard);
        for (const origin of origins) window.parent.postMessage({ [SAYS]: SUBMISSION, text }, origin);
        later(() => {
          window.removeEventListener("message", heard);
          resolve("waiting");
        }, ANSWER_MS);
      });
    };
  }

  /** @param {string} address @param {RequestInit} options */
  function request(address, options) {
    const signal = AbortSignal.timeout?.(ANSWER_MS); // browsers of 2021 have none, and wait for longer
    return fetch(address, { credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store", signal, ...options });
  }

  window.addEventListener("online", () => void attempt());

  return { send, pending: () => state.outbox?.delivered === false, delivered: () => Boolean(state.outbox?.delivered) };
}

/** @param {Crypto} crypto */
function randomName(crypto) {
  return [...crypto.getRandomValues(new Uint8Array(NAME_BYTES))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * What shows the researcher that this place's answers arrived.
 * @param {Crypto} crypto @param {string} batch @param {string} assignment
 */
export async function completionCode(crypto, batch, assignment) {
  const { hash, between, bytes } = contract.completion_code;
  const text = new TextEncoder().encode(batch + between + assignment);
  const digest = crypto.subtle ? await crypto.subtle.digest(hash, text) : await sha256(text, async () => {});
  return [...new Uint8Array(digest).slice(0, bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("").toUpperCase();
}
