// The question that is asked of some judged pairs; no judgment hangs on it.

/** The question which of a judged pair was written by the fine-tuned model. */
class GuessPanel {
  /** @param {(choice: "left" | "right" | "tie", sure: number | null) => void} guessed */
  constructor(guessed) {
    this.guessed = guessed;
    /** @type {"left" | "right" | ""} */
    this.side = "";
    const asked = "Which of the two do you think was written by the fine-tuned model?";
    const why =
      "This shows whether the study hides well which is which. It is no test, nobody is told whether you are right, " +
      "and your judgments stay as they are.";
    this.buttons = {
      left: button("Left", "guess_left", () => this.press("left"), "←"),
      tie: button("Cannot tell", "guess_tie", () => this.press("tie"), "↓"),
      right: button("Right", "guess_right", () => this.press("right"), "→"),
    };
    const degrees = ["A hunch", "Fairly sure", "Certain"].map((title, at) =>
      button(title, `sure_${at + 1}`, () => this.press(`number_${at + 1}`), String(at + 1)),
    );
    this.sure = element("p", "buttons", "How sure are you? ", ...degrees);
    const sides = element("p", "buttons", this.buttons.left, this.buttons.tie, this.buttons.right);
    this.whole = element("section", "asked guess", element("p", "question", asked), element("p", "muted", why), sides, this.sure);
    this.whole.id = "guess";
    this.choose("");
  }

  /** @param {"left" | "right" | ""} side */
  choose(side) {
    this.side = side;
    this.sure.hidden = !side;
    this.buttons.left.classList.toggle("chosen", side === "left");
    this.buttons.right.classList.toggle("chosen", side === "right");
  }

  /**
   * @param {string} command
   * @returns {boolean} whether it was for the guess
   */
  press(command) {
    if (command === "left" || command === "right") {
      this.choose(command);
    } else if (command === "tie") {
      this.guessed("tie", null);
    } else if (this.side && ["number_1", "number_2", "number_3"].includes(command)) {
      this.guessed(this.side, Number(command.slice(7)));
    } else {
      return command.startsWith("number_");
    }
    return true;
  }
}
