// The pair in front: prompt, two answers, criteria, reasons, the question and its answers, comment and flag.

/** @typedef {{ prompt: ShownText[], left: ShownText[], right: ShownText[], context: ShownText[],
 *     reference: ShownText | null, expected: string }} PairTexts */

class PairView {
  /**
   * @param {Pack} pack
   * @param {Judging} judging
   * @param {(command: string) => void} act
   */
  constructor(pack, judging, act) {
    this.pack = pack;
    this.judging = judging;
    this.act = act;
    this.markdown = true;
    this.scrollTogether = false;
    /** @type {PairTexts | null} */
    this.texts = null;
    this.opened = { context: pack.context === "open", reference: pack.reference === "always", prompt: true };
    this.prompt = element("div", "prompt-text");
    this.context = this.folded("context", "Context", "X");
    this.reference = this.folded("reference", "Reference answer", "E");
    this.promptCard = element("section", "card prompt", this.prompt);
    this.left = this.answerCard("left", "Left");
    this.right = this.answerCard("right", "Right");
    this.expected = element("p", "expected");
    this.criteria = element("div", "criteria");
    this.reasons = element("div", "reasons");
    this.question = element("p", "question");
    this.question.id = "question";
    this.answers = element("div", "answers");
    this.told = element("p", "told");
    this.told.id = "told";
    this.told.setAttribute("role", "status");
    this.comment = /** @type {HTMLTextAreaElement} */ (element("textarea", "comment"));
    this.comment.id = "comment";
    this.comment.maxLength = pack.mostComment;
    this.comment.placeholder = "Comment";
    this.comment.setAttribute("aria-label", "Comment");
    this.comment.addEventListener("input", () => this.judging.put({ comment: this.comment.value }));
    this.flag = button("Flag", "flag", () => this.act("flag"), "F");
    this.tools = this.toolRow();
    const texts = element("div", "texts", this.left.card, this.right.card);
    const asked = element("section", "asked", this.criteria, this.reasons, this.expected, this.question, this.answers);
    asked.append(this.told, this.comment, this.tools);
    this.whole = element("div", "pair", this.promptCard, this.context.card, this.reference.card, texts, asked);
    this.buildAnswers();
  }

  toolRow() {
    const act = this.act;
    return element(
      "div",
      "tools",
      button("Undo", "undo", () => act("undo"), "Ctrl Z"),
      button("Skip", "skip", () => act("skip"), "S"),
      button("Comment", "comment_open", () => act("comment"), "C"),
      this.flag,
      button("Markdown or plain text", "markdown", () => act("markdown"), "M"),
      button("Scroll together", "together", () => act("together"), "T"),
      button("Fold the prompt", "fold_prompt", () => act("prompt"), "P"),
      button("My answers", "own_answers", () => act("own_answers"), "L"),
      button("Pause", "pause", () => act("pause"), "Esc"),
    );
  }

  /**
   * @param {"left" | "right"} side
   * @param {string} title
   */
  answerCard(side, title) {
    const text = element("div", "scrolled-text");
    text.id = side;
    text.tabIndex = 0;
    text.setAttribute("aria-label", `${title} answer`);
    text.addEventListener("scroll", () => this.scrollOther(side));
    return { card: element("section", "card answer", element("h2", "", title), text), text };
  }

  /**
   * @param {"context" | "reference"} part
   * @param {string} title
   * @param {string} key
   */
  folded(part, title, key) {
    const text = element("div", "folded-text");
    const fold = button(title, `${part}_fold`, () => this.act(part), key, "fold");
    const card = element("section", "card folded", fold, text);
    card.id = part;
    return { card, text, fold };
  }

  /** @param {"left" | "right"} side */
  scrollOther(side) {
    if (!this.scrollTogether) {
      return;
    }
    const [one, other] = side === "left" ? [this.left.text, this.right.text] : [this.right.text, this.left.text];
    const room = one.scrollHeight - one.clientHeight;
    const wanted = room > 0 ? (one.scrollTop / room) * (other.scrollHeight - other.clientHeight) : 0;
    if (Math.abs(other.scrollTop - wanted) > 2) {
      other.scrollTop = wanted;
    }
  }

  /**
   * Show another pair.
   * @param {PairTexts} texts
   */
  show(texts) {
    this.texts = texts;
    this.opened.context = this.pack.context === "open";
    this.opened.reference = this.pack.reference === "always";
    this.showTexts();
    for (const one of [this.left.text, this.right.text, this.prompt]) {
      one.scrollTop = 0;
    }
    this.expected.textContent = texts.expected;
    this.expected.hidden = !texts.expected;
    this.comment.value = this.judging.draft.comment;
    this.comment.hidden = !this.comment.value;
    this.say("");
    this.buildCriteria();
    this.refresh();
  }

  showTexts() {
    const texts = this.texts;
    if (!texts) {
      return;
    }
    this.prompt.replaceChildren(...shownTurns(texts.prompt, this.markdown));
    this.left.text.replaceChildren(...shownTurns(texts.left, this.markdown));
    this.right.text.replaceChildren(...shownTurns(texts.right, this.markdown));
    this.context.text.replaceChildren(...shownTurns(texts.context, this.markdown));
    const reference = texts.reference;
    this.reference.text.replaceChildren(...(reference ? [shownText(reference, this.markdown)] : []));
    this.context.card.hidden = !texts.context.length || this.pack.context === "never";
    this.reference.card.hidden = !reference || this.pack.reference === "never";
    this.showFolds();
  }

  showFolds() {
    this.context.text.hidden = !this.opened.context;
    this.reference.text.hidden = !this.opened.reference;
    this.context.fold.setAttribute("aria-expanded", String(this.opened.context));
    this.reference.fold.setAttribute("aria-expanded", String(this.opened.reference));
    this.promptCard.classList.toggle("closed", !this.opened.prompt);
  }

  /**
   * Open or fold a part; whether it is there.
   * @param {"context" | "reference" | "prompt"} part
   */
  turn(part) {
    if (part !== "prompt" && this[part].card.hidden) {
      return false;
    }
    this.opened[part] = !this.opened[part];
    this.showFolds();
    return true;
  }

  /** @param {string} words empty for none */
  say(words) {
    this.told.textContent = words;
  }

  buildAnswers() {
    this.question.textContent = this.pack.question;
    this.answerButtons = this.judging.answers.map((answer) => {
      const made = button(answer.title, `answer_${answer.command}`, () => this.judging.click(answer), "", "answer");
      this.answers.append(element("div", "answer-and-key", made, keyCap(answer.key)));
      return { answer, made };
    });
    this.reasonChips = this.pack.reasons.map((reason, at) => {
      const made = button(reason, `reason_${at + 1}`, () => this.judging.turnReason(reason), "", "chip");
      return { reason, made, side: element("span", "side") };
    });
    if (this.reasonChips.length) {
      const title = button("Reasons", "reasons_mode", () => this.act("reasons"), "R", "chip-title");
      this.reasons.append(title, ...this.reasonChips.map((chip) => chip.made));
      this.reasonChips.forEach((chip) => chip.made.append(chip.side));
    }
    this.reasons.hidden = !this.reasonChips.length;
    /** @type {{ name: string, row: HTMLElement, choices: HTMLButtonElement[] }[]} */
    this.criterionRows = [];
  }

  buildCriteria() {
    const names = this.judging.criteria;
    this.criteria.replaceChildren();
    this.criteria.hidden = !names.length;
    this.criterionRows = names.map((name, at) => {
      const choices = Object.entries(SIDES).map(([choice, title]) => {
        const answer = () => this.judging.answerCriterion(name, /** @type {Choice} */ (choice));
        const made = button(title, `criterion_${at + 1}_${choice}`, answer, "", "segment");
        made.dataset.choice = choice;
        return made;
      });
      const title = button(name, `criterion_${at + 1}`, () => this.judging.turnTo(name), String(at + 1), "criterion-name");
      const row = element("div", "criterion", title, ...choices);
      this.criteria.append(row);
      return { name, row, choices };
    });
  }

  /** Show what is begun, and what the next arrow answers. */
  refresh() {
    const { draft, criterion, moment, held, reasonsMode } = this.judging;
    for (const { name, row, choices } of this.criterionRows ?? []) {
      row.classList.toggle("armed", name === criterion);
      choices.forEach((one) => one.setAttribute("aria-pressed", String(draft.criteria[name] === one.dataset.choice)));
    }
    for (const { reason, made, side } of this.reasonChips ?? []) {
      made.setAttribute("aria-pressed", String(draft.reasons.includes(reason)));
      side.textContent = draft.sides[reason] ? ` · ${SIDES[draft.sides[reason]]}` : "";
    }
    this.reasons.classList.toggle("armed", reasonsMode);
    const open = (moment === "open" || moment === "held") && !criterion;
    for (const { answer, made } of this.answerButtons ?? []) {
      made.classList.toggle("open", open);
      made.classList.toggle("chosen", held?.command === answer.command);
    }
    this.question.classList.toggle("now", !criterion && this.judging.criteria.length > 0);
    this.flag.setAttribute("aria-pressed", String(draft.flagged));
    this.whole.dataset.moment = moment;
  }

  openComment() {
    this.comment.hidden = false;
    this.comment.focus();
  }
}
