// Wires the page up; the one module that touches globals.

import { createCalibration } from "./calibration.js";
import { browserVersion, isHandheld, readEnvironment } from "./environment.js";
import { createExample, paintExample } from "./example.js";
import { createFlicker } from "./flicker.js";
import { createPacks } from "./packs.js";
import { measureRefresh } from "./refresh.js";
import { createSchedule } from "./schedule.js";
import { createScreens, screenOrder } from "./screens.js";
import { createSession } from "./session.js";
import { createStage } from "./stage.js";
import { createStorage } from "./storage.js";
import { download, postForm, toCsv } from "./submission.js";
import { createSurvey } from "./survey.js";
import { createTrial } from "./trial.js";
import { createTrials } from "./trials.js";
import { checkViewport } from "./viewport.js";
import { createWords } from "./words.js";

const USUAL_FRAME_MS = 1000 / 60;
const TRIAL_SCREENS = ["training", "study"];

const page = JSON.parse(document.getElementById("hit-page").textContent);
const words = createWords(page.texts);
const slot = (name) => document.querySelector(`[data-hit="${name}"]`);
const part = (name) => document.querySelector(`[data-part="${name}"]`);
const clock = {
  raf: (tick) => requestAnimationFrame(tick),
  cancel: (id) => cancelAnimationFrame(id),
  now: () => performance.now(),
};
const later = (act, ms) => setTimeout(act, ms);
const random = () => crypto.getRandomValues(new Uint32Array(1))[0] / 2 ** 32;

const order = screenOrder(page);
const screens = createScreens(document.documentElement);
const environment = readEnvironment(location, page.submit_origins);
const storage = createStorage(
  () => window.localStorage,
  ["hitgen", page.batch, page.page, environment.assignment, environment.worker].join(":"),
);
const packs = createPacks({
  mode: page.packs,
  hashes: [...page.training, ...page.study].map((trial) => trial.pack),
  base: page.pack_base,
  document,
  fetch: (...request) => fetch(...request),
  later,
  random,
  subtle: crypto.subtle,
});
const session = createSession({ page, environment, storage, now: () => Date.now(), firstScreen: order[0] });
const { state } = session;
const schedule = makeSchedule();
const example = createExample(part("example"), clock, makeSchedule());
const survey = page.survey.length ? createSurvey(part("survey"), page.survey, words) : null;
const calibration = slot("card") ? makeCalibration() : null;
const { stage, flicker, trial } = makeTrialTools();
const trials = createTrials({ page, session, packs, stage, flicker, trial, random, onTrial, onWaiting, onSize });
let refresh = null;
let version = "";
let shownScale = null;
let working = false;
let blocked = false;

/** The one-line script after each inline pack calls this. */
export function take() {
  packs.take();
}

function makeSchedule() {
  const { swaps_per_second: swapsPerSecond, schedule: kind } = page.display;
  return createSchedule({ swapsPerSecond, kind, frameMs: USUAL_FRAME_MS });
}

function makeCalibration() {
  const elements = { card: slot("card"), handle: part("card-handle"), grow: slot("card-grow"), shrink: slot("card-shrink") };
  return createCalibration(elements, window, (width) => {
    if (state.screen !== "calibration") return;
    state.calibration = { card_width_css_px: width, css_px_per_cm: calibration?.cssPxPerCm() ?? null };
    session.save();
  });
}

function makeTrialTools() {
  const tools = {};
  const slots = {
    slider: slot("slider"), confirm: slot("confirm"), noneSeen: slot("none-seen"), undo: slot("undo"), stop: slot("stop"),
    hint: slot("hint"), retry: slot("retry"), resume: slot("resume"), task: part("task"), level: part("level"),
    marked: part("marked"), stopped: part("stopped"), window: part("window"),
  };
  tools.stage = createStage({
    element: slot("stage"), canvas: part("canvas"), overlay: part("overlay"), window, onMark: (point) => tools.trial.mark(point),
  });
  tools.flicker = createFlicker({
    canvas: part("canvas"), clock, schedule, onShown: tools.stage.setShown, onFrame: () => tools.trial.update(),
  });
  tools.trial = createTrial({
    page, slots, stage: tools.stage, flicker: tools.flicker, words, random, elapsed: session.elapsed,
    save(active) {
      state.active = active;
      session.save();
    },
    record(row) {
      state.rows.push(row);
      session.save();
    },
  });
  return tools;
}

function onTrial(kind, number, count) {
  const text = words("progress", { number, count });
  if (slot("progress").textContent !== text) slot("progress").textContent = text;
  part("progress-bar").max = count;
  part("progress-bar").value = number - 1;
  part("trial-heading").textContent = words(kind === "training" ? "training_heading" : "study_heading");
  state.screen = kind;
  session.save();
  if (screens.current() !== kind) screens.show(kind, { focus: false });
  part("at-work").hidden = false;
}

function onSize(size) {
  shownScale = size.scale;
}

function onWaiting(waiting) {
  part("waiting").hidden = !waiting;
  if (!waiting) return;
  part("at-work").hidden = true;
  if (screens.current() !== state.screen) screens.show(state.screen, { focus: false });
  describeWaiting();
}

function describeWaiting() {
  const states = [...page.training, ...page.study].map(({ pack }) => packs.state(pack));
  const trouble = states.some(({ state: now }) => now === "trouble");
  const loading = states.find(({ state: now }) => now === "loading");
  const percent = loading?.total ? Math.round((100 * loading.received) / loading.total) : null;
  part("waiting-text").textContent = trouble
    ? words(page.packs === "inline" ? "waiting_cut_off" : "waiting_trouble")
    : words("waiting") + (percent === null ? "" : ` ${percent} %`);
  slot("reload").hidden = !trouble;
}

function displayRecord() {
  const schedule_ms = schedule.periodMs;
  return {
    scaling: page.display.scaling,
    width_cm: page.display.scaling === "physical" ? page.display.width_cm : null,
    css_px_per_cm: session.cssPxPerCm(),
    device_pixel_ratio: devicePixelRatio,
    device_px_per_source_px: shownScale,
    viewport: [innerWidth, innerHeight],
    screen: [screen.width, screen.height],
    schedule: page.display.schedule,
    swaps_per_second: Math.round(100000 / schedule_ms) / 100,
    ...(refresh ?? { refresh_hz: null, frame_ms: null, frame_sd_ms: null }),
    browser: version,
    user_agent: navigator.userAgent,
  };
}

function show(screenName) {
  state.screen = screenName;
  session.save();
  if (screenName === "instructions") example.start();
  else example.stop();
  const inWork = order.indexOf(screenName) > 0 && screenName !== "done";
  document.documentElement.toggleAttribute("data-consented", inWork);
  if (TRIAL_SCREENS.includes(screenName)) {
    work();
    return;
  }
  if (screenName === "calibration") calibration.setWidth(state.calibration?.card_width_css_px ?? calibration.width());
  if (screenName === "survey") survey.restore(state.survey);
  if (screenName === "submit") showSubmit();
  screens.show(screenName);
}

async function work() {
  if (working) return;
  working = true;
  if (!refresh) screens.show(state.screen, { focus: false });
  await measured;
  if (displayTooSlow()) return block("display", {});
  if (!fits()) return;
  await trials.work();
  working = false;
  show(order[order.indexOf("study") < 0 ? order.indexOf("training") + 1 : order.indexOf("study") + 1]);
}

/** Fewer than two frames a swap, or frames too uneven to hold the schedule within one frame. */
function displayTooSlow() {
  if (!page.display.refuse_slow_display) return false;
  return !refresh || refresh.refresh_hz < 2 * page.display.swaps_per_second || refresh.frame_sd_ms > refresh.frame_ms / 2;
}

function next() {
  const here = state.screen;
  if (here === "consent") {
    if (!slot("consent").checked) {
      part("consent-fault").textContent = words("consent_needed");
      slot("consent").focus();
      return;
    }
    state.consent = { sha256: page.consent_sha256, at: new Date().toISOString() };
  }
  if (here === "calibration") {
    state.calibration = { card_width_css_px: calibration.width(), css_px_per_cm: calibration.cssPxPerCm() };
  }
  if (here === "survey") {
    if (!survey.check()) return;
    state.survey = survey.answers();
  }
  const after = order[order.indexOf(here) + 1];
  state.screen = after;
  if (fits()) show(after);
}

/** Whether the image fits the window, from when its size is known; if not, the worker is told and the page waits. */
function fits() {
  const known = page.display.scaling === "pixels" || state.calibration;
  const beyond = order.indexOf(state.screen) > order.indexOf("calibration") || page.display.scaling === "pixels";
  if (!known || !beyond || ["survey", "submit", "done"].includes(state.screen)) return true;
  const { fits: fit, needed, viewport } = checkViewport(window, page, session.cssPxPerCm());
  if (!fit) block("viewport", { needed: `${needed.width} x ${needed.height}`, viewport: `${viewport.width} x ${viewport.height}` });
  return fit;
}

function block(reason, values) {
  blocked = true;
  working = false;
  flicker.stop();
  part("blocked-text").textContent = words(`blocked_${reason}`, values);
  slot("recalibrate").hidden = reason !== "viewport" || !calibration;
  screens.show("blocked");
}

function onResize() {
  session.displayChanged({ ratio: devicePixelRatio, viewport: [innerWidth, innerHeight] });
  if (blocked) {
    if (!fits()) return;
    blocked = false;
    if (trials.current()) {
      working = true;
      screens.show(state.screen, { focus: false });
      if (!trial.stopped()) flicker.start();
    } else {
      show(state.screen);
    }
  } else if (trials.current() && !fits()) {
    return;
  }
  trials.refit();
}

function recalibrate() {
  location.reload();
}

function withdraw() {
  if (trials.current()) flicker.stop();
  state.withdrawn_from = state.screen;
  session.save();
  showWithdrawn();
}

function showWithdrawn() {
  example.stop();
  document.documentElement.removeAttribute("data-consented");
  part("done-text").textContent = words(environment.mode === "offline" ? "withdrawn_offline" : "withdrawn");
  slot("return").hidden = false;
  screens.show("done");
}

function comeBack() {
  state.withdrawn_from = null;
  session.save();
  location.reload();
}

function showSubmit() {
  const sendable = environment.mode === "work" && environment.submitTo;
  slot("submit").hidden = !sendable;
  part("downloads").hidden = Boolean(sendable);
  part("finish").hidden = Boolean(sendable);
  const key = sendable ? "submit_text" : environment.mode === "work" ? "submit_unknown" : "submit_offline";
  part("submit-text").textContent = words(key);
}

function submit() {
  const submission = session.submission(displayRecord());
  slot("submit").disabled = true;
  part("submit-text").textContent = words("submitting");
  later(() => (slot("submit").disabled = false), 15000);
  postForm(document, environment.submitTo, {
    assignmentId: environment.assignment,
    submission: JSON.stringify(submission),
  });
}

function saveFile(kind) {
  const submission = session.submission(displayRecord());
  const name = `${page.batch}-${page.page}-submission.${kind}`;
  if (kind === "json") download(document, name, "application/json", JSON.stringify(submission, null, 1));
  else download(document, name, "text/csv", toCsv(submission));
}

function reset() {
  session.reset();
  window.removeEventListener("pagehide", session.save);
  location.reload();
}

function on(element, event, act) {
  element?.addEventListener(event, act);
}

function bind() {
  for (const button of document.querySelectorAll('[data-hit="next"]')) on(button, "click", next);
  for (const button of document.querySelectorAll('[data-hit="withdraw"], [data-hit="decline"]')) on(button, "click", withdraw);
  on(slot("consent"), "change", () => (part("consent-fault").textContent = ""));
  on(slot("submit"), "click", submit);
  on(slot("download-json"), "click", () => saveFile("json"));
  on(slot("download-csv"), "click", () => saveFile("csv"));
  on(slot("reset"), "click", reset);
  on(slot("return"), "click", comeBack);
  on(slot("recalibrate"), "click", () => {
    state.screen = "calibration";
    session.save();
    recalibrate();
  });
  on(slot("reload"), "click", () => packs.retryNow() || location.reload());
  on(part("example-stop"), "click", () => (example.running() ? example.stop() : example.start()));
  on(part("survey"), "input", () => {
    state.survey = survey.answers();
    session.save();
  });
  on(document, "keydown", (event) => {
    if (event.key !== "Escape") return;
    example.stop();
    trial.stop();
  });
  on(document, "visibilitychange", onVisibility);
  on(window, "resize", onResize);
  on(window, "pagehide", session.save);
  on(window, "load", packs.documentEnded);
  packs.onChange(() => part("waiting").hidden || describeWaiting());
}

function onVisibility() {
  if (document.hidden) {
    flicker.hide();
    example.stop();
    return;
  }
  flicker.reveal();
  if (trial.active() && !trial.stopped() && !blocked) flicker.start();
}

async function measure() {
  version = await browserVersion(navigator);
  refresh = await measureRefresh(clock, later);
  if (refresh) flicker.setFrameMs(refresh.frame_ms);
}

function boot() {
  document.documentElement.dataset.mode = environment.mode;
  paintExample(part("example"), 0);
  if (isHandheld(navigator, (query) => matchMedia(query))) {
    packs.refuse();
    block("device", {});
    return;
  }
  if (environment.mode === "preview") {
    packs.refuse();
    paintExample(part("preview-example"), 0);
    part("preview-text").textContent = words(location.search.includes("assignmentId") ? "preview_text" : "preview_no_assignment");
    screens.show("preview");
    return;
  }
  bind();
  packs.start();
  if (state.withdrawn_from) {
    showWithdrawn();
    return;
  }
  part("resumed").hidden = !(session.resumed && TRIAL_SCREENS.includes(state.screen));
  if (fits()) show(state.screen);
}

const measured = measure();
boot();
