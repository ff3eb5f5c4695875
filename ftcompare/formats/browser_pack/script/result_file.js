// The result of a pack as a file: JSON Lines in UTF-8, a head, one line an event, an end.

const RESULT_FORMAT = 1;
const RESULT_SUFFIX = ".ftresult";

/**
 * @typedef {object} Result
 * @property {PackEvent[]} events
 * @property {KeptState} state
 */

/**
 * @param {RatingLog} log
 * @param {KeptState} state
 * @param {string} page digest of the data as the page holds it
 * @returns {string}
 */
function resultText(log, state, page) {
  const shown = log.pack.items.map((_, at) => log.itemDigest(at + 1));
  const head = {
    ftcompare_result: RESULT_FORMAT,
    pack: log.pack.name,
    rater: log.pack.rater,
    page,
    items: shown,
    judged: log.judged,
    skipped: log.skipped,
    state: { ...state, drafts: Object.fromEntries(log.drafts) },
  };
  const lines = [head, ...log.events, { events: log.events.length, digest: log.head }];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

/**
 * Read a result of this pack.
 * @param {string} text
 * @param {Pack} pack
 * @returns {Result | string} a string says what is wrong
 */
function readResult(text, pack) {
  let lines;
  try {
    lines = text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  } catch {
    return "This file is damaged, or it is no result of a pack.";
  }
  const head = lines[0];
  const end = lines[lines.length - 1];
  if (lines.length < 2 || head?.ftcompare_result === undefined) {
    return "This file is no result of a pack.";
  }
  if (head.ftcompare_result !== RESULT_FORMAT) {
    return "This result is of another version of the page.";
  }
  if (head.pack !== pack.name) {
    return "This result belongs to another pack.";
  }
  const events = lines.slice(1, -1);
  if (end?.events !== events.length || !new RatingLog(pack, []).proves(events)) {
    return "This result is damaged: its judgments are not as they were written.";
  }
  return { events, state: { ...emptyState(), ...head.state } };
}

/**
 * How two chains of one pack stand to each other.
 * @param {PackEvent[]} here
 * @param {PackEvent[]} there
 * @returns {"same" | "longer" | "shorter" | "apart"} how the one from ``there`` is
 */
function comparedChains(here, there) {
  const shared = Math.min(here.length, there.length);
  if (shared && here[shared - 1].digest !== there[shared - 1].digest) {
    return "apart";
  }
  return here.length === there.length ? "same" : there.length > here.length ? "longer" : "shorter";
}

/**
 * Have the browser save a text as a file.
 * @param {string} name
 * @param {string} text
 */
function saveFile(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
