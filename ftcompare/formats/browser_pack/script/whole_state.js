// What is stored beside the chains, and what comes in a result: only what a page may have written is taken over.

/**
 * @param {unknown} given
 * @returns {Record<string, any>} the same where it has named values; else nothing
 */
function named(given) {
  return typeof given === "object" && given !== null && !Array.isArray(given) ? given : {};
}

/**
 * The state as it was stored, without what no page writes.
 * @param {unknown} given
 * @param {Pack} pack
 * @returns {KeptState}
 */
function wholeState(given, pack) {
  const { drafts, wentOn, practised, saved, survey } = named(given);
  const items = Object.entries(named(drafts)).filter(([item]) => isNumber(Number(item), 1, pack.items.length));
  return {
    drafts: Object.fromEntries(items.map(([item, draft]) => [item, storedDraft(draft, pack)])),
    wentOn: wentOn === true,
    practised: practised === true,
    saved: isNumber(saved, 0, Number.MAX_SAFE_INTEGER) ? saved : 0,
    survey: Array.isArray(survey) ? survey.filter((one) => Array.isArray(one) && one.length === 4 && one.every((text) => isOf(text, "string"))) : [],
  };
}

/**
 * @param {unknown} given
 * @param {Pack} pack
 * @returns {Draft}
 */
function storedDraft(given, pack) {
  const { comment, referenceSeen, places, ...notes } = named(given);
  const written = typeof comment === "string" ? wellFormed(comment.slice(0, pack.mostComment)) : "";
  notes.reference_seen = notes.reference_seen ?? referenceSeen; // the name in drafts of earlier pages
  const draft = draftWith((note) => allowedNote(note, notes[note.name], namesFor(pack, note)), written);
  const most = RULES.letters.length;
  const ranked = pack.sets.length && Array.isArray(places) && places.every((place) => isNumber(place, 0, most));
  return ranked ? { ...draft, places: places.slice(0, most) } : draft;
}

/** @type {unknown[]} */
const CHOICES = ["left", "right", "tie", "both_bad", "grade"];

/**
 * @param {unknown} value
 * @param {number} least
 * @param {number} most
 * @returns {boolean} whether it is a whole number within the bounds
 */
function isNumber(value, least, most) {
  return Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
}

/**
 * @param {unknown} value
 * @param {...string} types
 */
function isOf(value, ...types) {
  return types.includes(value === null ? "null" : typeof value);
}

/**
 * Whether a value has the form of an event of the pack; nothing is said of its digest.
 * @param {any} event
 * @param {Pack} pack
 * @returns {boolean}
 */
function hasFormOfEvent(event, pack) {
  const { seq, allocation, kind, choice, strength, comment, flagged, seconds, reason, retracts, at, details } = named(event);
  const texts = [comment, reason, at, details].every((text) => typeof text === "string");
  const numbers = isNumber(allocation, 1, pack.items.length) && isOf(strength, "null", "number") && isOf(seconds, "null", "number");
  const kinds = ["judgment", "skip", "guess", "retraction"].includes(kind) && (choice === null || CHOICES.includes(choice));
  const back = kind === "retraction" ? isNumber(retracts, 1, seq - 1) : retracts === null;
  return texts && numbers && kinds && back && isOf(flagged, "boolean") && isDetails(event, pack);
}

/**
 * Whether the details of an event are what this page writes.
 * @param {PackEvent} event
 * @param {Pack} pack
 */
function isDetails(event, pack) {
  try {
    return detailsJson(pack, draftOf(event)) === event.details;
  } catch {
    return false;
  }
}

/**
 * Whether a value has the form of a mark's row; nothing is said of its digest.
 * @param {any} row
 * @param {Pack} pack
 * @returns {boolean}
 */
function hasFormOfMark(row, pack) {
  const { seq, kind, response, record, retracts, at } = named(row);
  const there = !pack.grades.length || response % 2 === 1; // of an answer that is graded, there is only the left number
  const answer = isNumber(response, 1, 2 * pack.items.length) && there;
  const back = kind === "retraction" ? isNumber(retracts, 1, seq - 1) : retracts === null && answer;
  const { start, end, quote, error_type: type, severity, comment, suggestion } = named(record);
  const texts = [quote, type, severity, comment, suggestion].every((text) => typeof text === "string");
  const whole = kind !== "mark" || (texts && isNumber(start, 0, Number.MAX_SAFE_INTEGER) && isNumber(end, start, Number.MAX_SAFE_INTEGER));
  const known = ["mark", "reviewed", "retraction"].includes(kind) && (answer || response === null);
  return known && back && whole && isOf(record, "object") && typeof at === "string";
}
