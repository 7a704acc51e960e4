// Answers by buttons and by the keys of the same name.

import { meant } from "../runtime/page.js";

/** @param {HTMLElement} root @param {Window} window @param {(answer: string) => void} act @returns {() => void} ends it */
export function listen(root, window, act) {
  const buttons = /** @type {HTMLButtonElement[]} */ ([...root.querySelectorAll("[data-answer]")]);
  const pressed = meant(({ currentTarget }) => act(/** @type {HTMLElement} */ (currentTarget).dataset.answer ?? ""));
  /** @param {KeyboardEvent} event */
  const typed = (event) => {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    // The digit on the key, where the keyboard's language or its input method writes another sign.
    const names = [event.key, /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1]];
    const found = names.find((name) => buttons.some(({ dataset }) => dataset.answer === name));
    if (found === undefined) return;
    event.preventDefault();
    act(found);
  };
  for (const button of buttons) button.addEventListener("click", pressed);
  window.document.addEventListener("keydown", typed);
  return () => {
    for (const button of buttons) button.removeEventListener("click", pressed);
    window.document.removeEventListener("keydown", typed);
  };
}

/**
 * A check of `count` pictures, one after another: `show` draws the one of a number, 0 up, and `done` takes all answers.
 * @param {Pick<CheckTools, "root"|"window"|"words">} tools
 * @param {{progress: HTMLElement, count: number, show: (number: number) => void, done: (answers: string[]) => void}} pictures
 * @returns {Check}
 */
export function inTurn({ root, window, words }, { progress, count, show, done }) {
  let end = () => {};
  return {
    begin(over) {
      end();
      /** @type {string[]} */
      const answers = [];
      const next = () => {
        progress.textContent = words("check_progress", { number: answers.length + 1, count });
        show(answers.length);
      };
      next();
      end = listen(root, window, (answer) => {
        if (answers.push(answer) < count) {
          next();
          return;
        }
        end();
        done(answers);
        over();
      });
    },
    end: () => end(),
  };
}

/** A canvas as sharp as the screen, in CSS pixels; cleared. @param {HTMLCanvasElement} canvas @param {number} width @param {number} height @param {number} ratio */
export function sharp(canvas, width, height, ratio) {
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0);
  return context;
}
