// What one rater marks: errors in answers, and answers that were looked through; each a link of a chain of digests.
// As store/pack/pack_annotations.py does it; knows no page and no disk.

/**
 * @typedef {object} Annotation as a row of the pack's annotations
 * @property {number} seq
 * @property {"mark" | "reviewed" | "retraction"} kind
 * @property {number | null} response number of an answer: twice that of its item, less one for the left text
 * @property {MarkRecord | { replaced?: true }} record
 * @property {number | null} retracts
 * @property {string} at ISO 8601, UTC, milliseconds
 * @property {string} digest
 */

/**
 * @typedef {object} MarkRecord
 * @property {number} start first character, counted in code points of the text as it is stored
 * @property {number} end the character after the last; equal to start for what is missing there
 * @property {string} quote the text between
 * @property {string} error_type key
 * @property {string} severity key
 * @property {string} comment
 * @property {string} suggestion better words
 */

/** @typedef {Annotation & { kind: "mark", response: number, record: MarkRecord }} Mark */

/**
 * @param {number} item from 1
 * @param {boolean} left
 */
function answerNumber(item, left) {
  return 2 * item - (left ? 1 : 0);
}

class MarkLog {
  /**
   * @param {Pack} pack
   * @param {Annotation[]} rows all of them, oldest first
   */
  constructor(pack, rows) {
    this.pack = pack;
    /** @type {Annotation[]} */
    this.rows = [];
    /** @type {Map<number, Annotation>} marks and answers looked through that stand, by number */
    this.standing = new Map();
    rows.forEach((row) => this.take(row));
  }

  /** The digest of the newest row; empty for none. */
  get head() {
    return this.rows.length ? this.rows[this.rows.length - 1].digest : "";
  }

  /** @returns {Mark[]} those that stand, oldest first */
  get marks() {
    return /** @type {Mark[]} */ ([...this.standing.values()].filter((row) => row.kind === "mark"));
  }

  /**
   * The digest of a row as the next of the chain.
   * @param {Omit<Annotation, "digest">} row
   * @returns {string}
   */
  linked(row) {
    /** @type {Spelled[]} */
    const target = [];
    if (row.response !== null) {
      const { item, digest: shown } = this.pack.items[(row.response - 1) >> 1];
      target.push(row.response, item, shown);
    }
    const record = /** @type {SpelledRecord} */ (/** @type {unknown} */ (row.record));
    return digest("pack-annotation", [this.head || this.pack.marksStart, [row.seq, row.kind, target, record, row.retracts, row.at]]);
  }

  /**
   * Take in a row that is in the chain.
   * @param {Annotation} row
   */
  take(row) {
    this.rows.push(row);
    if (row.retracts === null) {
      this.standing.set(row.seq, row);
    } else {
      this.standing.delete(row.retracts);
    }
  }

  /**
   * @param {Pick<Annotation, "kind" | "response" | "record"> & { retracts?: number }} given
   * @param {Date} now
   * @returns {Annotation}
   */
  append(given, now) {
    const bare = { seq: this.rows.length + 1, retracts: null, ...given, at: now.toISOString() };
    const row = { ...bare, digest: this.linked(bare) };
    this.take(row);
    return row;
  }

  // What the rater does. Each returns the rows that it adds.

  /**
   * @param {number} response
   * @param {MarkRecord} record
   * @param {Date} now
   * @returns {Annotation[]}
   */
  mark(response, record, now) {
    return [this.append({ kind: "mark", response, record }, now)];
  }

  /**
   * Put a mark in the place of one that stands; `undo` brings that back.
   * @param {number} seq
   * @param {number} response
   * @param {MarkRecord} record
   * @param {Date} now
   * @returns {Annotation[]}
   */
  replace(seq, response, record, now) {
    const back = this.append({ kind: "retraction", response: null, record: { replaced: true }, retracts: seq }, now);
    return [back, ...this.mark(response, record, now)];
  }

  /**
   * @param {number} seq of what stands
   * @param {Date} now
   * @returns {Annotation[]}
   */
  takeBack(seq, now) {
    return [this.append({ kind: "retraction", response: null, record: {}, retracts: seq }, now)];
  }

  /** @returns {Mark | undefined} what `undo` takes back */
  get newest() {
    return this.marks.reduce((/** @type {Mark | undefined} */ one, other) => (one && one.seq > other.seq ? one : other), undefined);
  }

  /**
   * Take back the newest mark; what it had been changed from stands again.
   * @param {Date} now
   * @returns {Annotation[]}
   */
  undo(now) {
    const newest = this.newest;
    if (!newest) {
      return [];
    }
    const before = this.rows[newest.seq - 2];
    const added = this.takeBack(newest.seq, now);
    if (before && before.retracts !== null && "replaced" in before.record) {
      const { kind, response, record } = this.rows[before.retracts - 1];
      added.push(this.append({ kind, response, record }, now));
    }
    return added;
  }

  /**
   * @param {number} response
   * @param {Date} now
   * @returns {Annotation[]}
   */
  lookThrough(response, now) {
    return this.reviewed(new Set([response])).length ? [] : [this.append({ kind: "reviewed", response, record: {} }, now)];
  }

  /**
   * @param {Set<number>} answers that were not looked through after all
   * @param {Date} now
   * @returns {Annotation[]}
   */
  lookAgain(answers, now) {
    return this.reviewed(answers).flatMap((row) => this.takeBack(row.seq, now));
  }

  /**
   * @param {Set<number>} answers
   * @returns {Annotation[]} what says that one of them was looked through
   */
  reviewed(answers) {
    return [...this.standing.values()].filter((row) => row.kind === "reviewed" && answers.has(row.response ?? 0));
  }

  /**
   * The beginning of some rows that is whole: a chain of this pack up to the first that is damaged.
   * @param {Annotation[]} rows of any form
   * @returns {Annotation[]}
   */
  whole(rows) {
    const fresh = new MarkLog(this.pack, []);
    const damaged = rows.findIndex((row, at) => {
      const there = row?.seq === at + 1 && hasFormOfMark(row, this.pack);
      const stood = there && (row.retracts === null || fresh.standing.has(row.retracts));
      if (!stood || fresh.linked(row) !== row.digest) {
        return true;
      }
      fresh.take(row);
      return false;
    });
    return damaged < 0 ? rows : rows.slice(0, damaged);
  }
}
