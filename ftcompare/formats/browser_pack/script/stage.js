// What is around everything that is shown: header, progress, alert, and the screen or pair in the middle.

class Stage {
  /**
   * @param {Pack} pack
   * @param {HTMLElement} root
   * @param {{ act: (command: string) => void, zoom: (step: number) => void }} on
   */
  constructor(pack, root, on) {
    this.root = root;
    /** @type {(() => void) | null} what Enter does on the screen that is shown */
    this.enter = null;
    /** @type {(() => void) | null} what Esc does there */
    this.escape = null;
    /** @type {(() => void)[]} what 1, 2, … do there */
    this.choices = [];
    /** @type {Record<string, () => void>} what letters do there */
    this.letters = {};
    this.progress = element("span", "progress");
    this.progress.id = "progress";
    this.bar = /** @type {HTMLProgressElement} */ (element("progress", ""));
    this.alert = element("p", "alert");
    this.alert.id = "alert";
    this.alert.setAttribute("role", "alert");
    this.alert.hidden = true;
    this.main = element("main", "");
    this.pack = pack;
    this.on = on;
    this.header = element("header", "");
    this.answers = this.writeHeader();
    leaveFocus(this.header);
    root.replaceChildren(this.header, this.alert, this.main);
  }

  /** Write the header in the present language. @returns {KeyButton} what opens the rater's own answers */
  writeHeader() {
    const { pack, on } = this;
    this.bar.setAttribute("aria-label", tr("Progress"));
    this.answers = new KeyButton(tr("My judgments"), "own_answers", "own_answers", () => on.act("own_answers"));
    const smaller = button("A−", "smaller", () => on.zoom(-1), "", "tool");
    smaller.setAttribute("aria-label", tr("A−, smaller text"));
    const larger = button("A+", "larger", () => on.zoom(1), "", "tool");
    larger.setAttribute("aria-label", tr("A+, larger text"));
    const settings = button(tr("Settings"), "settings", () => on.act("settings"), "", "tool");
    const [title, rater] = [element("bdi", "title", pack.title), element("bdi", "muted rater", pack.rater)];
    this.header.replaceChildren(title, rater, this.answers.whole, this.progress, smaller, larger, settings, this.bar);
    return this.answers;
  }

  /** @param {Keys} keys */
  writeKeys(keys) {
    this.answers.writeKeys(keys);
  }

  /**
   * Show a screen in place of everything else.
   * @param {HTMLElement} screen
   * @param {(() => void) | null} enter
   * @param {(() => void) | null} escape
   * @param {(() => void)[]} choices
   * @param {Record<string, () => void>} letters
   */
  showScreen(screen, enter, escape, choices = [], letters = {}) {
    this.letters = letters;
    this.enter = enter;
    this.escape = escape;
    this.choices = choices;
    this.main.replaceChildren(screen);
    this.offerAnswers(screen.id === "done_screen" || screen.id === "skipped_screen");
    this.main.scrollTop = 0;
    const first = screen.querySelector("[data-first]") ?? screen.querySelector("h1");
    /** @type {HTMLElement | null} */ (first)?.focus();
  }

  /**
   * Show what takes its own keys.
   * @param {HTMLElement} part
   */
  show(part) {
    this.letters = {};
    this.enter = null;
    this.escape = null;
    this.choices = [];
    this.offerAnswers(true);
    if (this.main.firstElementChild !== part || this.main.childElementCount > 1) {
      this.main.replaceChildren(part);
      this.main.scrollTop = 0;
    }
  }

  /** @param {boolean} offered whether own answers can be opened from what is shown */
  offerAnswers(offered) {
    this.root.classList.toggle("covered", !offered);
  }

  /**
   * @param {HTMLElement} part
   * @returns {boolean} whether it is shown
   */
  shows(part) {
    return this.main.contains(part);
  }

  /**
   * @param {string} id
   * @returns {boolean} whether the screen is shown
   */
  showsScreen(id) {
    return this.main.querySelector(`#${id}`) !== null;
  }

  /**
   * @param {string} words of an alert; empty for none
   * @param {boolean} calm whether nothing is wrong
   */
  tell(words, calm = false) {
    this.alert.textContent = words;
    this.alert.classList.toggle("calm", calm);
    this.alert.hidden = !words;
  }

  /**
   * Say on the screen that the result was saved; Space and Enter are then for the screen, not for saving again.
   * @param {string} words
   */
  tellSaved(words) {
    const line = this.main.querySelector("#saved_as");
    if (line) {
      line.textContent = words;
      this.main.querySelector("h1")?.focus();
    }
  }

  /**
   * How far the rater is.
   * @param {string} words
   * @param {number} done
   * @param {number} all
   * @param {{ today?: string, left?: string }} more what stands behind the words where there is room
   */
  tellProgress(words, done, all, { today = "", left = "" } = {}) {
    const parts = [words, element("span", "today", today && `  ·  ${today}`), element("span", "time", left && `  ·  ${left}`)];
    this.progress.replaceChildren(...parts);
    this.bar.max = Math.max(all, 1);
    this.bar.value = done;
  }

  /**
   * A key for the screen that is shown.
   * @param {string} key
   * @returns {boolean} whether it was for it
   */
  press(key) {
    const choice = this.choices[Number(key) - 1] ?? this.letters[key.toLowerCase()];
    if (choice) {
      choice();
    } else if (key === "Escape") {
      this.escape?.();
    } else if (key === "Enter" || key === " ") {
      this.enter?.();
    } else {
      return false;
    }
    return true;
  }
}
