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
  return tr("The result is saved as “{name}” in your downloads folder.", { name });
}

/**
 * @param {KeptRating} rating
 * @param {{ begin: () => void, open: () => void, language: (code: string) => void, leftOut: (() => void) | null }} act `leftOut`
 *     saves what could not be taken up
 */
function beginScreen(rating, act) {
  const { pack, log } = rating;
  const done = log.events.length > 0;
  const name = pack.rater;
  const count = trn("{name}, you have judged {done} of {number} pair.", "{name}, you have judged {done} of {number} pairs.", log.total, { name, done: log.judged });
  const ended = done && log.place().phase === "done";
  const all = rating.saved ? tr("You have judged all pairs and saved the result.") : tr("You have judged all pairs. Continue to save the result.");
  const begin = button(done ? tr("Continue") : tr("Start"), "begin", act.begin, "Enter", "primary");
  const open = button(tr("Continue from a saved result…"), "open_result", act.open);
  const question = element("p", "question", tr(pack.question));
  question.dir = "auto";
  const notice = pack.notice ? [element("p", "notice", pack.notice)] : [];
  const warning = element("p", rating.kept ? "" : "warning", keptWords(rating));
  warning.id = "kept";
  return screenOf(
    "begin_screen",
    pack.title,
    ...notice,
    element("p", "", ended && !log.skipped ? all : sentences(count, ended ? skippedSoFar(log) : "")),
    question,
    ...alteredNote(rating),
    warning,
    element("p", "buttons", begin, open, ...(act.leftOut ? [button(tr("Save what was left out"), "save_left_out", act.leftOut)] : [])),
    element("p", "", globe(), " ", languageList(shownLanguage.code, false, act.language)),
  );
}

/** The sign of a list of languages. */
function globe() {
  const made = element("span", "globe");
  made.setAttribute("aria-hidden", "true");
  made.innerHTML = '<svg viewBox="0 0 16 16"><circle cx="8" cy="8" r="7"/><ellipse cx="8" cy="8" rx="3" ry="7"/><path d="M1 8h14M2 4.5h12M2 11.5h12"/></svg>';
  return made;
}

/** @param {KeptRating} rating */
function keptWords(rating) {
  if (rating.kept) {
    return tr("Everything is saved in this browser as you go. You can close the page at any time and open the same file again here. Do not use a private window, because it deletes your judgments when you close it. At the end, save the result and send it to the person who gave you this file.");
  }
  return rating.storage
    ? tr("This looks like a private window, which forgets your judgments when you close it. Save the result before you close the page, and open that file here the next time; or open this page in an ordinary window.")
    : tr("This browser does not store your judgments on this page. Save the result before you close the page, and open that file here the next time; or open this page in another browser.");
}

/**
 * What to say of pairs that were altered on the way to the rater; nothing where there are none.
 * @param {KeptRating} rating
 */
function alteredNote({ log: { altered } }) {
  if (!altered) {
    return [];
  }
  const what = trn("{number} pair in this file was changed on the way to you and is left out.", "{number} pairs in this file were changed on the way to you and are left out.", altered);
  const how = tr("Ask the sender for a new page. You can judge the other pairs here. Your judgments count, and the new page continues from them in this browser.");
  const note = element("p", "warning", sentences(what, how));
  note.id = "altered";
  return [note];
}

/** A page that asks something else than what its study asks. */
function alteredScreen() {
  return screenOf(
    "altered_screen",
    tr("This page was changed"),
    element("p", "", tr("This file was changed on its way to you, so you cannot judge with it. Ask the sender for a new one in a .zip file, or as a link to a shared folder, because some mail programs change files.")),
    element("p", "", tr("Your earlier judgments are kept in this browser, and the new page continues from them.")),
  );
}

/**
 * @param {number} count
 * @param {() => void} back
 * @param {() => void} goOn
 */
function skippedScreen(count, back, goOn) {
  return screenOf(
    "skipped_screen",
    skippedWords(count),
    element("p", "muted", trn("All others are judged. Return to it, or continue to the last questions.", "All others are judged. Return to them, or continue to the last questions.", count)),
    element(
      "p",
      "buttons",
      button(trn("Return to it", "Return to them", count), "skipped_return", back, "Enter", "primary"),
      button(tr("Continue to the last questions"), "skipped_go_on", goOn),
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
  const values = { name: pack.rater, total: log.total };
  const judged = trn("{name}, you have judged {number} pair of {total}.", "{name}, you have judged {number} pairs of {total}.", log.judged, values);
  const stored = kept ? tr("Your judgments are stored in this browser, and you can close the page. Save the result before a break of several days, because some browsers delete stored data after a week.") : tr("Save the result before you close the page.");
  return screenOf(
    "pause_screen",
    tr("Paused"),
    element("p", "", sentences(judged, skippedSoFar(log))),
    element("p", kept ? "muted" : "warning", stored),
    element("p", "buttons", button(tr("Continue"), "pause_on", act.goOn, "Space", "primary"), button(tr("Save the result so far"), "save", act.save)),
    savedLine(),
    element("p", "buttons", aim, element("span", "muted", judgedToday(log))),
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
  const back = returnsToSkipped(log) ? [element("p", "buttons", returnButton(log.skipped, act.back))] : [];
  const title = back.length ? skippedWords(log.skipped) : tr("Thank you, {name}. That was the last pair.", { name: pack.rater });
  const answers = log.judged && !log.guessed ? [button(tr("My judgments"), "done_answers", act.answers)] : [];
  const name = savedAs || `${resultStem(pack.title, pack.rater)} - …${RESULT_SUFFIX}`;
  const sent = tr("Send this file to the person who gave you this page. If there are several, send the newest.");
  const last = back.length ? "" : tr("One step is left: save the result, and send the file to the person who gave you this page.");
  const send = saved
    ? sentences(savedWords(name), sent)
    : rating.kept
      ? sentences(tr("Every judgment is saved in this browser."), last)
      : sentences(tr("Save the result before you close the page."), sent);
  const save = saved ? tr("Save the result again") : tr("Save the result");
  const saving = back.length || saved ? button(save, "save", act.save) : button(save, "save", act.save, "Enter", "primary");
  const told = element("p", saved || rating.kept ? "" : "warning", send);
  told.id = "done_told";
  return screenOf(
    "done_screen",
    nothing ? allSkipped(log.skipped) : title,
    element("p", "muted", doneWords(log, nothing)),
    ...alteredNote(rating),
    ...back,
    element("div", "card", told, element("p", "buttons", saving), ...(saved ? endingOf(pack.survey) : [])),
    element("p", "buttons", ...answers, button(log.undoWords ? tr("Undo “{action}”", { action: log.undoWords }) : tr("Undo"), "done_undo", act.undo)),
    ...markingOffered(rating, act.mark),
  );
}

/**
 * @param {KeptRating} rating
 * @param {() => void} mark
 */
function markingOffered({ pack, marks }, mark) {
  const count = marks.marks.length;
  const told = count ? trn("{number} marked so far", "{number} marked so far", count) : tr("Optional, before you send the result");
  const offered = element("p", "buttons", button(tr("Mark errors"), "done_mark", mark, "A"), element("span", "muted", told));
  return pack.scheme ? [offered] : [];
}

/**
 * Whether pairs were skipped that can still be judged.
 * @param {RatingLog} log
 */
function returnsToSkipped(log) {
  return log.skipped > 0 && !log.guessed;
}

/**
 * @param {number} count
 * @param {() => void} back
 */
function returnButton(count, back) {
  const made = button(trn("Return to it", "Return to them", count), "return_to_skipped", back, "Enter", "primary");
  made.dataset.first = "";
  return made;
}

/**
 * How many pairs are skipped, and that they can still be judged; nothing where none is.
 * @param {RatingLog} log
 */
function skippedSoFar(log) {
  const count = log.skipped ? trn("{number} skipped.", "{number} skipped.", log.skipped) : "";
  return sentences(count, returnsToSkipped(log) ? tr(RULES.skippedLater) : "");
}

/** @param {number} count */
function skippedWords(count) {
  return trn("{number} pair was skipped.", "{number} pairs were skipped.", count);
}

/** @param {number} count */
function allSkipped(count) {
  return trn("You skipped the pair, so it has no judgment.", "You skipped all {number} pairs, so none has a judgment.", count);
}

/**
 * The counts, and how long the rater has worked.
 * @param {RatingLog} log
 * @param {boolean} nothing whether all were skipped
 */
function doneWords(log, nothing) {
  const minutes = Math.round(log.secondsWorked / MINUTE);
  const judged = trn("{number} pair judged.", "{number} pairs judged.", log.judged);
  // The title has the number already where the rater can return to skipped pairs.
  const skipped = returnsToSkipped(log) ? "" : skippedSoFar(log) || tr("None skipped.");
  const spent = minutes < 1 ? "" : trn("About a minute of working time.", "About {number} minutes of working time.", minutes);
  return sentences(judged, skipped, spent, nothing ? tr("Skipped pairs are saved as skipped.") : "");
}

/** While the page is opened. */
function momentScreen() {
  return screenOf("moment_screen", tr("One moment…"));
}

/**
 * @param {() => void} here
 */
function otherPageScreen(here) {
  return screenOf(
    "other_page_screen",
    tr("This page is open in another tab or window"),
    element("p", "", tr("Judge there, because two open pages would overwrite each other. This page stores nothing.")),
    button(tr("Continue here instead"), "here_instead", here),
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

/** @param {RatingLog} log */
function judgedToday(log) {
  return trn("{number} pair judged today", "{number} pairs judged today", log.judgedToday);
}

/**
 * How many pairs are judged today, and the aim, in words.
 * @param {RatingLog} log
 * @param {number} aim 0 for none
 */
function todayWords(log, aim) {
  return aim ? tr("{done} judged today, aim {aim}", { done: log.judgedToday, aim }) : "";
}

/**
 * How far the rater is, and how long the rest may take.
 * @param {RatingLog} log
 */
function progressWords(log) {
  const { phase, moment } = log.place();
  if (moment === "at_end") {
    return { words: tr("Which was fine-tuned? {number} of {total}", { number: log.guessed + 1, total: log.endQuestions().length }), left: "" };
  }
  const place = tr("Pair {number} of {total}", { number: position(log), total: log.total });
  const skipped = trn("{number} skipped", "{number} skipped", log.skipped);
  const words = log.skipped ? `${place}  ·  ${skipped}` : place;
  const left = phase === "judge" || phase === "guess" ? log.secondsLeft : null;
  return { words, left: left === null ? "" : timeLeft(left) };
}

/** @param {string} words not changed where they begin with a letter that names an answer */
function lowered(words) {
  return words.charAt(1) === " " ? words : words.charAt(0).toLowerCase() + words.slice(1);
}
