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
 * A key that was pressed, as the window spells it; empty for one that does nothing by itself.
 * @param {KeyboardEvent} event
 */
function spelledKey(event) {
  const { key } = event;
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
 * How keys stand on a cap: `Ctrl+Z` as `Ctrl Z`, `Left` as an arrow.
 * @param {string} keys
 */
function keyText(keys) {
  const parts = keys.endsWith("++") ? [...keys.slice(0, -2).split("+"), "+"] : keys === "+" ? ["+"] : keys.split("+");
  return parts.map((part) => KEY_SIGNS[part] ?? part).join(" ");
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
    const spelled = spelledKey(event);
    return this.commands?.get(spelled) ?? this.commands?.get(spelled.replace(/^Shift\+(?=[A-Z]$)/, "")) ?? "";
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
    for (const { id, title, keys } of RULES.commands) {
      const chosen = changed[id] ?? keys;
      if (typeof chosen !== "string") {
        return "These are not keys.";
      }
      const refused = chosen && chosen !== keys ? reservedKeys(title, chosen) : "";
      const other = taken.get(chosen.toLowerCase());
      if (refused) {
        return refused;
      }
      if (chosen && other) {
        return `${keyText(chosen)} is used by both “${other}” and “${title}”. Choose other keys for one of them.`;
      }
      taken.set(chosen.toLowerCase(), title);
    }
    return "";
  }
}

/**
 * @param {string} title of the command that is to have them
 * @param {string} keys
 */
function reservedKeys(title, keys) {
  const parts = keys.endsWith("++") || keys === "+" ? [...keys.slice(0, -1).split("+").filter(Boolean), "+"] : keys.split("+");
  const key = parts[parts.length - 1];
  if (parts.includes("Alt") || /^F\d+$/.test(key) || (parts.includes("Ctrl") && !WITH_CTRL.includes(key))) {
    return `The browser uses ${keyText(keys)}, so “${title}” cannot have it. Choose a key without Ctrl or Alt.`;
  }
  if (MOVING.includes(key)) {
    return `${keyText(keys)} is for moving around the page, so “${title}” cannot have it. Choose another key.`;
  }
  return "";
}
