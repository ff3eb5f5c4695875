// What is asked about a pair: the criteria, the reasons, the question and its answers.

/** One criterion: its name, and a few small answers, or the grade that was typed. */
class CriterionRow {
  /**
   * @param {number} number from 1
   * @param {string} name
   * @param {Judging} judging
   */
  constructor(number, name, judging) {
    this.name = name;
    this.shown = tr(name);
    this.title = new KeyButton(this.shown, `criterion_${number}`, `number_${number}`, () => judging.clickTitle(name), "criterion-name");
    this.title.whole.title = this.shown;
    this.segments = criterionAnswers(judging).map((answer) => {
      const value = answerValue(answer);
      const made = button("", `criterion_${number}_${value}`, () => judging.clickCriterion(name, answer), "", "segment");
      const [key, word] = [element("span", "key"), tr(answer.title)];
      key.setAttribute("aria-hidden", "true");
      const withKey = element("span", "with-key", ...(value === "right" ? [word, " ", key] : [key, " ", word]));
      const alone = element("span", "alone", word); // in the same place, so that the button keeps its width
      alone.setAttribute("aria-hidden", "true");
      made.append(withKey, alone);
      return { answer, value, made, key };
    });
    this.typed = button("", `criterion_${number}_typed`, () => judging.clickTitle(name), "", "segment typed");
    this.typed.hidden = !judging.typed;
    this.whole = element("div", "criterion", this.title.whole, ...this.segments.map((one) => one.made), this.typed);
    this.whole.setAttribute("role", "group");
    this.whole.setAttribute("aria-label", this.shown);
  }

  /**
   * @param {Keys} keys
   * @param {boolean} numbers whether the number keys are for criteria now
   * @param {boolean} kept whether they are at other times
   */
  writeKeys(keys, numbers, kept) {
    this.title.keptKey = kept ? keyText(keys.of(this.title.command)) : "";
    this.title.setKey(numbers ? keys.of(this.title.command) : "");
    this.segments.forEach(({ answer, key }) => {
      const shown = keys.shown(answer.command);
      key.textContent = shown === answer.title ? "" : shown; // the grade says it
    });
  }

  /**
   * @param {Choice | number | undefined} given
   * @param {boolean} armed whether the keys answer it
   * @param {string} early criterion/command that was pressed too early
   */
  show(given, armed, early) {
    this.whole.classList.toggle("armed", armed);
    const title = this.segments.find((one) => one.value === given)?.answer.title ?? String(given);
    const answer = given === undefined ? tr("not answered yet") : tr(title);
    const said = namedValue(this.shown, answer);
    this.title.setTitle(this.shown, armed ? tr("{name}, the arrow keys answer it now", { name: said }) : said);
    this.typed.textContent = given === undefined ? "–" : String(given);
    this.typed.setAttribute("aria-pressed", String(given !== undefined));
    this.typed.setAttribute("aria-label", said);
    for (const { answer, value, made, key } of this.segments) {
      made.setAttribute("aria-pressed", String(given === value));
      made.classList.toggle("early", early === `${this.name}/${answer.command}`);
      const called = namedValue(this.shown, tr(answer.title));
      made.setAttribute("aria-label", armed && key.textContent ? `${called} (${key.textContent})` : called);
    }
  }
}

/** One reason: a tick box, with the answer that it is told of. */
class ReasonChip {
  /**
   * @param {number} number from 1
   * @param {string} reason
   * @param {Judging} judging
   */
  constructor(number, reason, judging) {
    this.reason = reason;
    this.title = tr(reason);
    this.box = new KeyButton(this.title, `reason_${number}`, `number_${number}`, () => judging.clickReason(reason), "chip");
    this.box.whole.setAttribute("role", "checkbox");
    this.box.whole.title = `${this.title}\n${tr(RULES.turns)}`;
    this.side = element("span", "side");
    this.side.setAttribute("aria-hidden", "true");
    const place = element("span", "key-and-side", this.box.cap, this.side); // with room for both, so that the chip keeps its width
    this.box.whole.append(place);
  }

  /** @param {Draft} draft */
  show(draft) {
    const ticked = draft.reasons.includes(this.reason);
    const side = ticked ? draft.sides[this.reason] : undefined;
    this.box.whole.setAttribute("aria-checked", String(ticked));
    this.side.textContent = side ? `· ${tr(RULES.choices[side])}` : "";
    const { title } = this;
    const of = { left: tr("{reason}, of the left answer", { reason: title }), right: tr("{reason}, of the right answer", { reason: title }) };
    this.box.setTitle(title, side ? of[side] : title);
  }
}

/** A slider with the grade that was typed, and a button that gives it. */
class GradeEntry {
  /** @param {Judging} judging whose grades are typed */
  constructor(judging) {
    this.judging = judging;
    this.slider = /** @type {HTMLInputElement} */ (element("input", "slider"));
    this.slider.type = "range";
    this.slider.id = "grade_slider";
    [this.slider.min, this.slider.max] = judging.ends.map(String);
    this.slider.addEventListener("input", () => judging.enter(this.slider.valueAsNumber));
    this.number = element("output", "grade", "–");
    this.number.id = "grade";
    this.give = button(tr("Give grade"), "grade_give", () => judging.giveEntry(), "Enter", "answer");
    const words = judging.ends.map((grade, at) => element("span", "muted", answerWords(judging.answers[at ? judging.answers.length - 1 : 0])));
    this.whole = element("div", "answers entry", words[0], this.slider, words[1], this.number, this.give);
  }

  /** @param {string} asked what the grade is for */
  show(asked) {
    const { shownGrade: grade, moment } = this.judging;
    const [low, high] = this.judging.ends;
    this.slider.value = String(grade ?? Math.floor((low + high) / 2));
    this.slider.classList.toggle("unset", grade === null);
    this.slider.setAttribute("aria-label", asked);
    this.slider.setAttribute("aria-valuetext", grade === null ? tr("not answered yet") : String(grade));
    this.number.textContent = grade === null ? "–" : String(grade);
    this.give.classList.toggle("open", moment === "open");
  }
}

/** With more answers than this, their words are above the key. */
const MANY = 4;

class QuestionPanel {
  /**
   * @param {Pack} pack
   * @param {Judging} judging
   * @param {(command: string) => void} act
   */
  constructor(pack, judging, act) {
    this.pack = pack;
    this.judging = judging;
    /** @type {Keys | null} */
    this.keys = null;
    this.numbersTick = false;
    this.criteria = pack.criteria.map((name, at) => new CriterionRow(at + 1, name, judging));
    this.criteriaRow = element("div", "criteria", ...this.criteria.map((row) => row.whole));
    this.criteriaRow.setAttribute("role", "group");
    this.criteriaRow.setAttribute("aria-label", tr("Criteria"));
    const turnReasons = () => (narrow.matches && judging.reasonsMode ? judging.stepBack() : act("reasons"));
    this.reasonsTitle = new KeyButton(tr("Reasons"), "reasons_mode", "reasons", turnReasons, "tool chip-title");
    this.reasonsTitle.whole.title = tr(RULES.reasonsTold);
    this.reasons = pack.reasons.map((reason, at) => new ReasonChip(at + 1, reason, judging));
    this.reasonsRow = element("div", "reasons", ...this.reasons.map((chip) => chip.box.whole));
    this.reasonsRow.setAttribute("role", "group");
    this.reasonsRow.setAttribute("aria-label", tr("Reasons"));
    this.asked = tr(pack.question);
    this.question = element("h2", "question", this.asked);
    this.question.dir = "auto";
    this.question.id = "question";
    this.entry = judging.typed ? new GradeEntry(judging) : null;
    this.answers = this.entry ? [] : judging.answers.map((answer) => this.answerButton(answer));
    this.row = this.entry?.whole ?? element("div", "answers", ...this.answers.map((one) => one.made));
    this.places = element("span", "muted");
    if (judging.ranked) {
      this.places.id = "places_told";
      this.row.prepend(this.places);
    }
    this.row.classList.toggle("many", this.answers.length > MANY);
    this.row.classList.toggle("graded", judging.graded);
    this.row.classList.toggle("ranked", judging.ranked);
    this.before = element("div", "before", this.criteriaRow);
    this.bar = element("div", "bar"); // of a small screen, with what the next act needs besides the answers
  }

  /** On a small screen, only the bar stays in view: the reasons open in it. */
  arrange() {
    if (narrow.matches) {
      this.bar.append(this.reasonsTitle.whole);
      this.bar.after(this.reasonsRow);
    } else {
      this.before.append(this.reasonsRow);
      this.reasonsRow.prepend(this.reasonsTitle.whole);
    }
  }

  /** @param {boolean} shown */
  setShown(shown) {
    this.before.hidden = !shown || !(this.criteria.length || this.reasons.length);
    this.reasonsRow.hidden = this.reasonsTitle.whole.hidden = !shown || !this.reasons.length;
    this.question.hidden = this.row.hidden = !shown;
  }

  /** @param {Answer} answer */
  answerButton(answer) {
    const act = () => (this.inBar ? this.judging.clickCriterion(this.judging.criterion, answer) : this.judging.click(answer));
    const made = button("", `answer_${answer.command}`, act, "", "answer");
    const said = [answer.title, answer.label ?? ""].filter(Boolean).map((text) => element("span", "", tr(text)));
    const [cap, words] = [keyCap(""), element("span", "words", ...(answer.label ? said : [tr(answer.title)]))];
    words.classList.toggle("labeled", Boolean(answer.label));
    cap.setAttribute("aria-hidden", "true");
    const keyLast = answer.choice === "right" || this.judging.answers.length > MANY;
    made.append(...(keyLast ? [words, cap] : [cap, words]));
    if (answer.command === "tie") {
      made.title = tr(RULES.alike);
    }
    return { answer, made, cap };
  }

  /** Whether the answers are for a criterion, because only they stay in view. */
  get inBar() {
    return narrow.matches && this.judging.criterion !== "";
  }

  /** A pair comes. Criteria that it does not ask for keep their place. */
  show() {
    this.criteriaRow.hidden = !this.criteria.length;
    this.criteriaRow.classList.toggle("kept-room", !this.judging.criteria.length);
  }

  /** @param {Keys} keys */
  writeKeys(keys) {
    this.keys = keys;
    const all = !this.pack.criteria.length && this.judging.paired;
    const ticking = this.judging.reasonsMode || all;
    this.numbersTick = this.judging.reasonsMode;
    this.criteria.forEach((row) => row.writeKeys(keys, !(this.judging.reasonsMode || this.judging.graded), !this.judging.graded));
    this.reasonsTitle.setKey(all ? "" : keys.of("reasons"));
    this.reasons.forEach(({ box }) => box.setKey(ticking ? keys.of(box.command) : ""));
    this.refresh();
  }

  /** Show what is begun, and what the next arrow answers. */
  refresh() {
    const { draft, criterion, criteria, moment, held, early, reasonsMode } = this.judging;
    if (this.keys && reasonsMode !== this.numbersTick) {
      this.writeKeys(this.keys);
      return;
    }
    if (criteria.length) {
      const given = draft[this.judging.note];
      this.criteria.forEach((row) => row.show(given[row.name], row.name === criterion, early));
    }
    this.reasons.forEach((chip) => chip.show(draft));
    const shared = this.pack.criteria.length > 0 || !this.judging.paired; // the number keys do something else before
    this.reasonsRow.classList.toggle("armed", reasonsMode && shared);
    this.reasonsTitle.whole.classList.toggle("on", reasonsMode && shared);
    this.reasonsRow.classList.toggle("opened", reasonsMode);
    const chosen = narrow.matches && draft.reasons.length > 0;
    this.reasonsTitle.setTitle(chosen ? namedValue(tr("Reasons"), draft.reasons.length) : tr("Reasons"), tr("Reasons for your judgment"));
    const now = !criterion && criteria.length > 0;
    const here = criterion !== "" && (this.inBar || this.entry !== null); // what is below the question is for the criterion
    const asked = here ? tr(criterion) : this.asked;
    this.question.textContent = asked;
    this.question.classList.toggle("later", criterion !== "" && !here);
    this.row.classList.toggle("in-bar", this.inBar && !this.judging.graded);
    this.question.setAttribute("aria-label", now ? tr("{name}, the arrow keys answer it now", { name: asked }) : asked);
    this.entry?.show(asked);
    this.places.textContent = this.judging.ranked ? placesWords(draft.places.length) : "";
    const open = (moment === "open" || moment === "held") && (here || !criterion) && !draft.places.includes(0);
    for (const { answer, made, cap } of this.answers) {
      const keys = this.judging.ranked ? "Return" : this.keys?.of(answer.command) ?? "";
      made.inert = this.inBar && !this.judging.isForCriteria(answer); // it keeps its place, so that the others stay under the finger
      made.classList.toggle("open", open);
      if (this.judging.ranked) {
        made.classList.toggle("primary", open);
        made.setAttribute("aria-disabled", String(!open));
      }
      made.classList.toggle("chosen", held?.command === answer.command);
      made.classList.toggle("early", early === `${here ? criterion : ""}/${answer.command}`);
      const waits = criterion !== "" && !here;
      const title = here ? namedValue(asked, answerWords(answer)) : answerWords(answer);
      made.setAttribute("aria-label", keys && !waits ? `${title} (${keyText(keys)})` : title);
      setShortcut(made, waits ? "" : keys);
      cap.dataset.key = keyText(keys);
      cap.hidden = !keys || keyText(keys) === answer.title; // the grade says it
      cap.classList.toggle("waiting", waits);
    }
  }
}
