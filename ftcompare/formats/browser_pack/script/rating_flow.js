// What is asked one after the other: begin, instructions, practice, pairs, guesses, end; and the screens between.

class RatingFlow {
  /**
   * @param {KeptRating} rating
   * @param {Stage} stage
   * @param {{ act: (command: string) => void, save: () => void, open: () => void }} on
   */
  constructor(rating, stage, on) {
    this.pack = rating.pack;
    this.rating = rating;
    this.stage = stage;
    this.on = on;
    this.clock = new ActiveClock();
    /** The item in front; 0 for none. */
    this.front = 0;
    /** The item that was judged before and is looked at again; 0 for none. */
    this.lookedAt = 0;
    /** The practice pair in front, from 0; -1 for none. */
    this.practice = -1;
    this.judging = new Judging(this.pack, {
      changed: () => this.pair.refresh(),
      decided: (answer) => this.decided(answer),
      say: (told) => this.pair.say(told),
      draftChanged: () => this.keepDraft(),
    });
    this.pair = new PairView(this.pack, this.judging, on.act);
    this.guessPanel = new GuessPanel((choice, sure) => this.guessed(choice, sure));
  }

  get log() {
    return this.rating.log;
  }

  // What is shown.

  /**
   * @param {HTMLElement} screen
   * @param {(() => void) | null} enter
   * @param {(() => void) | null} escape
   * @param {(() => void)[]} choices
   */
  showScreen(screen, enter, escape, choices = []) {
    this.judging.close();
    this.clock.stop();
    this.front = 0;
    this.stage.showScreen(screen, enter, escape, choices);
    this.showProgress();
  }

  showProgress() {
    this.stage.progress.textContent = progressWords(this.log);
  }

  showBegin() {
    const act = { begin: () => this.begin(), open: this.on.open };
    this.showScreen(beginScreen(this.pack, this.log, act, this.rating.storage !== null), act.begin, null);
  }

  begin() {
    const told = this.pack.instructions || this.pack.practice.length;
    if (told && !this.rating.state.practised) {
      this.showInstructions(() => this.practise(0));
    } else {
      this.next();
    }
  }

  /** @param {() => void} then */
  showInstructions(then) {
    if (this.pack.instructions) {
      this.showScreen(instructionsScreen(this.pack, then), then, null);
    } else {
      then();
    }
  }

  /** Show what is asked now. */
  next() {
    this.lookedAt = 0;
    const place = this.log.place();
    if (place.phase === "judge") {
      this.showItem(place.item);
    } else if (place.phase === "guess") {
      this.showGuess(place.item);
    } else if (place.phase === "skipped") {
      this.showSkipped();
    } else {
      this.showDone();
    }
  }

  showSkipped() {
    const back = () => this.did(this.log.returnToSkipped(new Date()));
    const goOn = () => {
      this.log.wentOn = true;
      this.did([]);
    };
    this.showScreen(skippedScreen(this.log.skipped, back, goOn), back, null);
  }

  showDone() {
    const act = {
      save: this.on.save,
      back: () => this.did(this.log.returnToSkipped(new Date())),
      undo: () => this.did(this.log.undo(new Date())),
      answers: () => this.on.act("own_answers"),
    };
    this.showScreen(doneScreen(this.pack, this.log, this.rating.saved, act), act.save, null);
  }

  /** The result was saved. */
  saved() {
    if (this.log.place().phase === "done" && this.stage.showsScreen("done_screen")) {
      this.next();
    } else {
      this.stage.tell("");
    }
  }

  /** @param {number} number */
  showItem(number) {
    const item = this.pack.items[number - 1];
    const stands = this.log.standing.get(number);
    const draft = stands ? draftOf(stands) : this.log.drafts.get(number) ?? emptyDraft();
    this.front = number;
    this.showPair(textsOf(item), item, draft);
    this.showProgress();
    if (this.lookedAt && stands) {
      this.pair.say(`Your answer: ${verdictWords(stands, this.pack)}. Another answer takes its place; Esc leaves it.`);
    }
  }

  /**
   * @param {PairTexts} texts
   * @param {{ identical: boolean, characters: number }} item
   * @param {Draft} draft
   */
  showPair(texts, item, draft) {
    this.judging.close();
    this.judging.draft = draft;
    this.judging.criteria = item.identical ? [] : this.pack.criteria;
    this.pair.show(texts);
    this.pair.whole.classList.remove("guessing");
    this.stage.show(this.pair.whole);
    this.clock.restart();
    this.judging.begin(item, draft);
    /** @type {HTMLElement | null} */ (document.activeElement)?.blur();
  }

  /** @param {number} number */
  showGuess(number) {
    this.judging.close();
    this.front = number;
    this.pair.show(textsOf(this.pack.items[number - 1]));
    this.pair.whole.classList.add("guessing");
    this.guessPanel.choose("");
    this.stage.show(this.pair.whole, this.guessPanel.whole);
    this.clock.restart();
    this.showProgress();
  }

  showSkip() {
    const front = this.front;
    const back = () => this.next();
    const skip = (/** @type {string} */ reason) => this.skipped(front, reason);
    const reasons = this.pack.skipReasons;
    this.showScreen(skipScreen(reasons, skip, back), null, back, reasons.map((reason) => () => skip(reason)));
  }

  showPause() {
    const leave = () => this.leave();
    const instructions = () => this.showInstructions(() => this.showPause());
    this.showScreen(pauseScreen(this.pack, this.log, leave, this.on.save, instructions), leave, leave);
  }

  showKeys() {
    const leave = () => this.leave();
    this.showScreen(keysScreen(leave), leave, leave);
  }

  showOwnAnswers() {
    const back = () => this.next();
    this.showScreen(ownAnswersScreen(this.log, (item) => this.lookAgain(item), back), null, back);
  }

  // Practice.

  /** @param {number} number of the practice pair, from 0 */
  practise(number) {
    const pair = this.pack.practice[number];
    if (!pair) {
      this.practice = -1;
      this.rating.store([], { practised: true });
      this.next();
      return;
    }
    this.practice = number;
    const texts = { prompt: pair.prompt, left: [pair.left], right: [pair.right], context: [], reference: null, expected: "" };
    const characters = pair.left.plain.length + pair.right.plain.length;
    this.showPair(texts, { identical: false, characters }, emptyDraft());
    this.stage.progress.textContent = `Practice ${number + 1} of ${this.pack.practice.length}: it does not count`;
  }

  /** @param {Answer} answer */
  showPractised(answer) {
    const next = () => this.practise(this.practice + 1);
    this.showScreen(practisedScreen(this.pack.practice[this.practice], answer, next), next, null);
  }

  // What the rater does.

  /**
   * Store what was done and go on.
   * @param {PackEvent[]} events
   */
  did(events) {
    this.rating.store(events);
    this.next();
  }

  /** @param {Answer} answer */
  decided(answer) {
    if (this.practice >= 0) {
      this.showPractised(answer);
      return;
    }
    const { choice, strength } = answer;
    this.did(this.log.judge(this.front, choice, strength, this.judging.draft, this.clock.seconds, new Date()));
  }

  /**
   * @param {"left" | "right" | "tie"} choice
   * @param {number | null} sure
   */
  guessed(choice, sure) {
    this.did(this.log.guess(this.front, choice, sure, this.clock.seconds, new Date()));
  }

  /**
   * @param {number} item
   * @param {string} reason
   */
  skipped(item, reason) {
    this.did(this.log.skip(item, reason, this.judging.draft, this.clock.seconds, new Date()));
  }

  keepDraft() {
    if (this.front && this.practice < 0 && !this.lookedAt) {
      this.rating.keepDraft(this.front, this.judging.draft);
    }
  }

  /** @param {number} item */
  lookAgain(item) {
    if (this.log.guessed) {
      this.stage.tell("The last questions are begun: nothing more is judged after them. Undo the answers to them first.");
      return;
    }
    this.lookedAt = item;
    this.showItem(item);
  }

  undo() {
    if (this.practice < 0 && !this.lookedAt) {
      this.did(this.log.undo(new Date()));
    }
  }

  /** Back to what is asked. */
  leave() {
    if (this.practice >= 0) {
      this.practise(this.practice);
    } else {
      this.next();
    }
  }
}

/**
 * @param {PackItem} item
 * @returns {PairTexts}
 */
function textsOf(item) {
  return {
    prompt: item.prompt,
    left: item.leftShown,
    right: item.rightShown,
    context: item.context,
    reference: item.referenceShown,
    expected: item.expected,
  };
}
