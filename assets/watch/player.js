// One attempt seen again: its pictures as they were chosen, then its answer; nothing flickers unless asked to.

import { element } from "./dom.js";

/**
 * @typedef {{name: string, width: number, height: number, steps: [number, number[]][], spots: [number, number][],
 *   rings: [number, number, number][], answered_ms: number, chosen: boolean}} Pane
 * @typedef {{about: string, corners: [number, number][], most: number, timed: boolean, here: number | null}} Curve
 * @typedef {{answer: string, lasts_ms: number, swap_ms: number, pictures: number, panes: Pane[], curve: Curve | null,
 *   facts: [string, string][]}} Replay
 */

const SPEEDS = [1, 4, 16];
const SVG = "http://www.w3.org/2000/svg";
const CURVE = { width: 320, height: 84, left: 26, bottom: 16, top: 6 };
/** What was chosen last for one attempt is so for the next. */
const chosen = { speed: 4, flicker: false };

/** @param {string} name @param {Record<string, string | number>} attributes @param {string} [text] */
function drawn(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}

/**
 * Shows an attempt in an element until what it returns is called.
 * @param {HTMLElement} where
 * @param {Replay} replay
 * @param {(picture: number) => string} address of a picture
 */
export function play(where, replay, address) {
  const last = Math.max(1, replay.lasts_ms);
  const moves = replay.panes.some((pane) => pane.steps.length > 1);
  const flickers = replay.panes.some((pane) => pane.steps.some(([, pictures]) => pictures.length > 1));
  /** @type {Map<number, HTMLImageElement | null>} */
  const pictures = new Map();
  let at = last;
  let playing = false;
  let before = 0;
  let ended = false;
  let frame = 0;

  const missing = element("p", { class: "soft", role: "status" });
  const views = replay.panes.map((pane) => view(pane));
  const go = /** @type {HTMLButtonElement} */ (element("button", { type: "button", class: "go" }, "Play"));
  const range = /** @type {HTMLInputElement} */ (element("input", { type: "range", min: 0, max: last, step: 10, "aria-label": "time since the trial began" }));
  const clock = element("output", { class: "clock" });
  const speed = /** @type {HTMLSelectElement} */ (element("select", { "aria-label": "speed" }, ...SPEEDS.map((each) => element("option", { value: each }, `${each}×`))));
  const flicker = /** @type {HTMLInputElement} */ (element("input", { type: "checkbox" }));
  const curve = replay.curve ? graph(replay.curve, last) : null;
  speed.value = String(chosen.speed);
  flicker.checked = chosen.flicker;

  go.onclick = () => {
    playing = !playing;
    if (playing && at >= last) at = 0;
    before = performance.now();
    show();
  };
  range.oninput = () => {
    playing = false;
    at = Number(range.value);
    show();
  };
  speed.onchange = () => {
    chosen.speed = Number(speed.value);
  };
  flicker.onchange = () => {
    chosen.flicker = flicker.checked;
    show();
  };

  where.replaceChildren(
    element("div", { class: "panes" }, ...views.map(({ figure }) => figure)),
    missing,
    element("div", { class: "controls" }, ...(moves ? [go, range, clock, speed] : []), ...(flickers ? [element("label", {}, flicker, " let it flicker")] : [])),
    ...(curve ? [curve.figure] : []),
    element("dl", { class: "facts" }, ...replay.facts.map(([name, text]) => element("div", {}, element("dt", {}, name), element("dd", {}, text)))),
  );
  load();
  show();

  /** Whatever is needed soonest comes first; what nobody has any more is said once. */
  async function load() {
    const order = [...new Set([...views.flatMap(({ pane }) => stepAt(pane)), ...Array(replay.pictures).keys()])];
    for (const number of order) {
      if (ended) return;
      const image = new Image();
      image.src = address(number);
      try {
        await image.decode();
        pictures.set(number, image);
      } catch {
        pictures.set(number, null);
        missing.textContent = "The pictures are not on this machine: build/packs is gone.";
      }
      show();
    }
  }

  /** @param {Pane} pane @returns {number[]} the pictures that alternate now */
  function stepAt(pane) {
    return pane.steps.findLast(([ms]) => ms <= at)?.[1] ?? pane.steps[0]?.[1] ?? [];
  }

  /** @param {number} [now] */
  function show(now = performance.now()) {
    if (ended) return;
    cancelAnimationFrame(frame);
    if (playing) {
      at = Math.min(last, at + (now - before) * chosen.speed);
      before = now;
      if (at >= last) playing = false;
    }
    for (const each of views) each.draw(now);
    go.textContent = playing ? "Pause" : "Play";
    range.value = String(at);
    clock.textContent = `${(at / 1000).toFixed(1)} of ${(last / 1000).toFixed(1)} s`;
    curve?.point(at);
    if (playing || (chosen.flicker && flickers)) frame = requestAnimationFrame(show);
  }

  /** @param {Pane} pane */
  function view(pane) {
    const canvas = /** @type {HTMLCanvasElement} */ (element("canvas", { width: pane.width, height: pane.height, role: "img", "aria-label": pane.name }));
    const over = drawn("svg", { viewBox: `0 0 ${pane.width} ${pane.height}`, "aria-hidden": "true" });
    const size = Math.max(pane.width, pane.height) / 40;
    for (const [x, y, radius] of pane.rings) over.append(drawn("circle", { cx: x, cy: y, r: radius, class: "ring" }));
    pane.spots.forEach(([x, y], number) => {
      over.append(drawn("circle", { cx: x, cy: y, r: size, class: "spot" }));
      over.append(drawn("text", { x, y: y + size * 0.45, "font-size": size * 1.3, class: "number" }, String(number + 1)));
    });
    const context = canvas.getContext("2d");
    let painted = -1;
    return {
      pane,
      figure: element(
        "figure",
        { class: pane.chosen ? "chosen" : null },
        element("div", { class: "picture" }, canvas, over),
        replay.panes.length > 1 ? element("figcaption", {}, pane.name + (pane.chosen ? " – the answer" : "")) : null,
      ),
      /** @param {number} now */
      draw(now) {
        const turns = stepAt(pane);
        const number = turns[chosen.flicker ? Math.floor(now / replay.swap_ms) % turns.length : turns.length - 1];
        const image = number === undefined ? null : pictures.get(number);
        if (image && number !== undefined && number !== painted) {
          context?.drawImage(image, 0, 0, canvas.width, canvas.height);
          painted = number;
          canvas.dataset["picture"] = String(number);
        }
        over.classList.toggle("answered", at >= pane.answered_ms);
      },
    };
  }

  return () => {
    ended = true;
    cancelAnimationFrame(frame);
  };
}

/** A curve of steps with where one is in it. @param {Curve} curve @param {number} last */
function graph(curve, last) {
  const { width, height, left, bottom, top } = CURVE;
  const most = curve.timed ? last : Math.max(1, ...curve.corners.map(([x]) => x));
  const toX = (/** @type {number} */ x) => left + (x / most) * (width - left - 6);
  const toY = (/** @type {number} */ y) => height - bottom - (y / Math.max(1, curve.most)) * (height - bottom - top);
  const path = curve.corners.map(([x, y], number) => `${number ? `H${toX(x).toFixed(1)}V` : `M${toX(x).toFixed(1)} `}${toY(y).toFixed(1)}`).join("");
  const svg = drawn("svg", { viewBox: `0 0 ${width} ${height}`, class: "curve", role: "img", "aria-label": curve.about });
  const needle = drawn("line", { y1: top, y2: height - bottom, class: "needle" });
  svg.append(
    drawn("line", { x1: left, x2: width - 6, y1: height - bottom, y2: height - bottom, class: "axis" }),
    drawn("text", { x: left - 4, y: toY(0) + 3, class: "y" }, "0"),
    drawn("text", { x: left - 4, y: toY(curve.most) + 6, class: "y" }, String(curve.most)),
    drawn("text", { x: width - 6, y: height - 4, class: "x" }, curve.timed ? `${(last / 1000).toFixed(0)} s` : `trial ${most}`),
    drawn("path", { d: curve.timed ? `${path}H${toX(last).toFixed(1)}` : path, class: "line" }),
    needle,
  );
  if (!curve.timed) for (const [x, y] of curve.corners) svg.append(drawn("circle", { cx: toX(x), cy: toY(y), r: x === curve.here ? 4 : 2, class: "dot" }));
  /** @param {number} ms */
  function point(ms) {
    const x = toX(curve.timed ? Math.min(ms, last) : (curve.here ?? 0));
    needle.setAttribute("x1", x.toFixed(1));
    needle.setAttribute("x2", x.toFixed(1));
  }
  return { figure: element("figure", { class: "graph" }, svg, element("figcaption", {}, curve.about)), point };
}
