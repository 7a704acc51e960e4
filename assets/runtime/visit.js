// One worker's visit: what each screen does when it is entered and left, and what happens when the window changes.

import { screenOrder } from "./screens.js";

/** @typedef {{enter?: () => void, leave?: () => boolean|void}} Screen `leave` is asked before the next one; false: stay */

const TRIALS = ["training", "study"];
const AFTER_TRIALS = ["survey", "submit", "done"];

/**
 * @param {object} options
 * @param {PageData} options.page
 * @param {Environment} options.environment
 * @param {() => Pick<PageData, "language"|"consent_sha256">} options.wording what the page says now
 * @param {Words} options.words
 * @param {Find} options.slot
 * @param {Find} options.part
 * @param {() => void} options.reload the whole page
 * @param {ReturnType<typeof import("./session.js").createSession>} options.session
 * @param {ReturnType<typeof import("./screens.js").createScreens>} options.screens
 * @param {ReturnType<typeof import("./display.js").createDisplay>} options.display
 * @param {ReturnType<typeof import("./panel.js").createPanel>} options.panel
 * @param {ReturnType<typeof import("./sequence.js").createSequence>} options.sequence
 * @param {ReturnType<typeof import("./sending.js").createSending>} options.sending
 * @param {ReturnType<typeof import("./survey.js").createSurvey>|null} options.survey
 * @param {ReturnType<typeof import("./calibration.js").createCalibration>|null} options.calibration
 * @param {Checks} [options.checks]
 * @param {Task} options.task
 * @param {Example} options.example
 * @param {() => void} options.onConsent
 * @param {() => boolean} options.isCalm whether the worker wants no motion by itself
 * @param {() => Promise<void>} options.measured resolves once the display is measured
 * @param {() => Promise<{text: string, final: boolean}|null>} options.whyNot what stands against the address, in a text's key
 */
export function createVisit(options) {
  const { page, environment, wording, words, slot, part, reload, session, screens, display } = options;
  const { panel, sequence, sending, survey, calibration, checks, task, example, onConsent, isCalm, measured, whyNot } = options;
  const { state } = session;
  const order = screenOrder(page);
  let working = false;
  let blocked = false;
  let closed = false; // no room, no reload of the trial helps: this visit is over, or has not begun
  let isMeasured = false;
  let asked = false;
  /** @type {Map<string, () => void>} what the script says while the language may still be chosen, to be said anew in another one */
  const said = new Map();

  /** @type {Partial<Record<ScreenName, Screen>>} */
  const at = {
    consent: { leave: agree },
    instructions: { enter: () => isCalm() || example.start(), leave: () => example.stop() },
    calibration: { enter: showCard, leave: calibrate },
    training: { enter: work },
    study: { enter: work },
    survey: { enter: () => survey?.restore(state.survey), leave: answer },
    submit: { enter: () => sending.show() },
    done: { enter: () => sending.done() },
    ...checks?.screens,
  };

  function agree() {
    /** @type {HTMLInputElement} */
    const box = slot("consent");
    if (box.checked) {
      const { language, consent_sha256: sha256 } = wording();
      state.consent = { sha256, language, at: new Date().toISOString() };
      onConsent();
      return true;
    }
    part("consent-fault").textContent = words("consent_needed");
    box.focus();
    return false;
  }

  function showCard() {
    calibration?.restore(state.calibration?.card_width_css_px ?? calibration.width(), state.calibration?.adjusted ?? false);
  }

  /** A frame that nobody touched hardly has the card's size by chance: whoever says so is asked once. */
  function calibrate() {
    if (!calibration) return true;
    session.calibrate(calibration.width(), calibration.cssPxPerCm(), calibration.adjusted());
    const fault = part("calibration-fault");
    if (calibration.adjusted() || asked || !fault) return true;
    asked = true;
    fault.textContent = words("calibration_untouched");
    return false;
  }

  function answer() {
    if (!survey?.check()) return false;
    state.survey = survey.answers();
    return true;
  }

  /** Every screen is shown by this, so that the way out is there whenever consent was given. @param {ScreenName} name */
  function reveal(name) {
    screens.setLeavable(Boolean(state.consent) && !state.withdrawn_from && !state.outbox && name !== "done");
    screens.show(name, { focus: !TRIALS.includes(name) });
  }

  /** @param {ScreenName} name */
  function show(name) {
    state.screen = name;
    session.save();
    reveal(name);
    at[name]?.enter?.();
  }

  function next() {
    if (at[state.screen]?.leave?.() === false) return;
    state.screen = after(state.screen);
    if (fits()) show(state.screen);
  }

  /** @param {ScreenName} name */
  function after(name) {
    return order[order.indexOf(name) + 1] ?? "done";
  }

  async function work() {
    if (working) return;
    working = true;
    await measured();
    isMeasured = true;
    if (state.withdrawn_from) return;
    if (fits()) {
      await sequence.work();
      show(after(page.study.length ? "study" : "training"));
    }
    working = false;
  }

  /** Whether the display holds and the image fits the window, as far as known; if not, the worker is told and the page waits. */
  function fits() {
    if (AFTER_TRIALS.includes(state.screen)) return true;
    if (isMeasured && display.tooSlow()) {
      block(() => words("blocked_display"), { leaving: "screened-out" });
      return false;
    }
    const against = checks?.against();
    if (against) {
      block(() => checks?.against() || against, { leaving: "screened-out" });
      return false;
    }
    if (state.screen === "calibration") return true;
    const { fits: fit, needed, viewport } = display.room();
    if (!fit) {
      const text = (/** @type {{width: number, height: number}} */ size) => `${size.width} x ${size.height}`;
      block(() => words("blocked_viewport", { needed: text(needed), viewport: text(viewport) }), { measuringHelps: state.calibration !== null });
    }
    return fit;
  }

  /** @param {string} place of what is said @param {() => void} act that says it */
  function say(place, act) {
    said.set(place, act);
    act();
  }

  /** @param {() => string} why @param {{measuringHelps?: boolean, leaving?: "screened-out"}} [ways] out of it */
  function block(why, { measuringHelps = false, leaving } = {}) {
    blocked = true;
    task.pause();
    example.stop();
    checks?.pause();
    say("blocked-text", () => {
      part("blocked-text").textContent = why();
      if (leaving) sending.leave(part("blocked-text"), leaving);
    });
    slot("recalibrate").hidden = !measuringHelps;
    if (screens.current() !== "blocked" || part("blocked-text").closest("[hidden]")) reveal("blocked");
  }

  function changed() {
    display.changed();
    if (state.withdrawn_from || closed) return;
    if (blocked) {
      if (!fits()) return;
      goOn();
    } else if (sequence.current() && !fits()) {
      return;
    }
    if (sequence.current()) task.refit();
    panel.notice();
  }

  /** There is room again. */
  function goOn() {
    blocked = false;
    session.asAsked();
    if (sequence.current()) reveal(state.screen);
    else show(state.screen);
    task.resume();
  }

  function recalibrate() {
    state.screen = "calibration";
    session.save();
    reload();
  }

  function withdraw() {
    task.pause();
    checks?.pause();
    state.withdrawn_from = state.screen;
    session.save();
    showWithdrawn();
  }

  function showWithdrawn() {
    example.stop();
    const accepted = environment.mode !== "offline" && (page.completion_url || ["form", "frame"].includes(page.results.kind));
    part("done-text").textContent = words(state.failed ? "failed" : accepted ? "withdrawn" : "withdrawn_offline");
    sending.leave(part("done-text"), state.failed ? "failed" : "declined");
    slot("return").hidden = state.failed;
    reveal("done");
  }

  /** Whoever was wrong as often as may be is sent away instead. @param {string} trial */
  function mayTryAgain(trial) {
    const wrong = state.rows.filter((row) => row.trial === trial).length;
    if (!page.training_tries || wrong < page.training_tries) return true;
    state.failed = true;
    withdraw();
    return false;
  }

  function comeBack() {
    if (!state.withdrawn_from) state.screen = "submit";
    state.withdrawn_from = null;
    session.save();
    reload();
  }

  /** Asks once where answers would be lost. @param {Event} event */
  function reset({ currentTarget }) {
    const button = /** @type {HTMLElement} */ (currentTarget);
    if ((state.rows.length || state.active) && button.dataset.asked === undefined) {
      button.dataset.asked = "";
      button.textContent = words("reset_sure");
      button.addEventListener("blur", () => {
        delete button.dataset.asked;
        button.textContent = words("reset");
      }, { once: true });
      return;
    }
    session.reset();
    reload();
  }

  /** Before anything is agreed to: whether the address and the display will do. */
  async function welcome() {
    measured().then(() => {
      isMeasured = true;
      if (!blocked && !closed && !sequence.current()) fits();
    });
    const why = await whyNot();
    if (!why || state.withdrawn_from) return;
    if (why.text === "address_used") {
      closed = true;
      example.stop();
      sending.arrived();
      reveal("done");
    } else if (why.final) close(() => words(why.text));
    else if (part("first-notice")) say("first-notice", () => (part("first-notice").textContent = words(why.text)));
  }

  /** @param {() => string} why */
  function close(why) {
    closed = true;
    if (part("blocked-heading")) say("blocked-heading", () => (part("blocked-heading").textContent = words("closed_heading")));
    block(why);
  }

  /** @param {boolean} isHidden */
  function visibility(isHidden) {
    if (!isHidden) {
      task.reveal();
      return;
    }
    task.hide();
    example.stop();
  }

  function escape() {
    example.stop();
    task.stop();
  }

  return {
    next,
    withdraw,
    mayTryAgain,
    comeBack,
    reset,
    recalibrate,
    block,
    changed,
    escape,
    visibility,
    show,
    /** Another tab has opened the same page, and what it saves is newer: this one stops. */
    yield() {
      if (state.screen === "done" || closed) return;
      session.yield();
      close(() => words("blocked_elsewhere"));
    },
    /** @param {boolean} accepting whether the recruiter's preview is shown, not an address without an assignment */
    preview(accepting) {
      say("preview-text", () => (part("preview-text").textContent = words(accepting ? "preview_text" : "preview_no_assignment")));
      reveal("preview");
    },
    /** @param {"training"|"study"} kind @param {number} number @param {number} count */
    onTrial(kind, number, count) {
      panel.begin(kind, number, count);
      state.screen = kind;
      session.save();
      if (screens.current() !== kind) reveal(kind);
    },
    /** @param {boolean} isWaiting */
    onWaiting(isWaiting) {
      if (isWaiting && screens.current() !== state.screen) reveal(state.screen);
      panel.wait(isWaiting);
    },
    answered() {
      part("consent-fault").textContent = "";
    },
    /** Another language is spoken: a tick was given to other words. */
    reworded() {
      for (const act of said.values()) act();
      /** @type {HTMLInputElement} */ (slot("consent")).checked = false;
      part("consent-fault").textContent = "";
    },
    surveyed() {
      if (survey) state.survey = survey.answers();
      session.save();
    },
    /** The first screen, or where a reload came in; none before the window has a size to be judged. */
    async begin() {
      await display.laidOut();
      if (state.withdrawn_from) {
        showWithdrawn();
        return;
      }
      checks?.watch();
      panel.greet(session.resumed && TRIALS.includes(state.screen) ? "resumed" : "");
      if (fits()) show(state.screen);
      welcome();
    },
  };
}
