// The last screens: the submission goes to the recruiter or to its collector, or is offered as files; then the thanks.

import contract from "../contract.json" with { type: "json" };
import { completionCode, createDelivery } from "./delivery.js";
import { download, postForm, toCsv } from "./submission.js";

const SEND_AGAIN_MS = 15000;

/**
 * @param {object} options
 * @param {PageData} options.page
 * @param {Environment} options.environment
 * @param {() => Pick<PageData, "language">} options.wording what the page says now
 * @param {Words} options.words
 * @param {Find} options.slot
 * @param {Find} options.part
 * @param {Window & typeof globalThis} options.window
 * @param {Later} options.later
 * @param {ReturnType<typeof import("./session.js").createSession>} options.session
 * @param {boolean} options.lasting whether saved state outlives this tab
 * @param {Method["columns"]} options.columns of the CSV
 * @param {() => {batch: string, page: string, trials: Row[]}} options.submission the submission as it is now
 * @param {() => void} options.onDelivered
 */
export function createSending(options) {
  const { page, environment, wording, words, slot, part, window, later, session, lasting, columns, submission, onDelivered } = options;
  const { document } = window;
  /** @type {HTMLButtonElement} */
  const button = slot("submit");
  const { results } = page;
  const delivery = results.kind === "form" ? null : createDelivery({
    results, session, window, crypto: window.crypto, later, onChange, fetch: (...request) => window.fetch(...request),
  });
  const sendable = environment.mode === "work" && (delivery !== null || environment.submitTo !== null);

  function send() {
    button.disabled = true;
    part("submit-text").textContent = words("submitting");
    if (delivery) {
      document.documentElement.removeAttribute("data-consented"); // what is on its way cannot be taken back
      delivery.send(JSON.stringify(submission()));
      return;
    }
    later(silent, SEND_AGAIN_MS);
    const fields = { assignmentId: environment.assignment, [contract.submission_field]: JSON.stringify(submission()) };
    if (environment.submitTo) postForm(document, environment.submitTo, fields);
  }

  /** The recruiter does not answer the form. */
  function silent() {
    button.disabled = false;
    part("downloads").hidden = false;
    part("submit-text").textContent = words("delivery_silent");
  }

  /** @param {"trying"|"waiting"|"refused"|"delivered"} outcome */
  function onChange(outcome) {
    if (outcome === "delivered") {
      onDelivered();
      return;
    }
    if (outcome === "trying") return;
    button.disabled = outcome === "waiting";
    part("downloads").hidden = false;
    const waiting = lasting ? "delivery_waiting" : "delivery_waiting_open";
    part("submit-text").textContent = words(outcome === "waiting" ? waiting : "delivery_refused");
  }

  function text() {
    return (delivery?.pending() && session.state.outbox?.text) || JSON.stringify(submission());
  }

  /** @param {"json"|"csv"} kind */
  function saveFile(kind) {
    const name = `${page.batch}-${page.page}-submission.${kind}`;
    const found = JSON.parse(text());
    if (kind === "json") download(document, name, "application/json", JSON.stringify(found, null, 1));
    else download(document, name, "text/csv", toCsv(found, columns));
  }

  /** What the recruiter wants to see: its own address to return to, or a code. */
  async function complete(told = words("delivered")) {
    const place = part("done-text");
    place.textContent = told;
    if (page.completion_url) {
      place.append(" ", link(page.completion_url, words("completion_link")));
    } else if (page.results.kind !== "frame") {
      const code = await completionCode(window.crypto, page.batch, environment.assignment);
      place.append(` ${words("completion_code", { code })}`);
    }
  }

  /** @param {string} address @param {string} text */
  function link(address, text) {
    const made = document.createElement("a");
    made.href = address.replace("{assignment}", encodeURIComponent(environment.assignment)).replace("{language}", wording().language);
    made.textContent = text;
    return made;
  }

  button.addEventListener("click", send);
  slot("download-json").addEventListener("click", () => saveFile("json"));
  slot("download-csv").addEventListener("click", () => saveFile("csv"));

  return {
    /**
     * The way back for who leaves without answers, where the recruiter has one.
     * @param {HTMLElement} place @param {"screened-out"|"declined"|"failed"} why
     */
    leave(place, why) {
      if (environment.mode !== "work" || !page.leaving_url) return;
      place.append(" ", link(page.leaving_url.replace("{why}", why), words("leaving_link")));
    },
    /** Says what can be done here, and shows the buttons for it. */
    show() {
      button.hidden = !sendable;
      part("downloads").hidden = sendable;
      part("finish").hidden = sendable;
      const otherwise = environment.mode === "work" ? "submit_unknown" : "submit_offline";
      part("submit-text").textContent = words(sendable ? "submit_text" : otherwise);
      if (sendable && delivery?.pending()) send();
    },
    /** Answers came from this address before, though not from this browser: the same ways back. */
    arrived: () => void complete(words("address_used")),
    /** The thanks, with what the recruiter wants to see. */
    done() {
      if (delivery?.delivered()) complete();
      slot("return").hidden = sendable; // back to the files, which are all there is of the answers
      slot("return").textContent = words("back_to_answers");
    },
  };
}
