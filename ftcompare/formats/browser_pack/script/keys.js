// The keys of the page, which the rater may change.

/** @type {Record<string, string>} as browsers call them, where the window calls them otherwise */
const KEY_NAMES = {
  ArrowLeft: "Left",
  ArrowRight: "Right",
  ArrowUp: "Up",
  ArrowDown: "Down",
  Escape: "Esc",
  Enter: "Return",
  " ": "Space",
  PageUp: "PgUp",
  PageDown: "PgDown",
  Delete: "Del",
  Insert: "Ins",
};
/** @type {Record<string, string>} */
const KEY_SIGNS = { Left: "←", Right: "→", Up: "↑", Down: "↓", Return: "Enter", PgUp: "Page Up", PgDown: "Page Down" };
const HELD_ALONE = ["Shift", "Control", "Alt", "AltGraph", "Meta", "CapsLock", "NumLock", "ScrollLock", "Dead", "Unidentified", "Process"];
const MOVING = ["Tab", "Return", "Space", "PgUp", "PgDown", "Home", "End", "Backspace"];
/** Of what is held with Ctrl, what browsers leave to a page. */
const WITH_CTRL = ["Left", "Right", "Up", "Down", "Z", "Y"];

/**
 * The key that was pressed; of a layout with other letters, such as Russian, the Latin letter in its place, and of
 * one where digits need Shift, such as French, the digit.
 * @param {KeyboardEvent} event
 */
function latinKey({ key, code, shiftKey, altKey }) {
  const [, letter, digit] = /^(?:Key([A-Z])|Digit([0-9]))$/.exec(code) ?? [];
  if (key === "؟") {
    return "?";
  }
  if (digit && !shiftKey && !altKey) {
    return digit;
  }
  if (!letter || !/^[\p{L}\p{M}\p{N}]+$/u.test(key) || /[\p{Script=Latin}0-9]/u.test(key)) {
    return key;
  }
  return shiftKey ? letter : letter.toLowerCase();
}

/**
 * A key that was pressed, as the window spells it; empty for one that does nothing by itself.
 * @param {KeyboardEvent} event
 * @param {string} key it, or the one in its place
 */
function spelledKey(event, key = event.key) {
  if (HELD_ALONE.includes(key)) {
    return "";
  }
  const name = KEY_NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key);
  const sign = key.length === 1 && !/[\p{L}\p{N}\s]/u.test(key);
  const typed = sign && event.getModifierState("AltGraph"); // held with Ctrl and Alt, as Windows tells it
  const held = [];
  if ((event.ctrlKey || event.metaKey) && !typed) {
    held.push("Ctrl");
  }
  if (event.altKey && !typed) {
    held.push("Alt");
  }
  if (event.shiftKey && !sign) {
    held.push("Shift");
  }
  return [...held, name].join("+");
}

/**
 * How keys stand on a cap: `Ctrl+Z` as `Ctrl Z`, `Left` as an arrow, in the language of the page.
 * @param {string} keys
 */
function keyText(keys) {
  const parts = keys.endsWith("++") ? [...keys.slice(0, -2).split("+"), "+"] : keys === "+" ? ["+"] : keys.split("+");
  return parts.map((part) => tr(KEY_SIGNS[part] ?? part)).join(" ");
}

/**
 * As `aria-keyshortcuts` spells them.
 * @param {string} keys
 */
function shortcutText(keys) {
  /** @type {Record<string, string>} */
  const names = { Ctrl: "Control", Left: "ArrowLeft", Right: "ArrowRight", Up: "ArrowUp", Down: "ArrowDown", Esc: "Escape", "": "Plus" };
  return keys.split("+").map((part) => names[part] ?? part).join("+");
}

/** Which keys ask for what, with the rater's changes. */
class Keys {
  /** @param {Record<string, string>} changed keys by command; usual where they clash */
  constructor(changed) {
    /** @type {Record<string, string>} */
    this.changed = {};
    this.put(this.refusal(changed) ? {} : changed);
  }

  /** @param {Record<string, string>} changed */
  put(changed) {
    this.changed = Object.fromEntries(
      RULES.commands.filter(({ id, keys }) => id in changed && changed[id] !== keys).map(({ id }) => [id, changed[id]]),
    );
    /** @type {Map<string, string>} */
    this.commands = new Map(RULES.commands.map(({ id }) => [this.of(id), id]));
    this.commands.delete("");
  }

  /**
   * The keys of a command; empty for none.
   * @param {string} id
   * @returns {string}
   */
  of(id) {
    return this.changed[id] ?? RULES.commands.find((one) => one.id === id)?.keys ?? "";
  }

  /**
   * As they stand on a cap.
   * @param {string} id
   */
  shown(id) {
    return keyText(this.of(id));
  }

  /**
   * What a key asks for; empty for nothing.
   * @param {KeyboardEvent} event
   */
  commandOf(event) {
    const spelled = [spelledKey(event), spelledKey(event, latinKey(event))];
    const all = spelled.flatMap((keys) => [keys, keys.replace(/^Shift\+(?=[A-Z0-9]$)/, "")]);
    return all.map((keys) => this.commands?.get(keys)).find(Boolean) ?? "";
  }

  /**
   * Why a command cannot have keys; empty where it can.
   * @param {string} id
   * @param {string} keys
   */
  give(id, keys) {
    const wanted = { ...this.changed, [id]: keys };
    const refused = this.refusal(wanted);
    if (!refused) {
      this.put(wanted);
    }
    return refused;
  }

  /**
   * @param {Record<string, string>} changed
   * @returns {string} empty where they hold
   */
  refusal(changed) {
    /** @type {Map<string, string>} */
    const taken = new Map();
    for (const { id, keys } of RULES.commands) {
      const title = commandTitle(id);
      const chosen = changed[id] ?? keys;
      if (typeof chosen !== "string") {
        return tr("These are not keys.");
      }
      const refused = chosen && chosen !== keys ? reservedKeys(title, chosen) : "";
      const other = taken.get(chosen.toLowerCase());
      if (refused) {
        return refused;
      }
      if (chosen && other) {
        const clash = tr("{keys} is used by both “{one}” and “{other}”.", { keys: keyText(chosen), one: other, other: title });
        return sentences(clash, tr("Choose other keys for one of them."));
      }
      taken.set(chosen.toLowerCase(), title);
    }
    return "";
  }
}

/**
 * What a command is called in the present language.
 * @param {string} id
 */
function commandTitle(id) {
  const command = RULES.commands.find((one) => one.id === id);
  return command ? tr(command.title, { number: Number(id.replace("number_", "")) }) : "";
}

/**
 * @param {string} title of the command that is to have them
 * @param {string} keys
 */
function reservedKeys(title, keys) {
  const parts = keys.endsWith("++") || keys === "+" ? [...keys.slice(0, -1).split("+").filter(Boolean), "+"] : keys.split("+");
  const key = parts[parts.length - 1];
  if (parts.includes("Alt") || /^F\d+$/.test(key) || (parts.includes("Ctrl") && !WITH_CTRL.includes(key))) {
    return tr("The browser uses {keys}, so “{command}” cannot have it. Choose a key without Ctrl or Alt.", { keys: keyText(keys), command: title });
  }
  if (MOVING.includes(key)) {
    return tr("{keys} is for moving around the page, so “{command}” cannot have it. Choose another key.", { keys: keyText(keys), command: title });
  }
  return "";
}
