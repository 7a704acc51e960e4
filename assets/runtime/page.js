// The page's data and elements, by the names of the contract.

/** @param {Document} document @returns {PageData} */
export function readPage(document) {
  return JSON.parse(document.getElementById("hit-page")?.textContent ?? "");
}

/** Elements by their names; a layout that lacks one is refused at build. @param {Document} document */
export function createFinders(document) {
  /** @param {string} attribute @returns {Find} */
  const finder = (attribute) => (name) => /** @type {any} */ (document.querySelector(`[${attribute}="${name}"]`));
  return { slot: finder("data-hit"), part: finder("data-part") };
}

/** Texts of the page, with {placeholders} filled in. @param {() => Record<string, string>} texts as they are now @returns {Words} */
export function createWords(texts) {
  return (key, values = {}) => (texts()[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/**
 * Acts on a click, and not on the second one of a double click: that means one thing.
 * @param {(event: Event) => void} act @returns {(event: Event) => void}
 */
export const meant = (act) => (event) => {
  if (/** @type {UIEvent} */ (event).detail < 2) act(event);
};

/** Whether a button is pressed again only because Enter is still held; the card's frame is sized by holding. @param {KeyboardEvent} event */
export const isHeld = ({ key, repeat, target }) => repeat && key === "Enter" && /** @type {Element|null} */ (target)?.closest?.('button:not([data-hit^="card-"])') != null;
