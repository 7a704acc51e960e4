// The last screen: the submission goes to the recruiter, or is offered as files.

import { download, postForm, toCsv } from "./submission.js";

const SEND_AGAIN_MS = 15000;

/**
 * @param {object} options page, environment, words, slot, part, document, later
 * @param {() => object} options.submission the submission as it is now
 */
export function createSending({ page, environment, words, slot, part, document, later, submission }) {
  const sendable = environment.mode === "work" && environment.submitTo !== null;

  function send() {
    slot("submit").disabled = true;
    part("submit-text").textContent = words("submitting");
    later(() => (slot("submit").disabled = false), SEND_AGAIN_MS); // if the recruiter does not answer
    const fields = { assignmentId: environment.assignment, submission: JSON.stringify(submission()) };
    postForm(document, environment.submitTo, fields);
  }

  function saveFile(kind) {
    const name = `${page.batch}-${page.page}-submission.${kind}`;
    if (kind === "json") download(document, name, "application/json", JSON.stringify(submission(), null, 1));
    else download(document, name, "text/csv", toCsv(submission()));
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
    },
  };
}
