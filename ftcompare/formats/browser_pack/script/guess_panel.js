// The question that is asked of some judged pairs; no judgment hangs on it.

/** The question which of a judged pair was written by the fine-tuned model: a side first, then how sure. */
class GuessPanel {
  /** @param {(choice: "left" | "right" | "tie", sure: number | null) => void} guessed */
  constructor(guessed) {
    this.guessed = guessed;
    /** @type {"left" | "right" | ""} */
    this.side = "";
    /** Whether a guess counts: the pair is on the screen for a moment. */
    this.open = false;
    this.why = element("p", "muted", tr(RULES.guessWhy));
    this.why.id = "guess_why";
    this.sides = RULES.guesses.map(([choice, english]) => {
      const title = tr(english);
      const made = button("", `guess_${choice}`, () => this.press(choice), "", "answer");
      const [cap, words] = [keyCap(""), element("span", "words", title)];
      cap.setAttribute("aria-hidden", "true");
      made.append(...(choice === "right" ? [words, cap] : [cap, words]));
      return { choice, title, made, cap };
    });
    this.degrees = RULES.degrees.map(
      (title, at) => new KeyButton(tr(title), `sure_${at + 1}`, `number_${at + 1}`, () => this.press(`number_${at + 1}`)),
    );
    this.sure = element("p", "sure", tr("How sure are you?"), " ", ...this.degrees.map((one) => one.whole));
    const sides = element("div", "answers", ...this.sides.map((one) => one.made));
    this.whole = element("section", "guess", element("p", "question", tr(RULES.guessQuestion)), this.why, sides, this.sure);
    this.whole.id = "guess";
    this.whole.setAttribute("aria-label", tr("Guess"));
    this.choose("");
  }

  /** @param {Keys} keys */
  writeKeys(keys) {
    this.degrees.forEach((one) => one.writeKeys(keys));
    for (const { choice, title, made, cap } of this.sides) {
      const key = keys.shown(choice);
      cap.dataset.key = key;
      cap.hidden = !key;
      made.setAttribute("aria-label", key ? `${title} (${key})` : title);
      setShortcut(made, keys.of(choice));
    }
  }

  /** @param {boolean} open */
  setOpen(open) {
    this.open = open;
    this.sides.forEach(({ made }) => made.classList.toggle("open", open));
  }

  /** @param {"left" | "right" | ""} side */
  choose(side) {
    this.side = side;
    this.sure.classList.toggle("kept-room", !side);
    this.sides.forEach(({ choice, made }) => {
      made.classList.toggle("chosen", side === choice);
      made.classList.remove("early");
      made.setAttribute("aria-pressed", String(side === choice));
    });
  }

  /**
   * @param {string} command
   * @returns {boolean} whether it was for the guess
   */
  press(command) {
    const pointed = command === "left" || command === "right" || command === "tie";
    const sure = command.startsWith("number_") ? Number(command.slice(7)) : 0;
    if (this.open && command === "tie") {
      this.guessed("tie", null);
    } else if (this.open && (command === "left" || command === "right")) {
      this.choose(command);
    } else if (this.open && this.side && sure >= 1 && sure <= RULES.degrees.length) {
      this.guessed(this.side, sure);
    } else if (!this.open && pointed) {
      this.sides.forEach(({ choice, made }) => made.classList.toggle("early", choice === command));
    }
    return pointed || sure > 0;
  }

  /** No side is pointed at any more; whether one was. */
  stepBack() {
    const chosen = this.side !== "";
    this.choose("");
    return chosen;
  }
}
