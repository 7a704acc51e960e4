// Where the page runs: with a recruiter, in its preview, or offline from a file.

import contract from "../contract.json" with { type: "json" };

const isLoopback = (/** @type {string} */ hostname) => contract.loopback_hosts.includes(hostname);

/**
 * @param {Location|URL} location
 * @param {string[]} submitOrigins origins baked into the page
 * @returns {Environment}
 */
export function readEnvironment(location, submitOrigins) {
  const query = new URLSearchParams(location.search);
  const assignment = query.get("assignmentId") ?? "";
  const local = location.protocol === "file:" || isLoopback(location.hostname);
  /** @type {Environment["mode"]} */
  let mode = "work";
  if (!assignment) mode = local ? "offline" : "preview";
  else if (assignment === contract.preview_assignment) mode = "preview";
  return {
    mode,
    assignment: mode === "work" ? assignment : "",
    worker: query.get("workerId") ?? "",
    hit: query.get("hitId") ?? "",
    asked: ["lang", "hl"].flatMap((name) => query.get(name) ?? []),
    submitTo: submitAddress(query.get("turkSubmitTo"), submitOrigins),
  };
}

/**
 * The address to submit to, only at a known origin or loopback; never one merely named in the page's address.
 * @param {string|null} named @param {string[]} submitOrigins
 */
function submitAddress(named, submitOrigins) {
  const url = parsed(named);
  if (!url) return null;
  const loopback = url.protocol === "http:" && isLoopback(url.hostname);
  if (!loopback && !submitOrigins.includes(url.origin)) return null;
  let path = url.pathname;
  while (path.endsWith("/")) path = path.slice(0, -1);
  return `${url.origin}${path.replace(/\/mturk\/externalSubmit$/, "")}/mturk/externalSubmit`;
}

/** Some recruiters' frames encode the address twice. @param {string|null} named */
function parsed(named) {
  if (!named) return null;
  for (const decode of [(/** @type {string} */ text) => text, decodeURIComponent]) {
    try {
      return new URL(decode(named));
    } catch {
      // the next way, if there is one
    }
  }
  return null;
}

/**
 * Phones and tablets: a coarse pointer and no fine one, or a browser that says so.
 * @param {Navigator & {userAgentData?: any}} navigator @param {(query: string) => {matches: boolean}} matchMedia
 */
export function isHandheld(navigator, matchMedia) {
  if (navigator.userAgentData?.mobile) return true;
  if (/Android|iPhone|iPad|iPod|Mobile/.test(navigator.userAgent)) return true;
  return matchMedia("(any-pointer: coarse)").matches && !matchMedia("(any-pointer: fine)").matches;
}

/** Whether a page is in a language that its reader reads, so that nothing need translate it. @param {string} language @param {readonly string[]} theirs */
export function isTheirs(language, theirs) {
  const main = (/** @type {string} */ tag) => tag.split("-")[0]?.toLowerCase();
  return theirs.some((tag) => main(tag) === main(language));
}

/** Name and full version of the browser, as far as it tells. @param {Navigator & {userAgentData?: any}} navigator */
export async function browserVersion(navigator) {
  try {
    const { fullVersionList } = await navigator.userAgentData.getHighEntropyValues(["fullVersionList"]);
    /** @type {{brand: string, version: string}[]} */
    const known = fullVersionList.filter((/** @type {{brand: string}} */ { brand }) => !/not.?a.?brand/i.test(brand));
    return known.map(({ brand, version }) => `${brand} ${version}`).join(", ");
  } catch {
    return /(Firefox|Edg|Chrome|Version)\/[\d.]+/.exec(navigator.userAgent)?.[0] ?? "";
  }
}
