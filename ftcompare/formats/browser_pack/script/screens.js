// The screens beside the pair: begin, skipped pairs, pause, end; how far the rater is, in words.

/**
 * A screen in the middle of the page, with its heading.
 * @param {string} id
 * @param {string} title
 * @param {...(Node | string)} inside
 */
function screenOf(id, title, ...inside) {
  const heading = element("h1", "", title);
  heading.tabIndex = -1;
  const made = element("section", "screen", heading, ...inside);
  made.id = id;
  return made;
}

/** A line that says what the result was saved as. */
function savedLine() {
  const line = element("p", "");
  line.id = "saved_as";
  line.setAttribute("role", "status");
  return line;
}

/**
 * @param {string} name of the result; what its name begins with where it was saved earlier
 */
function savedWords(name) {
  return `The result is saved as “${name}” in your downloads folder.`;
}

/**
 * @param {KeptRating} rating
 * @param {{ begin: () => void, open: () => void, leftOut: (() => void) | null }} act `leftOut` saves what could not be taken up
 */
function beginScreen(rating, act) {
  const { pack, log } = rating;
  const done = log.events.length > 0;
  const told = done
    ? `${pack.rater}, you have judged ${log.judged.toLocaleString("en")} of ${counted(log.total, "pair")}.`
    : `For ${pack.rater}: ${counted(log.total, "pair")} to judge.`;
  const ended = done && log.place().phase === "done";
  const send = rating.saved ? "You have judged all pairs and saved the result." : "You have judged all pairs. Continue to save the result.";
  const begin = button(done ? "Continue" : "Start", "begin", act.begin, "Enter", "primary");
  const open = button("Continue from a saved result…", "open_result", act.open);
  const notice = pack.notice ? [element("p", "notice", pack.notice)] : [];
  const warning = element("p", rating.kept ? "" : "warning", keptWords(rating));
  warning.id = "kept";
  return screenOf(
    "begin_screen",
    pack.title,
    ...notice,
    element("p", "", ended ? `${told} ${send}` : told),
    element("p", "question", pack.question),
    ...alteredNote(rating),
    warning,
    element("p", "buttons", begin, open, ...(act.leftOut ? [button("Save what was left out", "save_left_out", act.leftOut)] : [])),
  );
}

/** @param {KeptRating} rating */
function keptWords(rating) {
  if (rating.kept) {
    return (
      "Everything is stored in this browser as you go. You can close the page at any time and open the same file again " +
      "here. Do not use a private window, because it forgets. At the end, save the result and send it to the person who gave you this file."
    );
  }
  const next = "Save the result before you close the page, and open that file here the next time; or open this page in";
  return rating.storage
    ? `This looks like a private window, which forgets your answers when you close it. ${next} an ordinary window.`
    : `This browser does not store your answers on this page. ${next} another browser.`;
}

/**
 * What to say of pairs that were altered on the way to the rater; nothing where there are none.
 * @param {KeptRating} rating
 */
function alteredNote({ pack, log }) {
  const altered = pack.items.length - log.total;
  if (!altered) {
    return [];
  }
  const what = counted(altered, "pair in this file was", "pairs in this file were");
  const note = element(
    "p",
    "warning",
    `${what} changed on the way to you and ${altered === 1 ? "is" : "are"} left out. Ask the sender for a new page. ` +
      "You can judge the other pairs here. Your answers count, and the new page continues from them in this browser.",
  );
  note.id = "altered";
  return [note];
}

/** A page that asks something else than what its study asks. */
function alteredScreen() {
  return screenOf(
    "altered_screen",
    "This page was changed",
    element("p", "", "This file was changed on its way to you, so you cannot judge with it. Ask the sender for a new one in a .zip file, or as a link to a shared folder, because some mail programs change files."),
    element("p", "", "Your earlier answers are kept in this browser, and the new page continues from them."),
  );
}

/**
 * @param {number} count
 * @param {() => void} back
 * @param {() => void} goOn
 */
function skippedScreen(count, back, goOn) {
  const them = count === 1 ? "it" : "them";
  return screenOf(
    "skipped_screen",
    `${counted(count, "pair was", "pairs were")} skipped.`,
    element("p", "muted", `All others are judged. Return to ${them}, or continue to the last questions.`),
    element(
      "p",
      "buttons",
      button(`Return to ${them}`, "skipped_return", back, "Enter", "primary"),
      button("Continue to the last questions", "skipped_go_on", goOn),
    ),
  );
}

/**
 * @param {Pack} pack
 * @param {RatingLog} log
 * @param {boolean} kept whether the browser keeps what is judged
 * @param {HTMLElement} aim the field of the daily aim
 * @param {{ goOn: () => void, save: () => void }} act
 */
function pauseScreen(pack, log, kept, aim, act) {
  const left = log.secondsLeft;
  const skipped = log.skipped ? ` You skipped ${log.skipped.toLocaleString("en")}. Skipped pairs come back at the end.` : "";
  const stored = kept ? "Everything is stored. You can close the page at any time." : "Save the result before you close the page.";
  const next = log.place().phase === "judge" ? ` Next is pair ${position(log).toLocaleString("en")}.` : "";
  const time = next && left !== null ? ` ${capitalized(timeLeft(left))}.` : "";
  return screenOf(
    "pause_screen",
    "Paused",
    element("p", "", `${pack.rater}, you have judged ${counted(log.judged, "pair")} of ${log.total.toLocaleString("en")}.${skipped}`),
    element("p", kept ? "muted" : "warning", `${stored}${next}${time}`),
    element("p", "buttons", button("Continue", "pause_on", act.goOn, "Space", "primary"), button("Save the result so far", "save", act.save)),
    savedLine(),
    element("p", "buttons", aim, element("span", "muted", `${counted(log.judgedToday, "pair")} judged today`)),
    element("p", "muted", "If you stop for several days, save the result. Some browsers delete stored data after a week."),
  );
}

/**
 * @param {KeptRating} rating
 * @param {string} savedAs name of the newest result; empty where it was saved when the page was open before
 * @param {{ save: () => void, back: () => void, undo: () => void, answers: () => void, mark: () => void }} act
 */
function doneScreen(rating, savedAs, act) {
  const { pack, log, saved } = rating;
  const nothing = !log.judged && log.skipped > 0;
  const thanks = `Thank you, ${pack.rater}. That was the last pair.`;
  const back = log.skipped && !log.guessed ? [returnButton(log.skipped, act.back)] : [];
  const answers = log.judged && !log.guessed ? [button("My answers", "done_answers", act.answers)] : [];
  const name = savedAs || `${resultStem(pack.title, pack.rater)} - …${RESULT_SUFFIX}`;
  const send = saved
    ? `${savedWords(name)} Send this file to the person who gave you this page. If there are several, send the newest.`
    : "One step is left: save the result, and send the file to the person who gave you this page.";
  const told = element("p", saved ? "" : "warning", send);
  told.id = "done_told";
  return screenOf(
    "done_screen",
    nothing ? allSkipped(log.skipped) : thanks,
    element("p", "muted", doneWords(log, nothing)),
    ...alteredNote(rating),
    element("div", "card", told, element("p", "buttons", button(saved ? "Save the result again" : "Save the result", "save", act.save, "Enter", "primary"))),
    element("p", "buttons", ...back, ...answers, button("Undo", "done_undo", act.undo)),
    ...markingOffered(rating, act.mark),
  );
}

/**
 * @param {KeptRating} rating
 * @param {() => void} mark
 */
function markingOffered({ pack, marks }, mark) {
  const count = marks.marks.length;
  const told = count ? `${count.toLocaleString("en")} marked so far` : "Optional, before you send the result";
  const offered = element("p", "buttons", button("Mark errors", "done_mark", mark, "E"), element("span", "muted", told));
  return pack.scheme ? [offered] : [];
}

/**
 * @param {number} count
 * @param {() => void} back
 */
function returnButton(count, back) {
  return button(`${count.toLocaleString("en")} skipped: return to ${count === 1 ? "it" : "them"}`, "return_to_skipped", back);
}

/** @param {number} count */
function allSkipped(count) {
  return count === 1 ? "You skipped the pair, so it has no judgment." : `You skipped all ${count.toLocaleString("en")} pairs, so none has a judgment.`;
}

/**
 * The counts, and how long the rater has worked.
 * @param {RatingLog} log
 * @param {boolean} nothing whether all were skipped
 */
function doneWords(log, nothing) {
  const minutes = Math.round(log.secondsWorked / MINUTE);
  const spent = minutes < 1 ? "" : `About ${minutes === 1 ? "a minute" : `${minutes} minutes`} of working time.`;
  const skipped = log.skipped ? log.skipped.toLocaleString("en") : "none";
  const stored = nothing ? "Skipped pairs are stored as skipped." : "Every judgment is stored in this browser.";
  return [`${counted(log.judged, "pair judged", "pairs judged")}, ${skipped} skipped.`, spent, stored].filter(Boolean).join(" ");
}

/** While the page is opened. */
function momentScreen() {
  return screenOf("moment_screen", "One moment…");
}

/**
 * @param {() => void} here
 */
function otherPageScreen(here) {
  return screenOf(
    "other_page_screen",
    "This page is open in another tab or window",
    element("p", "", "Judge there, because two open pages would overwrite each other. This page stores nothing."),
    button("Continue here instead", "here_instead", here),
  );
}

/**
 * The place of the pair in front among all, from 1.
 * @param {RatingLog} log
 */
function position(log) {
  const done = log.judged + log.skipped;
  return Math.max(1, Math.min(log.place().phase === "guess" ? done : done + 1, log.total));
}

/**
 * How far the rater is, and how long the rest may take.
 * @param {RatingLog} log
 */
function progressWords(log) {
  const { phase, moment } = log.place();
  if (moment === "at_end") {
    return { words: `Last questions: ${log.guessed + 1} of ${log.endQuestions().length}`, left: "" };
  }
  const words = `${position(log).toLocaleString("en")} of ${log.total.toLocaleString("en")}`;
  const left = phase === "judge" || phase === "guess" ? log.secondsLeft : null;
  return { words, left: left === null ? "" : timeLeft(left) };
}

/** @param {string} words */
function capitalized(words) {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** @param {string} words */
function lowered(words) {
  return words.charAt(0).toLowerCase() + words.slice(1);
}
