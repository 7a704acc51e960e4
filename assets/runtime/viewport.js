// Whether the image at its true size and the controls fit the window.

import { shownSize } from "./geometry.js";

/**
 * The room a layout needs beside the image is told by its style, as --room-width and --room-height in CSS pixels.
 * @returns {{fits: boolean, needed: {width: number, height: number}, viewport: {width: number, height: number}}}
 */
export function checkViewport(window, page, cssPxPerCm) {
  const style = window.getComputedStyle(window.document.documentElement);
  const room = (name) => Number.parseFloat(style.getPropertyValue(name)) || 0;
  const sizes = [...page.training, ...page.study].map((trial) =>
    shownSize(trial, page.display, cssPxPerCm, window.devicePixelRatio),
  );
  const needed = {
    width: Math.ceil(Math.max(...sizes.map((size) => size.css_width)) + room("--room-width")),
    height: Math.ceil(Math.max(...sizes.map((size) => size.css_height)) + room("--room-height")),
  };
  const viewport = { width: window.innerWidth, height: window.innerHeight };
  return { fits: viewport.width >= needed.width && viewport.height >= needed.height, needed, viewport };
}
