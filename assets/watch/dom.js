// Elements made of text alone: what strangers wrote can never become markup.

/** @typedef {Node | string | number | null | undefined} Child */

/**
 * An element with attributes and children; attributes that are null are left out.
 * @param {string} name
 * @param {Record<string, string | number | boolean | null>} [attributes]
 * @param {...Child} children
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null && value !== false) made.setAttribute(key, String(value));
  for (const child of children) if (child !== null && child !== undefined) made.append(typeof child === "number" ? String(child) : child);
  return made;
}

/** @param {string} id */
export function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** @param {string} id @param {string} text */
export function tell(id, text) {
  const where = byId(id);
  if (where.textContent !== text) where.textContent = text;
}

/**
 * Put rows in place of a table's; whoever was at a control of it stays there.
 * @param {string} id
 * @param {string[]} headings
 * @param {HTMLElement[]} rows
 */
export function fill(id, headings, rows) {
  const table = byId(id);
  const held = document.activeElement;
  const key = held instanceof HTMLElement && table.contains(held) ? held.dataset["key"] : undefined;
  const head = headings.length ? [element("thead", {}, element("tr", {}, ...headings.map((text) => (text ? element("th", { scope: "col" }, text) : element("td")))))] : [];
  table.replaceChildren(...head, element("tbody", {}, ...rows));
  if (key) /** @type {HTMLElement | null} */ (table.querySelector(`[data-key="${CSS.escape(key)}"]`))?.focus();
}

/** A number with its noun in the singular or plural. @param {number} count @param {string} noun */
export function counted(count, noun) {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** @param {number} count */
export function grouped(count) {
  return count.toLocaleString("en");
}

/** A moment in this machine's time; the day where it is another than today. @param {string} iso @param {Date} now */
export function moment(iso, now) {
  const at = new Date(iso);
  const time = at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  return at.toDateString() === now.toDateString() ? time : `${at.toLocaleDateString("en-GB", { day: "numeric", month: "short" })} ${time}`;
}

/** How long ago, in words. @param {number} ms */
export function ago(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return "less than a minute ago";
  if (s < 3600) return `${counted(Math.floor(s / 60), "minute")} ago`;
  if (s < 172800) return `${counted(Math.floor(s / 3600), "hour")} ago`;
  return `${counted(Math.floor(s / 86400), "day")} ago`;
}
