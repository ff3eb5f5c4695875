// How the answers scroll: together or apart, by keys, and sideways where something is wider than its panel.

/** Pixels of a line of text, about. */
const LINE = 24;
/** Pixels that a key scrolls sideways. */
const SIDEWAYS = 80;

class PairScrolling {
  /**
   * @param {HTMLElement[]} answers
   * @param {HTMLElement} prompt
   * @param {HTMLElement} fields that may take the place of the answers
   */
  constructor(answers, prompt, fields) {
    this.answers = answers;
    this.views = [...answers, prompt];
    this.fields = fields;
    this.together = true;
    /** @type {Map<HTMLElement, number>} where this put them, of which they tell later */
    this.put = new Map();
    for (const one of answers) {
      one.addEventListener("scroll", () => answers.forEach((other) => other !== one && this.follow(one, other)), { passive: true });
    }
  }

  /**
   * A shorter text stops at its end; that is no reason for the longer one to come back to there.
   * @param {HTMLElement} moved
   * @param {HTMLElement} other
   */
  follow(moved, other) {
    const own = this.put.get(moved) === moved.scrollTop;
    this.put.delete(moved);
    if (this.together && !own) {
      this.move(other, moved.scrollTop);
    }
  }

  /**
   * @param {HTMLElement} view
   * @param {number} top
   */
  move(view, top) {
    const before = view.scrollTop;
    view.scrollTop = top;
    if (view.scrollTop !== before) {
      this.put.set(view, view.scrollTop);
    }
  }

  /** Show the question that the last answer of each side replies to; where the page scrolls, that of the first side. */
  toJudged() {
    const asked = this.answers.map((view) => [...view.querySelectorAll(":scope > .speaker")].slice(-2)[0]);
    this.answers.forEach((view, at) => {
      this.move(view, asked[at] ? asked[at].getBoundingClientRect().top - view.getBoundingClientRect().top : 0);
    });
    if (this.whole) {
      asked[0]?.scrollIntoView();
    }
  }

  /** Whether the answers are shown whole, and the page scrolls. */
  get whole() {
    return getComputedStyle(this.answers[0]).overflowY === "visible";
  }

  /** What scrolls everything on a small screen, where the answers are shown whole. */
  get page() {
    return /** @type {HTMLElement | null} */ (this.answers[0].closest("main"));
  }

  toTop() {
    this.page?.scrollTo(0, 0);
    for (const view of [...this.answers, this.fields]) {
      if (view.scrollTop) {
        this.move(view, 0);
      }
    }
  }

  /** @returns {number[]} where everything is, for `restore` */
  places() {
    return [...this.views, this.page].map((view) => view?.scrollTop ?? 0);
  }

  /** @param {number[]} places */
  restore(places) {
    this.views.forEach((view, at) => this.move(view, places[at]));
    this.page?.scrollTo(0, places[this.views.length]);
  }

  /**
   * A key that scrolls.
   * @param {KeyboardEvent} event
   * @returns {boolean} whether it is one
   */
  press(event) {
    const { key, altKey, ctrlKey, metaKey, shiftKey } = event;
    if (altKey && (key === "ArrowLeft" || key === "ArrowRight")) {
      this.sideways(key === "ArrowLeft" ? -SIDEWAYS : SIDEWAYS);
      return true;
    }
    if (altKey || ctrlKey || metaKey) {
      return false;
    }
    const { page } = this;
    const shown = this.fields.closest(".fields:not([hidden])") ? [this.fields] : this.answers;
    const moved = this.whole && page ? [page] : shown;
    /** @type {Record<string, number>} */
    const pages = { " ": shiftKey ? -1 : 1, PageDown: 1, PageUp: -1 };
    if (key === "Home" || key === "End") {
      moved.forEach((view) => this.move(view, key === "Home" ? 0 : view.scrollHeight));
      return true;
    }
    if (pages[key]) {
      moved.forEach((view) => this.move(view, view.scrollTop + pages[key] * Math.max(view.clientHeight - 2 * LINE, LINE)));
    }
    return Boolean(pages[key]);
  }

  /** @param {number} by */
  sideways(by) {
    for (const view of this.views) {
      view.querySelectorAll(".scrolled, pre, .display").forEach((part) => {
        part.scrollLeft += by;
      });
    }
  }
}
