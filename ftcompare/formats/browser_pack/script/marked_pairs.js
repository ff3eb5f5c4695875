// The judged pairs of a pack, in which errors are marked, and what is marked in them. As app/review/pack_marks.py
// gathers them.

/**
 * @typedef {object} MarkedSide
 * @property {number} answer
 * @property {Set<number>} same numbers of the same text to the same prompt, its own included; but not of the other
 *     answer of its pair, which another system may have given
 * @property {boolean} left
 * @property {boolean} alone whether the answer is graded, and has no other beside it
 * @property {string} text
 * @property {ShownText[]} turns the last is the answer
 * @property {number[] | null} words
 */

/**
 * @typedef {object} MarkedPair
 * @property {PackItem} item
 * @property {string} said the rater's answer
 * @property {MarkedSide[]} sides from the left; one for an answer that is graded
 */

/**
 * @param {RatingLog} log
 * @returns {MarkedPair[]} in the order of the pack
 */
function markedPairs(log) {
  const judged = givenAnswers(log);
  judged.sort((one, other) => one.allocation - other.allocation);
  const lefts = log.pack.grades.length ? [true] : [true, false];
  const same = sameTexts(lefts, judged.map((event) => ({ number: event.allocation, item: log.pack.items[event.allocation - 1] })));
  return judged.map((event) => {
    const item = log.pack.items[event.allocation - 1];
    const sides = lefts.map((left) => ({ ...markedSide(same, event.allocation, item, left), alone: lefts.length === 1 }));
    return { item, said: verdictWords(event, log), sides };
  });
}

/**
 * @param {Map<string, Set<number>>} same
 * @param {number} number
 * @param {PackItem} item
 * @param {boolean} left
 */
function markedSide(same, number, item, left) {
  const text = left ? item.left : item.right;
  const equal = new Set(same.get(textKey(item, text)));
  equal.delete(answerNumber(number, !left));
  return {
    answer: answerNumber(number, left),
    same: equal,
    left,
    text,
    turns: left ? item.leftShown : item.rightShown,
    words: left ? item.leftWords : item.rightWords,
  };
}

/**
 * What is marked in an answer, wherever it stands.
 * @param {MarkLog} log
 * @param {MarkedSide} side
 * @returns {Mark[]} in the order of the text
 */
function marksOf(log, side) {
  const found = log.marks.filter((mark) => side.same.has(mark.response));
  return found.sort((one, other) => one.record.start - other.record.start || one.record.end - other.record.end || one.seq - other.seq);
}

/**
 * The numbers of each text to each prompt: where a prompt has several pairs, an answer comes again.
 * @param {boolean[]} lefts whether the answers of each item are its left ones
 * @param {{ number: number, item: PackItem }[]} items
 * @returns {Map<string, Set<number>>}
 */
function sameTexts(lefts, items) {
  /** @type {Map<string, Set<number>>} */
  const found = new Map();
  for (const { number, item } of items) {
    for (const left of lefts) {
      const key = textKey(item, left ? item.left : item.right);
      found.set(key, (found.get(key) ?? new Set()).add(answerNumber(number, left)));
    }
  }
  return found;
}

/**
 * @param {PackItem} item
 * @param {string} text
 */
function textKey(item, text) {
  return JSON.stringify([item.messages, text]);
}

/**
 * A mark's type, severity and passage, on one line.
 * @param {ErrorScheme} scheme
 * @param {MarkRecord} record
 */
function markWords(scheme, record) {
  const quote = oneLine(record.quote);
  const values = { type: typeLabel(scheme, record), severity: severityLabel(scheme, record), quote };
  return quote ? tr("{type}, {severity}: “{quote}”", values) : tr("{type}, {severity}", values);
}

/**
 * @param {ErrorScheme} scheme
 * @param {MarkRecord} record
 */
function typeLabel(scheme, record) {
  return tr(scheme.types.find((kind) => kind.key === record.error_type)?.label ?? oneLine(record.error_type));
}

/**
 * @param {ErrorScheme} scheme
 * @param {MarkRecord} record
 */
function severityLabel(scheme, record) {
  const level = scheme.severities.find((one) => one.key === record.severity);
  return tr(level?.label ?? oneLine(record.severity)).toLowerCase();
}

/** Characters that have no shape, but those that letters need, and spaces of print. */
const HIDDEN = /(?![ \n\t\u200c\u200d\u00ad\u00a0\u202f\u2009\u3000])[\p{C}\p{Z}]/gu;

/**
 * A text on one line, hidden characters spelled out.
 * @param {string} text
 * @param {number} most characters
 */
function oneLine(text, most = Infinity) {
  const line = text.replace(/\s+/g, " ").trim();
  const spelled = line.replace(HIDDEN, (hidden) => `⟨U+${(hidden.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
  const characters = [...spelled];
  return characters.length > most ? `${characters.slice(0, most - 1).join("")}…` : spelled;
}
