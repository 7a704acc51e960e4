// Saved state that survives a reload where the browser allows it, and works from memory where it does not.

const MOST_TRIES = 8;

/**
 * A reload may land in another process of the browser, which for a moment does not see what was just stored. So the
 * number of the last save also stands in the history entry, which goes along with the reload.
 *
 * @param {() => Storage|null} getStorage may throw, or give null
 * @param {string} key
 * @param {History} history
 */
export function createStorage(getStorage, key, history) {
  /** @type {object|null} */
  let memory = null;
  let saves = 0;
  let full = false;

  /** @template T @param {(storage: Storage) => T} act */
  function guarded(act) {
    try {
      return act(/** @type {Storage} */ (getStorage()));
    } catch {
      return null; // blocked, missing or full: memory serves
    }
  }

  const mark = () => guarded(() => history.state?.[key]) ?? { saves: 0, tries: 0 };
  const setMark = (/** @type {{saves: number, tries: number}|undefined} */ next) => guarded(() => history.replaceState({ ...history.state, [key]: next }, ""));

  return {
    load() {
      const stored = guarded((storage) => JSON.parse(storage.getItem(key) ?? "null"));
      saves = stored?.saves ?? 0;
      return stored?.state ?? memory;
    },
    /** @param {object} state */
    save(state) {
      memory = state;
      saves += 1;
      const kept = guarded((storage) => {
        storage.setItem(key, JSON.stringify({ saves, state }));
        return true;
      });
      if (kept) setMark({ saves, tries: 0 });
      full = saves > 1 && !kept && mark().saves > 0;
    },
    /**
     * Whether another tab has saved this, and not this one before a reload that the word of it outlasted.
     * @param {string} text
     */
    isNewer: (text) => (guarded(() => JSON.parse(text).saves) ?? Infinity) > saves,
    /** What was kept before is no longer: the newest answers would not outlast a reload. */
    isFull: () => full,
    key,
    /** Whether what is saved outlives this tab. */
    lasts() {
      const probe = `${key}:probe`;
      return guarded((storage) => (storage.setItem(probe, ""), storage.removeItem(probe), true)) === true;
    },
    /** What was loaded is older than what was saved, and loading again may help: true a few times, then false. */
    isBehind() {
      const { saves: last, tries } = mark();
      if (last <= saves || tries >= MOST_TRIES) return false;
      setMark({ saves: last, tries: tries + 1 });
      return true;
    },
    clear() {
      memory = null;
      guarded((storage) => storage.removeItem(key));
      setMark(undefined);
    },
  };
}
