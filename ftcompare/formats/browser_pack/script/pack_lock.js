// Which page of a pack writes: the one that holds the pack's lock, which the browser takes back from a page that is left,
// closed or has crashed (Web Locks).

class PackLock {
  /**
   * @param {string} name
   * @param {() => void} lost is called when another page takes the lock away
   */
  constructor(name, lost) {
    this.name = name;
    this.lost = lost;
    /** @type {(() => void) | null} gives the lock back; null where this page does not have it */
    this.letGo = null;
  }

  /** Whether this browser has locks. */
  static get offered() {
    return Boolean(navigator.locks);
  }

  /**
   * @param {boolean} force take it away from another page
   * @param {number} patience milliseconds to wait for another page that is being left
   * @returns {Promise<boolean>} whether this page has the lock now
   */
  take(force, patience) {
    if (this.letGo) {
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const waiting = new AbortController();
      const timer = setTimeout(() => waiting.abort(), patience);
      let held = false;
      const hold = () => {
        clearTimeout(timer);
        held = true;
        return new Promise((letGo) => {
          this.letGo = () => letGo(undefined);
          resolve(true);
        });
      };
      const options = force ? { steal: true } : { signal: waiting.signal };
      navigator.locks.request(this.name, options, hold).then(
        () => undefined,
        () => (held ? this.taken() : resolve(false)),
      );
    });
  }

  /** Another page took the lock away. */
  taken() {
    this.letGo = null;
    this.lost();
  }

  release() {
    this.letGo?.();
    this.letGo = null;
  }
}
