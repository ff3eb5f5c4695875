// One rater's logs of acts together with the browser's storage: what is stored is taken up, each act is stored.

class KeptRating {
  /**
   * @param {Pack} pack
   * @param {{ tell: (words: string) => void, takenOver: () => void, stored: (events: number) => void }} on what is
   *     called when something is to be told, when another page writes, and when so many events are stored
   */
  constructor(pack, on) {
    this.pack = pack;
    this.on = on;
    this.log = new RatingLog(pack, pack.events);
    this.marks = this.markLog(pack.annotations);
    this.state = emptyState();
    /** @type {PackStorage | null} null where the browser keeps nothing */
    this.storage = null;
    this.writing = Promise.resolve();
    /** Whether another page of the pack writes. */
    this.stopped = false;
  }

  /**
   * @returns {Promise<boolean>} whether this page may write, or nothing can be stored at all; false while another
   *     page of the pack writes
   */
  async open() {
    this.storage = await PackStorage.open(this.pack.name);
    const free = await this.storage?.claim(false).catch(() => null);
    if (free === null) {
      this.storage = null;
    }
    return free !== false;
  }

  /** Go on here although another page of the pack is open. */
  async takeOver() {
    await this.storage?.claim(true);
    this.stopped = false;
    const kept = await this.storage?.read();
    if (kept && this.proves(kept)) {
      this.take(kept, kept.state);
    }
  }

  /** Take up what the browser has stored. */
  async takeKept() {
    const kept = await this.storage?.read().catch(() => null);
    if (!kept) {
      return;
    }
    const longer = comparedActs(this.acts, kept);
    if ((longer === "longer" || longer === "same") && this.proves(kept)) {
      this.take(kept, kept.state);
    } else if (kept.events.length) {
      this.on.tell("What this browser had stored of this pack is damaged, or of another copy. It was left out.");
    }
  }

  /** @param {Annotation[]} rows */
  markLog(rows) {
    return new MarkLog(this.pack, (item) => this.log.itemDigest(item), rows);
  }

  /** All that was done. @returns {Acts} */
  get acts() {
    return { events: this.log.events, annotations: this.marks.rows };
  }

  /**
   * @param {Acts} acts
   * @returns {boolean} whether they are whole chains of this pack
   */
  proves(acts) {
    return this.log.proves(acts.events) && this.marks.proves(acts.annotations);
  }

  /**
   * @param {Acts} acts
   * @param {KeptState} state
   */
  take(acts, state) {
    const shown = this.log.shown;
    this.log = new RatingLog(this.pack, acts.events);
    this.log.shown = shown;
    this.marks = this.markLog(acts.annotations);
    this.state = state;
    this.log.wentOn = state.wentOn;
    Object.entries(state.drafts).forEach(([item, draft]) => this.log.drafts.set(Number(item), { ...emptyDraft(), ...draft }));
  }

  /**
   * Store new events and the state.
   * @param {PackEvent[]} events
   * @param {Partial<KeptState>} change of the state
   */
  store(events, change = {}) {
    this.write({ events, annotations: [] }, change);
  }

  /** @param {Annotation[]} annotations new ones */
  storeMarks(annotations) {
    this.write({ events: [], annotations });
  }

  /** Store everything in the place of all that is stored. */
  storeAll() {
    this.write(this.acts, {}, true);
  }

  /**
   * The page goes on meanwhile, and says so where it fails.
   * @param {Acts} acts
   * @param {Partial<KeptState>} change of the state
   * @param {boolean} anew whether the acts take the place of all that are stored
   */
  write(acts, change = {}, anew = false) {
    const storage = this.storage;
    this.state = { ...this.state, ...change, drafts: Object.fromEntries(this.log.drafts), wentOn: this.log.wentOn };
    const state = this.state;
    if (!storage || this.stopped) {
      return;
    }
    this.writing = this.writing
      .then(() => storage.write(acts, state, anew))
      .then(() => this.on.stored(acts.events.length))
      .catch((error) => this.failed(error));
  }

  /** @param {unknown} error */
  failed(error) {
    if (error instanceof TakenOver) {
      this.stopped = true;
      this.on.takenOver();
    } else {
      this.storage = null;
      this.on.tell("This browser no longer stores what you judge. Save the result now, before you close this page.");
    }
  }

  /**
   * @param {number} item
   * @param {Draft} draft
   */
  keepDraft(item, draft) {
    if (isEmptyDraft(draft)) {
      this.log.drafts.delete(item);
    } else {
      this.log.drafts.set(item, draft);
    }
    this.store([]);
  }

  /** How much was done: events and annotations. */
  get count() {
    return this.log.events.length + this.marks.rows.length;
  }

  /** Whether the newest result file holds everything. */
  get saved() {
    return this.state.saved === this.count;
  }

  /** Whether something is lost when the page is closed. */
  get wouldBeLost() {
    return !this.storage && !this.stopped && this.count > this.state.saved;
  }
}
