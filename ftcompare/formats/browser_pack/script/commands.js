// Keys and buttons: what each asks for, and who does it.

/** @type {Record<string, string>} */
const KEYS = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowDown: "tie",
  ArrowUp: "both_bad",
  r: "reasons",
  c: "comment",
  s: "skip",
  f: "flag",
  m: "markdown",
  p: "prompt",
  e: "reference",
  x: "context",
  t: "together",
  l: "own_answers",
  i: "instructions",
  "?": "keys",
  Escape: "pause",
};

/**
 * What a key asks for; empty for nothing.
 * @param {KeyboardEvent} event
 */
function commandOf(event) {
  const { key, ctrlKey, shiftKey } = event;
  if (ctrlKey && key.toLowerCase() === "z") {
    return "undo";
  }
  const side = key === "ArrowLeft" || key === "ArrowRight" ? KEYS[key] : "";
  if (side) {
    return ctrlKey ? `${side}_slightly` : shiftKey ? `${side}_much` : side;
  }
  if (ctrlKey) {
    return "";
  }
  if (/^[1-9]$/.test(key)) {
    return `number_${key}`;
  }
  return KEYS[key] ?? KEYS[key.toLowerCase()] ?? "";
}

class Commands {
  /** @param {RatingFlow} flow */
  constructor(flow) {
    this.flow = flow;
    document.addEventListener("keydown", (event) => this.onKey(event));
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.altKey || event.metaKey || event.isComposing) {
      return;
    }
    if (event.target instanceof HTMLTextAreaElement) {
      this.onKeyInComment(event);
      return;
    }
    const command = commandOf(event);
    const onButton = event.target instanceof HTMLButtonElement && (event.key === "Enter" || event.key === " ");
    if (onButton || (event.repeat && command)) {
      return;
    }
    if (!this.inPair && this.flow.stage.press(event.key)) {
      event.preventDefault();
    } else if (command) {
      event.preventDefault();
      this.act(command);
    }
  }

  /** @param {KeyboardEvent} event */
  onKeyInComment(event) {
    if (event.key === "Escape" || (event.key === "Enter" && event.ctrlKey)) {
      event.preventDefault();
      this.flow.pair.comment.blur();
    }
  }

  /** Whether a pair is shown. */
  get inPair() {
    return this.flow.stage.shows(this.flow.pair.whole);
  }

  /** @param {string} command */
  act(command) {
    const { flow, inPair } = this;
    if (flow.rating.stopped) {
      return;
    }
    const judges = inPair && !flow.stage.shows(flow.guessPanel.whole);
    if (judges && flow.judging.press(command)) {
      return;
    }
    if (inPair && !judges && flow.guessPanel.press(command)) {
      return;
    }
    if (!this.actAnywhere(command) && inPair) {
      this.actOnPair(command, judges);
    }
  }

  /**
   * @param {string} command
   * @returns {boolean} whether it was done
   */
  actAnywhere(command) {
    const { flow } = this;
    if (command === "undo") {
      flow.undo();
    } else if (command === "keys") {
      flow.showKeys();
    } else if (command === "own_answers" && flow.practice < 0) {
      flow.showOwnAnswers();
    } else if (command === "instructions" && flow.pack.instructions) {
      flow.showInstructions(() => flow.leave());
    } else if (command === "markdown") {
      flow.pair.markdown = !flow.pair.markdown;
      flow.pair.showTexts();
    } else {
      return false;
    }
    return true;
  }

  /**
   * @param {string} command
   * @param {boolean} judges
   */
  actOnPair(command, judges) {
    const { flow } = this;
    const { pair } = flow;
    if (command === "pause") {
      flow.lookedAt ? flow.next() : flow.showPause();
    } else if (command === "together") {
      pair.scrollTogether = !pair.scrollTogether;
      pair.say(pair.scrollTogether ? "The answers scroll together." : "The answers scroll apart.");
    } else if (command === "prompt" || command === "context" || command === "reference") {
      this.turnPart(command, judges);
    } else if (judges && flow.judging.atWork) {
      this.actOnJudgment(command);
    }
  }

  /** @param {string} command */
  actOnJudgment(command) {
    const { flow } = this;
    if (command === "comment") {
      flow.pair.openComment();
    } else if (command === "flag") {
      flow.judging.put({ flagged: !flow.judging.draft.flagged });
      flow.pair.refresh();
    } else if (command === "skip" && flow.practice < 0 && !flow.lookedAt) {
      flow.showSkip();
    }
  }

  /**
   * @param {"prompt" | "context" | "reference"} part
   * @param {boolean} judges
   */
  turnPart(part, judges) {
    const { pair, judging, practice } = this.flow;
    const seen = pair.turn(part) && part === "reference" && pair.opened.reference;
    if (seen && judges && practice < 0) {
      judging.put({ referenceSeen: true });
    }
  }
}
