// What is judged, kept by the browser (IndexedDB): each act is written at once. One page of a pack writes at a time.

/**
 * @typedef {object} Acts what a rater did, or did since it was last stored
 * @property {PackEvent[]} events
 * @property {Annotation[]} annotations
 */

/** @typedef {Acts & { state: KeptState }} Kept */

/**
 * @typedef {object} KeptState what is not in the chain
 * @property {Record<string, Draft>} drafts by number of the item
 * @property {boolean} wentOn
 * @property {boolean} practised
 * @property {number} saved events, annotations and answers that were in the newest result file
 * @property {SurveyAnswer[]} survey
 */

const DATABASE = "ftcompare-packs";
const DATABASE_VERSION = 2;
/** @type {Record<string, string | string[]>} */
const KEY_PATHS = { packs: "pack", events: ["pack", "seq"], annotations: ["pack", "seq"] };
/** Milliseconds after which a page that says nothing is taken to be closed, where the browser has no locks. */
const LEASE = 4000;
const HEARTBEAT = 1000;
/** Milliseconds in which a browser has taken the lock back from a page that was left. */
const LEAVING = 2000;

/** @returns {KeptState} */
function emptyState() {
  return { drafts: {}, wentOn: false, practised: false, saved: 0, survey: [] };
}

/** Another page of this pack writes. */
class TakenOver extends Error {}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function answered(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Bytes that Chromium grants a page at least, but in a private window on most machines. */
const GRANTED = 10 * 2 ** 30;

/**
 * Whether the window seems to be a private one. No browser says so: Chromium grants less in it, by the memory of the
 * machine (https://chromestatus.com/feature/4977371751645184); Firefox and Safari refuse a folder.
 * @returns {Promise<boolean>}
 */
async function seemsPrivate() {
  try {
    if ("webkitTemporaryStorage" in navigator) {
      const { quota = GRANTED } = await navigator.storage.estimate();
      return quota < GRANTED;
    }
    await navigator.storage.getDirectory?.();
    return false;
  } catch (error) {
    return /^Security error|unknown transient reason/.test(/** @type {Error} */ (error).message);
  }
}

class PackStorage {
  /**
   * @param {IDBDatabase} database
   * @param {string} pack
   * @param {() => void} lost is called when another page writes from now on
   */
  constructor(database, pack, lost) {
    this.database = database;
    this.pack = pack;
    this.lock = PackLock.offered ? new PackLock(`${DATABASE}/${pack}`, lost) : null;
    this.owner = `${Date.now()}-${Math.random()}`;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.beating = undefined;
  }

  /**
   * @param {string} pack random id
   * @param {() => void} lost is called when another page writes from now on
   * @returns {Promise<PackStorage | null>} null where the browser keeps nothing for this page
   */
  static async open(pack, lost) {
    try {
      const request = indexedDB.open(DATABASE, DATABASE_VERSION);
      request.onupgradeneeded = () => {
        const there = request.result.objectStoreNames;
        const missing = Object.entries(KEY_PATHS).filter(([name]) => !there.contains(name));
        missing.forEach(([name, keyPath]) => request.result.createObjectStore(name, { keyPath }));
      };
      const blocked = new Promise((_, reject) => {
        request.onblocked = () => reject(new Error("a page of an earlier version is open"));
      });
      return new PackStorage(await Promise.race([answered(request), /** @type {Promise<never>} */ (blocked)]), pack, lost);
    } catch {
      return null;
    }
  }

  /**
   * @param {boolean} force although another page holds it
   * @returns {Promise<boolean>} whether this page may write now
   */
  async claim(force) {
    if (this.lock && !(await this.lock.take(force, HEARTBEAT))) {
      return false;
    }
    const got = await this.change((row) => {
      const free = !row.lease || row.lease.owner === this.owner || this.ended(row.lease.at);
      if (!free && !force && !this.lock) {
        return false;
      }
      row.lease = { owner: this.owner, at: Date.now() };
      return true;
    });
    if (got && this.beating === undefined) {
      this.beating = setInterval(() => void this.beat(), HEARTBEAT);
      addEventListener("pagehide", () => void this.release());
      addEventListener("pageshow", (event) => event.persisted && void this.shownAgain());
    }
    return got;
  }

  /** Milliseconds after which another page that still holds the pack is sure to be open. */
  get patience() {
    return this.lock ? LEAVING : LEASE + 2 * HEARTBEAT;
  }

  /** @param {number} at when a lease was renewed; of the future where the clock was turned back */
  ended(at) {
    const age = Date.now() - at;
    return !(age >= 0 && age <= LEASE);
  }

  /** The browser shows the page as it was left. */
  async shownAgain() {
    if (this.lock && !(await this.claim(false).catch(() => false))) {
      this.lock.lost();
    }
    await this.beat();
  }

  async beat() {
    await this.change((row) => {
      const mine = row.lease?.owner === this.owner || !row.lease;
      if (mine) {
        row.lease = { owner: this.owner, at: Date.now() };
      }
      return mine;
    }).catch(() => false);
  }

  async release() {
    this.lock?.release();
    await this.change((row) => {
      const mine = row.lease?.owner === this.owner;
      if (mine) {
        row.lease = null;
      }
      return mine;
    }).catch(() => false);
  }

  /**
   * @param {(row: any) => boolean} alter the pack's row; stored where it says true
   * @returns {Promise<boolean>}
   */
  async change(alter) {
    const transaction = this.database.transaction("packs", "readwrite");
    const rows = transaction.objectStore("packs");
    const row = (await answered(rows.get(this.pack))) ?? { pack: this.pack, lease: null, state: emptyState() };
    const changed = alter(row);
    if (changed) {
      rows.put(row);
    }
    await this.done(transaction);
    return changed;
  }

  /** @returns {Promise<Kept>} as it is stored; whoever takes it up sees to what is damaged */
  async read() {
    const transaction = this.database.transaction(Object.keys(KEY_PATHS));
    const [row, events, annotations] = await Promise.all([
      answered(transaction.objectStore("packs").get(this.pack)),
      answered(transaction.objectStore("events").getAll(this.range)),
      answered(transaction.objectStore("annotations").getAll(this.range)),
    ]);
    const bare = (/** @type {any[]} */ rows) => rows.map(({ pack: _, ...act }) => act);
    return { events: bare(events), annotations: bare(annotations), state: row?.state };
  }

  /** @returns {Promise<Kept[]>} what was left out, oldest first */
  async leftOut() {
    const key = this.leftOutKey("");
    const rows = await answered(this.database.transaction("packs").objectStore("packs").getAll(IDBKeyRange.bound(key, `${key}\uffff`)));
    return rows.map((row) => row.kept);
  }

  /** @param {string} when */
  leftOutKey(when) {
    return `${this.pack}/left out/${when}`;
  }

  /** Keys of all that this pack has. */
  get range() {
    return IDBKeyRange.bound([this.pack, 0], [this.pack, Number.MAX_SAFE_INTEGER]);
  }

  /**
   * Write what was done and the state in one step.
   * @param {Acts} acts new ones
   * @param {KeptState} state
   * @param {boolean} anew whether the acts take the place of all that are there
   * @param {Kept | null} leftOut what was there, to be kept beside
   * @throws {TakenOver} another page writes; nothing was written
   */
  async write(acts, state, anew = false, leftOut = null) {
    const transaction = this.database.transaction(Object.keys(KEY_PATHS), "readwrite");
    const rows = transaction.objectStore("packs");
    const kept = { events: transaction.objectStore("events"), annotations: transaction.objectStore("annotations") };
    const row = await answered(rows.get(this.pack));
    if (row?.lease && row.lease.owner !== this.owner) {
      transaction.abort();
      throw new TakenOver();
    }
    if (anew) {
      kept.events.delete(this.range);
      kept.annotations.delete(this.range);
    }
    if (leftOut) {
      rows.put({ pack: this.leftOutKey(new Date().toISOString()), kept: leftOut });
    }
    rows.put({ pack: this.pack, lease: { owner: this.owner, at: Date.now() }, state });
    acts.events.forEach((event) => kept.events.put({ pack: this.pack, ...event }));
    acts.annotations.forEach((row) => kept.annotations.put({ pack: this.pack, ...row }));
    await this.done(transaction);
  }

  /** @param {IDBTransaction} transaction */
  done(transaction) {
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(undefined);
      transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
      transaction.onerror = () => reject(transaction.error);
    });
  }
}
