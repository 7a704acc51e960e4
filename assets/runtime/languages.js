// The languages of a page that has several: which one is spoken, chosen by the address or the participant, and its words in place.

const TEXT_NODE = 3;

/** @typedef {{language: string, consent_sha256: string, texts: Record<string, string>}} Wording */

/** The first tag that is spoken, or whose main language is. @param {Wording[]} all @param {readonly string[]} wanted */
function firstSpoken(all, wanted) {
  const main = (/** @type {string} */ tag) => tag.split("-")[0]?.toLowerCase();
  const like = (/** @type {string} */ tag) => all.find(({ language }) => language.toLowerCase() === tag.toLowerCase()) ?? all.find(({ language }) => main(language) === main(tag));
  return wanted.map(like).find(Boolean) ?? null;
}

/**
 * Where an element's words stand, by its mark: the number of a text in it or an attribute's name, and the text's key. A text that
 * was replaced since is the script's, which says it anew itself.
 * @param {HTMLElement} element
 */
function placesOf(element) {
  const nodes = /** @type {Text[]} */ ([...element.childNodes].filter((node) => node.nodeType === TEXT_NODE && node.nodeValue?.trim()));
  return (element.dataset.words ?? "").split(" ").map((entry) => {
    const [at = "", key = ""] = entry.split("=");
    const node = nodes[Number(at)];
    /** @param {string} words */
    function write(words) {
      if (node) node.data = node.data.replace(node.data.trim(), () => words);
      else element.setAttribute(at, words);
    }
    return { key, write };
  });
}

/**
 * @param {object} options
 * @param {PageData} options.page
 * @param {ReturnType<typeof import("./session.js").createSession>} options.session
 * @param {string[]} options.asked languages that the address names
 * @param {readonly string[]} options.theirs languages that the browser is set to
 * @param {Document} options.document as it was read, before anything is written into it
 * @param {HTMLSelectElement|null} options.select the participant's choice, where the layout has it
 * @param {() => void} options.onChange the participant chose another one
 */
export function createLanguages({ page, session, asked, theirs, document, select, onChange }) {
  const { state } = session;
  /** @type {Wording[]} */
  const all = [page, ...(page.languages ?? [])];
  const places = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-words]")]).flatMap(placesOf);
  let current = firstSpoken(all, [state.consent?.language ?? state.language ?? [], asked, theirs].flat()) ?? all[0] ?? page;

  function speak() {
    for (const { key, write } of places) write(current.texts[key] ?? key);
    if (select) select.value = current.language;
  }

  /** What was agreed to was in one language: no other is to be had any more. */
  function fix() {
    if (!select) return;
    select.hidden = true;
    for (const label of select.labels) label.hidden = true;
  }

  select?.addEventListener("change", () => {
    current = firstSpoken(all, [select.value]) ?? current;
    state.language = current.language;
    session.save();
    speak();
    onChange();
  });
  if (current !== page) speak();
  else if (select) select.value = current.language;
  if (state.consent) fix();
  return { current: () => current, fix };
}
