// Elements made in one line, texts shown safely, active time.

/**
 * @param {string} tag
 * @param {string} role class names
 * @param {...(Node | string)} inside strings are shown as they are
 * @returns {HTMLElement}
 */
function element(tag, role, ...inside) {
  const made = document.createElement(tag);
  if (role) {
    made.className = role;
  }
  made.append(...inside);
  return made;
}

/**
 * @param {string} title
 * @param {string} id
 * @param {() => void} act
 * @param {string} key shown beside it; empty for none
 * @param {string} role
 * @returns {HTMLButtonElement}
 */
function button(title, id, act, key = "", role = "plain") {
  const made = /** @type {HTMLButtonElement} */ (element("button", role, title));
  made.type = "button";
  made.id = id;
  if (key) {
    made.append(" ", keyCap(key));
    made.setAttribute("aria-keyshortcuts", key);
  }
  made.addEventListener("click", () => act());
  return made;
}

/** @param {string} key */
function keyCap(key) {
  return element("kbd", "", key);
}

/**
 * A text of the pack. Its HTML was written by the study; the page's policy lets it run and load nothing.
 * @param {ShownText} text
 * @param {boolean} markdown
 * @returns {HTMLElement}
 */
function shownText(text, markdown) {
  if (!markdown) {
    const plain = element("pre", "text as-written", text.plain);
    plain.dir = "auto";
    return plain;
  }
  const made = element("div", "text");
  made.innerHTML = text.html;
  return made;
}

/**
 * Turns of a conversation, each under who speaks.
 * @param {ShownText[]} turns
 * @param {boolean} markdown
 * @returns {HTMLElement[]}
 */
function shownTurns(turns, markdown) {
  return turns.flatMap((turn) => {
    const text = shownText(turn, markdown);
    return turn.who ? [element("p", "speaker", turn.who), text] : [text];
  });
}

/**
 * @param {number} number
 * @param {string} one
 * @param {string} many
 */
function counted(number, one, many = `${one}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

/** @param {number} seconds */
function timeLeft(seconds) {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) {
    return "less than a minute left";
  }
  if (minutes < 90) {
    return `about ${counted(minutes, "minute")} left`;
  }
  return `about ${counted(Math.round(minutes / 60), "hour")} left`;
}

/** Seconds without any input after which time is not counted. */
const IDLE_AFTER = 60;

/** Adds up the time that the rater is at a pair: no idle time, none while the page is not in front. */
class ActiveClock {
  constructor() {
    this.counted = 0;
    /** @type {number | null} */
    this.since = null;
    for (const kind of ["keydown", "pointermove", "pointerdown", "wheel", "touchstart", "scroll"]) {
      addEventListener(kind, () => this.touch(), { capture: true, passive: true });
    }
    const front = () => (document.hidden || !document.hasFocus() ? this.stop() : this.goOn());
    document.addEventListener("visibilitychange", front);
    addEventListener("blur", () => this.stop());
    addEventListener("focus", () => this.goOn());
  }

  /** Seconds since `restart`, to two places. */
  get seconds() {
    return Math.round((this.counted + this.pending()) * 100) / 100;
  }

  restart() {
    this.counted = 0;
    this.since = performance.now();
  }

  stop() {
    this.counted += this.pending();
    this.since = null;
  }

  goOn() {
    this.since ??= performance.now();
  }

  touch() {
    this.counted += this.pending();
    this.since = performance.now();
  }

  pending() {
    return this.since === null ? 0 : Math.min((performance.now() - this.since) / 1000, IDLE_AFTER);
  }
}
