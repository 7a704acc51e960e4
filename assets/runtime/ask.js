// In the head of a page of linked packs, before the page's script is there: asks for the first pack. What it leaves, packs.js takes.

import contract from "../contract.json" with { type: "json" };

const script = /** @type {HTMLScriptElement} */ (document.currentScript);
const assignment = new URLSearchParams(location.search).get("assignmentId");
if (assignment && assignment !== contract.preview_assignment) {
  const stop = new AbortController();
  const response = fetch(script.dataset.address ?? "", { credentials: "omit", signal: stop.signal }).catch(() => null);
  Object.assign(script, { stop, response });
}
