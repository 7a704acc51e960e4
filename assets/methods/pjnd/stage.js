// The stage: the image at its exact size on whole device pixels, with marks, rings and crosshair over it.

import { gridOffset, shownSize, toSource } from "../../instrument/geometry.js";

const MARK_RADIUS_CSS_PX = 11;
const STEP_PX = 2;
const LARGE_STEP_PX = 24;
const SVG = "http://www.w3.org/2000/svg";
/** @type {Record<string, [number, number]>} */
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * @param {object} options
 * @param {HTMLElement} options.element the stage itself: exactly the image's rectangle
 * @param {HTMLCanvasElement} options.canvas
 * @param {SVGElement} options.overlay
 * @param {Window} options.window
 * @param {(point: [number, number]) => void} options.onMark a place in source pixels
 */
export function createStage({ element, canvas, overlay, window, onMark }) {
  let source = { width: 1, height: 1 };
  let shown = false;
  let unit = 1; // source pixels per CSS pixel
  /** @type {[number, number]|null} */
  let crosshair = null;
  /** @type {{x: number, y: number}|null} */
  let pointer = null;
  /** @type {[number, number][]} */
  let marks = [];
  /** @type {{point: [number, number], radius: number}[]} */
  let rings = [];

  /** @param {DisplayData} display @param {number|null} cssPxPerCm */
  function fit(display, cssPxPerCm) {
    const ratio = window.devicePixelRatio;
    const size = shownSize(source, display, cssPxPerCm, ratio);
    unit = source.width / size.css_width;
    shown = true;
    element.style.width = `${size.css_width}px`;
    element.style.height = `${size.css_height}px`;
    canvas.classList.toggle("exact", display.scaling === "pixels");
    if (canvas.width !== size.width || canvas.height !== size.height) {
      canvas.width = size.width;
      canvas.height = size.height;
    }
    element.style.left = element.style.top = "0px";
    const offset = gridOffset(element.getBoundingClientRect(), ratio);
    element.style.left = `${offset.x}px`;
    element.style.top = `${offset.y}px`;
    draw();
    return size;
  }

  /** @param {string} name @param {Record<string, string|number>} attributes @param {string} [text] */
  function svg(name, attributes, text) {
    const node = window.document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
    if (text) node.textContent = text;
    return node;
  }

  function draw() {
    if (!shown) return;
    overlay.setAttribute("viewBox", `0 0 ${source.width} ${source.height}`);
    const nodes = rings.map(({ point: [x, y], radius }) => svg("circle", { class: "ring", cx: x, cy: y, r: radius }));
    marks.forEach(([x, y], number) => {
      nodes.push(svg("circle", { class: "mark", cx: x, cy: y, r: MARK_RADIUS_CSS_PX * unit }));
      const label = { class: "mark-label", x: x + 14 * unit, y: y - 8 * unit, "font-size": 14 * unit };
      nodes.push(svg("text", label, String(number + 1)));
    });
    if (crosshair) {
      const [x, y] = crosshair;
      for (const kind of ["halo", "line"]) {
        const reach = 16 * unit;
        const path = `M${x - reach} ${y}H${x + reach}M${x} ${y - reach}V${y + reach}`;
        nodes.push(svg("path", { class: `crosshair-${kind}`, d: path }));
      }
    }
    overlay.replaceChildren(...nodes);
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (element.dataset.phase !== "locate" || !shown) return;
    if (event.key === "Enter") {
      event.preventDefault();
      if (crosshair && !event.repeat) onMark([...crosshair]); // still held from the button that led here, it chooses no place
      return;
    }
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const length = event.shiftKey ? LARGE_STEP_PX : STEP_PX;
    const [x, y] = crosshair ?? [source.width / 2, source.height / 2];
    crosshair = [
      Math.min(source.width, Math.max(0, x + step[0] * length)),
      Math.min(source.height, Math.max(0, y + step[1] * length)),
    ];
    draw();
  }

  element.addEventListener("keydown", onKey);
  element.addEventListener("focus", () => {
    if (element.dataset.phase === "locate" && shown && element.matches(":focus-visible")) {
      crosshair ??= [source.width / 2, source.height / 2];
      draw();
    }
  });
  element.addEventListener("pointerdown", () => {
    crosshair = null;
    draw();
  });
  // a click tells whole pixels only; the pointer event just before it tells fractions
  element.addEventListener("pointerup", (event) => {
    pointer = { x: event.clientX, y: event.clientY };
  });
  element.addEventListener("click", (event) => {
    if (element.dataset.phase !== "locate" || event.detail > 1) return; // a double click means one place
    const exact = pointer && Math.hypot(pointer.x - event.clientX, pointer.y - event.clientY) < 2;
    const { x, y } = exact && pointer ? pointer : { x: event.clientX, y: event.clientY };
    pointer = null;
    const point = toSource(x, y, element.getBoundingClientRect(), source);
    const inside = /** @type {[number, number]} */ ([Math.min(source.width, Math.max(0, point[0])), Math.min(source.height, Math.max(0, point[1]))]);
    // programs that click for people may name no place at all
    if (Math.hypot(point[0] - inside[0], point[1] - inside[1]) <= unit) onMark(inside);
  });

  return {
    /**
     * Put a ladder's place on the stage, before anything of it is shown.
     * @param {PjndTrial} trial @param {DisplayData} display @param {number|null} cssPxPerCm
     */
    place(trial, display, cssPxPerCm) {
      source = { width: trial.width, height: trial.height };
      element.dataset.width = String(trial.width);
      element.dataset.height = String(trial.height);
      element.dataset.trial = trial.trial;
      element.dataset.shown = "none";
      crosshair = null;
      marks = [];
      rings = [];
      return fit(display, cssPxPerCm);
    },
    fit,
    /** @param {PjndState["phase"]} phase */
    setPhase(phase) {
      element.dataset.phase = phase;
      element.tabIndex = phase === "locate" ? 0 : -1;
      if (phase !== "locate") crosshair = null;
      draw();
    },
    /** The level that is on the canvas, in the frame that painted it; null for nothing. @param {number|null} level */
    setShown(level) {
      element.dataset.shown = level === null ? "none" : level === 0 ? "source" : `level:${level}`;
    },
    /** @param {[number, number][]} points */
    setMarks(points) {
      marks = points;
      draw();
    },
    /** @param {[number, number][]} points @param {number} radius */
    setRings(points, radius) {
      rings = points.map((point) => ({ point, radius }));
      draw();
    },
    /** How far places must lie apart, in source pixels, for whoever works by the contract. @param {number} apart */
    setApart(apart) {
      element.dataset.apart = String(Math.ceil(apart * 100) / 100);
    },
    crosshair: () => crosshair,
    focus: () => element.focus({ preventScroll: true }),
  };
}
