// The last screens: the submission goes to the recruiter or to its collector, or is offered as files; then the thanks.

import contract from "../contract.json" with { type: "json" };
import { completionCode, createDelivery } from "./delivery.js";
import { download, postForm, toCsv } from "./submission.js";

const SEND_AGAIN_MS = 15000;

/**
 * @param {object} options page, environment, words, slot, part, window, later, session
 * @param {boolean} options.lasting whether saved state outlives this tab
 * @param {() => object} options.submission the submission as it is now
 * @param {() => void} options.onDelivered
 */
export function createSending({ page, environment, words, slot, part, window, later, session, lasting, submission, onDelivered }) {
  const { document } = window;
  const posted = page.results.kind === "form";
  const sendable = environment.mode === "work" && (!posted || environment.submitTo !== null);
  const delivery = posted ? null : createDelivery({
    results: page.results, session, window, crypto: window.crypto, later, onChange, fetch: (...request) => window.fetch(...request),
  });

  function send() {
    slot("submit").disabled = true;
    part("submit-text").textContent = words("submitting");
    if (delivery) {
      document.documentElement.removeAttribute("data-consented"); // what is on its way cannot be taken back
      delivery.send(JSON.stringify(submission()));
      return;
    }
    later(() => (slot("submit").disabled = false), SEND_AGAIN_MS); // if the recruiter does not answer
    const fields = { assignmentId: environment.assignment, [contract.submission_field]: JSON.stringify(submission()) };
    postForm(document, environment.submitTo, fields);
  }

  function onChange(outcome) {
    if (outcome === "delivered") {
      onDelivered();
      return;
    }
    if (outcome === "trying") return;
    slot("submit").disabled = outcome === "waiting";
    part("downloads").hidden = false;
    const waiting = lasting ? "delivery_waiting" : "delivery_waiting_open";
    part("submit-text").textContent = words(outcome === "waiting" ? waiting : "delivery_refused");
  }

  function text() {
    return delivery?.pending() ? session.state.outbox.text : JSON.stringify(submission());
  }

  function saveFile(kind) {
    const name = `${page.batch}-${page.page}-submission.${kind}`;
    const found = JSON.parse(text());
    if (kind === "json") download(document, name, "application/json", JSON.stringify(found, null, 1));
    else download(document, name, "text/csv", toCsv(found));
  }

  /** What the recruiter wants to see: its own address to return to, or a code. */
  async function complete() {
    const place = part("done-text");
    place.textContent = words("delivered");
    if (page.completion_url) {
      const link = document.createElement("a");
      link.href = page.completion_url;
      link.textContent = words("completion_link");
      place.append(" ", link);
    } else if (page.results.kind !== "frame") {
      const code = await completionCode(window.crypto, page.batch, environment.assignment);
      if (code) place.append(` ${words("completion_code", { code })}`);
    }
  }

  slot("submit").addEventListener("click", send);
  slot("download-json").addEventListener("click", () => saveFile("json"));
  slot("download-csv").addEventListener("click", () => saveFile("csv"));

  return {
    /** Says what can be done here, and shows the buttons for it. */
    show() {
      slot("submit").hidden = !sendable;
      part("downloads").hidden = sendable;
      part("finish").hidden = sendable;
      const otherwise = environment.mode === "work" ? "submit_unknown" : "submit_offline";
      part("submit-text").textContent = words(sendable ? "submit_text" : otherwise);
      if (sendable && delivery?.pending()) send();
    },
    /** The thanks, with what the recruiter wants to see. */
    done() {
      if (delivery?.delivered()) complete();
    },
  };
}
