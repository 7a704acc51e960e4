// Why nobody can take part by the address that a page was opened at: asked at once, so that nobody finds out after the work.

/**
 * The key of the text that says why, and whether the work can be begun all the same; null where nothing is against it, or
 * nobody can be asked.
 * @param {object} options
 * @param {PageData} options.page
 * @param {Environment} options.environment
 * @param {boolean} options.assigned whether nothing is on its way from here yet
 * @param {typeof fetch} options.fetch
 * @returns {Promise<{text: string, final: boolean}|null>}
 */
export async function whyNotHere({ page, environment, assigned, fetch }) {
  if (environment.mode !== "work" || !assigned) return null;
  const { results, places } = page;
  if (results.kind === "form") return environment.submitTo ? null : { text: "address_unknown", final: false };
  if (places && !new RegExp(`^(?:${places})$`).test(environment.assignment)) return { text: "address_damaged", final: true };
  if (results.kind !== "collector" || !places) return null;
  const state = await stateOf(results.url, environment.assignment, fetch);
  if (state === "used") return { text: "address_used", final: true };
  return state === "unknown" ? { text: "address_damaged", final: true } : null;
}

/**
 * What the collector knows of an assignment; empty where it does not say, as one of an earlier hitgen.
 * @param {string} url @param {string} assignment @param {typeof fetch} fetch
 */
async function stateOf(url, assignment, fetch) {
  try {
    const query = new URLSearchParams({ assignment });
    const answer = await fetch(`${url}/results?${query}`, { credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store" });
    return answer.ok ? String((await answer.json()).place) : "";
  } catch {
    return "";
  }
}
