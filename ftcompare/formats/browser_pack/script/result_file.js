// The result of a pack as a file: JSON Lines in UTF-8, a head, one line an event, one line a mark, an end.

const RESULT_FORMAT = 1;
const RESULT_SUFFIX = ".ftresult";

/**
 * @param {RatingLog} log
 * @param {MarkLog} marks
 * @param {KeptState} state
 * @returns {string}
 */
function resultText(log, marks, state) {
  const { events } = log;
  return actsText(log, { events, annotations: marks.rows, state: { ...state, drafts: Object.fromEntries(log.drafts) } });
}

/**
 * Acts in the form of a result, damaged or not.
 * @param {RatingLog} log of what is whole of them
 * @param {Kept} kept
 * @returns {string}
 */
function actsText(log, { events, annotations, state }) {
  const { name, rater, proof } = log.pack;
  const head = {
    ftcompare_result: RESULT_FORMAT,
    pack: name,
    rater,
    page: proof,
    items: log.pack.items.map((item) => (item.altered ? "" : item.digest)), // the study leaves out what is empty
    judged: log.judged,
    skipped: log.skipped,
    state,
  };
  const [event, mark] = [events[events.length - 1], annotations[annotations.length - 1]];
  const digests = { digest: event?.digest ?? log.pack.start, marks: mark?.digest ?? "" };
  const end = { events: events.length, digest: digests.digest, annotations: annotations.length, marks: digests.marks };
  const lines = [head, ...events, ...annotations, end];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

/**
 * Read a result of this pack.
 * @param {string} text
 * @param {Pack} pack
 * @returns {Kept | string} a string says what is wrong
 */
function readResult(text, pack) {
  let lines;
  try {
    lines = text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  } catch {
    return tr("This file is damaged, or it is not a saved result.");
  }
  const head = lines[0];
  const end = lines[lines.length - 1];
  if (lines.length < 2 || head?.ftcompare_result === undefined) {
    return tr("This file is not a saved result.");
  }
  if (head.ftcompare_result !== RESULT_FORMAT) {
    return tr("This result is from another version of the page.");
  }
  if (head.pack !== pack.name) {
    return tr("This result belongs to another page. It has other pairs, or another rater.");
  }
  const acts = lines.slice(1, -1);
  const [events, annotations] = [acts.slice(0, end?.events), acts.slice(end?.events)];
  const log = new RatingLog(pack, []);
  if (end?.events !== events.length || log.whole(events).length !== events.length) {
    return tr("This result is damaged: its judgments have changed since they were saved.");
  }
  const marks = new MarkLog(pack, []);
  if (annotations.length !== (end.annotations ?? 0) || marks.whole(annotations).length !== annotations.length) {
    return tr("This result is damaged: its marks have changed since they were saved.");
  }
  return { events, annotations, state: wholeState(head.state, pack) };
}

/** @typedef {"same" | "longer" | "shorter" | "apart"} Compared how what is there stands to what is here */

/**
 * How what was judged and marked in two copies of a pack stands to each other.
 * @param {Acts} here
 * @param {Acts} there
 * @returns {Compared}
 */
function comparedActs(here, there) {
  const both = [comparedChains(here.events, there.events), comparedChains(here.annotations, there.annotations)];
  const differing = [...new Set(both)].filter((how) => how !== "same");
  return differing.length > 1 ? "apart" : differing[0] ?? "same";
}

/**
 * How two chains of one pack stand to each other.
 * @param {{ digest: string }[]} here
 * @param {{ digest: string }[]} there
 * @returns {Compared}
 */
function comparedChains(here, there) {
  const shared = Math.min(here.length, there.length);
  if (shared && here[shared - 1].digest !== there[shared - 1].digest) {
    return "apart";
  }
  return here.length === there.length ? "same" : there.length > here.length ? "longer" : "shorter";
}

const LONGEST_STEM = 120;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * What the name of a result begins with: letters say the same, see `result_stem` in `app/raters/letter.py`.
 * @param {string} title
 * @param {string} rater
 */
function resultStem(title, rater) {
  const named = `${title} - ${rater}`.replace(/[<>:"/\\|?*\p{C}\s]+/gu, " ").trim();
  const bytes = new TextEncoder().encode(named).slice(0, LONGEST_STEM);
  return new TextDecoder().decode(bytes, { stream: true }).trim(); // half a character at the end is left out
}

/**
 * What a result that is saved now is called: it tells how far the rater was, and when.
 * @param {RatingLog} log
 * @param {Date} now
 */
function resultName(log, now) {
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join(".");
  const when = `${now.getDate()} ${MONTHS[now.getMonth()]} ${time}`;
  const { title, rater } = log.pack;
  return `${resultStem(title, rater)} - ${log.judged} of ${log.total + log.altered} - ${when}${RESULT_SUFFIX}`;
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
