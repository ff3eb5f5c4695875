// The screens beside the pair: begin, instructions, practice, skip, skipped pairs, pause, own answers, end, keys.

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

/**
 * @param {Pack} pack
 * @param {RatingLog} log
 * @param {{ begin: () => void, open: () => void }} act
 * @param {boolean} kept whether the browser keeps what is judged
 */
function beginScreen(pack, log, act, kept) {
  const done = log.events.length > 0;
  const told = done
    ? `${pack.rater}, you have judged ${log.judged.toLocaleString("en")} of ${counted(pack.items.length, "pair")}.`
    : `For ${pack.rater}: ${counted(pack.items.length, "pair")} to judge.`;
  const how = kept
    ? "Everything is stored in this browser as you go: you can close the page at any time and open the same file " +
      "again here. At the end, save the result and send it back to whoever gave you this file."
    : "This browser does not keep what you judge on this page. Save the result before you close it, and open it " +
      "here the next time; or open this file in another browser.";
  const begin = button(done ? "Go on" : "Begin", "begin", act.begin, "Enter", "primary");
  const open = button("Go on from a saved result…", "open_result", act.open);
  const notice = pack.notice ? [element("p", "notice", pack.notice)] : [];
  const warning = element("p", kept ? "" : "warning", how);
  warning.id = "kept";
  return screenOf(
    "begin_screen",
    pack.title,
    ...notice,
    element("p", "", told),
    element("p", "question", pack.question),
    warning,
    element("p", "buttons", begin, open),
  );
}

/**
 * @param {Pack} pack
 * @param {() => void} goOn
 */
function instructionsScreen(pack, goOn) {
  const text = pack.instructions ? [shownText(pack.instructions, true)] : [];
  const then = pack.practice.length ? "To the practice" : "Go on";
  return screenOf("instructions_screen", "Instructions", ...text, button(then, "instructions_on", goOn, "Enter", "primary"));
}

/**
 * @param {PracticePair} pair
 * @param {Answer} answer
 * @param {() => void} next
 */
function practisedScreen(pair, answer, next) {
  const agreed = !pair.expected || pair.expected === answer.choice;
  const said = pair.expected && !agreed ? `The owner of the study would have answered: ${SIDES[pair.expected]}.` : "";
  const told = [said, pair.because].filter(Boolean).map((words) => element("p", "", words));
  const title = pair.expected ? (agreed ? "That is what was expected" : "Another answer was expected") : "This was practice";
  const given = element("p", "", `You answered: ${answer.title}.`);
  return screenOf("practised_screen", title, given, ...told, button("Go on", "practised_on", next, "Enter", "primary"));
}

/**
 * @param {string[]} reasons
 * @param {(reason: string) => void} skip
 * @param {() => void} leave
 */
function skipScreen(reasons, skip, leave) {
  const choices = reasons.map((reason, at) => button(reason, `skip_${at + 1}`, () => skip(reason), String(at + 1)));
  const back = button("Back to the pair", "skip_back", leave, "Esc");
  return screenOf("skip_screen", "Why do you skip this pair?", element("div", "choices", ...choices), back);
}

/**
 * @param {number} count
 * @param {() => void} back
 * @param {() => void} goOn
 */
function skippedScreen(count, back, goOn) {
  return screenOf(
    "skipped_screen",
    `You skipped ${counted(count, "pair")}`,
    element("p", "", "Last questions follow. Once the first of them is answered, nothing more is judged."),
    element(
      "p",
      "buttons",
      button("Judge the skipped pairs", "skipped_back", back, "Enter", "primary"),
      button("Go on without them", "skipped_on", goOn),
    ),
  );
}

/**
 * @param {Pack} pack
 * @param {RatingLog} log
 * @param {() => void} goOn
 * @param {() => void} save
 * @param {() => void} instructions
 */
function pauseScreen(pack, log, goOn, save, instructions) {
  const left = log.secondsLeft;
  const skipped = log.skipped ? ` ${log.skipped.toLocaleString("en")} skipped; they come back at the end.` : "";
  const read = pack.instructions ? [button("Instructions", "pause_instructions", instructions)] : [];
  return screenOf(
    "pause_screen",
    "Paused",
    element("p", "", `${pack.rater}, you have judged ${counted(log.judged, "pair")} of ${pack.items.length}.${skipped}`),
    element("p", "muted", left === null ? "" : timeLeft(left)),
    element("p", "buttons", button("Go on", "pause_on", goOn, "Space", "primary"), button("Save the result so far", "save", save), ...read),
  );
}

/**
 * @param {Pack} pack
 * @param {RatingLog} log
 * @param {boolean} saved whether the newest result file holds everything
 * @param {{ save: () => void, back: () => void, undo: () => void, answers: () => void }} act
 */
function doneScreen(pack, log, saved, act) {
  const skipped = log.skipped
    ? [element("p", "", `${counted(log.skipped, "pair")} skipped.`), button("Judge the skipped pairs", "done_skipped", act.back)]
    : [];
  const send = saved
    ? "The result is saved. Send the file back to whoever gave you this page; your browser put it where downloads go."
    : "One thing is left: save the result, and send that file back to whoever gave you this page.";
  const told = element("p", saved ? "" : "warning", send);
  told.id = "done_told";
  return screenOf(
    "done_screen",
    "Done. Thank you!",
    element("p", "", `You have judged ${counted(log.judged, "pair")} of ${pack.items.length}.`),
    told,
    element("p", "buttons", button(saved ? "Save the result again" : "Save the result", "save", act.save, "Enter", "primary")),
    ...skipped,
    element("p", "buttons", button("Undo", "done_undo", act.undo, "Ctrl Z"), button("My answers", "own_answers", act.answers, "L")),
  );
}

/**
 * @param {() => void} here
 */
function otherPageScreen(here) {
  return screenOf(
    "other_page_screen",
    "This pack is open in another tab or window",
    element("p", "", "Judge there: two pages would write over each other. This page writes nothing."),
    button("Go on here instead", "here_instead", here),
  );
}

/**
 * @param {RatingLog} log
 * @param {(item: number) => void} look
 * @param {() => void} leave
 */
function ownAnswersScreen(log, look, leave) {
  const given = [...log.standing.values()].filter((event) => event.kind === "judgment" && !answeredAgain(log, event));
  given.sort((one, other) => other.seq - one.seq);
  const rows = given.map((event) => {
    const item = log.pack.items[event.allocation - 1];
    const prompt = item.prompt.map((turn) => turn.plain).join(" ").replace(/\s+/g, " ").slice(0, 90);
    const comment = event.comment ? ` · “${event.comment.slice(0, 60)}”` : "";
    const told = `${verdictWords(event, log.pack)}${event.flagged ? " · flagged" : ""}${comment}`;
    const row = button(prompt || "(no words)", `own_${event.allocation}`, () => look(event.allocation), "", "own-answer");
    row.append(element("span", "muted", told));
    return row;
  });
  const empty = rows.length ? [] : [element("p", "muted", "Nothing is judged yet.")];
  const back = button("Back", "own_back", leave, "Esc");
  return screenOf("own_answers_screen", "My answers", ...empty, element("div", "own-answers", ...rows), back);
}

/**
 * Whether a pair came again later with its sides swapped and was judged or is in front: nobody looks up there
 * what they said before.
 * @param {RatingLog} log
 * @param {PackEvent} event
 */
function answeredAgain(log, event) {
  const one = log.pack.items[event.allocation - 1];
  const front = log.place().item;
  return log.pack.items.some((other, at) => {
    const swapped = other.messages === one.messages && other.left === one.right && other.right === one.left;
    const later = at + 1 > event.allocation && (log.standing.has(at + 1) || front === at + 1);
    return swapped && later && other !== one;
  });
}

/**
 * @param {PackEvent} event
 * @param {Pack} pack
 */
function verdictWords(event, pack) {
  const answer = answersOf(pack.strengths).find((one) => one.choice === event.choice && one.strength === event.strength);
  return answer?.title ?? SIDES[String(event.choice)];
}

/** @param {() => void} leave */
function keysScreen(leave) {
  const keys = [
    ["← →", "Left, right is better"],
    ["Shift ← →", "Much better, where that is offered; or the same arrow twice"],
    ["Ctrl ← →", "Slightly better, where that is offered"],
    ["↓", "About equal"],
    ["↑", "Both bad"],
    ["1 … 9", "A criterion or a reason; how sure a guess is"],
    ["R", "The numbers tick reasons"],
    ["C", "Comment; Esc leaves it"],
    ["F", "Flag"],
    ["S", "Skip"],
    ["Ctrl Z", "Undo, as often as you like"],
    ["L", "My answers"],
    ["M", "Markdown or plain text"],
    ["P", "Fold the prompt"],
    ["E, X", "Reference answer, context"],
    ["T", "Scroll together or apart"],
    ["Page up, Page down", "Scroll the answer that has the focus; Tab goes to the next"],
    ["I", "Instructions"],
    ["Esc", "Pause"],
  ];
  const rows = keys.map(([key, told]) => element("tr", "", element("th", "", keyCap(key)), element("td", "", told)));
  return screenOf("keys_screen", "Keys", element("table", "keys", ...rows), button("Back", "keys_back", leave, "Esc"));
}

/**
 * How far the rater is.
 * @param {RatingLog} log
 * @returns {string}
 */
function progressWords(log) {
  const all = log.pack.items.length;
  const left = log.secondsLeft;
  const done = log.judged + log.skipped;
  const told = [`${done.toLocaleString("en")} of ${counted(all, "pair")}`];
  if (left !== null && done < all) {
    told.push(timeLeft(left));
  }
  if (log.skipped) {
    told.push(`${log.skipped} skipped`);
  }
  return told.join(" · ");
}
