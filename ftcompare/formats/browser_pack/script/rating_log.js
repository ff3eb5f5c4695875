// One rater's acts: the next pair, judgments, skips, guesses, undo, each a link of the pack's chain of digests.
// As store/judging/verdict_recorder.py and app/rate/rating_session.py do it; knows no page and no disk.

/**
 * @typedef {"judge" | "skipped" | "guess" | "done"} Phase what is asked now; "skipped": whether to return to
 *     the skipped pairs before the last questions, after which nothing more is judged
 */

/**
 * @typedef {object} Place
 * @property {Phase} phase
 * @property {number} item number of the item, from 1; 0 for none
 * @property {"" | "at_once" | "at_end"} moment of a guess
 */

class RatingLog {
  /**
   * @param {Pack} pack
   * @param {PackEvent[]} events all of them, oldest first
   */
  constructor(pack, events) {
    this.pack = pack;
    /** @type {PackEvent[]} */
    this.events = [];
    /** @type {Map<number, PackEvent>} a judgment or a skip, by item */
    this.standing = new Map();
    /** @type {Map<number, PackEvent>} */
    this.guesses = new Map();
    /** @type {Map<number, Draft>} */
    this.drafts = new Map();
    this.wentOn = false;
    /** the pair that was taken back last, which is shown first while it is open; 0 for none */
    this.takenBack = 0;
    events.forEach((event) => this.take(event));
  }

  /**
   * The digest of an event as the next of the chain.
   * @param {Omit<PackEvent, "digest">} event
   * @returns {string}
   */
  linked(event) {
    const seconds = event.seconds === null ? null : new Real(event.seconds);
    /** @type {Spelled[]} */
    const done = [event.kind, event.choice, event.strength, null, event.comment, event.flagged, seconds];
    done.push(event.reason, event.retracts);
    if (event.details) {
      done.push(event.details);
    }
    const shown = this.pack.items[event.allocation - 1];
    const value = [1, event.seq, [shown.item], [shown.digest], done, event.at];
    return digest("event", [this.head, value]);
  }

  /** The digest of the newest event. */
  get head() {
    return this.events.length ? this.events[this.events.length - 1].digest : this.pack.start;
  }

  /**
   * Take in an event that is in the chain.
   * @param {PackEvent} event
   */
  take(event) {
    this.events.push(event);
    if (event.kind === "retraction") {
      const back = this.events[Number(event.retracts) - 1];
      (back.kind === "guess" ? this.guesses : this.standing).delete(event.allocation);
    } else if (event.kind === "guess") {
      this.guesses.set(event.allocation, event);
    } else {
      this.standing.set(event.allocation, event);
    }
  }

  /**
   * @param {number} item
   * @param {EventKind} kind
   * @param {Date} now
   * @param {Partial<PackEvent>} more
   * @returns {PackEvent}
   */
  append(item, kind, now, more) {
    const bare = {
      seq: this.events.length + 1,
      allocation: item,
      kind,
      choice: null,
      strength: null,
      comment: "",
      flagged: false,
      seconds: null,
      reason: "",
      retracts: null,
      at: now.toISOString(),
      details: "",
      ...more,
    };
    const event = { ...bare, digest: this.linked(bare) };
    this.take(event);
    return event;
  }

  // What the rater does. Each returns the events that it adds.

  /**
   * @param {number} item
   * @param {Choice | "grade"} choice
   * @param {number | null} strength
   * @param {Draft} draft
   * @param {number} seconds
   * @param {Date} now
   * @returns {PackEvent[]}
   */
  judge(item, choice, strength, draft, seconds, now) {
    const added = this.standing.has(item) ? this.takeBackAll(item, now) : [];
    const whole = this.wholeDraft(item, draft);
    const choices = this.ranked ? rankedPairs(draft.places) : [choice];
    return [...added, ...this.finish(item, whole, { seconds }, (at) => ["judgment", { choice: choices[at], strength }], now)];
  }

  /**
   * Append an event for a pair, or for each of the pairs that are ranked at once: the time and the notes with the first.
   * @param {number} item
   * @param {Draft} draft
   * @param {Partial<PackEvent>} first what only the first event has
   * @param {(at: number) => [EventKind, Partial<PackEvent>]} each
   * @param {Date} now
   */
  finish(item, draft, first, each, now) {
    const { language, reference_seen } = draft;
    const added = this.pack.items[item - 1].set.map((number, at) => {
      const [kind, more] = each(at);
      const bare = { ...emptyDraft(), ...(kind === "judgment" ? { language, reference_seen } : {}) };
      const { comment, flagged, ...notes } = at ? bare : draft;
      const said = { comment, flagged, details: detailsJson(this.pack, { comment, flagged, ...notes }) };
      return this.append(number, kind, now, { ...more, ...(at ? {} : first), ...said });
    });
    this.drafts.delete(item);
    return added;
  }

  /** Whether several answers are ranked at once. */
  get ranked() {
    return this.pack.sets.length > 0;
  }

  /**
   * The places of the answers of a ranking that stands; empty where none does.
   * @param {number} item the first of its set
   * @returns {number[]}
   */
  placesOf(item) {
    const choices = this.pack.items[item - 1].set.map((number) => this.standing.get(number)?.choice);
    return this.ranked && choices.every(Boolean) ? placesOf(choices) : [];
  }

  /**
   * A pair, or the first of a set that is ranked at once, for which it stands.
   * @param {number} item
   */
  leads(item) {
    return this.pack.items[item - 1].set[0] === item;
  }

  /**
   * @param {number} item
   * @param {string} reason
   * @param {Draft} draft
   * @param {number} seconds
   * @param {Date} now
   * @returns {PackEvent[]}
   */
  skip(item, reason, draft, seconds, now) {
    return this.finish(item, draft, { seconds }, () => ["skip", { reason }], now);
  }

  /**
   * @param {number} item
   * @param {"left" | "right" | "tie"} choice
   * @param {number | null} sure 1 to 3
   * @param {number} seconds
   * @param {Date} now
   * @returns {PackEvent[]}
   */
  guess(item, choice, sure, seconds, now) {
    return [this.append(item, "guess", now, { choice, strength: sure, seconds })];
  }

  /**
   * Take back the newest judgment, skip or guess, or that the rater went on without the skipped pairs. A judgment
   * or skip that the newest one changed stands again.
   * @param {Date} now
   * @returns {PackEvent[]}
   */
  undo(now) {
    if (this.onlyWentOn()) {
      this.wentOn = false;
      return [];
    }
    const newest = this.newest();
    if (!newest) {
      return [];
    }
    const { set } = this.pack.items[newest.allocation - 1];
    const first = set.map((number) => this.original(this.standing.get(number)));
    const changed = newest.kind === "guess" ? [] : first.map((event) => (event?.kind === "judgment" ? this.changed(event) : undefined));
    const begun = this.drafts.get(newest.allocation);
    const added = this.takeBack(newest, now);
    this.takenBack = newest.allocation;
    for (const earlier of changed) {
      if (earlier) {
        const { seq, digest: _, ...bare } = earlier;
        added.push(this.append(earlier.allocation, earlier.kind, now, { ...bare, at: now.toISOString() }));
        this.drafts.delete(earlier.allocation);
      }
    }
    if (begun) {
      this.drafts.set(newest.allocation, begun);
    }
    return added;
  }

  /**
   * What was retracted when `judge` appended an event in its place.
   * @param {PackEvent | undefined} event
   */
  changed(event) {
    const before = event && event.kind !== "guess" ? this.events.slice(0, event.seq - 1) : [];
    const back = before.filter((one) => one.retracts && one.allocation === event?.allocation && one.at === event.at);
    return back.map((one) => this.events[Number(one.retracts) - 1]).reverse().find((one) => one.kind !== "guess");
  }

  /**
   * The event that an undone change restored by appending this one; else this one.
   * @param {PackEvent | undefined} event
   * @returns {PackEvent | undefined}
   */
  original(event) {
    const earlier = this.changed(this.changed(event));
    const said = (/** @type {PackEvent} */ one) => JSON.stringify([one.choice, one.strength, one.comment, one.flagged, one.seconds, one.reason, one.details]);
    return event && earlier && said(event) === said(earlier) ? this.original(earlier) : event;
  }

  /**
   * @param {Date} now
   * @returns {PackEvent[]}
   */
  returnToSkipped(now) {
    this.wentOn = false;
    const skips = this.given.filter((event) => event.kind === "skip");
    skips.sort((one, other) => one.seq - other.seq);
    return skips.flatMap((event) => this.takeBack(event, now));
  }

  /**
   * Take back an event, with those of all pairs that were ranked at once.
   * @param {PackEvent} event
   * @param {Date} now
   * @returns {PackEvent[]}
   */
  takeBack(event, now) {
    const { allocation, kind } = event;
    const places = this.placesOf(allocation);
    const set = this.pack.items[allocation - 1].set.flatMap((number) => this.standing.get(number) ?? []);
    const back = kind === "guess" ? [event] : set;
    const added = back.map((one) => this.append(one.allocation, "retraction", now, { retracts: one.seq }));
    if (kind !== "guess" && !this.drafts.has(allocation)) {
      this.drafts.set(allocation, { ...draftOf(event), language: "", places });
    }
    return added;
  }

  /**
   * @param {number} item
   * @param {Date} now
   */
  takeBackAll(item, now) {
    const held = [this.guesses.get(item), this.standing.get(item)];
    return held.flatMap((event) => (event ? this.takeBack(event, now) : []));
  }

  /**
   * With what the rater was not asked: a reference that is always shown was seen; of equal answers each
   * criterion is a tie; the language of the page.
   * @param {number} item
   * @param {Draft} draft
   * @returns {Draft}
   */
  wholeDraft(item, draft) {
    const found = this.pack.items[item - 1];
    const whole = { ...draft, language: shownLanguage.code };
    if (this.pack.reference === "always" && found.referenceShown) {
      whole.reference_seen = true;
    }
    if (found.identical && !Object.keys(draft.criteria).length) {
      whole.criteria = Object.fromEntries(this.pack.criteria.map((name) => [name, "tie"]));
    }
    return whole;
  }

  // What there is.

  /** @returns {Place} */
  place() {
    const asked = this.guessItem("at_once");
    if (asked) {
      return { phase: "guess", item: asked, moment: "at_once" };
    }
    const open = (/** @type {PackItem} */ item, /** @type {number} */ at) => !item.altered && this.leads(at + 1) && !this.standing.has(at + 1);
    const taken = this.pack.items[this.takenBack - 1];
    const next = taken && open(taken, this.takenBack - 1) ? this.takenBack : this.pack.items.findIndex(open) + 1;
    if (next) {
      return { phase: "judge", item: next, moment: "" };
    }
    const last = this.guessItem("at_end");
    if (last && this.skipped && !this.guessed && !this.wentOn) {
      return { phase: "skipped", item: 0, moment: "" };
    }
    return last ? { phase: "guess", item: last, moment: "at_end" } : { phase: "done", item: 0, moment: "" };
  }

  /**
   * The first judged item that is to be asked about at a moment and was not yet; 0 for none.
   * @param {"at_once" | "at_end"} moment
   */
  guessItem(moment) {
    const wanted = (/** @type {PackItem} */ item, /** @type {number} */ at) =>
      item.guess === moment && !this.guesses.has(at + 1) && this.standing.get(at + 1)?.kind === "judgment";
    return this.pack.items.findIndex(wanted) + 1;
  }

  /** The judgments and skips that stand, except those of pairs that are altered in this page; of a ranking the first. */
  get given() {
    return this.ofWholePairs(this.standing);
  }

  /** @param {Map<number, PackEvent>} events */
  ofWholePairs(events) {
    return [...events.values()].filter(({ allocation }) => !this.pack.items[allocation - 1].altered && this.leads(allocation));
  }

  /** Pairs that can be judged. */
  get total() {
    return this.pack.items.filter((item, at) => !item.altered && this.leads(at + 1)).length;
  }

  /** Pairs that were altered on the way to the rater; of the pairs of a ranking one. */
  get altered() {
    return this.pack.items.filter((item, at) => item.altered && this.leads(at + 1)).length;
  }

  /** Pairs that were judged since midnight. */
  get judgedToday() {
    const midnight = new Date().setHours(0, 0, 0, 0);
    return this.given.filter((event) => event.kind === "judgment" && Date.parse(event.at) >= midnight).length;
  }

  /** Pairs that are judged. */
  get judged() {
    return this.count("judgment");
  }

  /** Pairs that are skipped. */
  get skipped() {
    return this.count("skip");
  }

  /** @param {EventKind} kind */
  count(kind) {
    return this.given.filter((event) => event.kind === kind).length;
  }

  /** Of the last questions, how many are answered. */
  get guessed() {
    return this.endQuestions().filter((at) => this.guesses.has(at)).length;
  }

  /** The items that are asked about at the end, but those that are skipped. */
  endQuestions() {
    const all = this.pack.items.map((item, at) => (item.guess === "at_end" ? at + 1 : 0));
    return all.filter((at) => at && this.standing.get(at)?.kind !== "skip");
  }

  /** Seconds that the rest may take; null before five judgments. */
  get secondsLeft() {
    const timed = this.given.filter((event) => event.kind === "judgment" && event.seconds !== null);
    timed.sort((one, other) => one.seq - other.seq);
    const recent = timed.slice(-RULES.recent).map((event) => Number(event.seconds)).sort((one, other) => one - other);
    if (recent.length < RULES.fewestTimed) {
      return null;
    }
    const middle = (recent[(recent.length - 1) >> 1] + recent[recent.length >> 1]) / 2;
    return Math.max(middle, RULES.leastSeconds) * (this.total - this.judged - this.skipped);
  }

  /** Active seconds of all that was done, taken back or not. */
  get secondsWorked() {
    return this.events.reduce((sum, event) => sum + (event.seconds ?? 0), 0);
  }

  /** What `undo` would take back, in words; empty for nothing. */
  get undoWords() {
    const newest = this.newest();
    if (this.onlyWentOn()) {
      return tr("To the last questions");
    }
    if (!newest) {
      return "";
    }
    const kinds = { guess: tr("Guess"), skip: tr("Skip"), retraction: "", judgment: "" };
    return kinds[newest.kind] || verdictWords(newest, this);
  }

  /** @returns {PackEvent | undefined} what `undo` takes back */
  newest() {
    const held = [...this.given, ...this.ofWholePairs(this.guesses)];
    const age = (/** @type {PackEvent} */ event) => this.original(event)?.seq ?? 0;
    return held.reduce((/** @type {PackEvent | undefined} */ one, other) => (one && age(one) > age(other) ? one : other), undefined);
  }

  onlyWentOn() {
    const place = this.place();
    return place.moment === "at_end" && !this.guessed && this.skipped > 0 && this.wentOn;
  }

  /**
   * The beginning of some events that is whole: a chain of this pack up to the first that is damaged, without the
   * beginning of a ranking.
   * @param {PackEvent[]} events of any form
   * @returns {PackEvent[]}
   */
  whole(events) {
    const fresh = new RatingLog(this.pack, []);
    let end = 0;
    for (const [at, event] of events.entries()) {
      const there = event?.seq === at + 1 && hasFormOfEvent(event, this.pack) && fresh.allows(event);
      if (!there || fresh.linked(event) !== event.digest) {
        break;
      }
      fresh.take(event);
      const { set } = this.pack.items[event.allocation - 1];
      end = new Set(set.map((number) => fresh.standing.get(number)?.kind)).size > 1 ? end : at + 1;
    }
    return events.slice(0, end);
  }

  /** @param {PackEvent} event whether it takes back what stands, if it takes something back */
  allows({ kind, allocation, retracts }) {
    const held = [this.guesses.get(allocation), this.standing.get(allocation)];
    return kind !== "retraction" || held.some((one) => one?.seq === retracts);
  }
}
