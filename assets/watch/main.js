// The page of `hitgen watch`: asks this machine every other second whether anything is new, and shows it.

import { prepareAgain } from "./again.js";
import { ago, byId, counted, element, fill, grouped, tell } from "./dom.js";
import { showPager, showPlaces, showSubmissions } from "./lists.js";

/** @typedef {{page: number, pages: number, total: number, rows: any[]}} Part */
/** @typedef {Record<string, any> & {places: Part, submitted: Part}} State */

const EVERY_MS = 2000;
const SLOWEST_MS = 30000;

/** @type {State | null} */
let state = null;
let tag = "";
let shown = { places: 0, submissions: 0 };
let asks = 0;
let failures = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** @param {boolean} [anew] though nothing changed there, something else is wanted */
async function ask(anew = false) {
  clearTimeout(timer);
  const mine = (asks += 1);
  if (anew) tag = "";
  try {
    const headers = /** @type {Record<string, string>} */ (tag ? { "If-None-Match": tag } : {});
    const answer = await fetch(`state?places=${shown.places}&submissions=${shown.submissions}`, { headers, cache: "no-store" });
    if (mine !== asks) return;
    failures = 0;
    if (answer.status === 200) {
      state = /** @type {State} */ (await answer.json());
      tag = answer.headers.get("ETag") ?? "";
      show(state);
    } else if (answer.status !== 304) throw new Error(answer.statusText);
    tell("link", state?.["looked"] ? "watching" : "Reading the batch ...");
    document.documentElement.dataset["link"] = "on";
  } catch {
    failures += 1;
    tell("link", "hitgen watch has ended; this is what was seen last");
    document.documentElement.dataset["link"] = "off";
  }
  if (mine === asks) timer = setTimeout(ask, Math.min(SLOWEST_MS, EVERY_MS * 2 ** Math.min(failures, 4)));
  age();
}

/** @param {State} found */
function show(found) {
  const now = new Date();
  document.title = found["batch"] ? `${found["batch"]}: hitgen watch` : "hitgen watch";
  tell("batch", found["batch"] ?? "hitgen watch");
  tell("kind", kindOf(found));
  const problem = byId("problem");
  problem.hidden = !found["problem"];
  tell("problem", found["problem"] ?? "");
  showTiles(found);
  tell("status", (found["lines"] ?? []).join("\n"));
  showVerdicts(found);
  showTiming(found["timing"]);
  showSubmissions(found.submitted, now);
  showPlaces(found.places, found["unit"] ?? "page", now);
  shown = { places: found.places.page, submissions: found.submitted.page };
  showPager("submissions", found.submitted, (page) => turn("submissions", page));
  showPager("places", found.places, (page) => turn("places", page));
}

/** @param {"places" | "submissions"} name @param {number} page */
function turn(name, page) {
  shown[name] = page;
  byId(`${name}-scroll`).scrollTop = 0;
  ask(true);
}

/** @param {State} found */
function kindOf(found) {
  if (found["state"] === "built") return "built, not published yet: nobody can work on it";
  if (found["state"] === "simulated") return "simulated answers: nobody worked on it";
  const where = found["environment"] ? { own: "own participants" }[String(found["environment"])] ?? found["environment"] : "";
  return where + (found["closed"] ? ", closed" : "");
}

/** @param {State} found */
function showTiles(found) {
  const use = found["use"] ?? {};
  /** @type {[string, string, string][]} */
  const tiles = [
    ["places taken", grouped(found["taken"] ?? 0), `of ${grouped(found["asked"] ?? 0)}`],
    ["at work", grouped(found["at_work"] ?? 0), ""],
    ["arrived, not fetched", grouped(found["arrived"] ?? 0), ""],
    ["to be judged", grouped(found["waiting"] ?? 0), ""],
    ["ratings in use", grouped(found["ratings_used"] ?? 0), `of ${grouped(found["ratings"] ?? 0)}`],
    ["left out", grouped(use["exclude"] ?? 0), counted(found["submissions"] ?? 0, "submission").replace(/^/, "of ")],
    ["a page takes", found["timing"]?.minutes ? found["timing"].minutes.toFixed(1) : "–", "min"],
  ];
  if (Number(found["committed_usd"])) tiles.push(["paid", `$${found["paid_usd"]}`, `of $${found["committed_usd"]}`]);
  byId("tiles").replaceChildren(
    ...tiles.map(([name, value, of]) =>
      element("div", {}, element("dt", {}, name), element("dd", {}, value, of ? element("small", {}, ` ${of}`) : null)),
    ),
  );
}

/** @param {string} name @param {string | number} value */
function line(name, value) {
  return element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, typeof value === "number" ? grouped(value) : value));
}

/** @param {State} found */
function showVerdicts(found) {
  /** @type {[string, number | null, number, number | null, boolean][]} */
  const flow = found["flow"] ?? [];
  const cell = (/** @type {number | null} */ count) => element("td", {}, count === null ? "" : grouped(count));
  const told = flow.filter(([, , submissions, ratings, there]) => there || submissions || ratings);
  const rows = told.map(([name, people, submissions, ratings, there]) =>
    element("tr", { class: there ? "there" : "out" }, element("th", { scope: "row" }, name), cell(people), cell(submissions), cell(ratings)),
  );
  fill("verdicts", flow.length ? ["", "people", "subm.", "ratings"] : [], rows);
  const judged = flow.length ? "As hitgen review would judge now; nothing is applied from here." : "Nothing was fetched yet.";
  tell("verdicts-note", found["judging"] ? "Judging what came in ..." : judged);
}

/** @param {any} timing */
function showTiming(timing) {
  tell("timing-note", timing?.trials ? "" : "Nothing was recorded yet.");
  if (!timing?.trials) return fill("timing", [], []);
  /** @type {[string, number | null, string][]} */
  const rows = [
    ["a page, median", timing.minutes, "min"],
    ["a trial, median", timing.trial_s, "s"],
    ["swaps off their time, median", timing.swap_error_ms, "ms"],
    ["– below which 95% lie", timing.swap_error_high_ms, "ms"],
    ["displays, median", timing.refresh_hz, "Hz"],
  ];
  fill("timing", [], [
    ...rows.filter(([, value]) => value !== null).map(([name, value, of]) => line(name, `${value} ${of}`)),
    line("trials with the page hidden", `${grouped(timing.hidden)} of ${grouped(timing.trials)}`),
  ]);
}

/** When the batch was last written; told anew while nothing else happens. */
function age() {
  const at = state?.["changed_at"];
  tell("changed", at ? `last written ${new Date(at).toLocaleString("en-GB")}, ${ago(Date.now() - new Date(at).getTime())}` : "");
}

if (typeof document !== "undefined") {
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && ask());
  prepareAgain();
  ask();
}
