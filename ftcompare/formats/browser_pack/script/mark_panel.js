// What stands beside the answer in hand: its marks, and the form for another one. As ui/marking/ shows them.

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
    this.list.setAttribute("aria-label", tr("Marks of this answer"));
    this.list.addEventListener("focus", () => this.row < 0 && this.choose(0));
    const touch = matchMedia("(pointer: coarse)").matches;
    this.none = element("p", "muted", touch ? tr("Select words with a long press, then tap “Mark an error”.") : tr("No marks yet. Select words in the answer and press A."));
    this.change = button(tr("Change…"), "mark_change", () => this.want(on.change));
    this.remove = button(tr("Remove"), "mark_remove", () => this.want(on.takeBack), "Del");
    this.done = /** @type {HTMLInputElement} */ (element("input", ""));
    this.done.type = "checkbox";
    this.done.id = "mark_done";
    this.done.addEventListener("change", () => on.lookedThrough(this.done.checked));
    this.acts = element("p", "buttons", this.change, this.remove);
    const done = element("label", "mark-done", this.done, tr("Fully read, all errors marked"));
    this.below = element("div", "mark-below", this.list, this.none, this.acts, done);
    const mark = button(tr("Mark an error"), "mark_error", on.mark, "A");
    keepsSelection(mark);
    const by = element("p", "muted marked-by", tr("Marked by {name}", { name: oneLine(pack.rater, 80) }));
    this.whole = element("aside", "mark-panel", element("div", "mark-head", this.title, mark), by, form.whole, this.below);
  }

  /**
   * List the marks of an answer.
   * @param {MarkedSide} side
   * @param {Mark[]} marks in the order of the text
   * @param {boolean} done whether it was looked through
   */
  show(side, marks, done) {
    this.title.textContent = side.alone ? tr("Marks") : side.left ? tr("Marks, left answer") : tr("Marks, right answer");
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
    const said = [markWords(this.scheme, mark.record), suggestion && tr("better: “{words}”", { words: oneLine(suggestion) }), oneLine(comment)];
    const words = said.filter(Boolean).join(" · ");
    const row = element("div", "mark-row", `${at + 1}. ${oneLine(words, 200)}`);
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
