// What stands beside the answer in hand: its marks, and the form for another one. As ui/marking/ shows them.

/** @typedef {{ start: number, end: number, quote: string }} Passage characters of the stored text */

class MarkForm {
  /**
   * @param {ErrorScheme} scheme
   * @param {number} most characters of a note
   * @param {{ given: (record: MarkRecord) => void, left: () => void, say: (told: string) => void,
   *     asking: (asks: boolean) => void }} on ``asking``: it is shown, or is no more
   */
  constructor(scheme, most, on) {
    this.scheme = scheme;
    this.on = on;
    /** @type {Passage | null} */
    this.passage = null;
    this.last = { error_type: "", severity: "" };
    this.severity = "";
    this.heading = element("h2", "");
    this.quote = element("p", "mark-quote");
    this.quote.dir = "auto";
    this.types = /** @type {HTMLSelectElement} */ (element("select", "mark-types"));
    this.types.id = "mark_type";
    this.types.setAttribute("aria-label", "Type of the error");
    this.types.addEventListener("change", () => this.tell());
    this.note = element("p", "muted");
    this.severities = scheme.severities.map((level, at) => {
      const made = button(level.label, `mark_severity_${at + 1}`, () => this.choose(level.key), at < 9 ? String(at + 1) : "", "segment");
      made.title = `${level.label}, weight ${level.weight}`;
      return { key: level.key, made };
    });
    this.comment = this.field("mark_comment", "Comment", most);
    this.suggestion = this.field("mark_suggestion", "Better words", most);
    this.whole = element(
      "form",
      "card mark-form",
      this.heading,
      this.quote,
      this.types,
      this.note,
      element("p", "buttons", ...this.severities.map(({ made }) => made)),
      this.comment,
      this.suggestion,
      element("p", "buttons", button("Keep", "mark_keep", () => this.keep(), "Enter", "primary"), button("Cancel", "mark_leave", () => this.leave(), "Esc")),
    );
    this.whole.addEventListener("submit", (event) => event.preventDefault());
    this.whole.hidden = true;
  }

  /**
   * @param {string} id
   * @param {string} title
   * @param {number} most
   */
  field(id, title, most) {
    const made = /** @type {HTMLInputElement} */ (element("input", "mark-field"));
    made.id = id;
    made.maxLength = most;
    made.placeholder = title;
    made.dir = "auto";
    made.autocomplete = "off";
    made.setAttribute("aria-label", title);
    return made;
  }

  /**
   * Ask about a passage. Type and severity, where a mark has none yet, are those that were given last.
   * @param {Passage} passage
   * @param {MarkRecord | null} record of a mark that is changed
   */
  ask(passage, record) {
    this.passage = passage;
    const kinds = this.scheme.types.filter((kind) => kind.spanless || passage.start < passage.end);
    this.types.replaceChildren(...kinds.map((kind) => new Option(kind.label, kind.key)));
    this.types.size = Math.max(2, Math.min(kinds.length, 7));
    const wanted = record?.error_type ?? this.last.error_type;
    this.types.selectedIndex = Math.max(0, kinds.findIndex((kind) => kind.key === wanted));
    this.choose(record?.severity ?? (this.last.severity || this.usual));
    this.heading.textContent = record ? "Change the mark" : "Mark an error";
    this.quote.textContent = passage.quote ? `“${oneLine(passage.quote, 160)}”` : "Something is missing where the cursor stands";
    this.comment.value = record?.comment ?? "";
    this.suggestion.value = record?.suggestion ?? "";
    this.tell();
    this.whole.hidden = false;
    this.on.asking(true);
    this.types.focus();
  }

  /** The lightest severity that weighs anything. */
  get usual() {
    const weighing = this.scheme.severities.filter((level) => level.weight > 0);
    const among = weighing.length ? weighing : this.scheme.severities;
    return among.reduce((one, other) => (other.weight < one.weight ? other : one)).key;
  }

  /** @param {string} severity */
  choose(severity) {
    this.severity = severity;
    this.severities.forEach(({ key, made }) => made.setAttribute("aria-pressed", String(key === severity)));
  }

  tell() {
    this.note.textContent = this.scheme.types.find((kind) => kind.key === this.types.value)?.note ?? "";
  }

  keep() {
    const { passage } = this;
    const kind = this.scheme.types.find((one) => one.key === this.types.value);
    if (!passage || !kind || !this.severity) {
      return;
    }
    if (!kind.spanless && isBlank(passage.quote)) {
      this.on.say(`“${kind.label}” marks words, and none are selected. Select the words that are wrong.`);
      return;
    }
    this.last = { error_type: kind.key, severity: this.severity };
    this.close();
    const notes = { comment: noted(this.comment.value), suggestion: noted(this.suggestion.value) };
    this.on.given({ ...passage, ...this.last, ...notes });
  }

  leave() {
    this.close();
    this.on.left();
  }

  close() {
    this.passage = null;
    this.whole.hidden = true;
    this.on.asking(false);
  }

  /**
   * A digit chooses the severity, Enter keeps the mark, Esc leaves it.
   * @param {KeyboardEvent} event
   */
  onKey(event) {
    const typing = event.target instanceof HTMLInputElement;
    const onButton = event.target instanceof HTMLButtonElement;
    const level = typing || event.ctrlKey ? undefined : this.severities[Number(event.key) - 1];
    if (event.key === "Escape") {
      this.leave();
    } else if (event.key === "Enter" && !onButton) {
      this.keep();
    } else if (level && /^[1-9]$/.test(event.key)) {
      this.choose(level.key);
    } else {
      return;
    }
    event.preventDefault();
  }
}

/** @param {string} text of a field, as it is stored: halves of characters are none */
function noted(text) {
  return text.trim().replace(/\p{Surrogate}/gu, "\ufffd");
}

/** @param {string} text whether it has nothing but what Python or JavaScript calls a space */
function isBlank(text) {
  return /^[\s\x1c-\x1f\x85]*$/.test(text);
}

class MarkPanel {
  /**
   * @param {Pack} pack
   * @param {ErrorScheme} scheme
   * @param {MarkForm} form
   * @param {{ mark: () => void, chosen: (mark: Mark) => void, change: (mark: Mark) => void,
   *     takeBack: (mark: Mark) => void, lookedThrough: (done: boolean) => void }} on
   */
  constructor(pack, scheme, form, on) {
    this.scheme = scheme;
    this.form = form;
    this.on = on;
    /** @type {Mark[]} */
    this.marks = [];
    this.row = -1;
    this.title = element("h2", "");
    this.list = element("div", "mark-list");
    this.list.id = "mark_list";
    this.list.tabIndex = 0;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Marks of this answer");
    this.list.addEventListener("focus", () => this.row < 0 && this.choose(0));
    this.none = element("p", "muted", "No mark yet. Select words in the answer and press E.");
    this.change = button("Change…", "mark_change", () => this.want(on.change));
    this.remove = button("Take back", "mark_remove", () => this.want(on.takeBack), "Del");
    this.done = /** @type {HTMLInputElement} */ (element("input", ""));
    this.done.type = "checkbox";
    this.done.id = "mark_done";
    this.done.addEventListener("change", () => on.lookedThrough(this.done.checked));
    this.acts = element("p", "buttons", this.change, this.remove);
    const done = element("label", "mark-done", this.done, "Looked through, all errors marked");
    this.below = element("div", "mark-below", this.list, this.none, this.acts, done);
    const mark = button("Mark an error", "mark_error", on.mark, "E");
    keepsSelection(mark);
    const by = element("p", "muted marked-by", `Marked by ${oneLine(pack.rater, 80)}`);
    this.whole = element("aside", "mark-panel", element("div", "mark-head", this.title, mark), by, form.whole, this.below);
  }

  /**
   * List the marks of an answer.
   * @param {MarkedSide} side
   * @param {Mark[]} marks in the order of the text
   * @param {boolean} done whether it was looked through
   */
  show(side, marks, done) {
    this.title.textContent = `Marks, ${side.name.toLowerCase()} answer`;
    this.marks = marks;
    this.row = Math.min(this.row, marks.length - 1);
    this.list.replaceChildren(...marks.map((mark, at) => this.listed(mark, at)));
    this.list.hidden = !marks.length;
    this.none.hidden = marks.length > 0;
    this.acts.hidden = !marks.length;
    this.done.checked = done;
    this.offer();
  }

  /**
   * @param {Mark} mark
   * @param {number} at
   */
  listed(mark, at) {
    const { suggestion, comment } = mark.record;
    const said = [markWords(this.scheme, mark.record), suggestion && `better: “${oneLine(suggestion)}”`, oneLine(comment)];
    const words = said.filter(Boolean).join(" · ");
    const row = element("div", "mark-row", oneLine(words, 200));
    row.id = `mark_row_${at + 1}`;
    row.dir = "auto";
    row.title = words;
    row.setAttribute("role", "option");
    row.addEventListener("click", () => this.choose(at));
    return row;
  }

  /** @param {number} row */
  choose(row) {
    this.row = row;
    this.offer();
    if (this.marks[row]) {
      this.on.chosen(this.marks[row]);
    }
  }

  /** Show which one is in hand, and what can be done with it. */
  offer() {
    [...this.list.children].forEach((row, at) => row.setAttribute("aria-selected", String(at === this.row)));
    this.list.setAttribute("aria-activedescendant", this.row >= 0 ? `mark_row_${this.row + 1}` : "");
    this.list.children[this.row]?.scrollIntoView({ block: "nearest" });
    this.change.disabled = this.remove.disabled = !this.marks[this.row];
  }

  /** @param {(mark: Mark) => void} act */
  want(act) {
    const mark = this.marks[this.row];
    if (mark) {
      act(mark);
    }
  }

  /** To the marks; where there is none, to what stands below them. */
  focus() {
    (this.marks.length ? this.list : this.done).focus();
  }

  /**
   * Arrows choose, Enter changes, Delete takes back.
   * @param {KeyboardEvent} event
   * @returns {boolean} whether it was for the list
   */
  onListKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
    if (step !== undefined) {
      this.choose(Math.max(0, Math.min(this.row + step, this.marks.length - 1)));
    } else if (event.key === "Enter") {
      this.want(this.on.change);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      this.want(this.on.takeBack);
    } else {
      return false;
    }
    return true;
  }
}

/** @param {HTMLElement} made a button that leaves focus and selection where they are when it is pressed */
function keepsSelection(made) {
  made.addEventListener("pointerdown", (event) => event.preventDefault());
  made.addEventListener("mousedown", (event) => event.preventDefault());
}
