// One question: shown, answered or passed over in its time; in practice, told whether it was right.

import { meant } from "../../runtime/page.js";
import { closePictures, createPair, decodePictures } from "./pair.js";
import { createHold } from "./hold.js";

const DECODE_AGAIN_MS = 3000;
/** @type {Record<string, "left"|"right"|"notsure">} */
const KEYS = { ArrowLeft: "left", ArrowRight: "right", ArrowDown: "notsure" };
/** An input method may write another space, or call the key its own. @param {KeyboardEvent} event */
const isSpace = ({ key, code }) => key === " " || code === "Space";
/** @type {CompareState} */
const NONE = { trial: "", attempt: 1, begun: 0, phase: "compare", right: false, rested: false };

/** @param {Tools} tools @returns {Task} */
export function createTask(tools) {
  const { slot, part, words, window, clock, later, elapsed, save, record, mayTryAgain, worked, onSize, onTrouble } = tools;
  const page = /** @type {ComparePage} */ (tools.page);
  const pair = createPair(tools);
  const { flicker } = pair;
  const stage = slot("stage");
  /** @type {Record<"left"|"right"|"notsure", HTMLButtonElement>} */
  const answers = { left: slot("answer-left"), right: slot("answer-right"), notsure: slot("answer-unsure") };
  /** @type {Record<"toggle"|"stop"|"resume"|"goOn", HTMLButtonElement>} */
  const buttons = { toggle: slot("toggle"), stop: slot("stop"), resume: slot("resume"), goOn: slot("go-on") };
  const hint = slot("hint");
  const hold = createHold({ button: buttons.toggle, perSecond: page.toggles_per_second, onSwap: (isPivot) => pair.show(isPivot ? "pivot" : "version") });
  /** @type {{trial: string, pictures: Promise<ComparePictures>}|null} */
  let ahead = null;
  /** @type {CompareTrial} */
  let spec = { trial: "", pack: "", left: "", right: "", width: 1, height: 1, arm: "plain", block: 0 };
  let state = { ...NONE };
  let on = false;
  let stopped = false;
  /** @type {Set<"paused"|"hidden">} why nothing runs */
  const halts = new Set();
  let request = 0;
  let startedMs = 0;
  let begunAt = 0;
  /** @type {number|null} the frame in which the pictures came */
  let since = null;
  let finish = () => {};

  const flickers = () => spec.arm === "boosted" && page.flickers;
  const isTimed = () => spec.arm === "boosted";
  const limitMs = () => 1000 * (isTimed() ? page.shown_s + page.blank_s : page.limit_s);
  const isOpen = () => on && state.phase === "compare" && since !== null && !stopped && !halts.size;

  /** The question from its beginning: nothing of what was seen before counts. */
  function begin() {
    clock.cancel(request);
    since = null;
    stopped = false;
    enter("compare");
    if (halts.size) return;
    state.begun += 1;
    startedMs = elapsed();
    begunAt = clock.now();
    save(state);
    hold.restart();
    pair.restart();
    if (flickers()) flicker.start();
    request = clock.raf(frame);
  }

  /** @param {number} t */
  function frame(t) {
    request = clock.raf(frame);
    if (state.phase !== "compare") return;
    if (since === null) {
      if (!flickers()) pair.show("version");
      if (slot("left").dataset.shown === "none") return;
      since = Math.max(t, begunAt); // a frame that a busy machine draws late bears the time it was due at
    }
    if (!flickers()) hold.frame(t);
    const ms = t - since;
    if (isTimed() && ms >= 1000 * page.shown_s && slot("left").dataset.shown !== "none") pair.blank();
    if (ms >= limitMs()) answer("skip");
    else update();
  }

  /** Enabled as the contract says; runs every frame, so it writes only what changes. */
  function update() {
    const open = isOpen() && (flickers() ? pair.shownTimes() > 0 : hold.count() > 0);
    for (const button of Object.values(answers)) if (button.disabled === open) button.disabled = !open;
    const held = !isOpen() || flickers();
    if (buttons.toggle.disabled !== held) buttons.toggle.disabled = held;
  }

  /** @param {CompareResponse} response */
  function answer(response) {
    if (!isOpen() || (response !== "skip" && answers[response].disabled)) return;
    const lasted = response === "skip" ? limitMs() : clock.now() - (since ?? 0);
    record(row(response, Math.round(Math.min(Math.max(0, lasted), limitMs()))));
    if (!spec.answer) end();
    else coach(response);
  }

  /** @param {CompareResponse} response @param {number} lasted @returns {CompareRow} */
  function row(response, lasted) {
    return {
      trial: spec.trial, attempt: state.attempt, response, response_time_ms: lasted, toggles: flickers() ? null : hold.count(),
      begun: state.begun, started_ms: startedMs, ended_ms: elapsed(), timing: flicker.timing(),
    };
  }

  /** @param {CompareResponse} response */
  function coach(response) {
    state.right = response === spec.answer;
    enter("coach");
    show();
    save(state);
  }

  /** @param {CompareState["phase"]} phase */
  function enter(phase) {
    state.phase = phase;
    stage.dataset.phase = phase;
    const resting = phase !== "compare";
    buttons.goOn.hidden = !resting;
    buttons.goOn.textContent = words(phase === "coach" && !state.right ? "compare_again" : "go_on");
    buttons.stop.hidden = phase === "pause" || !flickers();
    buttons.resume.hidden = part("stopped").hidden = true;
    buttons.toggle.hidden = flickers() || resting;
    for (const button of Object.values(answers)) button.hidden = resting;
    describe();
    pair.align();
    update();
    if (resting) buttons.goOn.focus({ preventScroll: true });
    else stage.focus({ preventScroll: true });
  }

  function describe() {
    const { phase, right } = state;
    const wrong = spec.answer === "right" ? "coach_right" : "coach_left";
    const said = phase === "pause" ? "pause_text" : right ? "coach_yes" : wrong;
    part("task").textContent = words(phase === "pause" ? "task_pause" : flickers() ? "task_boosted" : "task_plain");
    hint.hidden = phase === "compare";
    hint.textContent = phase === "compare" ? "" : words(said);
    if (phase === "coach" && !right) hint.dataset.answer = spec.answer;
    else delete hint.dataset.answer;
  }

  function goOn() {
    if (state.phase === "coach" && state.right) {
      end();
      return;
    }
    if (state.phase === "coach" && !mayTryAgain(spec.trial)) return;
    if (state.phase === "coach") Object.assign(state, { attempt: state.attempt + 1, begun: 0 });
    begin();
  }

  function end() {
    clock.cancel(request);
    on = false;
    pair.blank();
    rest();
    save(null);
    finish();
  }

  /** No question is on: nothing can be answered. */
  function rest() {
    for (const button of [...Object.values(answers), buttons.toggle, buttons.stop]) button.disabled = true;
  }

  function stop() {
    if (!on || stopped || !flickers() || state.phase === "pause") return;
    clock.cancel(request);
    flicker.stop();
    stopped = true;
    buttons.stop.hidden = true;
    buttons.resume.hidden = part("stopped").hidden = false;
    update();
    buttons.resume.focus({ preventScroll: true });
  }

  function resume() {
    if (state.phase === "coach") {
      stopped = false;
      enter("coach");
      show();
    } else begin();
  }

  /** The page is blocked or hidden, and nothing runs. @param {"paused"|"hidden"} why */
  function halt(why) {
    halts.add(why);
    if (!on) return;
    clock.cancel(request);
    pair.blank();
    since = null;
    hold.restart();
    update();
  }

  /** @param {"paused"|"hidden"} why */
  function goOnAfter(why) {
    halts.delete(why);
    if (!on || halts.size || stopped) return;
    if (state.phase === "compare") begin();
    else if (state.phase === "coach") show();
  }

  /** What coaching speaks of. */
  function show() {
    if (flickers()) flicker.start();
    else pair.show("version");
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (!on || event.altKey || event.ctrlKey || event.metaKey || !isOurs(event.target)) return;
    const response = KEYS[event.key];
    if (response && state.phase === "compare") {
      event.preventDefault();
      if (!event.repeat) answer(response);
    } else if (isSpace(event) && !flickers() && state.phase === "compare") {
      event.preventDefault();
      if (!event.repeat) hold.press();
    }
  }

  /** @param {KeyboardEvent} event */
  function onKeyUp(event) {
    if (!isSpace(event)) return;
    hold.release();
    if (on && !flickers() && state.phase === "compare" && isOurs(event.target)) event.preventDefault(); // a button would take it for a click
  }

  /** Keys on the page's other buttons are theirs. @param {EventTarget|null} target */
  function isOurs(target) {
    const element = /** @type {Element|null} */ (target);
    return !element?.closest("button, input, textarea, select") || [...Object.values(answers), buttons.toggle].some((button) => button === element);
  }

  /** @param {CompareTrial} trial @param {Pack[]} packs @returns {Promise<ComparePictures>} */
  async function pictures(trial, packs) {
    if (ahead?.trial === trial.trial) {
      const ready = ahead.pictures;
      ahead = null;
      return ready;
    }
    for (;;) {
      try {
        return await decodePictures(packs);
      } catch {
        onTrouble();
        await new Promise((resolve) => later(() => resolve(null), DECODE_AGAIN_MS));
      }
    }
  }

  rest();
  for (const [response, button] of Object.entries(answers)) button.addEventListener("click", meant(() => answer(/** @type {CompareResponse} */ (response))));
  buttons.stop.addEventListener("click", meant(stop));
  buttons.resume.addEventListener("click", meant(resume));
  buttons.goOn.addEventListener("click", meant(goOn));
  window.document.addEventListener("keydown", onKey);
  window.document.addEventListener("keyup", onKeyUp);

  /** Whether half of the questions are done and a break was not offered yet. */
  function isHalfWay() {
    const half = Math.ceil(page.study.length / 2);
    return page.pause && half > 1 && !state.rested && worked() === page.training.length + half;
  }

  return {
    async run(next, packs, saved) {
      spec = /** @type {CompareTrial} */ (next);
      state = { ...NONE, .../** @type {CompareState|null} */ (saved), trial: spec.trial };
      onSize(pair.place(spec));
      rest();
      const shown = await pictures(spec, packs);
      pair.take(shown);
      buttons.stop.disabled = false;
      on = true;
      const over = new Promise((resolve) => (finish = () => resolve(undefined)));
      if (state.phase === "coach") {
        enter("coach");
        show();
      } else if (state.phase === "pause" || isHalfWay()) {
        state.rested = true;
        enter("pause");
        save(state);
      } else begin();
      await over;
      closePictures(shown);
    },
    prepare(next, packs) {
      const trial = /** @type {CompareTrial} */ (next);
      ahead?.pictures.then(closePictures);
      ahead = { trial: trial.trial, pictures: pictures(trial, packs) };
    },
    refit: () => onSize(pair.refit()),
    stop,
    pause: () => halt("paused"),
    resume: () => goOnAfter("paused"),
    hide() {
      flicker.hide();
      halt("hidden");
    },
    reveal() {
      flicker.reveal();
      goOnAfter("hidden");
    },
    setFrameMs: (ms) => flicker.setFrameMs(ms),
  };
}
