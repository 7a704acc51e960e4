// The card on the screen: how many CSS pixels make a centimetre.

import { CARD_HEIGHT_CM, CARD_WIDTH_CM } from "../instrument/geometry.js";

const NARROWEST_PX = 160;
const WIDEST_PX = 900;
const START_PX_PER_CM = 96 / 2.54;
const STEP_PX = 1;
const REPEAT_AFTER_MS = 350;
const REPEAT_EVERY_MS = 40;

/**
 * Binds the card frame, its handle and its buttons.
 * @param {{card: HTMLElement, handle: HTMLElement, grow: HTMLElement, shrink: HTMLElement}} elements
 * @param {Window} window
 * @param {(widthPx: number, cssPxPerCm: number, adjusted: boolean) => void} onChange
 */
export function createCalibration(elements, window, onChange) {
  let width = CARD_WIDTH_CM * START_PX_PER_CM;
  let adjusted = false;
  let repeating = 0;

  /** @param {number} px */
  function setWidth(px) {
    width = Math.min(WIDEST_PX, Math.max(NARROWEST_PX, px));
    elements.card.style.width = `${width}px`;
    elements.card.style.height = `${(width * CARD_HEIGHT_CM) / CARD_WIDTH_CM}px`;
    onChange(width, width / CARD_WIDTH_CM, adjusted);
  }

  /** By the worker's own hand. @param {number} px */
  function adjust(px) {
    adjusted = true;
    setWidth(px);
  }

  /** @param {HTMLElement} button @param {1|-1} direction */
  function bindButton(button, direction) {
    const stop = () => window.clearTimeout(repeating);
    const step = (/** @type {number} */ wait) => {
      adjust(width + direction * STEP_PX);
      repeating = window.setTimeout(() => step(REPEAT_EVERY_MS), wait);
    };
    button.addEventListener("pointerdown", (event) => {
      if (event.button === 0) step(REPEAT_AFTER_MS);
    });
    for (const end of ["pointerup", "pointerleave", "pointercancel", "blur"]) button.addEventListener(end, stop);
    // a pointer's click was served by pointerdown; one without pointer is the keyboard's
    button.addEventListener("click", (event) => {
      if (event.detail === 0) adjust(width + direction * STEP_PX);
    });
  }

  /** @param {HTMLElement} handle */
  function bindHandle(handle) {
    handle.addEventListener("pointerdown", (event) => {
      handle.setPointerCapture(event.pointerId);
      const start = { x: event.clientX, width };
      // the upper left corner stays where the card's is held: the edge moves as far as the pointer
      const move = (/** @type {PointerEvent} */ moved) => adjust(start.width + moved.clientX - start.x);
      handle.addEventListener("pointermove", move);
      const end = () => handle.removeEventListener("pointermove", move);
      handle.addEventListener("lostpointercapture", end, { once: true });
    });
  }

  bindButton(elements.grow, 1);
  bindButton(elements.shrink, -1);
  bindHandle(elements.handle);
  return {
    /** As it was left before. @param {number} px @param {boolean} before whether the worker had adjusted it */
    restore(px, before) {
      adjusted = before;
      setWidth(px);
    },
    width: () => width,
    cssPxPerCm: () => width / CARD_WIDTH_CM,
    adjusted: () => adjusted,
  };
}
