// Turns presses into an answer: criteria first, then the whole, with a second press where it counts.
// The rules of ui/rating/judging.py.

/** @typedef {{ command: string, choice: Choice, strength: number | null, title: string, key: string }} Answer */
/** @typedef {"closed" | "reading" | "open" | "held"} Moment what a press can do to the pair in front */

/** Seconds that two short texts are on the screen before an answer counts. */
const READING_MOMENT = 0.7;
/** Half a second for 100 words of six characters. */
const SECONDS_PER_CHARACTER = 0.5 / 600;
const FREE_CHARACTERS = 600;
const LONGEST_READING = 10;
/** Seconds of a reading moment from which on a key that comes too early is told why it does not count. */
const TOLD_FROM = 1.5;
/** Seconds within which a second press means "much better". */
const SECOND_PRESS = 0.35;

/** @type {Record<string, string>} */
const SIDES = { left: "Left", right: "Right", tie: "Equal", both_bad: "Both bad" };

/**
 * @param {number} strengths
 * @returns {Answer[]} what can be answered, from left to right
 */
function answersOf(strengths) {
  /** @type {Answer[]} */
  const between = [
    { command: "both_bad", choice: "both_bad", strength: null, title: "Both bad", key: "↑" },
    { command: "tie", choice: "tie", strength: null, title: "About equal", key: "↓" },
  ];
  return [...sideAnswers("left", "←", strengths), ...between, ...sideAnswers("right", "→", strengths).reverse()];
}

/**
 * @param {"left" | "right"} choice
 * @param {string} arrow
 * @param {number} strengths
 * @returns {Answer[]} the strongest first
 */
function sideAnswers(choice, arrow, strengths) {
  const side = SIDES[choice];
  if (strengths === 1) {
    return [{ command: choice, choice, strength: null, title: `${side} is better`, key: arrow }];
  }
  const found = [
    { command: `${choice}_much`, choice, strength: strengths, title: `${side} is much better`, key: `Shift ${arrow}` },
    { command: choice, choice, strength: strengths - 1, title: `${side} is better`, key: arrow },
  ];
  if (strengths > 2) {
    const title = `${side} is slightly better`;
    found.push({ command: `${choice}_slightly`, choice, strength: 1, title, key: `Ctrl ${arrow}` });
  }
  return found;
}

/** @param {number} characters of both answers */
function readingSeconds(characters) {
  const further = Math.max(characters - FREE_CHARACTERS, 0) * SECONDS_PER_CHARACTER;
  return Math.max(READING_MOMENT, Math.min(READING_MOMENT + further, LONGEST_READING));
}

class Judging {
  /**
   * @param {Pack} pack
   * @param {{ changed: () => void, decided: (answer: Answer) => void, say: (told: string) => void,
   *     draftChanged: () => void }} on what is called when something is to be shown, sent, said, kept
   */
  constructor(pack, on) {
    this.on = on;
    this.answers = answersOf(pack.strengths);
    this.allCriteria = pack.criteria;
    this.reasons = pack.reasons;
    /** @type {string[]} those that are asked of this pair */
    this.criteria = [];
    this.draft = emptyDraft();
    this.criterion = "";
    this.reasonsMode = false;
    /** @type {Moment} */
    this.moment = "closed";
    /** @type {Answer | null} */
    this.held = null;
    this.reading = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /**
   * A pair comes; its reading moment begins.
   * @param {PackItem | { identical: boolean, characters: number }} item
   * @param {Draft} draft
   */
  begin(item, draft) {
    this.close();
    this.draft = draft;
    this.criteria = item.identical ? [] : this.allCriteria;
    this.reasonsMode = false;
    this.criterion = this.missing()[0] ?? "";
    this.reading = readingSeconds(item.characters);
    this.move("reading");
    this.timer = setTimeout(() => this.move("open"), this.reading * 1000);
  }

  close() {
    clearTimeout(this.timer);
    this.held = null;
    this.moment = "closed";
  }

  /** Whether the pair may be commented on, flagged, skipped. */
  get atWork() {
    return this.moment === "reading" || this.moment === "open";
  }

  missing() {
    return this.criteria.filter((name) => !(name in this.draft.criteria));
  }

  /**
   * @param {string} command left, right_much, tie, …, number_3, reasons, undo, pause
   * @returns {boolean} whether it was for the answer
   */
  press(command) {
    if (this.held && this.pressAgain(this.held, command)) {
      return true;
    }
    const answer = this.answers.find((one) => one.command === command);
    if (answer) {
      this.pressAnswer(answer);
      return true;
    }
    if (command === "reasons" && this.reasons.length && this.moment !== "closed") {
      this.reasonsMode = !this.reasonsMode;
      this.on.changed();
      return true;
    }
    const number = command.startsWith("number_") ? Number(command.slice(7)) : 0;
    if (number && this.atWork) {
      this.pressNumber(number);
    }
    return number > 0;
  }

  /** @param {Answer} answer */
  pressAnswer(answer) {
    if (this.moment !== "open") {
      this.tellTooEarly();
    } else if (this.criterion && ["left", "right", "tie", "both_bad"].includes(answer.command)) {
      this.answerCriterion(this.criterion, answer.choice);
    } else if (!this.tellMissing()) {
      if (this.answers.some((one) => one.command === `${answer.command}_much`)) {
        this.hold(answer);
      } else {
        this.decide(answer);
      }
    }
  }

  /**
   * @param {Answer} held
   * @param {string} command
   */
  pressAgain(held, command) {
    if (command === held.command) {
      this.decide(this.answers.find((one) => one.command === `${command}_much`) ?? held);
      return true;
    }
    clearTimeout(this.timer);
    this.held = null;
    this.move("open");
    return command === "undo" || command === "pause";
  }

  /** @param {number} number */
  pressNumber(number) {
    if (this.reasonsMode || !this.criteria.length) {
      if (number <= this.reasons.length) {
        this.turnReason(this.reasons[number - 1]);
      }
    } else if (this.moment === "open" && number <= this.criteria.length) {
      this.turnTo(this.criteria[number - 1]);
    }
  }

  /**
   * An answer's button: for the whole, as it stands.
   * @param {Answer} answer
   */
  click(answer) {
    if (this.moment === "reading") {
      this.tellTooEarly();
    } else if ((this.moment === "open" || this.moment === "held") && !this.tellMissing()) {
      this.decide(answer);
    }
  }

  /** @param {string} name */
  turnTo(name) {
    this.criterion = this.criterion === name ? this.missing()[0] ?? "" : name;
    this.on.changed();
  }

  /**
   * @param {string} name
   * @param {Choice} choice
   */
  answerCriterion(name, choice) {
    if (this.moment !== "open") {
      return;
    }
    this.draft = { ...this.draft, criteria: { ...this.draft.criteria, [name]: choice } };
    const after = this.criteria.slice(this.criteria.indexOf(name) + 1);
    const missing = this.missing();
    this.criterion = after.find((one) => missing.includes(one)) ?? missing[0] ?? "";
    this.on.draftChanged();
    this.on.changed();
  }

  /**
   * One step further: ticked of the pair, of the left answer, of the right one, not.
   * @param {string} reason
   */
  turnReason(reason) {
    const ticked = this.draft.reasons.includes(reason);
    const side = this.draft.sides[reason];
    const sides = { ...this.draft.sides };
    delete sides[reason];
    let reasons = this.draft.reasons;
    if (!ticked) {
      reasons = this.reasons.filter((one) => one === reason || reasons.includes(one));
    } else if (side === "right") {
      reasons = reasons.filter((one) => one !== reason);
    } else {
      sides[reason] = side === "left" ? "right" : "left";
    }
    this.draft = { ...this.draft, reasons, sides };
    this.on.draftChanged();
    this.on.changed();
  }

  /** @param {Partial<Draft>} change */
  put(change) {
    this.draft = { ...this.draft, ...change };
    this.on.draftChanged();
  }

  /** @param {Answer} answer */
  hold(answer) {
    this.held = answer;
    this.move("held");
    this.timer = setTimeout(() => this.decide(answer), SECOND_PRESS * 1000);
  }

  /** @param {Answer} answer */
  decide(answer) {
    this.close();
    this.on.decided(answer);
  }

  /** @param {Moment} moment */
  move(moment) {
    this.moment = moment;
    this.on.changed();
  }

  tellTooEarly() {
    if (this.moment === "reading" && this.reading >= TOLD_FROM) {
      this.on.say(`Answers count once both texts have been on the screen for ${Math.round(this.reading)} seconds.`);
    }
  }

  tellMissing() {
    const names = this.missing();
    if (names.length) {
      this.criterion = names[0];
      this.on.changed();
      this.on.say(`Not answered yet: ${names.join(", ")}.`);
    }
    return names.length > 0;
  }
}
