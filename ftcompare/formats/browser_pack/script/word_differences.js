// Which words of two answers differ, as terms/word_diff.py and terms/tokens.py find them, and their marks.

/** Start and end (exclusive) of a run of words, in UTF-16 units. @typedef {[number, number]} WordPlace */

const UNSPACED = "\\u3040-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\u{20000}-\\u{3ffff}";
const LETTER = `(?:(?![${UNSPACED}])[\\p{L}\\p{N}])`;
const LETTER_RUN = `${LETTER}+(?:\\p{M}+${LETTER}*)*`;
const POSSESSIVE = `(?:['\\u2019\\u02bc][sS](?!${LETTER}|\\p{M}))?`;
const WORD = new RegExp(
  `[${UNSPACED}]\\p{M}*|${LETTER_RUN}(?:[\\u00ad\\u200c\\u200d]+${LETTER_RUN})*${POSSESSIVE}`,
  "gu",
);

/** Words of one answer times words of the other from which on they are not compared: it would take too long. */
const MOST_COMPARED = 4e8;

/**
 * What is compared of a word: Unicode's case folding, as far as it makes words equal.
 * @param {string} word
 */
function wordKey(word) {
  const parts = word.normalize("NFC").split("\u0131");
  return parts.map((part) => part.toLowerCase().toUpperCase().toLowerCase().replace(/\u03c2/g, "\u03c3")).join("\u0131");
}

/**
 * @param {string} text
 * @returns {WordPlace[]}
 */
function wordPlaces(text) {
  return Array.from(text.matchAll(WORD), (found) => [found.index, found.index + found[0].length]);
}

/**
 * Where each of two texts has words that the other lacks; case and punctuation are left out of account.
 * @param {string} left
 * @param {string} right
 * @returns {{ left: WordPlace[], right: WordPlace[] } | null} null where they are too long to be compared
 */
function differingWords(left, right) {
  const places = { left: wordPlaces(left), right: wordPlaces(right) };
  /** @type {Map<string, number>} */
  const known = new Map();
  const numbered = (/** @type {string} */ text, /** @type {WordPlace[]} */ found) =>
    found.map(([start, end]) => {
      const key = wordKey(text.slice(start, end));
      known.set(key, known.get(key) ?? known.size);
      return Number(known.get(key));
    });
  const steps = oneSided(numbered(left, places.left), numbered(right, places.right));
  return steps && { left: runs(steps, "left", places.left), right: runs(steps, "right", places.right) };
}

/** @typedef {{ side: "left" | "right", at: number, beside: number }} OneSided a word that one side alone has */

/**
 * What is left of two lists beside a longest common sequence, in order. Of several such sequences the one that
 * rapidfuzz (LCSseq) finds: by rows of bits (Hyyrö 2004), read back from the end.
 * @param {number[]} one
 * @param {number[]} other
 * @returns {OneSided[] | null}
 */
function oneSided(one, other) {
  const shortest = Math.min(one.length, other.length);
  let before = 0;
  while (before < shortest && one[before] === other[before]) {
    before += 1;
  }
  let behind = 0;
  while (behind < shortest - before && one[one.length - 1 - behind] === other[other.length - 1 - behind]) {
    behind += 1;
  }
  const middle = [one, other].map((list) => list.slice(before, list.length - behind));
  if (middle[0].length * middle[1].length > MOST_COMPARED) {
    return null;
  }
  const rows = commonRows(middle[0], middle[1]);
  /** @type {OneSided[]} */
  const found = [];
  let [column, row] = [middle[0].length, middle[1].length];
  const step = (/** @type {"left" | "right"} */ side) => {
    const [at, beside] = side === "left" ? [column, row] : [row, column];
    found.push({ side, at: at + before, beside: beside + before });
  };
  const unchanged = () => ((rows[row - 1] >> BigInt(column - 1)) & 1n) === 1n;
  while (row && column) {
    if (unchanged()) {
      column -= 1;
      step("left");
    } else {
      row -= 1;
      if (row && !unchanged()) {
        step("right");
      } else {
        column -= 1;
      }
    }
  }
  while (column) {
    column -= 1;
    step("left");
  }
  while (row) {
    row -= 1;
    step("right");
  }
  return found.reverse();
}

/**
 * For each beginning of the second list one bit a word of the first: 0 where it makes the common sequence longer.
 * @param {number[]} one
 * @param {number[]} other
 * @returns {bigint[]}
 */
function commonRows(one, other) {
  /** @type {Map<number, bigint>} */
  const places = new Map();
  one.forEach((word, at) => places.set(word, (places.get(word) ?? 0n) | (1n << BigInt(at))));
  let bits = (1n << BigInt(one.length)) - 1n;
  return other.map((word) => {
    const met = bits & (places.get(word) ?? 0n);
    bits = BigInt.asUintN(one.length, (bits + met) | (bits - met));
    return bits;
  });
}

/**
 * Neighbouring words of one side as one place.
 * @param {OneSided[]} steps
 * @param {"left" | "right"} side
 * @param {WordPlace[]} places of the side's words
 * @returns {WordPlace[]}
 */
function runs(steps, side, places) {
  /** @type {WordPlace[]} */
  const found = [];
  steps.forEach((step, number) => {
    const last = steps[number - 1];
    if (step.side !== side) {
      return;
    }
    if (last?.side === side && last.at + 1 === step.at && last.beside === step.beside) {
      found[found.length - 1][1] = places[step.at][1];
    } else {
      found.push([places[step.at][0], places[step.at][1]]);
    }
  });
  return found;
}

// Their marks in the page.

/**
 * The pieces of text within an element that are of answers, and all of them as one text.
 * @param {HTMLElement} shown
 * @returns {{ pieces: { node: Text, start: number }[], text: string }}
 */
function piecesOf(shown) {
  /** @type {{ node: Text, start: number }[]} */
  const pieces = [];
  let text = "";
  for (const part of shown.querySelectorAll(".text")) {
    const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = /** @type {Text} */ (walker.currentNode);
      pieces.push({ node, start: text.length });
      text += node.data;
    }
    text += "\n";
  }
  return { pieces, text };
}

/**
 * Mark the words that only one of two shown answers has.
 * @param {HTMLElement} left
 * @param {HTMLElement} right
 * @returns {boolean} false where they are too long
 */
function markDifferences(left, right) {
  const [one, other] = [piecesOf(left), piecesOf(right)];
  const found = differingWords(one.text, other.text);
  if (found) {
    markPlaces(one.pieces, found.left);
    markPlaces(other.pieces, found.right);
  }
  return found !== null;
}

/**
 * @param {{ node: Text, start: number }[]} pieces
 * @param {WordPlace[]} places
 */
function markPlaces(pieces, places) {
  let next = 0;
  for (const { node, start } of pieces) {
    const end = start + node.data.length;
    /** @type {WordPlace[]} */
    const within = [];
    while (next < places.length && places[next][0] < end) {
      within.push([Math.max(places[next][0], start) - start, Math.min(places[next][1], end) - start]);
      if (places[next][1] > end) {
        break;
      }
      next += 1;
    }
    markWithin(node, within.filter(([from, to]) => to > from));
  }
}

/**
 * @param {Text} node
 * @param {WordPlace[]} places within it
 */
function markWithin(node, places) {
  for (const [from, to] of places.reverse()) {
    const marked = node.splitText(from);
    marked.splitText(to - from);
    const mark = element("mark", "differs");
    marked.replaceWith(mark);
    mark.append(marked);
  }
}

/** @param {HTMLElement} shown */
function unmarkDifferences(shown) {
  for (const mark of shown.querySelectorAll("mark.differs")) {
    const around = mark.parentNode;
    mark.replaceWith(...mark.childNodes);
    around?.normalize();
  }
}
