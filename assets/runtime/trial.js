// One trial: adjust the level, lock it, locate where the flicker is; in training, coaching on both.

import { levelIsRight, placesAreRight } from "../methods/pjnd/judge.js";
import { thinned } from "./trace.js";

const SHOWN_BEFORE_CONFIRM = 4;
const LONGEST_TRACE = 1000;
const RECORDED_TRACE = 400;

/**
 * @param {object} tools
 * @param {object} tools.page the page's data
 * @param {Record<string, HTMLElement>} tools.slots
 * @param {ReturnType<typeof import("./stage.js").createStage>} tools.stage
 * @param {ReturnType<typeof import("./flicker.js").createFlicker>} tools.flicker
 * @param {() => number} tools.elapsed milliseconds since the page was first opened
 * @param {(active: object|null) => void} tools.save keeps the trial's state for a reload
 * @param {(active: object) => void} tools.saveSoon the same within a moment, while the slider moves
 * @param {(row: object) => void} tools.record takes one attempt's row
 */
export function createTrial({ page, slots, stage, flicker, words, elapsed, random, save, saveSoon, record }) {
  let active = null; // the saved state of the trial at hand
  let spec = null;
  let finish = null;

  function newAttempt(phase, level, start) {
    Object.assign(active, { attempt: active.attempt + 1, phase, level, points: [], coach: "" });
    Object.assign(active, { started_ms: elapsed(), slider_start: start, trace: [[0, level]] });
    flicker.restartTiming();
  }

  function startLevel() {
    return page.display.slider_start === "random" ? Math.floor(random() * (spec.level_count + 1)) : 0;
  }

  function setLevel(level) {
    active.level = level;
    active.trace.push([elapsed() - active.started_ms, level]);
    if (active.trace.length > LONGEST_TRACE) active.trace = thinned(active.trace, LONGEST_TRACE / 2);
    flicker.setLevel(level);
    resume();
    update();
    saveSoon(active);
  }

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
    const key = { adjust: "task_adjust", locate: "task_locate", coach: "task_coach" }[active.phase];
    slots.task.textContent = words(key, { locations: page.locations });
    slots.confirm.textContent = words(active.phase === "adjust" ? "confirm_level" : "confirm_locations");
    const coaching = active.phase === "coach";
    slots.hint.hidden = slots.retry.hidden = !coaching;
    delete slots.hint.dataset.level;
    delete slots.hint.dataset.points;
    if (!coaching) slots.hint.textContent = "";
    else describeFault();
    slots.slider.max = spec.level_count;
    slots.slider.value = active.level;
  }

  function describeFault() {
    const { level, points, radius_px: radius, matches } = spec.question;
    if (active.coach === "level") {
      slots.hint.textContent = words(active.none ? "coach_none_seen" : "coach_level", { low: level[0], high: level[1], chosen: active.level });
      slots.hint.dataset.level = level.join(" ");
      slots.window.hidden = false;
      slots.window.style.setProperty("--from", level[0] / spec.level_count);
      slots.window.style.setProperty("--to", level[1] / spec.level_count);
    } else {
      slots.hint.textContent = words("coach_places", { matches, count: points.length });
      slots.hint.dataset.points = points.map(([x, y]) => `${x},${y},${radius}`).join(" ");
      stage.setMarks(active.points);
      stage.setRings(points, radius);
    }
  }

  /** Enabled and shown as the contract says; runs every frame, so it writes only what changes. */
  function update() {
    if (!active) return;
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
    const text = page.display.show_level ? words("level_shown", { level }) : "";
    if (slots.level.textContent !== text) slots.level.textContent = text;
    const marked = phase === "locate" ? words("marks_count", { count: points.length, locations: page.locations }) : "";
    if (slots.marked.textContent !== marked) slots.marked.textContent = marked;
  }

  function set(element, property, value) {
    if (element[property] !== value) element[property] = value;
  }

  function resume() {
    flicker.start();
    slots.resume.hidden = true;
    slots.stopped.hidden = true;
  }

  function stop() {
    if (!active || slots.resume.hidden === false) return;
    flicker.stop();
    slots.resume.hidden = false;
    slots.stopped.hidden = false;
    slots.resume.focus({ preventScroll: true });
  }

  function goOn() {
    resume();
    if (active.phase === "locate") stage.focus();
    else (active.phase === "adjust" ? slots.slider : slots.retry).focus({ preventScroll: true });
  }

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

  function coach(kind, none = false) {
    record(row(none));
    active.coach = kind;
    active.none = none;
    enter("coach");
    slots.retry.focus({ preventScroll: true });
  }

  function confirm() {
    if (active.phase === "adjust") {
      if (spec.question && !levelIsRight(active.level, spec.question)) coach("level");
      else enter("locate");
    } else if (spec.question && !placesAreRight(active.points, spec.question)) {
      coach("places");
    } else {
      record(row(false));
      end();
    }
  }

  function noneSeen() {
    if (spec.question) {
      coach("level", true);
      return;
    }
    record(row(true));
    end();
  }

  function retry() {
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
    active = null;
    rest();
    slots.window.hidden = true;
    save(null);
    finish();
  }

  function mark(point) {
    if (active?.phase !== "locate" || active.points.length >= page.locations) return;
    active.points.push(point);
    marksChanged();
  }

  function undo() {
    active.points.pop();
    marksChanged();
    stage.focus();
  }

  function marksChanged() {
    stage.setMarks(active.points);
    update();
    save(active);
  }

  rest();
  slots.slider.addEventListener("input", () => setLevel(Number(slots.slider.value)));
  slots.confirm.addEventListener("click", confirm);
  slots.noneSeen.addEventListener("click", noneSeen);
  slots.retry.addEventListener("click", retry);
  slots.undo.addEventListener("click", undo);
  slots.stop.addEventListener("click", stop);
  slots.resume.addEventListener("click", goOn);

  return {
    mark,
    update,
    stop,
    active: () => active !== null,
    /** Whether the worker stopped the flicker, so that nothing else may start it. */
    stopped: () => !slots.resume.hidden,
    /** Work one trial; `saved` is its state from before a reload. Resolves when it is over. */
    run(trial, saved) {
      spec = trial;
      active = saved ?? { trial: trial.trial, attempt: 0, max_shown: false };
      if (!saved) {
        const start = startLevel();
        newAttempt("adjust", start, start);
      } else {
        flicker.restartTiming();
      }
      slots.stop.disabled = false;
      flicker.setLevel(active.level);
      resume();
      enter(active.phase);
      return new Promise((resolve) => (finish = resolve));
    },
  };
}
