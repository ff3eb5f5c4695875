// One rater's logs of acts together with the browser's storage: what is stored is taken up, each act is stored.

class KeptRating {
  /**
   * @param {Pack} pack
   * @param {{ tell: (words: string) => void, takenOver: () => void, stored: () => void }} on what is called when
   *     something is to be told, when another page writes, and when everything is stored
   */
  constructor(pack, on) {
    this.pack = pack;
    this.on = on;
    this.log = new RatingLog(pack, pack.events);
    this.marks = new MarkLog(pack, pack.annotations);
    this.state = emptyState();
    /** @type {PackStorage | null} null where the browser keeps nothing */
    this.storage = null;
    /** Whether the window seems to be a private one, which forgets what is stored. */
    this.forgets = false;
    this.writing = Promise.resolve();
    /** @type {Kept[]} what was stored and could not be taken up; it is still stored */
    this.leftOut = [];
    /** Whether another page of the pack writes. */
    this.stopped = false;
  }

  /**
   * @returns {Promise<boolean>} whether this page may write, or nothing can be stored at all; false while another
   *     page of the pack writes
   */
  async open() {
    this.storage = await PackStorage.open(this.pack.name, () => this.failed(new TakenOver()));
    const free = await this.storage?.claim(false).catch(() => null);
    if (free === null) {
      this.storage = null;
    }
    this.forgets = await seemsPrivate();
    return free !== false;
  }

  /** Go on here although another page of the pack is open. */
  async takeOver() {
    await this.writing;
    await this.storage?.claim(true);
    this.stopped = false;
    this.take({ events: this.pack.events, annotations: this.pack.annotations }, emptyState());
    await this.takeKept();
  }

  /** Take up what the browser has stored; where that cannot be read, nothing more is stored, and it stays. */
  async takeKept() {
    const { storage } = this;
    if (!storage) {
      return;
    }
    try {
      this.leftOut = await storage.leftOut();
      this.takeStored(await storage.read());
    } catch {
      this.storage = null;
      this.on.tell(tr("The data of this page in this browser cannot be read, so nothing more is saved. Save the result before you close the page."));
    }
  }

  /**
   * Take up what is whole and goes on from what is here, and store all of it, so that what is stored is whole again.
   * What cannot be taken up is kept beside.
   * @param {Kept} stored of any form
   */
  takeStored(stored) {
    const { log, marks } = this;
    const here = this.acts;
    const there = { events: log.whole(stored.events), annotations: marks.whole(stored.annotations) };
    const damaged = countOf(stored) - countOf(there);
    const how = comparedActs(here, there);
    const taken = how === "apart" || how === "shorter" ? here : there;
    const state = wholeState(stored.state, this.pack);
    this.take(taken, how === "apart" ? { ...emptyState(), practised: state.practised, survey: state.survey } : state);
    if (damaged || how === "apart") {
      this.leftOut.push(stored);
      this.write(this.acts, {}, true, stored);
      this.on.tell(how === "apart" ? otherCopyWords() : damagedWords(damaged, countOf(stored)));
    } else if (countOf(taken) > countOf(stored)) {
      this.storeAll();
    }
  }

  /** What was left out, in the form of result files. @returns {string[]} */
  leftOutTexts() {
    return this.leftOut.map((kept) => {
      const log = new RatingLog(this.pack, this.log.whole(kept.events));
      return actsText(log, { ...kept, state: wholeState(kept.state, this.pack) });
    });
  }

  /** All that was done. @returns {Acts} */
  get acts() {
    return { events: this.log.events, annotations: this.marks.rows };
  }

  /**
   * @param {Acts} acts
   * @param {KeptState} state
   */
  take(acts, state) {
    this.log = new RatingLog(this.pack, acts.events);
    this.marks = new MarkLog(this.pack, acts.annotations);
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
   * @param {Kept | null} leftOut what was stored, to be kept beside
   */
  write(acts, change = {}, anew = false, leftOut = null) {
    const storage = this.storage;
    this.state = { ...this.state, ...change, drafts: Object.fromEntries(this.log.drafts), wentOn: this.log.wentOn };
    const state = this.state;
    if (!storage || this.stopped) {
      return;
    }
    // After a write that failed nothing more is written: the chain in the database would have a gap.
    const writes = async () => {
      if (this.storage === storage && !this.stopped) {
        await storage.write(acts, state, anew, leftOut);
        if (this.state === state) {  // nothing was done since
          this.on.stored();
        }
      }
    };
    this.writing = this.writing.then(writes).catch((error) => this.failed(error));
  }

  /** @param {unknown} error */
  failed(error) {
    if (error instanceof TakenOver) {
      if (!this.stopped) {
        this.stopped = true;
        this.on.takenOver();
      }
    } else {
      this.storage = null;
      this.on.tell(tr("This browser no longer stores your judgments. Save the result now, before you close this page."));
    }
  }

  /**
   * @param {number} item
   * @param {Draft} draft
   */
  keepDraft(item, draft) {
    if (isEmptyDraft(draft) && !this.log.standing.has(item)) {
      this.log.drafts.delete(item);
    } else {
      this.log.drafts.set(item, draft);
    }
    this.store([]);
  }

  /** Whether what is done is still there when the page was closed. */
  get kept() {
    return this.storage !== null && !this.forgets;
  }

  /** How much was done: events, annotations and answers to the owner's questions. */
  get count() {
    return this.log.events.length + this.marks.rows.length + this.state.survey.length;
  }

  /** Whether the newest result file holds everything. */
  get saved() {
    return this.state.saved === this.count;
  }

  /** Whether something is lost when the page is closed. */
  get wouldBeLost() {
    return !this.kept && !this.stopped && this.count > this.state.saved;
  }
}

function otherCopyWords() {
  const button = tr("Save what was left out");
  return tr("This browser also has judgments from another copy of this page. They are not part of this result. Save them with “{button}”, and send that file as well.", { button });
}

/** @param {Acts} acts */
function countOf({ events, annotations }) {
  return events.length + annotations.length;
}

/**
 * @param {number} damaged
 * @param {number} all
 */
function damagedWords(damaged, all) {
  const values = { damaged, button: tr("Save what was left out") };
  return trn("Part of the data in this browser is damaged: {damaged} of {number} entry could not be read. They are kept. Save them with “{button}”, and send that file as well.", "Part of the data in this browser is damaged: {damaged} of {number} entries could not be read. They are kept. Save them with “{button}”, and send that file as well.", all, values);
}
