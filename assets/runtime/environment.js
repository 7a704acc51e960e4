// Where the page runs: with a recruiter, in its preview, or offline from a file.

import contract from "../contract.json" with { type: "json" };

const isLoopback = (hostname) => contract.loopback_hosts.includes(hostname);

/**
 * @param {Location|URL} location
 * @param {string[]} submitOrigins origins baked into the page
 * @returns {{mode: "work"|"preview"|"offline", assignment: string, worker: string, hit: string, submitTo: string|null}}
 * submitTo is null where the address asks for one that the page does not know.
 */
export function readEnvironment(location, submitOrigins) {
  const query = new URLSearchParams(location.search);
  const assignment = query.get("assignmentId") ?? "";
  const local = location.protocol === "file:" || isLoopback(location.hostname);
  let mode = "work";
  if (!assignment) mode = local ? "offline" : "preview";
  else if (assignment === contract.preview_assignment) mode = "preview";
  return {
    mode,
    assignment: mode === "work" ? assignment : "",
    worker: query.get("workerId") ?? "",
    hit: query.get("hitId") ?? "",
    submitTo: submitAddress(query.get("turkSubmitTo"), submitOrigins),
  };
}

/** The address to submit to, only at a known origin or loopback; never one merely named in the page's address. */
function submitAddress(named, submitOrigins) {
  const url = parsed(named);
  if (!url) return null;
  const loopback = url.protocol === "http:" && isLoopback(url.hostname);
  if (!loopback && !submitOrigins.includes(url.origin)) return null;
  return `${url.origin}${url.pathname.replace(/\/+$/, "").replace(/\/mturk\/externalSubmit$/, "")}/mturk/externalSubmit`;
}

/** Some recruiters' frames encode the address twice. */
function parsed(named) {
  for (const decode of [(text) => text, decodeURIComponent]) {
    try {
      return new URL(decode(named));
    } catch {
      // the next way, if there is one
    }
  }
  return null;
}

/** Phones and tablets: a coarse pointer and no fine one, or a browser that says so. */
export function isHandheld(navigator, matchMedia) {
  if (navigator.userAgentData?.mobile) return true;
  if (/Android|iPhone|iPad|iPod|Mobile/.test(navigator.userAgent)) return true;
  return matchMedia("(any-pointer: coarse)").matches && !matchMedia("(any-pointer: fine)").matches;
}

/** Name and full version of the browser, as far as it tells. */
export async function browserVersion(navigator) {
  try {
    const { fullVersionList } = await navigator.userAgentData.getHighEntropyValues(["fullVersionList"]);
    const known = fullVersionList.filter(({ brand }) => !/not.?a.?brand/i.test(brand));
    return known.map(({ brand, version }) => `${brand} ${version}`).join(", ");
  } catch {
    return /(Firefox|Edg|Chrome|Version)\/[\d.]+/.exec(navigator.userAgent)?.[0] ?? "";
  }
}
