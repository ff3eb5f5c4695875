// An answer in which errors are marked. It can be walked through and selected as in an editor, and not changed.

/**
 * @typedef {object} Leaf a stretch of what is shown, of which places are counted
 * @property {Text | Element} node a text, or a formula, which counts as its source
 * @property {number} start in UTF-16 units of all that is shown
 * @property {number} end
 */

/** @typedef {{ start: number, end: number }} Stretch of what is shown, in units */

/**
 * @typedef {object} DrawnMark
 * @property {number} start character of the stored text
 * @property {number} end equal to start for what is missing there
 * @property {number} number stands behind it, and in the list of marks
 * @property {string} words what was marked, in full
 */

/** @typedef {{ at: number, number: number }} Tag the number of a mark, and the place of what is shown behind which it stands */

class MarkedText {
  /**
   * @param {string} id
   * @param {() => void} onFocus
   */
  constructor(id, onFocus) {
    this.source = new Characters("");
    /** @type {Places} */
    this.places = new PlainPlaces(this.source, "");
    /** @type {{ shown: ShownText, words: number[] | null } | null} */
    this.text = null;
    this.markdown = true;
    /** @type {DrawnMark[]} */
    this.errors = [];
    /** @type {Leaf[]} */
    this.leaves = [];
    /** What is or was selected; the cursor where it is empty. @type {Stretch} */
    this.selected = { start: 0, end: 0 };
    /** What is pointed at from outside. @type {Stretch | null} */
    this.pointed = null;
    this.current = -1;
    this.whole = element("div", "scrolled-text marked-text");
    this.whole.id = id;
    this.forbidChanges();
    this.whole.addEventListener("focus", onFocus);
    document.addEventListener("selectionchange", () => this.readSelection());
  }

  forbidChanges() {
    const attributes = {
      contenteditable: "true", role: "textbox", "aria-multiline": "true", "aria-readonly": "true",
      inputmode: "none", spellcheck: "false", autocorrect: "off", autocapitalize: "off", "data-gramm": "false",
    };
    Object.entries(attributes).forEach(([name, value]) => this.whole.setAttribute(name, value));
    for (const kind of ["beforeinput", "cut", "paste", "dragstart", "drop"]) {
      this.whole.addEventListener(kind, (event) => event.preventDefault());
    }
    // What is composed by an input method cannot be forbidden.
    for (const kind of ["input", "compositionend"]) {
      this.whole.addEventListener(kind, () => this.draw());
    }
    this.whole.addEventListener("copy", (event) => this.copy(event));
  }

  /**
   * Show an answer from its top.
   * @param {string} source as it is stored
   * @param {ShownText} shown
   * @param {number[] | null} words
   */
  show(source, shown, words) {
    this.source = new Characters(source);
    this.text = { shown, words };
    this.whole.dir = readsFromRight(shown.plain) ? "rtl" : "ltr";
    this.selected = { start: 0, end: 0 };
    this.pointed = null;
    this.whole.scrollTop = 0;
  }

  /** @param {boolean} markdown whether it is shown as Markdown, or as it is written */
  setMarkdown(markdown) {
    if (markdown !== this.markdown) {
      this.markdown = markdown;
      this.selected = { start: 0, end: 0 };
      this.pointed = null;
      this.draw();
    }
  }

  /** @param {DrawnMark[]} errors */
  setErrors(errors) {
    this.errors = errors;
    this.current = -1;
    this.draw();
  }

  draw() {
    if (!this.text) {
      return;
    }
    const { shown, words } = this.text;
    const focused = document.activeElement === this.whole;
    const top = this.whole.scrollTop;
    const text = shownText(shown, this.markdown && words !== null);
    this.whole.replaceChildren(text);
    this.whole.dataset.empty = this.source.length ? "" : tr(RULES.emptyAnswer);
    this.leaves = leavesOf(text);
    const all = this.leaves.map((leaf) => leafText(leaf.node)).join("");
    this.places =
      this.markdown && words !== null
        ? new WordPlaces(words, this.source.length, new Characters(all))
        : new PlainPlaces(this.source, all);
    this.drawMarks();
    this.leaves = leavesOf(text);
    this.whole.scrollTop = top;
    if (focused) {
      this.restore();
    }
  }

  drawMarks() {
    /** @type {(Stretch & { words: string })[]} */
    const stretches = [];
    /** @type {Tag[]} */
    const tags = [];
    for (const { start, end, number, words } of this.errors) {
      const place = this.places.span(start, end);
      if (place && start < end) {
        stretches.push({ start: place[0], end: place[1], words });
      }
      const at = this.places.tagPlace(end);
      if (at !== null) {
        tags.push({ at, number });
      }
    }
    for (const leaf of this.leaves) {
      drawLeaf(leaf, stretches, tags, this.pointed);
    }
  }

  // What is selected.

  /** Browsers tell of what is selected a little later: a key may be faster. While the focus is elsewhere it stays. */
  readSelection() {
    const selection = document.activeElement === this.whole ? getSelection() : null;
    if (!selection?.rangeCount || !this.whole.contains(selection.anchorNode) || !this.whole.contains(selection.focusNode)) {
      return;
    }
    const range = selection.getRangeAt(0);
    this.selected = {
      start: this.unitOf(range.startContainer, range.startOffset, false),
      end: this.unitOf(range.endContainer, range.endOffset, true),
    };
  }

  /** Which characters of the stored text are selected, from and to; null for none. @returns {[number, number] | null} */
  get span() {
    const [start, end] = this.places.sourceSpan(this.selected.start, this.selected.end);
    return this.hasSelection && start < end ? [start, end] : null;
  }

  /**
   * What stands between two places of the stored text, as it is shown: without the signs of Markdown.
   * @param {number} start
   * @param {number} end
   */
  words(start, end) {
    const place = this.places.span(start, end);
    if (!place) {
      return this.source.slice(start, end);
    }
    const [from, to] = place;
    const leaves = this.leaves.filter((leaf) => leaf.start < to && leaf.end > from);
    return leaves
      .map((leaf, at) => {
        const before = leaves[at - 1] && blockOf(leaves[at - 1]) !== blockOf(leaf) ? " " : "";
        return before + leafText(leaf.node).slice(Math.max(0, from - leaf.start), to - leaf.start);
      })
      .join("");
  }

  get hasSelection() {
    return this.selected.start < this.selected.end;
  }

  /** The character of the stored text that the cursor stands before; of Markdown, that of a word. */
  get cursor() {
    return this.places.offset(this.selected.end);
  }

  /** Select again what was selected before the text was drawn or lost the focus. */
  restore() {
    if (this.pointed) {
      this.selected = this.pointed;
      this.pointed = null;
      this.draw();
      return;
    }
    const [start, end] = [this.nodeAt(this.selected.start, true), this.nodeAt(this.selected.end, !this.hasSelection)];
    if (start && end) {
      getSelection()?.setBaseAndExtent(start.node, start.offset, end.node, end.offset);
    }
  }

  /** Take the focus, with what was selected before; Firefox forgets what is selected while it gives the focus. */
  focus() {
    this.whole.focus({ preventScroll: true });
    this.restore();
  }

  /**
   * Point at what stands between two places of the stored text, and bring it into sight.
   * @param {number} start
   * @param {number} end
   */
  point(start, end) {
    const place = this.places.span(start, end) ?? this.places.span(Math.max(start - 1, 0), Math.max(end, 1));
    if (place) {
      this.pointed = { start: place[0], end: place[1] };
      this.draw();
      this.scrollTo(this.pointed);
    }
  }

  /**
   * Go to the next mark (1), or the one before (-1), round the ends.
   * @param {number} step
   * @returns {string} what it is, in words; empty where there is none
   */
  go(step) {
    const marks = this.errors.flatMap(({ start, end, words }) => {
      const place = this.places.span(start < end ? start : Math.max(start - 1, 0), Math.max(end, 1));
      return place ? [{ start: place[0], end: place[1], words }] : [];
    });
    if (!marks.length) {
      return "";
    }
    this.current = this.current >= 0 ? this.current + step : Math.min(step, 0);
    this.current = (this.current + marks.length) % marks.length;
    this.selected = marks[this.current];
    this.restore();
    this.scrollTo(this.selected);
    const place = tr("Highlight {number} of {total}.", { number: this.current + 1, total: marks.length });
    return sentences(place, marks[this.current].words);
  }

  /** @param {Stretch} stretch */
  scrollTo({ start, end }) {
    const [from, to] = [this.nodeAt(start, true), this.nodeAt(end, false)];
    if (!from || !to) {
      return;
    }
    const range = document.createRange();
    range.setStart(from.node, from.offset);
    range.setEnd(to.node, to.offset);
    const [box, view] = [range.getBoundingClientRect(), this.whole.getBoundingClientRect()];
    if (box.top < view.top || box.bottom > view.bottom) {
      this.whole.scrollTop += box.top - view.top - view.height / 3;
    }
  }

  /** @param {ClipboardEvent} event */
  copy(event) {
    const span = this.span;
    if (span) {
      event.clipboardData?.setData("text/plain", this.source.slice(...span));
      event.preventDefault();
    }
  }

  /**
   * The place of a position in the page, in units of all that is shown.
   * @param {Node} node
   * @param {number} offset
   * @param {boolean} behind whether a place within a formula is taken to be behind it
   */
  unitOf(node, offset, behind) {
    const inside = this.leaves.find((leaf) => leaf.node.contains(node));
    if (inside) {
      const text = inside.node === node && node instanceof Text;
      return text ? inside.start + Math.min(offset, node.data.length) : behind ? inside.end : inside.start;
    }
    const child = node.childNodes[offset];
    const next = this.leaves.find((leaf) => {
      const from = child ?? node;
      const follows = (from.compareDocumentPosition(leaf.node) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
      return child ? child.contains(leaf.node) || follows : follows && !node.contains(leaf.node);
    });
    return next ? next.start : this.leaves[this.leaves.length - 1]?.end ?? 0;
  }

  /**
   * @param {number} unit
   * @param {boolean} begins whether something begins there: at the seam of two texts, in the later one
   * @returns {{ node: Node, offset: number } | null}
   */
  nodeAt(unit, begins) {
    const leaf = this.leaves.find((one) => (begins ? unit < one.end : unit <= one.end)) ?? this.leaves[this.leaves.length - 1];
    if (!leaf) {
      return { node: this.whole, offset: 0 };
    }
    if (leaf.node instanceof Text) {
      return { node: leaf.node, offset: Math.max(0, Math.min(unit - leaf.start, leaf.node.data.length)) };
    }
    const parent = leaf.node.parentNode;
    const place = parent ? [...parent.childNodes].indexOf(leaf.node) : 0;
    return parent && { node: parent, offset: place + (unit > leaf.start ? 1 : 0) };
  }
}

/**
 * @param {Node} root
 * @returns {Leaf[]} in the order of the text
 */
function leavesOf(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT, (node) => {
    const inFormula = node.parentElement?.closest(".formula");
    if (inFormula) {
      return NodeFilter.FILTER_REJECT;
    }
    return node instanceof Text || isFormula(node) ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_SKIP;
  });
  /** @type {Leaf[]} */
  const leaves = [];
  let at = 0;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const leaf = /** @type {Text | Element} */ (node);
    const end = at + leafText(leaf).length;
    if (leaf instanceof Element) {
      leaf.setAttribute("contenteditable", "false");
    }
    leaves.push({ node: leaf, start: at, end });
    at = end;
  }
  return leaves;
}

/** @param {Leaf} leaf */
function blockOf({ node }) {
  return node.parentElement?.closest("p, li, td, th, pre, h1, h2, h3, h4, h5, h6");
}

/** @param {Node} node */
function isFormula(node) {
  return node instanceof Element && node.classList.contains("formula");
}

/** @param {Text | Element} node */
function leafText(node) {
  return node instanceof Text ? node.data : node.getAttribute("aria-label") ?? "";
}

/**
 * Draw what of marks lies in a leaf, and put in the tags that stand behind something in it.
 * @param {Leaf} leaf
 * @param {(Stretch & { words: string })[]} stretches
 * @param {Tag[]} tags
 * @param {Stretch | null} pointed
 */
function drawLeaf(leaf, stretches, tags, pointed) {
  const touches = (/** @type {Stretch} */ one) => one.start < leaf.end && one.end > leaf.start;
  const drawn = stretches.filter(touches);
  const own = tags.filter(({ at }) => (leaf.start < at && at <= leaf.end) || (at === 0 && leaf.start === 0));
  const seen = pointed && touches(pointed) ? [pointed] : [];
  const blank = leaf.node instanceof Text && !leaf.node.data.trim();
  if (blank || !(drawn.length || own.length || seen.length)) {
    return;
  }
  const bounds = [...drawn, ...seen].flatMap(({ start, end }) => [start, end]);
  const inside = [...bounds, ...own.map(({ at }) => at)].filter((at) => leaf.start < at && at < leaf.end);
  const cuts = leaf.node instanceof Text ? inside : [];
  const edges = [...new Set([leaf.start, ...cuts, leaf.end])].sort((one, other) => one - other);
  /** @type {Node[]} */
  const parts = own.filter(({ at }) => at === 0).map(({ number }) => tagElement(number));
  for (let at = 0; at + 1 < edges.length; at += 1) {
    const [start, end] = [edges[at], edges[at + 1]];
    const within = (/** @type {Stretch} */ one) => one.start < end && one.end > start;
    const node = leaf.node instanceof Text ? document.createTextNode(leaf.node.data.slice(start - leaf.start, end - leaf.start)) : leaf.node.cloneNode(true);
    parts.push(wrapped(node, drawn.filter(within), seen.some(within)));
    parts.push(...own.filter((tag) => start < tag.at && tag.at <= end).map(({ number }) => tagElement(number)));
  }
  leaf.node.replaceWith(...parts);
}

/**
 * @param {Node} node
 * @param {{ words: string }[]} drawn marks that it lies in
 * @param {boolean} pointed
 */
function wrapped(node, drawn, pointed) {
  if (!drawn.length && !pointed) {
    return node;
  }
  const made = element(drawn.length ? "mark" : "span", pointed ? "pointed" : "", node);
  if (drawn.length) {
    made.title = drawn.map(({ words }) => words).join("\n");
  }
  return made;
}

/** @param {number} number shown by the style, so that it is no part of the text */
function tagElement(number) {
  const made = element("span", "mark-tag");
  made.dataset.tag = `[${number}]`;
  return made;
}
