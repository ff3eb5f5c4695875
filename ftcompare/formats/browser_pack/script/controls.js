// Buttons that show the key which presses them, and strips that say something in the place of the question.

/** What is in hand of buttons and panels that show keys. @typedef {{ writeKeys: (keys: Keys) => void }} ShowsKeys */

/** A quiet button that shows its key first; the rater may change the key. */
class KeyButton {
  /**
   * @param {string} title
   * @param {string} id
   * @param {string} command whose key presses it; empty for none
   * @param {() => void} act
   * @param {string} role class names
   * @param {boolean} ticks whether there is room for a tick behind the title
   */
  constructor(title, id, command, act, role = "tool", ticks = false) {
    this.command = command;
    this.cap = keyCap("");
    this.cap.hidden = true;
    this.cap.setAttribute("aria-hidden", "true");
    this.words = element("span", "words", title);
    this.tick = element("span", "tick kept-room", "✓");
    this.tick.setAttribute("aria-hidden", "true");
    this.whole = button("", id, act, "", role);
    this.whole.append(this.cap, this.words, ...(ticks ? [this.tick] : []));
    this.key = "";
    this.keptKey = ""; // whose place is kept while there is none
    this.said = title;
  }

  /** @param {Keys} keys */
  writeKeys(keys) {
    this.setKey(this.command ? keys.of(this.command) : "");
  }

  /** @param {string} keys as the window spells them; empty for none */
  setKey(keys) {
    this.key = keyText(keys);
    this.cap.dataset.key = this.key || this.keptKey; // drawn by the style sheet: the words alone are the label
    this.cap.hidden = !this.cap.dataset.key;
    this.cap.classList.toggle("waiting", !keys);
    setShortcut(this.whole, keys);
    this.name();
  }

  /**
   * @param {string} title
   * @param {string} said by a screen reader, where that is more
   */
  setTitle(title, said = title) {
    if (this.words.textContent !== title || this.said !== said) {
      this.words.textContent = title;
      this.said = said;
      this.name();
    }
  }

  /**
   * Show whether what it switches is on.
   * @param {boolean} ticked
   * @param {string} title
   * @param {string} said where it is on
   */
  setTicked(ticked, title, said) {
    this.whole.classList.toggle("on", ticked);
    this.tick.classList.toggle("kept-room", !ticked);
    this.setTitle(title, ticked ? said : title);
  }

  name() {
    this.whole.setAttribute("aria-label", this.key ? `${this.said} (${this.key})` : this.said);
  }
}

/**
 * @param {HTMLElement} of
 * @param {string} keys
 */
function setShortcut(of, keys) {
  if (keys) {
    of.setAttribute("aria-keyshortcuts", shortcutText(keys));
  } else {
    of.removeAttribute("aria-keyshortcuts");
  }
}

/**
 * A click on a button leaves the keys where they are: Space and Enter are for the pair or the screen, not for the
 * button again.
 * @param {HTMLElement} within
 */
function leaveFocus(within) {
  within.addEventListener("mousedown", (event) => {
    if (event.target instanceof Element && event.target.closest("button")) {
      event.preventDefault();
    }
  });
}

/** Something is missing, was expected, or a break would do good. Hidden until it says something. */
class Strip {
  /**
   * @param {string} id of its words
   * @param {string} kind class names
   * @param {(() => void) | null} first what its first button does
   * @param {(() => void) | null} second
   */
  constructor(id, kind, first = null, second = null) {
    this.words = element("span", "strip-words");
    this.words.id = id;
    this.buttons = [first, second].map((act, at) => {
      const made = new KeyButton("", `${id}_${at ? "second" : "first"}`, "", () => act?.(), "plain");
      made.whole.hidden = true;
      return made;
    });
    this.whole = element("p", `strip ${kind}`, this.words, ...this.buttons.map((one) => one.whole));
    this.whole.setAttribute("role", "status");
    this.whole.classList.add("empty");
  }

  /**
   * @param {string} words empty to hide it
   * @param {...{ title: string, key?: string }} offered for its buttons
   */
  say(words, ...offered) {
    if (!words && !this.words.textContent) {
      return;
    }
    this.words.textContent = words;
    this.whole.classList.toggle("empty", !words);
    this.buttons.forEach((one, at) => {
      const offer = words ? offered[at] : undefined;
      one.whole.hidden = !offer?.title;
      one.setTitle(offer?.title ?? "");
      one.setKey(offer?.key ?? "");
    });
  }

  /** @param {boolean} open whether the first button acts already */
  setFirstOpen(open) {
    this.buttons[0].whole.disabled = !open;
  }

  get shown() {
    return this.words.textContent !== "";
  }

  hide() {
    this.say("");
  }
}
