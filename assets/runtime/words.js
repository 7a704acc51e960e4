// Texts of the page, with {placeholders} filled in.

/** @param {Record<string, string>} texts */
export function createWords(texts) {
  return (key, values = {}) => texts[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}
