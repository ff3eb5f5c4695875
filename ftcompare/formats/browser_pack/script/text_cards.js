// Cards of text: the prompt, what stands beside it, and the two answers.

const FROM_RIGHT = /^[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Samaritan}\p{Script=Mandaic}\p{Script=Adlam}\p{Script=Hanifi_Rohingya}]/u;
/** Letters of scripts that may need a font's contextual alternates, such as Arabic. */
const JOINED = /[\u0590-\u1cff\ua800-\uabff\ufb1d-\ufefc]/;
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
  where.classList.toggle("joined", texts.some((text) => JOINED.test(text.plain)));
  const shown = texts.flatMap((text) => {
    const nothing = empty && !text.plain.trim();
    const part = nothing ? element("p", "muted", empty) : shownText(text, markdown);
    return text.who ? [element("h3", "speaker", speaker(text)), part] : [part];
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

/** An answer under the name of its place, with a button that says where it goes wrong, of a conversation. */
class AnswerCard {
  /**
   * @param {string} id
   * @param {string} name
   * @param {PlaceRow | null} places that it may get; null where it is not ranked
   * @param {KeyButton | null} wrong says at which turn it goes wrong; null where it is not one of a pair
   */
  constructor(id, name, places = null, wrong = null) {
    this.places = places;
    this.wrong = wrong;
    /** @type {ShownText[]} */
    this.texts = [];
    this.text = scrolledPart(id, name, "scrolled-text");
    this.below = element("span", "muted more-below kept-room", tr("More below"));
    const beside = [places, wrong].flatMap((part) => (part ? [part.whole] : []));
    const header = element("div", "card-header", element("h2", "", name), ...beside, element("span", "stretch"), this.below);
    this.whole = element("section", "card answer", header, this.text);
    this.text.addEventListener("scroll", () => this.tellBelow(), { passive: true });
    new ResizeObserver(() => this.tellBelow()).observe(this.text);
  }

  /**
   * @param {ShownText[]} texts
   * @param {boolean} markdown
   */
  show(texts, markdown) {
    this.texts = texts;
    showTextsIn(this.text, texts, markdown, tr(RULES.emptyAnswer));
    this.tellBelow();
  }

  /**
   * Show at which turn it goes wrong, 0 for none.
   * @param {number} turn
   * @param {boolean} offered whether that may be said
   */
  showWrong(turn, offered) {
    if (!this.wrong) {
      return;
    }
    const { command } = this.wrong;
    const words = turn ? tr(RULES.wrong[command].from, { number: turn }) : commandTitle(command);
    this.wrong.setTicked(turn > 0, words, words);
    this.wrong.whole.setAttribute("aria-pressed", String(turn > 0));
    this.wrong.whole.hidden = !offered;
    const speakers = Array.from(this.text.querySelectorAll("h3.speaker"));
    this.texts.filter(({ who }) => who).forEach((text, at) => {
      const answer = speaker(text);
      const here = turn > 0 && text.number === turn;
      const words = here ? tr(RULES.wrongHere, { answer }) : answer;
      if (speakers[at] && speakers[at].textContent !== words) {
        speakers[at].textContent = words;
        here && speakers[at].scrollIntoView({ block: "nearest" });
      }
    });
  }

  tellBelow() {
    const { scrollTop, scrollHeight, clientHeight } = this.text;
    this.below.classList.toggle("kept-room", scrollTop + clientHeight >= scrollHeight - 1);
  }
}

/** A text beside a prompt: a button in the header of the prompt opens it. */
class FoldedCard {
  /**
   * @param {string} id and command
   * @param {string} title
   * @param {() => void} turn
   * @param {boolean} any whether any pair has one: then the button keeps its place
   */
  constructor(id, title, turn, any) {
    this.title = title;
    this.fold = new KeyButton(title, `${id}_fold`, id, turn);
    this.fold.whole.hidden = !any;
    this.name = element("h2", "", title);
    this.text = scrolledPart(`${id}_text`, title, "folded-text");
    this.whole = element("section", "card folded", this.name, this.text);
    this.whole.id = id;
    this.opened = this.filled = false;
  }

  /**
   * @param {ShownText[]} texts none to hide it
   * @param {boolean} markdown
   */
  show(texts, markdown) {
    this.filled = texts.length > 0;
    showTextsIn(this.text, texts, markdown);
    const { title } = this;
    const name = texts.length > 1 ? trn("{title} ({number} passage)", "{title} ({number} passages)", texts.length, { title }) : title;
    this.name.textContent = name;
    this.fold.setTitle(title, name);
    this.setOpened(this.opened);
  }

  /** @param {boolean} opened */
  setOpened(opened) {
    this.opened = opened;
    this.whole.hidden = !(opened && this.filled);
    this.fold.whole.classList.toggle("kept-room", !this.filled);
    this.fold.whole.classList.toggle("on", opened);
    this.fold.whole.setAttribute("aria-expanded", String(opened));
  }
}

/** @param {StepPair[]} steps */
function onlyFields(steps) {
  return steps.every((pair) => pair.field);
}

/** The steps of both answers, side by side, each opens by itself; or their fields, in place of the texts. */
class StepsCard extends FoldedCard {
  fields = false;
  /** Whether each step is of one answer, with none of another beside it. */
  alone = false;

  /**
   * @param {StepPair[]} steps none to hide it
   * @param {boolean} markdown
   */
  showSteps(steps, markdown) {
    this.show([], markdown);
    this.filled = steps.length > 0;
    const same = String(steps.filter((pair) => pair.same).length);
    const counts = { same, number: String(steps.length) };
    this.fields = this.filled && onlyFields(steps);
    const title = this.fields ? tr("Fields ({same} of {number} the same)", counts) : this.alone ? tr("Steps") : tr("Steps ({same} of {number} the same)", counts);
    this.name.textContent = this.fields ? title : tr("Steps");
    this.fold.setTitle(title, title);
    this.text.dir = "";
    const rows = this.fields ? [this.table(steps)] : steps.map((pair, at) => this.row(pair, at + 1, markdown));
    const sides = [tr("Left"), tr("Right")].map((side) => element("span", "", side));
    const heads = this.fields || this.alone ? [] : [element("div", "muted step-sides step-heads", ...sides)];
    this.text.replaceChildren(...heads, ...rows);
    this.whole.classList.toggle("fields", this.fields);
    this.setOpened(this.opened);
  }

  /**
   * The fields of two structured answers, or of an answer and its reference, with both values.
   * @param {StepPair[]} steps
   */
  table(steps) {
    const sides = this.alone ? [tr("Answer"), tr("Reference answer")] : [tr("Left"), tr("Right")];
    const head = element("tr", "", ...[tr("Field"), ...sides].map((title) => element("th", "", title)));
    const rows = steps.map(({ same, leftName, left, right }) => {
      const name = element("th", "", leftName, element("span", "unseen", same ? tr("Same") : tr("Different")));
      return element("tr", same ? "muted" : "", name, ...[left, right].map(([text]) => element("td", "", text?.plain ?? "")));
    });
    return element("table", "", element("thead", "", head), element("tbody", "", ...rows));
  }

  /**
   * @param {StepPair} pair
   * @param {number} number
   * @param {boolean} markdown
   */
  row(pair, number, markdown) {
    const { same, left, right } = pair;
    const mark = element("span", "muted", same ? tr("Same") : tr("Different"));
    const other = element("span", "step-names", element("span", "", pair.rightName), mark);
    const names = element("span", "step-names", element("span", "", `${pair.label || number}. ${pair.leftName}`));
    const title = element("summary", "", names, ...(this.alone ? [] : [other]));
    const sides = (same || this.alone ? [left] : [left, right]).map((texts) => {
      const side = element("div", "step");
      showTextsIn(side, texts, markdown);
      return side;
    });
    return element("details", "", title, element("div", "step-sides", ...sides));
  }
}

/**
 * The prompt, of the same height for every pair: two lines that scroll. Opened, it shows more lines and all turns
 * of a conversation.
 */
class PromptCard {
  /**
   * @param {string} notice of the study, to stand beside its text; may be empty
   * @param {() => void} turn
   * @param {FoldedCard[]} cards whose buttons stand in its header
   */
  constructor(notice, turn, cards) {
    this.opened = false;
    /** @type {ShownText[]} */
    this.turns = [];
    this.markdown = true;
    this.name = element("h2", "", tr("Prompt"));
    this.earlier = new KeyButton("", "earlier_turns", "", turn, "fold");
    this.before = element("span", "muted turn-before");
    this.before.id = "turn_before";
    this.earlier.whole.setAttribute("aria-describedby", this.before.id);
    this.note = element("span", "muted note");
    this.note.id = "note";
    this.note.setAttribute("role", "status");
    this.more = new KeyButton(tr("Show more"), "more_of_prompt", "prompt", turn);
    const told = element("span", "muted notice", notice);
    told.hidden = !notice;
    const buttons = [...cards.map((card) => card.fold.whole), this.more.whole];
    const header = element("div", "card-header", this.name, this.earlier.whole, this.before, this.note, told, ...buttons);
    this.text = scrolledPart("prompt", tr("Prompt"), "prompt-text");
    this.whole = element("section", "card prompt", header, this.text);
    new ResizeObserver(() => this.showMore()).observe(this.text);
    this.setOpened(false);
  }

  /** How many turns stand above the prompt, in words; empty for none. */
  get turnsAbove() {
    return this.turns.length > 1 ? tr("{turns} above the prompt", { turns: this.earlierTurns }) : "";
  }

  get earlierTurns() {
    return trn("{number} earlier turn", "{number} earlier turns", this.turns.length - 1);
  }

  /**
   * @param {ShownText[]} turns
   * @param {boolean} markdown
   */
  show(turns, markdown) {
    this.turns = turns;
    this.markdown = markdown;
    const before = turns[turns.length - 2];
    const words = before ? before.plain.slice(0, 480).replace(/\s+/g, " ").trim() : "";
    this.name.textContent = before ? tr("Conversation") : tr("Prompt");
    this.name.classList.toggle("unseen", Boolean(before));
    this.whole.classList.toggle("conversation", Boolean(before));
    this.earlier.whole.hidden = this.before.hidden = !before;
    this.earlier.setTitle(before ? this.earlierTurns : "", this.turnsAbove);
    this.before.textContent = before ? tr("{speaker}: “{words}”", { speaker: speaker(before), words }) : "";
    this.showTurns();
  }

  showTurns() {
    const { turns, markdown } = this;
    const last = turns.slice(-1).map((turn) => ({ ...turn, who: "" }));
    this.whole.classList.remove("opened");
    showTextsIn(this.text, last, markdown);
    if (this.opened && this.hasMore) {
      this.whole.classList.add("opened");
      showTextsIn(this.text, turns.length > 1 ? turns : last, markdown);
    }
    // The turn that is judged is in view, and those before it are above.
    const judged = [...this.text.querySelectorAll(":scope > .speaker")].pop();
    this.text.scrollTop = judged instanceof HTMLElement ? judged.offsetTop : 0;
    this.showMore();
  }

  get hasMore() {
    const { text, turns, whole } = this;
    return turns.length > 1 || whole.classList.contains("opened") || text.scrollHeight > text.clientHeight + 1;
  }

  showMore() {
    this.more.whole.classList.toggle("kept-room", !this.hasMore);
  }

  /** @param {string} words on the pair; empty for none */
  say(words) {
    this.note.textContent = this.note.title = words;
    this.whole.classList.toggle("noted", words !== "");
  }

  /** @param {boolean} opened */
  setOpened(opened) {
    this.opened = opened;
    const words = opened ? tr("Show less") : tr("Show more");
    this.more.setTitle(words, namedValue(tr("Prompt"), words));
    for (const { whole } of [this.more, this.earlier]) {
      whole.setAttribute("aria-expanded", String(opened));
    }
    this.showTurns();
  }

  /** Down by nearly what is in view; from the end back to the top. */
  scrollOn() {
    const { scrollTop, scrollHeight, clientHeight } = this.text;
    const atEnd = scrollTop + clientHeight >= scrollHeight - 1;
    this.text.scrollTop = atEnd ? 0 : scrollTop + Math.max(clientHeight - LINE, LINE);
  }
}
