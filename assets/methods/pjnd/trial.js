// One trial: adjust the level, lock it, locate where the flicker is; in training, coaching on both.

import { meant } from "../../runtime/page.js";
import { levelIsRight, placesAreRight } from "./judge.js";
import { thinned } from "./rows.js";

const SHOWN_BEFORE_CONFIRM = 4;
const LONGEST_TRACE = 1000;
const RECORDED_TRACE = 400;
/** @type {PjndState} */
const NONE = {
  trial: "", attempt: 0, max_shown: false, phase: "adjust", level: 0, points: [], coach: "", none: false, started_ms: 0,
  slider_start: 0, trace: [],
};

/** @param {Tools} tools */
function findSlots({ slot, part }) {
  /** @type {HTMLInputElement} */
  const slider = slot("slider");
  /** @type {Record<"confirm"|"noneSeen"|"undo"|"stop"|"resume"|"retry", HTMLButtonElement>} */
  const buttons = {
    confirm: slot("confirm"), noneSeen: slot("none-seen"), undo: slot("undo"), stop: slot("stop"), resume: slot("resume"),
    retry: slot("retry"),
  };
  return {
    slider, ...buttons, hint: slot("hint"), task: part("task"), level: part("level"), marked: part("marked"),
    stopped: part("stopped"), window: part("window"),
    back: /** @type {HTMLButtonElement|null} layouts of an earlier hitgen have none */ (slot("back")),
  };
}

/**
 * @param {Tools} tools
 * @param {ReturnType<typeof import("./stage.js").createStage>} stage
 * @param {ReturnType<typeof import("../../instrument/flicker.js").createFlicker>} flicker
 */
export function createTrial(tools, stage, flicker) {
  const { words, elapsed, random, save, saveSoon, record, mayTryAgain } = tools;
  const page = /** @type {PjndPage} */ (tools.page);
  const slots = findSlots(tools);
  /** @type {PjndState} the saved state of the trial at hand; between trials, of the last one */
  let active = { ...NONE };
  /** @type {PjndTrial} */
  let spec = { trial: "", pack: "", width: 1, height: 1, level_count: 1, shown: "" };
  /** @type {Map<HTMLElement, string>} what was written last, whatever a translator made of it */
  const written = new Map();
  let on = false;
  let stopped = false;
  let finish = () => {};
  /** What the worker hears before what is to be done, until they go on. */
  let said = "";

  /** @param {"adjust"|"locate"} phase @param {number} level @param {number} start */
  function newAttempt(phase, level, start) {
    Object.assign(active, { attempt: active.attempt + 1, phase, level, points: [], coach: "" });
    Object.assign(active, { started_ms: elapsed(), slider_start: start, trace: [[0, level]] });
    flicker.restartTiming();
  }

  function startLevel() {
    return page.display.slider_start === "random" ? Math.floor(random() * (spec.level_count + 1)) : 0;
  }

  /** A finger that is on the slider while another one locks the level moves it no more. @param {number} level */
  function setLevel(level) {
    if (!on || active.phase !== "adjust") {
      slots.slider.value = String(active.level);
      return;
    }
    active.level = level;
    say("");
    active.trace.push([elapsed() - active.started_ms, level]);
    if (active.trace.length > LONGEST_TRACE) active.trace = thinned(active.trace, LONGEST_TRACE / 2);
    flicker.setLevel(level);
    resume();
    update();
    saveSoon(active);
  }

  /** @param {PjndState["phase"]} phase */
  function enter(phase) {
    active.phase = phase;
    stage.setPhase(phase);
    stage.setMarks(active.points);
    stage.setRings([], 0);
    describe();
    update();
    save(active);
    if (phase === "adjust") slots.slider.focus({ preventScroll: true });
    if (phase === "locate") stage.focus();
  }

  function describe() {
    describeTask();
    slots.confirm.textContent = words(active.phase === "adjust" ? "confirm_level" : "confirm_locations");
    const coaching = active.phase === "coach";
    slots.hint.hidden = slots.retry.hidden = !coaching;
    delete slots.hint.dataset.level;
    delete slots.hint.dataset.points;
    if (!coaching) slots.hint.textContent = "";
    else if (spec.question) describeFault(spec.question);
    slots.slider.max = String(spec.level_count);
    slots.slider.value = String(active.level);
  }

  function describeTask() {
    const key = { adjust: "task_adjust", locate: "task_locate", coach: "task_coach" }[active.phase];
    const told = said.startsWith("mark_") ? [said] : said ? [said, key] : [key];
    write(slots.task, told.map((each) => words(each, { locations: page.locations })).join(" "));
  }

  /** @param {string} key of the text, or empty */
  function say(key) {
    if (said === key) return;
    said = key;
    describeTask();
  }

  /** @param {PjndQuestion} question */
  function describeFault({ level, points, radius_px: radius, matches }) {
    if (active.coach === "level") {
      const side = active.level < level[0] ? "coach_level_before" : "coach_level";
      slots.hint.textContent = words(active.none ? "coach_none_seen" : side, { low: level[0], high: level[1], chosen: active.level });
      slots.hint.dataset.level = level.join(" ");
      slots.window.hidden = false;
      slots.window.style.setProperty("--from", String(level[0] / spec.level_count));
      slots.window.style.setProperty("--to", String(level[1] / spec.level_count));
    } else {
      slots.hint.textContent = words("coach_places", { matches, count: points.length });
      slots.hint.dataset.points = points.map(([x, y]) => `${x},${y},${radius}`).join(" ");
      stage.setMarks(active.points);
      stage.setRings(points, radius);
    }
  }

  /** Enabled and shown as the contract says; runs every frame, so it writes only what changes: a translator's words are not ours. */
  function update() {
    if (!on) return;
    const { phase, level, points } = active;
    if (flicker.shownTimes(spec.level_count) > 0 && !active.max_shown) {
      active.max_shown = true;
      save(active);
    }
    const adjusted = phase === "adjust" && level >= 1 && flicker.shownTimes(level) >= SHOWN_BEFORE_CONFIRM;
    const located = phase === "locate" && points.length === page.locations;
    set(slots.confirm, "disabled", !(adjusted || located));
    set(slots.confirm, "hidden", phase === "coach");
    set(slots.slider, "disabled", phase !== "adjust");
    set(slots.noneSeen, "disabled", !(phase === "adjust" && active.max_shown));
    set(slots.noneSeen, "hidden", phase !== "adjust");
    set(slots.undo, "disabled", !(phase === "locate" && points.length > 0));
    set(slots.undo, "hidden", phase !== "locate");
    if (slots.back) set(slots.back, "hidden", phase !== "locate");
    write(slots.level, page.display.show_level ? words("level_shown", { level }) : "");
    write(slots.marked, phase === "locate" ? words("marks_count", { count: points.length, locations: page.locations }) : "");
  }

  /** @param {HTMLElement} element @param {string} text */
  function write(element, text) {
    if ((written.get(element) ?? "") !== text) element.textContent = text;
    written.set(element, text);
  }

  /** @template {HTMLElement} E @template {keyof E} P @param {E} element @param {P} property @param {E[P]} value */
  function set(element, property, value) {
    if (element[property] !== value) element[property] = value;
  }

  function resume() {
    flicker.start();
    setStopped(false);
  }

  /** @param {boolean} is */
  function setStopped(is) {
    stopped = is;
    slots.stop.hidden = is;
    slots.resume.hidden = !is;
    slots.stopped.hidden = !is;
  }

  function stop() {
    if (!on || stopped) return;
    flicker.stop();
    setStopped(true);
    slots.resume.focus({ preventScroll: true });
  }

  function goOn() {
    resume();
    if (active.phase === "locate") stage.focus();
    else (active.phase === "adjust" ? slots.slider : slots.retry).focus({ preventScroll: true });
  }

  /** @param {boolean} noneSeen @returns {PjndRow} */
  function row(noneSeen) {
    return {
      trial: spec.trial,
      attempt: active.attempt,
      level: noneSeen ? null : active.level,
      none_seen: noneSeen,
      points: active.points.map(([x, y]) => [Math.round(x * 100) / 100, Math.round(y * 100) / 100]),
      started_ms: active.started_ms,
      ended_ms: elapsed(),
      slider_start: active.slider_start,
      trace: thinned(active.trace, RECORDED_TRACE),
      timing: flicker.timing(),
    };
  }

  /** @param {"level"|"places"} kind */
  function coach(kind, none = false) {
    record(row(none));
    active.coach = kind;
    active.none = none;
    said = "";
    enter("coach");
    slots.retry.focus({ preventScroll: true });
  }

  function confirm() {
    if (active.phase === "adjust") {
      if (spec.question && !levelIsRight(active.level, spec.question)) {
        coach("level");
      } else {
        said = spec.question ? "right_level" : "";
        enter("locate");
      }
    } else if (spec.question && !placesAreRight(active.points, spec.question)) {
      coach("places");
    } else {
      record(row(false));
      said = spec.question ? "right_places" : ""; // heard with the next picture
      end();
    }
  }

  function noneSeen() {
    if (spec.question) {
      coach("level", true);
      return;
    }
    record(row(true));
    said = "";
    end();
  }

  function retry() {
    if (!mayTryAgain(spec.trial)) return;
    resume();
    if (active.coach === "level") {
      newAttempt("adjust", active.level, active.level);
      enter("adjust");
    } else {
      newAttempt("locate", active.level, active.slider_start);
      enter("locate");
    }
  }

  /** No trial is on: nothing can be moved, locked or marked. */
  function rest() {
    for (const control of [slots.slider, slots.confirm, slots.noneSeen, slots.undo, slots.stop]) control.disabled = true;
  }

  function end() {
    flicker.stop();
    on = false;
    rest();
    slots.window.hidden = true;
    save(null);
    finish();
  }

  /** @param {[number, number]} point */
  function mark(point) {
    if (!on || active.phase !== "locate") return;
    if (active.points.length >= page.locations) {
      say("mark_too_many");
    } else if (active.points.some(([x, y]) => Math.hypot(x - point[0], y - point[1]) < apart())) {
      say("mark_too_near");
    } else {
      active.points.push(point);
      marksChanged();
    }
  }

  /** How far places must lie apart, in source pixels. */
  const apart = () => (page.places_apart ?? 0) * spec.width;

  /** To the level once more: the places were those of the level that is left. */
  function back() {
    if (active.phase !== "locate") return;
    active.points = [];
    said = "";
    resume();
    enter("adjust");
  }

  function undo() {
    active.points.pop();
    marksChanged();
    stage.focus();
  }

  function marksChanged() {
    say("");
    stage.setMarks(active.points);
    update();
    save(active);
  }

  rest();
  slots.slider.addEventListener("input", () => setLevel(Number(slots.slider.value)));
  slots.undo.addEventListener("click", undo);
  // these take each other's places: the second half of a double click is not for what has come there
  const acts = /** @type {[HTMLElement|null, () => void][]} */ ([
    [slots.confirm, confirm], [slots.noneSeen, noneSeen], [slots.retry, retry], [slots.back, back], [slots.stop, stop], [slots.resume, goOn],
  ]);
  for (const [button, act] of acts) button?.addEventListener("click", meant(act));

  return {
    mark,
    update,
    stop,
    active: () => on,
    /** Whether the worker stopped the flicker, so that nothing else may start it. */
    stopped: () => stopped,
    /**
     * Work one trial; `saved` is its state from before a reload. Resolves when it is over.
     * @param {PjndTrial} trial @param {PjndState|null} saved @returns {Promise<void>}
     */
    run(trial, saved) {
      spec = trial;
      active = saved ?? { ...NONE, trial: trial.trial };
      on = true;
      if (!saved) {
        const start = startLevel();
        newAttempt("adjust", start, start);
      } else {
        flicker.restartTiming();
      }
      slots.stop.disabled = false;
      flicker.setLevel(active.level);
      stage.setApart(apart());
      resume();
      enter(active.phase);
      return new Promise((resolve) => (finish = resolve));
    },
  };
}
