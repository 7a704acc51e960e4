// The lists of places and submissions, a page of rows at a time.

import { openAgain } from "./again.js";
import { byId, counted, element, fill, grouped, moment, tell } from "./dom.js";

/** @typedef {import("./main.js").Part} Part */

const STATES = /** @type {Record<string, string>} */ ({
  arrived: "arrived, not fetched", Submitted: "to be judged", Approved: "approved", Rejected: "rejected", Returned: "returned",
});
const USES = /** @type {Record<string, string>} */ ({ use: "used", exclude: "left out", "not-enough-evidence": "open" });

/** @param {string | undefined} use */
function badge(use) {
  return use ? element("span", { class: `use ${use}` }, USES[use] ?? use) : "";
}

/** @param {number | null | undefined} value @param {number} [digits] */
function figure(value, digits = 1) {
  return value === null || value === undefined ? "–" : value.toFixed(digits);
}

/** @param {any} row */
function opener(row) {
  const button = element("button", { type: "button", "data-key": row.id, title: "see it again" }, row.worker);
  button.onclick = () => openAgain(row);
  return button;
}

/** @param {any} row @param {Date} now */
function submission(row, now) {
  return element(
    "tr",
    {},
    element("td", {}, moment(row.at, now)),
    element("td", {}, row.page),
    element("td", { class: "id" }, row.gold ? opener(row) : (row.worker ?? "")),
    element("td", { class: "text" }, STATES[row.status] ?? row.status),
    element("td", { class: "text" }, badge(row.use)),
    element("td", {}, figure(row.minutes)),
    element("td", {}, figure(row.trial_s)),
    element("td", {}, row.gold?.[1] ? `${row.gold[0]}/${row.gold[1]}` : "–"),
    element("td", {}, figure(row.swap_error_ms)),
    element("td", { class: "text why" }, (row.why ?? []).join("; ")),
  );
}

/** @param {Part} part @param {Date} now */
export function showSubmissions(part, now) {
  const headings = ["when", "page", "participant", "status", "use", "min", "s a trial", "gold", "swap off, ms", "why"];
  byId("submissions-scroll").hidden = !part.total;
  fill("submissions", headings, part.rows.map((row) => submission(row, now)));
  tell("submissions-count", part.total ? `${grouped(part.total)}, the newest first` : "none yet");
}

/** @param {any} row @param {Date} now */
function places(row, now) {
  const free = row.state === "open" || row.state === "built" ? Math.max(0, row.asked - (row.taken ?? 0) - (row.at_work ?? 0)) : "–";
  return element(
    "tr",
    {},
    element("td", {}, row.name),
    element("td", { class: "text" }, row.kind === "qualification" ? "quiz" : row.kind),
    element("td", { class: "text" }, row.state),
    element("td", { class: "meter" }, meter(row.taken ?? 0, row.at_work ?? 0, row.asked)),
    element("td", {}, row.taken ?? 0),
    element("td", {}, row.at_work ?? 0),
    element("td", {}, free),
    element("td", {}, row.approved ?? 0),
    element("td", {}, row.rejected ?? 0),
    element("td", { class: "text" }, row.ends_at && new Date(row.ends_at).getFullYear() < 9000 ? moment(row.ends_at, now) : "–"),
  );
}

/** How many places are taken and at work, as a bar. @param {number} taken @param {number} atWork @param {number} asked */
function meter(taken, atWork, asked) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 100 8");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const share = 100 / Math.max(asked, taken + atWork, 1);
  for (const [name, from, width] of /** @type {[string, number, number][]} */ ([
    ["all", 0, 100], ["taken", 0, taken * share], ["at-work", taken * share, atWork * share],
  ])) {
    const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    bar.setAttribute("class", name);
    bar.setAttribute("x", String(from));
    bar.setAttribute("width", String(width));
    bar.setAttribute("height", "8");
    svg.append(bar);
  }
  return svg;
}

/** @param {Part} part @param {string} unit @param {Date} now */
export function showPlaces(part, unit, now) {
  const headings = [unit, "kind", "state", "", "taken", "at work", "free", "approved", "rejected", "ends"];
  fill("places", headings, part.rows.map((row) => places(row, now)));
  tell("places-count", counted(part.total, unit));
}

/**
 * Buttons that turn a list's pages.
 * @param {string} name
 * @param {Part} part
 * @param {(page: number) => void} turn
 */
export function showPager(name, part, turn) {
  const where = byId(`${name}-pager`);
  where.hidden = part.pages < 2;
  if (where.hidden) return;
  if (!where.firstChild) {
    for (const [key, label, sign] of [["before", "the page before", "‹"], ["at", "", ""], ["next", "the next page", "›"]]) {
      where.append(sign ? element("button", { type: "button", class: key ?? "", "aria-label": `${name}: ${label}` }, sign) : element("span"));
    }
  }
  const [before, at, next] = /** @type {HTMLElement[]} */ ([...where.children]);
  if (!(before instanceof HTMLButtonElement) || !at || !(next instanceof HTMLButtonElement)) return;
  at.textContent = `${part.page + 1} of ${part.pages}`;
  before.disabled = part.page === 0;
  next.disabled = part.page + 1 >= part.pages;
  before.onclick = () => turn(part.page - 1);
  next.onclick = () => turn(part.page + 1);
}
