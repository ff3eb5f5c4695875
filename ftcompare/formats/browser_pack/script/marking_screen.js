// The judged pairs, one after another, in which errors are marked. Keys and flow of ui/pages/rate/marking_screen.py.

/** With a finger, the panel says how to select words. */
function howToMark() {
  return matchMedia("(pointer: coarse)").matches ? "" : tr("Select words with Shift and the arrow keys, or with the mouse, and press A. Tab switches between answers. L opens the list of marks.");
}

/**
 * @param {Pack} pack
 * @returns {[title: string, key: string][]}
 */
function markingKeys(pack) {
  /** @type {[title: string, key: string][]} */
  const other = pack.grades.length ? [] : [[tr("The other answer"), "Tab"]];
  const levels = Math.min(pack.scheme?.severities.length ?? 1, 9);
  return [
    [tr("Select text (with Ctrl: by word)"), "Shift ← →"],
    [tr("Mark the selection, or something missing at the cursor"), "A"],
    [tr("Severity, while the form is open (Enter saves the mark, Esc discards it)"), levels > 1 ? `1 … ${levels}` : "1"],
    ...other,
    [tr("List of marks (Enter changes one, Del removes it, Esc returns)"), "L"],
    [tr("Next or previous mark in the answer"), "F3, Shift F3"],
    [tr("Next or previous pair"), "J, K"],
    [tr("Undo the last mark"), "Ctrl Z"],
    [tr("Markdown or plain text"), "M"],
    [tr("Fold the prompt, the reference answer, the context"), "P, E, X"],
    [tr("Done"), "Esc"],
  ];
}

class MarkingScreen {
  /**
   * @param {KeptRating} rating
   * @param {ErrorScheme} scheme
   * @param {{ closed: () => void, keys: () => void }} on
   * @param {number} place of the pair to begin with
   */
  constructor(rating, scheme, on, place) {
    this.rating = rating;
    this.scheme = scheme;
    this.on = on;
    /** @type {MarkedPair[]} */
    this.pairs = [];
    this.place = place;
    /** @type {Mark | null} */
    this.changing = null;
    this.markdown = true;
    this.prompt = foldedCard("marking_prompt", tr("Prompt"), "P");
    this.context = foldedCard("marking_context", tr("Context"), "X");
    this.reference = foldedCard("marking_reference", tr("Reference answer"), "E");
    const alone = rating.pack.grades.length > 0;
    this.sides = (alone ? [0] : [0, 1]).map((at) => this.sideCard(at));
    this.inHand = 0;
    this.form = new MarkForm(scheme, rating.pack.mostNote, {
      quoted: ({ start, end }) => this.text.words(start, end),
      given: (record) => this.keep(record),
      left: () => this.text.focus(),
      say: (told) => this.say(told),
      asking: (asks) => this.panel.whole.classList.toggle("asking", asks),
    });
    this.panel = new MarkPanel(rating.pack, scheme, this.form, {
      mark: () => this.markError(),
      chosen: (mark) => this.text.point(mark.record.start, mark.record.end),
      change: (mark) => this.change(mark),
      takeBack: (mark) => this.did(this.marks.takeBack(mark.seq, new Date()), tr("The mark was removed.")),
      lookedThrough: (done) => this.lookThrough(done),
    });
    this.where = element("p", "muted");
    this.where.id = "marking_place";
    this.told = element("p", "muted");
    this.told.id = "marking_told";
    this.told.setAttribute("role", "status");
    this.previous = button(tr("Previous pair"), "marking_previous", () => this.go(-1), "K");
    this.next = button(tr("Next pair"), "marking_next", () => this.go(1), "J");
    const keys = button(tr("All keys"), "marking_keys", on.keys, "?");
    const back = button(tr("Done"), "marking_back", on.closed, "Esc");
    const head = element("div", "marking-head", element("h1", "", tr("Mark errors")), this.previous, this.next, keys, back);
    const texts = element("div", alone ? "texts alone" : "texts", ...this.sides.map(({ card }) => card));
    const answers = element("div", "marking-answers", this.prompt.card, this.context.card, this.reference.card, texts);
    this.whole = element("section", "marking", head, this.where, element("div", "marking-body", answers, this.panel.whole), this.told);
    this.whole.id = "marking";
  }

  /** @param {number} at 0 for the left answer, or the only one */
  sideCard(at) {
    const side = at ? "right" : "left";
    const text = new MarkedText(`marking_${side}`, () => this.take(at));
    const before = foldedCard(`marking_before_${side}`, tr("Turns before this answer"), "");
    const title = element("h2", "");
    return { card: element("section", "card answer", title, before.card, text.whole), before, text, title };
  }

  /** Name the answers by their places. */
  nameSides() {
    const names = this.sides.length > 1 ? [[tr("Left"), tr("Left answer")], [tr("Right"), tr("Right answer")]] : [[tr("Answer"), tr("Answer")]];
    this.sides.forEach(({ title, text }, at) => {
      title.textContent = names[at][0];
      text.whole.setAttribute("aria-label", names[at][1]);
    });
    if (this.pair) {
      this.showPanel();
    }
  }

  get marks() {
    return this.rating.marks;
  }

  /** The pair that is shown. */
  get pair() {
    return this.pairs[this.place];
  }

  /** The text of the answer in hand: it had the focus last. */
  get text() {
    return this.sides[this.inHand].text;
  }

  /** @param {boolean} markdown as texts were shown before */
  open(markdown) {
    this.pairs = markedPairs(this.rating.log);
    this.place = Math.min(this.place, Math.max(this.pairs.length - 1, 0));
    this.setMarkdown(markdown);
    this.nameSides();
    this.showPair();
  }

  /** @param {string} told */
  say(told) {
    this.told.textContent = told;
  }

  /** @param {boolean} markdown */
  setMarkdown(markdown) {
    this.markdown = markdown;
    this.sides.forEach(({ text }) => text.setMarkdown(markdown));
    if (this.pair) {
      this.showAround();
    }
  }

  /** @param {number} step to the next pair (1) or the one before (-1) */
  go(step) {
    if (this.pairs[this.place + step]) {
      this.place += step;
      this.showPair();
    }
  }

  // What is shown.

  showPair() {
    const { pair } = this;
    this.form.close();
    this.say(howToMark());
    this.previous.disabled = !this.pairs[this.place - 1];
    this.next.disabled = !this.pairs[this.place + 1];
    if (!pair) {
      this.where.textContent = tr("No pair is judged.");
      return;
    }
    pair.sides.forEach((side, at) => {
      this.sides[at].text.show(side.text, side.turns[side.turns.length - 1], side.words);
      this.sides[at].before.fold(true);
    });
    this.panel.row = -1;
    this.inHand = 0;
    this.showAround();
    this.showMarks();
    this.text.focus();
  }

  /** The texts beside the answers. */
  showAround() {
    const { item, sides } = this.pair;
    const { pack } = this.rating;
    this.prompt.fill(item.prompt, this.markdown);
    this.context.fill(pack.context === "never" ? [] : item.context, this.markdown);
    const seen = item.referenceShown && pack.reference !== "never";
    this.reference.fill(seen && item.referenceShown ? [item.referenceShown] : [], this.markdown);
    sides.forEach((side, at) => this.sides[at].before.fill(side.turns.slice(0, -1), this.markdown));
  }

  /** What stands now. */
  showMarks() {
    this.pair.sides.forEach((side, at) => this.sides[at].text.setErrors(marksOf(this.marks, side).map((mark, place) => this.drawn(mark, place + 1))));
    const marked = trn("{number} error marked in all.", "{number} errors marked in all.", this.marks.marks.length);
    const place = tr("Pair {number} of {total}, you judged “{answer}”.", { number: this.place + 1, total: this.pairs.length, answer: this.pair.said });
    this.where.textContent = sentences(place, marked);
    this.showPanel();
  }

  showPanel() {
    const side = this.pair.sides[this.inHand];
    this.panel.show(side, marksOf(this.marks, side), this.marks.reviewed(side.same).length > 0);
  }

  /**
   * @param {Mark} mark
   * @param {number} number
   * @returns {DrawnMark}
   */
  drawn({ record }, number) {
    const more = [markWords(this.scheme, record), record.comment, record.suggestion && tr("Better: {words}", { words: record.suggestion })];
    return { start: record.start, end: record.end, number, words: oneLine(more.filter(Boolean).join(" · "), 400) };
  }

  // What the rater does.

  /** @param {number} side whose text has the focus now */
  take(side) {
    if (side !== this.inHand && this.pair) {
      this.inHand = side;
      this.panel.row = -1;
      this.showPanel();
    }
  }

  /** Ask about what is selected in the answer in hand, or what is missing where the cursor stands. */
  markError() {
    const { text, pair } = this;
    if (!pair) {
      return;
    }
    text.readSelection();
    const span = text.span;
    if (!span && text.hasSelection) {
      this.setMarkdown(false);
      this.say(tr("The selection does not match the text of the answer. Select the words again in plain text."));
    } else if (!span && !this.scheme.types.some((kind) => kind.spanless)) {
      this.say(tr("Select the words that are wrong first."));
    } else {
      const [start, end] = span ?? [text.cursor, text.cursor];
      this.changing = null;
      this.form.ask({ start, end, quote: text.source.slice(start, end) }, null);
    }
  }

  /** @param {Mark} mark */
  change(mark) {
    const { start, end, quote } = mark.record;
    this.changing = mark;
    this.form.ask({ start, end, quote }, mark.record);
  }

  /** @param {MarkRecord} record */
  keep(record) {
    const { changing } = this;
    this.changing = null;
    const now = new Date();
    const added = changing
      ? this.marks.replace(changing.seq, changing.response, record, now)
      : this.marks.mark(this.pair.sides[this.inHand].answer, record, now);
    this.did(added);
    this.text.focus();
  }

  undo() {
    const { newest } = this.marks;
    const quote = newest ? oneLine(newest.record.quote, 60) : "";
    const told = quote ? tr("Undone: the mark “{quote}”.", { quote }) : newest ? tr("Undone: a mark.") : tr("There is no mark to undo.");
    this.did(this.marks.undo(new Date()), told);
  }

  /** @param {boolean} done */
  lookThrough(done) {
    const { answer, same } = this.pair.sides[this.inHand];
    this.did(done ? this.marks.lookThrough(answer, new Date()) : this.marks.lookAgain(same, new Date()));
  }

  /**
   * Store what was done, and show what stands then.
   * @param {Annotation[]} rows
   */
  did(rows, told = howToMark()) {
    this.rating.storeMarks(rows);
    this.showMarks();
    this.say(told);
  }

  // Keys.

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.altKey || event.metaKey || event.isComposing) {
      return;
    }
    const at = /** @type {Node | null} */ (event.target);
    this.text.readSelection();
    if (!this.form.whole.hidden && (this.form.whole.contains(at) || at === document.body)) {
      this.form.onKey(event);
    } else if (this.pressed(event, at)) {
      event.preventDefault();
    }
  }

  /**
   * @param {KeyboardEvent} event
   * @param {Node | null} at
   * @returns {boolean} whether it did something
   */
  pressed(event, at) {
    const { ctrlKey, shiftKey } = event;
    const key = latinKey(event);
    if (ctrlKey) {
      return key.toLowerCase() === "z" && !shiftKey && (this.undo(), true);
    }
    if (key === "F3") {
      const told = this.text.go(shiftKey ? -1 : 1);
      this.say(told || this.told.textContent || "");
      return true;
    }
    const side = this.sides.findIndex(({ text }) => text.whole === at);
    if (key === "Tab" && side >= 0 && this.sides[side + (shiftKey ? -1 : 1)]) {
      this.sides[side + (shiftKey ? -1 : 1)].text.focus();
      return true;
    }
    if (shiftKey && key !== "?") {
      return false;
    }
    return (at === this.panel.list && this.panel.onListKey(event)) || this.act(key);
  }

  /**
   * @param {string} key
   * @returns {boolean} whether it did something
   */
  act(key) {
    /** @type {Record<string, () => void>} */
    const acts = {
      a: () => this.markError(),
      l: () => this.panel.focus(),
      j: () => this.go(1),
      k: () => this.go(-1),
      m: () => this.setMarkdown(!this.markdown),
      p: () => this.prompt.fold(),
      e: () => this.reference.fold(),
      x: () => this.context.fold(),
      "?": this.on.keys,
      escape: () => this.stepBack(),
    };
    const act = acts[key.toLowerCase()];
    act?.();
    return act !== undefined;
  }

  /** From what stands beside an answer back to it, and then to where the screen was asked for. */
  stepBack() {
    if (this.panel.whole.contains(document.activeElement)) {
      this.text.focus();
    } else {
      this.on.closed();
    }
  }
}

/**
 * A text that can be folded away; it is not there while it is empty.
 * @param {string} id
 * @param {string} title
 * @param {string} key
 */
function foldedCard(id, title, key) {
  const text = element("div", "folded-text");
  const fold = button("", `${id}_fold`, () => turn(), "", "fold");
  fold.append(...(key ? [keyCap(key), " "] : []), element("span", "words", title));
  const card = element("section", "card folded", fold, text);
  card.id = id;
  const turn = (folded = !text.hidden) => {
    text.hidden = folded;
    fold.setAttribute("aria-expanded", String(!folded));
  };
  turn(false);
  const fill = (/** @type {ShownText[]} */ texts, /** @type {boolean} */ markdown) => {
    showTextsIn(text, texts, markdown);
    card.hidden = !texts.length;
  };
  return { card, fold: turn, fill };
}
