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
    const cap = keyCap(key);
    cap.setAttribute("aria-hidden", "true"); // `aria-keyshortcuts` says it
    made.append(" ", cap);
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
 * Who speaks, in the present language.
 * @param {ShownText} text
 */
function speaker({ who, number }) {
  return tr(who, { number });
}

const MINUTE = 60;
const HOUR = 3600;

/**
 * About how long, for a person: minutes, or hours and tens of minutes.
 * @param {number} seconds
 */
function timeLeft(seconds) {
  if (seconds < MINUTE) {
    return tr("less than a minute left");
  }
  if (seconds < 1.5 * HOUR) {
    const step = seconds < 10 * MINUTE ? 1 : 5;
    return tr("about {minutes} min left", { minutes: Math.round(seconds / (step * MINUTE)) * step });
  }
  const tens = Math.round(seconds / (10 * MINUTE)) * 10;
  const [hours, minutes] = [Math.floor(tens / 60), tens % 60];
  return minutes ? tr("about {hours} h {minutes} min left", { hours, minutes }) : tr("about {hours} h left", { hours });
}


/**
 * Adds up the time that the rater is at work, on the pair in front and since the last rest: no idle time, none while
 * the page is not in front.
 */
class ActiveClock {
  constructor() {
    this.counted = 0;
    this.worked = 0;
    /** @type {number | null} */
    this.since = null;
    /** Whether a pair is in front. */
    this.atWork = false;
    for (const kind of ["keydown", "pointermove", "pointerdown", "wheel", "touchstart", "scroll"]) {
      addEventListener(kind, () => this.touch(), { capture: true, passive: true });
    }
    document.addEventListener("visibilitychange", () => this.sync(!document.hidden && document.hasFocus()));
    addEventListener("blur", () => this.sync(false));
    addEventListener("focus", () => this.sync(true));
  }

  /** Seconds since `restart`, to two places. */
  get seconds() {
    return Math.round((this.counted + this.pending()) * 100) / 100;
  }

  /** A pair comes: count its time from nothing. */
  restart() {
    this.stop();
    this.counted = 0;
    this.goOn();
  }

  stop() {
    this.atWork = false;
    this.sync(false);
  }

  goOn() {
    this.atWork = true;
    this.sync(true);
  }

  /**
   * Whether the rater has worked long enough to be offered a rest.
   * @param {number} minutes 0 for never
   */
  restDue(minutes) {
    return minutes > 0 && this.worked + this.pending() >= minutes * MINUTE;
  }

  /** Count the work from nothing. */
  rested() {
    this.touch();
    this.worked = 0;
  }

  touch() {
    this.sync(this.since !== null);
  }

  /** @param {boolean} counting from now on, where a pair is in front */
  sync(counting) {
    this.counted += this.pending();
    this.worked += this.pending();
    this.since = counting && this.atWork ? performance.now() : null;
  }

  pending() {
    return this.since === null ? 0 : Math.min((performance.now() - this.since) / 1000, RULES.idleAfter);
  }
}
