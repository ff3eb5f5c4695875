// Cards of text: the prompt, what stands beside it, and the two answers.

const FROM_RIGHT = /^[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Samaritan}\p{Script=Mandaic}\p{Script=Adlam}\p{Script=Hanifi_Rohingya}]/u;
/** Characters among which the first letter is looked for. */
const LOOKED_AT = 4000;

/**
 * Whether the first letter is of a script that is written from the right.
 * @param {string} text
 */
function readsFromRight(text) {
  const first = /\p{L}/u.exec(text.slice(0, LOOKED_AT));
  return first !== null && FROM_RIGHT.test(first[0]);
}

/**
 * Show texts in an element, one below the other, from that side from which they are read.
 * @param {HTMLElement} where
 * @param {ShownText[]} texts
 * @param {boolean} markdown
 * @param {string} empty what stands in the place of a text without any
 */
function showTextsIn(where, texts, markdown, empty = "") {
  const last = texts[texts.length - 1];
  where.dir = last && readsFromRight(last.plain) ? "rtl" : "ltr";
  const shown = texts.flatMap((text) => {
    const nothing = empty && !text.plain.trim();
    const part = nothing ? element("p", "muted", empty) : shownText(text, markdown);
    return text.who ? [element("h3", "speaker", text.who), part] : [part];
  });
  where.replaceChildren(...shown);
}

/**
 * A part that scrolls, by keyboard too, with its name.
 * @param {string} id
 * @param {string} name
 * @param {string} role class names
 */
function scrolledPart(id, name, role) {
  const made = element("div", role);
  made.id = id;
  made.tabIndex = 0;
  made.setAttribute("role", "group");
  made.setAttribute("aria-label", name);
  return made;
}

/** An answer under the name of its place. */
class AnswerCard {
  /**
   * @param {"left" | "right"} side
   * @param {string} name
   */
  constructor(side, name) {
    this.text = scrolledPart(side, name, "scrolled-text");
    this.whole = element("section", "card answer", element("h2", "", name), this.text);
  }
}

/** A text beside a prompt, in a card that can be folded. */
class FoldedCard {
  /**
   * @param {string} id and command
   * @param {string} title
   * @param {() => void} turn
   */
  constructor(id, title, turn) {
    this.title = title;
    this.fold = new KeyButton(title, `${id}_fold`, id, turn, "fold");
    this.text = scrolledPart(`${id}_text`, title, "folded-text");
    this.whole = element("section", "card folded", this.fold.whole, this.text);
    this.whole.id = id;
    this.opened = false;
  }

  /**
   * @param {ShownText[]} texts none to hide it
   * @param {boolean} markdown
   */
  show(texts, markdown) {
    this.whole.hidden = !texts.length;
    showTextsIn(this.text, texts, markdown);
    this.fold.setTitle(texts.length > 1 ? `${this.title} (${counted(texts.length, "passage")})` : this.title);
  }

  /** @param {boolean} opened */
  setOpened(opened) {
    this.opened = opened;
    this.text.hidden = !opened;
    this.whole.classList.toggle("closed", !opened);
    this.fold.whole.setAttribute("aria-expanded", String(opened));
  }
}

/** The prompt: one question, or a conversation; folded while only its first line is shown. */
class PromptCard {
  /**
   * @param {string} notice of the study, to stand beside its text; may be empty
   * @param {() => void} turn
   */
  constructor(notice, turn) {
    this.folded = false;
    this.name = element("h2", "", "Prompt");
    this.above = button("", "turns_above", () => this.scroll(-1), "", "link");
    this.below = button("", "turns_below", () => this.scroll(1), "", "link");
    this.fold = new KeyButton("Fold", "fold_prompt", "prompt", turn);
    const told = element("span", "muted notice", notice);
    told.hidden = !notice;
    const header = element("div", "card-header", this.name, this.above, this.below, element("span", "stretch"), told, this.fold.whole);
    this.text = scrolledPart("prompt", "Prompt", "prompt-text");
    this.oneLine = element("p", "muted one-line");
    this.whole = element("section", "card prompt", header, this.text, this.oneLine);
    this.text.addEventListener("scroll", () => this.tellTurns(), { passive: true });
    addEventListener("resize", () => this.tellTurns());
    this.setFolded(false);
  }

  /**
   * @param {ShownText[]} turns
   * @param {boolean} markdown
   */
  show(turns, markdown) {
    this.name.textContent = turns.length < 2 ? "Prompt" : "Conversation";
    showTextsIn(this.text, turns, markdown);
    this.oneLine.textContent = (turns[turns.length - 1]?.plain ?? "").slice(0, 480).replace(/\s+/g, " ");
    this.several = turns.length > 1;
    this.above.hidden = this.below.hidden = true;
    if (this.several) {
      requestAnimationFrame(() => this.tellTurns());
    }
  }

  /** @param {boolean} folded */
  setFolded(folded) {
    this.folded = folded;
    this.text.hidden = folded;
    this.whole.classList.toggle("closed", folded);
    this.oneLine.hidden = !folded;
    this.fold.setTitle(folded ? "Unfold" : "Fold");
    this.fold.whole.setAttribute("aria-expanded", String(!folded));
    this.tellTurns();
  }

  /** Down by nearly what is in view; from the end back to the top. */
  scrollOn() {
    const { scrollTop, scrollHeight, clientHeight } = this.text;
    if (scrollTop + clientHeight >= scrollHeight - 1) {
      this.text.scrollTop = 0;
    } else {
      this.scroll(1);
    }
  }

  /** @param {number} direction */
  scroll(direction) {
    this.text.scrollTop += direction * Math.max(this.text.clientHeight - LINE, LINE);
  }

  /** Say how many turns are wholly out of view. */
  tellTurns() {
    if (!this.several) {
      return;
    }
    const starts = Array.from(this.text.querySelectorAll(".speaker"), (turn) => /** @type {HTMLElement} */ (turn).offsetTop);
    const top = this.text.scrollTop;
    const bottom = top + this.text.clientHeight;
    const above = this.folded ? 0 : starts.slice(1).filter((end) => end <= top).length;
    const below = this.folded ? 0 : starts.filter((start) => start >= bottom).length;
    this.above.textContent = `${counted(above, "earlier turn")} above`;
    this.below.textContent = `${counted(below, "more turn")} below`;
    this.above.hidden = !above;
    this.below.hidden = !below;
  }
}
