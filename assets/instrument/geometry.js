// Sizes and places: centimetres, CSS pixels, device pixels, source pixels.

/** A card of ISO/IEC 7810 ID-1 is 85.60 mm wide. */
export const CARD_WIDTH_CM = 8.56;
export const CARD_HEIGHT_CM = 5.398;

/** Device pixels per CSS pixel as they are seen: two fingers enlarge the page without telling it. @param {Window} window */
export const seenRatio = (window) => window.devicePixelRatio * (window.visualViewport?.scale ?? 1);

/**
 * The size at which a source is shown.
 * @param {{width: number, height: number}} source
 * @param {{scaling: "physical"|"pixels", width_cm: number}} display
 * @param {number|null} cssPxPerCm from the calibration
 * @param {number} ratio device pixels per CSS pixel
 * @returns {ShownSize}
 */
export function shownSize(source, display, cssPxPerCm, ratio) {
  let { width, height } = source;
  if (display.scaling === "physical") {
    const exact = display.width_cm * (cssPxPerCm ?? 0) * ratio;
    width = Math.round(exact);
    height = Math.round((exact * source.height) / source.width);
  }
  return { width, height, css_width: width / ratio, css_height: height / ratio, scale: width / source.width };
}

/**
 * A place in the window as source pixels, with fractions.
 * @param {number} clientX @param {number} clientY @param {DOMRect} rect @param {{width: number, height: number}} source
 * @returns {[number, number]}
 */
export function toSource(clientX, clientY, rect, source) {
  return [
    ((clientX - rect.left) / rect.width) * source.width,
    ((clientY - rect.top) / rect.height) * source.height,
  ];
}

/** How far an element must move to lie on whole device pixels. @param {DOMRect} rect @param {number} ratio */
export function gridOffset(rect, ratio) {
  return {
    x: Math.round(rect.left * ratio) / ratio - rect.left,
    y: Math.round(rect.top * ratio) / ratio - rect.top,
  };
}
