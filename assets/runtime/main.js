// Wires the page up; the one module that touches globals.

import { createCalibration } from "./calibration.js";
import { createDisplay } from "./display.js";
import { browserVersion, isHandheld, readEnvironment } from "./environment.js";
import { createExample, paintExample } from "./example.js";
import { createFlicker } from "./flicker.js";
import { createPacks } from "./packs.js";
import { createPanel } from "./panel.js";
import { createSchedule } from "./schedule.js";
import { createScreens, screenOrder } from "./screens.js";
import { createSending } from "./sending.js";
import { createSession } from "./session.js";
import { createStage } from "./stage.js";
import { createStorage } from "./storage.js";
import { createSurvey } from "./survey.js";
import { createTrial } from "./trial.js";
import { createTrials } from "./trials.js";
import { checkViewport } from "./viewport.js";
import { createWaiting } from "./waiting.js";
import { createWords } from "./words.js";

const LOAD_AGAIN_MS = 150;
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
  history,
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
const session = createSession({
  page, environment, storage, later, now: () => Date.now(), monotonic: clock.now, ratio: () => devicePixelRatio,
  firstScreen: order[0],
});
const { state } = session;
const schedule = makeSchedule();
const display = createDisplay({ page, session, schedule, clock, later, window });
const sending = createSending({
  page, environment, words, slot, part, window, later, session, lasting: storage.lasts(),
  submission: () => session.submission(display.record(browser)), onDelivered: () => show("done"),
});
const waiting = createWaiting({
  page, packs, words, text: part("waiting-text"), again: slot("reload"), reload: () => location.reload(),
});
const panel = createPanel({
  words, slot, part, waiting, zoomed: () => display.zoomed(), goingOn: () => state.active !== null,
});
const example = createExample(part("example"), clock, makeSchedule());
const survey = page.survey.length ? createSurvey(part("survey"), page.survey, words) : null;
const calibration = slot("card") ? makeCalibration() : null;
const { stage, flicker, trial } = makeTrialTools();
const trials = createTrials({
  page, session, packs, stage, flicker, trial, random, later, onTrial, onWaiting, onTrouble: () => panel.trouble(),
  onSize: (size) => display.setScale(size.scale),
});
let browser = "";
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
  return createCalibration(elements, window, (width, cssPxPerCm) => {
    if (state.screen === "calibration") session.calibrate(width, cssPxPerCm);
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
    saveSoon(active) {
      state.active = active;
      session.saveSoon();
    },
    record(row) {
      state.rows.push(row);
      session.save();
    },
  });
  return tools;
}

/** Every screen is shown by this, so that the way out is there whenever consent was given. */
function showScreen(name, options) {
  const taking = Boolean(state.consent) && !state.withdrawn_from && !state.outbox && name !== "done";
  document.documentElement.toggleAttribute("data-consented", taking);
  screens.show(name, options);
}

function onTrial(kind, number, count) {
  panel.begin(kind, number, count);
  state.screen = kind;
  session.save();
  if (screens.current() !== kind) showScreen(kind, { focus: false });
}

function onWaiting(isWaiting) {
  if (isWaiting && screens.current() !== state.screen) showScreen(state.screen, { focus: false });
  panel.wait(isWaiting);
}

function show(screenName) {
  state.screen = screenName;
  session.save();
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (screenName === "instructions" && !calm) example.start();
  else example.stop();
  if (TRIAL_SCREENS.includes(screenName)) {
    work();
    return;
  }
  if (screenName === "calibration") calibration.setWidth(state.calibration?.card_width_css_px ?? calibration.width());
  if (screenName === "survey") survey.restore(state.survey);
  if (screenName === "submit") sending.show();
  if (screenName === "done") sending.done();
  showScreen(screenName);
}

async function work() {
  if (working) return;
  working = true;
  showScreen(state.screen, { focus: false });
  await measured;
  await measure(); // once more where the page was opened in a hidden tab and had no frames
  if (state.withdrawn_from) return;
  if (display.tooSlow()) {
    block("display", {});
    return;
  }
  if (!fits()) return;
  await trials.work();
  working = false;
  show(order[order.indexOf(page.study.length ? "study" : "training") + 1]);
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
  if (here === "calibration") session.calibrate(calibration.width(), calibration.cssPxPerCm());
  if (here === "survey") {
    if (!survey.check()) return;
    state.survey = survey.answers();
  }
  state.screen = order[order.indexOf(here) + 1];
  if (fits()) show(state.screen);
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
  example.stop();
  part("blocked-text").textContent = words(`blocked_${reason}`, values);
  slot("recalibrate").hidden = reason !== "viewport" || !calibration;
  if (screens.current() !== "blocked" || part("blocked-text").closest("[hidden]")) showScreen("blocked");
}

function onResize() {
  display.changed();
  if (state.withdrawn_from) return;
  if (blocked) {
    if (!fits()) return;
    blocked = false;
    goOn();
  } else if (trials.current() && !fits()) {
    return;
  }
  trials.refit();
  panel.notice();
}

/** There is room again. */
function goOn() {
  if (!trials.current()) {
    show(state.screen);
    return;
  }
  working = true;
  showScreen(state.screen, { focus: false });
  if (!trial.stopped()) flicker.start();
}

function recalibrate() {
  state.screen = "calibration";
  session.save();
  location.reload();
}

function withdraw() {
  flicker.stop();
  state.withdrawn_from = state.screen;
  session.save();
  showWithdrawn();
}

function showWithdrawn() {
  example.stop();
  part("done-text").textContent = words(environment.mode === "offline" ? "withdrawn_offline" : "withdrawn");
  slot("return").hidden = false;
  showScreen("done");
}

function comeBack() {
  state.withdrawn_from = null;
  session.save();
  location.reload();
}

function reset() {
  session.reset();
  location.reload();
}

function on(element, event, act) {
  element?.addEventListener(event, act);
}

function bind() {
  for (const button of document.querySelectorAll('[data-hit="next"]')) on(button, "click", next);
  for (const button of document.querySelectorAll('[data-hit="withdraw"], [data-hit="decline"]')) on(button, "click", withdraw);
  on(slot("consent"), "change", () => (part("consent-fault").textContent = ""));
  on(slot("reset"), "click", reset);
  on(slot("return"), "click", comeBack);
  on(slot("recalibrate"), "click", recalibrate);
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
  packs.onChange(() => part("waiting").hidden || waiting.describe());
}

function onVisibility() {
  if (document.hidden) {
    flicker.hide();
    example.stop();
    return;
  }
  flicker.reveal();
  if (trial.active() && !trial.stopped() && TRIAL_SCREENS.includes(screens.current())) flicker.start();
}

async function measure() {
  browser ||= await browserVersion(navigator);
  if (document.hidden) await new Promise((resolve) => on(document, "visibilitychange", resolve)); // no frames till then
  const refresh = await display.measure();
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
    showScreen("preview");
    return;
  }
  if (storage.isBehind()) {
    packs.refuse();
    later(() => location.reload(), LOAD_AGAIN_MS);
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
