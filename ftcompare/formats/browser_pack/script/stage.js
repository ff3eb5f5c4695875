// What is around everything that is shown: header, progress, alert, and the screen or pair in the middle.

const SIZES = ["size-1", "size-2", "size-3", "size-4", "size-5"];

class Stage {
  /**
   * @param {string} title
   * @param {HTMLElement} root
   * @param {() => void} keys what the button of the keys does
   */
  constructor(title, root, keys) {
    this.root = root;
    /** @type {(() => void) | null} what Enter does on the screen that is shown */
    this.enter = null;
    /** @type {(() => void) | null} what Esc does there */
    this.escape = null;
    /** @type {(() => void)[]} what 1, 2, … do there */
    this.choices = [];
    this.progress = element("span", "progress");
    this.progress.id = "progress";
    this.alert = element("p", "alert");
    this.alert.id = "alert";
    this.alert.setAttribute("role", "alert");
    this.alert.hidden = true;
    this.main = element("main", "");
    const header = element(
      "header",
      "",
      element("span", "title", title),
      this.progress,
      button("Keys", "keys", keys, "?", "quiet"),
      button("A−", "smaller", () => this.zoom(-1), "", "quiet"),
      button("A+", "larger", () => this.zoom(1), "", "quiet"),
      button("Light or dark", "theme", () => this.turnTheme(), "", "quiet"),
    );
    root.replaceChildren(header, this.alert, this.main);
  }

  /**
   * Show a screen in place of everything else.
   * @param {HTMLElement} screen
   * @param {(() => void) | null} enter
   * @param {(() => void) | null} escape
   * @param {(() => void)[]} choices
   */
  showScreen(screen, enter, escape, choices = []) {
    this.enter = enter;
    this.escape = escape;
    this.choices = choices;
    this.main.replaceChildren(screen);
    /** @type {HTMLElement | null} */ (screen.querySelector("h1"))?.focus();
  }

  /**
   * Show what takes its own keys.
   * @param {...HTMLElement} parts
   */
  show(...parts) {
    this.enter = null;
    this.escape = null;
    this.choices = [];
    this.main.replaceChildren(...parts);
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

  /** @param {string} words of an alert; empty for none */
  tell(words) {
    this.alert.textContent = words;
    this.alert.hidden = !words;
  }

  /**
   * A key for the screen that is shown.
   * @param {string} key
   * @returns {boolean} whether it was for it
   */
  press(key) {
    const choice = this.choices[Number(key) - 1];
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

  /** @param {number} step */
  zoom(step) {
    const now = Math.max(0, SIZES.findIndex((one) => document.body.classList.contains(one)));
    const wanted = Math.min(SIZES.length - 1, Math.max(0, (document.body.classList.contains(SIZES[now]) ? now : 1) + step));
    document.body.classList.remove(...SIZES);
    document.body.classList.add(SIZES[wanted]);
  }

  turnTheme() {
    const dark = document.body.classList.contains("dark") || (!document.body.classList.contains("light") && matchMedia("(prefers-color-scheme: dark)").matches);
    document.body.classList.toggle("dark", !dark);
    document.body.classList.toggle("light", dark);
  }
}
