// Saved state that survives a reload where the browser allows it, and works from memory where it does not.

/**
 * @param {() => Storage|null} getStorage may throw, or give null
 * @param {string} key
 */
export function createStorage(getStorage, key) {
  let memory = null;

  function guarded(act) {
    try {
      return act(getStorage());
    } catch {
      return null; // blocked, missing or full: memory serves
    }
  }

  return {
    load() {
      return guarded((storage) => JSON.parse(storage.getItem(key))) ?? memory;
    },
    save(state) {
      memory = state;
      guarded((storage) => storage.setItem(key, JSON.stringify(state)));
    },
    /** Whether what is saved outlives this tab. */
    lasts() {
      const probe = `${key}:probe`;
      return guarded((storage) => (storage.setItem(probe, ""), storage.removeItem(probe), true)) === true;
    },
    clear() {
      memory = null;
      guarded((storage) => storage.removeItem(key));
    },
  };
}
