// Saved state that survives a reload where the browser allows it, and works from memory where it does not.

/** @typedef {{saves: number, by: string, state: object|null}} Saved by which document, and how many were saved by then */

/**
 * A reload may land in another process of the browser, which for seconds does not see what was just stored or erased,
 * and what the document before stores as it ends may come even later. So the last save also stands in the history
 * entry, which goes along with the reload: the newer of both counts.
 *
 * @param {() => Storage|null} getStorage may throw, or give null
 * @param {string} key
 * @param {History} history
 * @param {string} by a name that this document shares with no other, the one before a reload included
 */
export function createStorage(getStorage, key, history, by) {
  /** @type {object|null} */
  let memory = null;
  let saves = 0;
  let before = "";
  let hasLasted = false;
  let full = false;

  /** @template T @param {(storage: Storage) => T} act */
  function guarded(act) {
    try {
      return act(/** @type {Storage} */ (getStorage()));
    } catch {
      return null; // blocked, missing or full: memory serves
    }
  }

  /** @param {object|null} state */
  const written = (state) => JSON.stringify({ saves, by, state });

  /** @param {string} text */
  const carry = (text) => guarded(() => history.replaceState({ ...history.state, [key]: text }, ""));

  /** @param {string|null} text @returns {Saved} */
  const read = (text) => guarded(() => JSON.parse(text ?? "null")) ?? { saves: 0, by: "", state: null };

  /**
   * Whether another tab has saved this, and not this one before a reload that the word of it outlasted.
   * @param {string} text
   */
  function isNewer(text) {
    const saved = guarded(() => JSON.parse(text));
    return !saved || (saved.saves > saves && saved.by !== before);
  }

  return {
    load() {
      const stored = read(guarded((storage) => storage.getItem(key)));
      const carried = read(guarded(() => history.state?.[key]));
      const newest = carried.saves >= stored.saves ? carried : stored;
      saves = newest.saves;
      before = carried.by;
      hasLasted = saves > 0;
      return newest.state ?? memory;
    },
    /** @param {object} state */
    save(state) {
      memory = state;
      saves += 1;
      const text = written(state);
      const kept = guarded((storage) => {
        storage.setItem(key, text);
        return true;
      });
      if (kept) carry(text);
      full = hasLasted && !kept;
      hasLasted ||= kept === true;
    },
    isNewer,
    /** Whether something newer was stored than this document knows. */
    isBehind() {
      const stored = guarded((storage) => storage.getItem(key));
      return stored !== null && isNewer(stored);
    },
    /** What was kept before is no longer: the newest answers would not outlast a reload. */
    isFull: () => full,
    key,
    /** Whether what is saved outlives this tab. */
    lasts() {
      const probe = `${key}:probe`;
      return guarded((storage) => (storage.setItem(probe, ""), storage.removeItem(probe), true)) === true;
    },
    clear() {
      memory = null;
      saves += 1;
      guarded((storage) => storage.removeItem(key));
      carry(written(null));
    },
  };
}
