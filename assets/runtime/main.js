// Wires the page up; the one module that touches globals, but for ask.js, which runs before it.

import { seenRatio } from "../instrument/geometry.js";
import { createBitmaps } from "./bitmaps.js";
import { createCalibration } from "./calibration.js";
import { createDisplay } from "./display.js";
import { browserVersion, isHandheld, isTheirs, readEnvironment } from "./environment.js";
import { createFinders, createWords, isHeld, meant, readPage } from "./page.js";
import { createPacks } from "./packs.js";
import { createPanel } from "./panel.js";
import { createScreens, screenOrder } from "./screens.js";
import { createSending } from "./sending.js";
import { createSequence } from "./sequence.js";
import { createSession } from "./session.js";
import { createStorage } from "./storage.js";
import { createSurvey } from "./survey.js";
import { createVisit } from "./visit.js";
import { whyNotHere } from "./welcome.js";

/**
 * Starts the page; the method is the one that the page's data name.
 * @param {Record<string, Method>} methods those that are linked into it
 * @param {typeof import("../codecs/maker.js")|null} [codecs] what makes frames, where the page has packs that need it
 * @param {CheckModules|null} [checking] the checks of eyes and screens, where the batch has some
 * @param {typeof import("./languages.js")|null} [languages] what changes the page's words, where it has several languages
 */
export function start(methods, codecs = null, checking = null, languages = null) {
  const page = readPage(document);
  const method = /** @type {Method} */ (methods[page.method]);
  const wording = () => spoken?.current() ?? page;
  const words = createWords(() => wording().texts);
  const { slot, part } = createFinders(document);
  /** @type {Clock} */
  const clock = {
    raf: (tick) => requestAnimationFrame((t) => (display.look(t), tick(t))),
    cancel: (id) => cancelAnimationFrame(id),
    now: () => performance.now(),
  };
  /** @type {Later} */
  const later = (act, ms) => void setTimeout(act, ms);
  const random = () => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32;
  const reload = () => location.reload();
  const { bitmaps, makeReady, readAhead } = createBitmaps(codecs, document.currentScript?.textContent ?? "");
  const hashes = [...page.training, ...page.study].flatMap(method.packs);

  const environment = readEnvironment(location, page.submit_origins);
  const names = ["hitgen", page.batch, page.page, environment.assignment, environment.worker];
  const storage = createStorage(() => window.localStorage, names.join(":"), history, String(random()));
  const packs = createPacks({
    mode: page.packs, hashes, base: page.pack_base, document, fetch: (...request) => fetch(...request), later, random,
    subtle: crypto.subtle, onSource: readAhead,
  });
  const session = createSession({
    page, environment, storage, later, now: () => Date.now(), monotonic: clock.now, ratio: () => seenRatio(window),
    firstScreen: screenOrder(page)[0] ?? "consent", packsOf: method.packs,
  });
  const { state } = session;
  const spoken = languages?.createLanguages({
    page, session, asked: environment.asked, theirs: navigator.languages, document, select: /** @type {HTMLSelectElement|null} */ (slot("language")), onChange: () => reworded(),
  });
  const screens = createScreens(document.documentElement, window);
  const display = createDisplay({ page, session, method, types: packs.types, clock, later, window });
  const panel = createPanel({
    page, packs, hashes, words, slot, part, reload, zoomed: () => display.zoomed(), isFull: storage.isFull, goingOn: () => state.active !== null,
  });
  /** @type {Tools} */
  const tools = {
    page, words, slot, part, window, clock, later, random, elapsed: session.elapsed, cssPxPerCm: session.cssPxPerCm, worked: () => state.finished.length,
    save: (active) => session.keep(active), saveSoon: (active) => session.keepSoon(active), record: (row) => session.record(row),
    mayTryAgain: (trial) => visit.mayTryAgain(trial),
    rows: () => session.state.rows,
    bitmaps, onSize: (size) => display.setScale(size.scale), onTrouble: () => panel.trouble(),
  };
  const task = method.createTask(tools);
  const example = method.createExample(tools);
  const sequence = createSequence({
    page, session, packs, method, task, random, onTrial: (...trial) => visit.onTrial(...trial),
    onWaiting: (isWaiting) => visit.onWaiting(isWaiting),
  });
  const sending = createSending({
    page, environment, wording, words, slot, part, window, later, session, lasting: storage.lasts(), columns: method.columns,
    submission: () => session.submission(display.record(browser), method.reductions), onDelivered: () => visit.show("done"),
  });
  const survey = page.survey.length ? createSurvey(part("survey"), page.survey, words) : null;
  const calibration = page.display.scaling === "physical" ? makeCalibration() : null;
  const checks = checking?.createChecks({
    page, kinds: checking.kinds, document, window, words, part, later, random, session, onMove: () => visit.changed(),
  });
  const visit = createVisit({
    page, environment, wording, words, slot, part, reload, session, screens, display, panel, sequence, sending, survey, calibration, checks, task,
    example, onConsent: () => spoken?.fix(), isCalm: () => matchMedia("(prefers-reduced-motion: reduce)").matches,
    async measured() {
      await measured;
      await measure(); // once more where the page was opened in a hidden tab and had no frames
    },
    whyNot: () => whyNotHere({ page, environment, assigned: state.outbox === null, fetch: (...request) => fetch(...request) }),
  });
  let browser = "";
  browserVersion(navigator).then((found) => (browser = found));

  function makeCalibration() {
    const elements = { card: slot("card"), handle: part("card-handle"), grow: slot("card-grow"), shrink: slot("card-shrink") };
    return createCalibration(elements, window, (width, cssPxPerCm, adjusted) => {
      if (state.screen === "calibration") session.calibrate(width, cssPxPerCm, adjusted);
    });
  }

  /** @param {EventTarget|null} target @param {string} event @param {(event: any) => void} act */
  function on(target, event, act) {
    target?.addEventListener(event, act);
  }

  /** @param {string} name of a slot, which may stand on several screens @param {(event: Event) => void} act */
  function press(name, act) {
    for (const button of document.querySelectorAll(`[data-hit="${name}"]`)) on(button, "click", meant(act));
  }

  function bind() {
    press("next", visit.next);
    press("withdraw", visit.withdraw);
    press("decline", visit.withdraw);
    press("return", visit.comeBack);
    press("reset", visit.reset);
    press("recalibrate", visit.recalibrate);
    on(slot("consent"), "change", visit.answered);
    on(part("survey"), "input", visit.surveyed);
    on(document, "keydown", (event) => event.key === "Escape" && visit.escape());
    on(document, "keydown", (event) => isHeld(event) && event.preventDefault());
    on(document, "visibilitychange", () => visit.visibility(document.hidden));
    on(window, "resize", visit.changed);
    on(window.visualViewport, "resize", () => display.look());
    display.onRatioChange(visit.changed);
    display.onRate(setFrameMs);
    on(window, "pagehide", session.save);
    on(window, "pageshow", ({ persisted }) => persisted && storage.isBehind() && catchUp());
    on(window, "storage", ({ key, newValue }) => key === storage.key && newValue !== null && storage.isNewer(newValue) && visit.yield());
    on(window, "load", packs.documentEnded);
  }

  /** Back leads to a page that stood still meanwhile: what it knows is saved over nothing. */
  function catchUp() {
    session.yield();
    reload();
  }

  async function measure() {
    if (document.hidden) await new Promise((resolve) => on(document, "visibilitychange", resolve)); // no frames till then
    await display.measure();
  }

  /** @param {number} ms */
  function setFrameMs(ms) {
    for (const flickering of [task, example]) flickering.setFrameMs(ms);
  }

  function offerTranslation() {
    document.documentElement.translate = !isTheirs(wording().language, navigator.languages);
  }

  function reworded() {
    offerTranslation();
    visit.reworded();
  }

  function boot() {
    document.documentElement.dataset.mode = environment.mode;
    offerTranslation();
    example.still();
    if (isHandheld(navigator, (query) => matchMedia(query))) {
      packs.refuse();
      visit.block(() => words("blocked_device"), { leaving: "screened-out" });
    } else if (environment.mode === "preview") {
      packs.refuse();
      visit.preview(location.search.includes("assignmentId"));
    } else if (page.packs === "linked" && location.protocol === "file:") {
      packs.refuse();
      visit.block(() => words("blocked_file"));
    } else {
      bind();
      packs.start();
      makeReady();
      visit.begin();
    }
  }

  const measured = measure();
  boot();
  /** The one-line script after each inline pack calls `take`. */
  return { take: packs.take };
}
