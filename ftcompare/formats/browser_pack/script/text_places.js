// From an answer as it is stored to what is shown of it, and back. The study counts characters (code points) of
// the stored text; what is shown is counted in UTF-16 units, as a page counts.

/** Characters of a text: its code points. */
class Characters {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    /** @type {number[] | null} where each begins; null where each is one unit */
    this.units = null;
    if (/[\ud800-\udfff]/.test(text)) {
      this.units = [0];
      for (const character of text) {
        this.units.push(this.units[this.units.length - 1] + character.length);
      }
    }
  }

  get length() {
    return this.units ? this.units.length - 1 : this.text.length;
  }

  /** @param {number} character which begins at this unit */
  unit(character) {
    return this.units ? this.units[character] : character;
  }

  /**
   * @param {number} start
   * @param {number} end
   */
  slice(start, end) {
    return this.text.slice(this.unit(start), this.unit(end));
  }
}

/**
 * How many of some ascending numbers are at most ``wanted``; with ``less``, less than it.
 * @param {ArrayLike<number>} numbers
 * @param {number} wanted
 */
function countUpTo(numbers, wanted, less = false) {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (less ? numbers[middle] < wanted : numbers[middle] <= wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/**
 * @typedef {object} Places
 * @property {(start: number, end: number) => [number, number] | null} span where characters are shown, in units
 * @property {(start: number, end: number) => [number, number]} sourceSpan which characters are shown between units
 * @property {(at: number) => number} offset the character that is shown at a unit, or the next one
 * @property {(character: number) => number | null} tagPlace where a tag behind a character is put in
 */

/**
 * A text as it is written: each character as it is, but hidden ones are spelled out, and line ends are one unit.
 * @implements {Places}
 */
class PlainPlaces {
  /**
   * @param {Characters} source
   * @param {string} shown as the study wrote it into the page
   */
  constructor(source, shown) {
    this.count = source.length;
    this.starts = new Uint32Array(this.count);
    this.ends = new Uint32Array(this.count);
    this.shownLength = shown.length;
    let at = 0;
    for (let character = 0; character < this.count; character += 1) {
      const spelled = source.slice(character, character + 1);
      const twoInOne = spelled === "\r" && shown[at] === "\n";
      const end = twoInOne || shown.startsWith(spelled, at) ? at + (twoInOne ? 1 : spelled.length) : shown.indexOf("⟩", at) + 1;
      this.starts[character] = at;
      this.ends[character] = end;
      if (twoInOne) {
        character += 1;
        this.starts[character] = at;
        this.ends[character] = end;
      }
      at = end;
    }
  }

  /**
   * @param {number} start
   * @param {number} end
   * @returns {[number, number] | null}
   */
  span(start, end) {
    return start < end && end <= this.count ? [this.starts[start], this.ends[end - 1]] : null;
  }

  /**
   * @param {number} start
   * @param {number} end
   * @returns {[number, number]}
   */
  sourceSpan(start, end) {
    return [this.offset(start), countUpTo(this.starts, end, true)];
  }

  /** @param {number} at */
  offset(at) {
    return countUpTo(this.ends, at);
  }

  /** @param {number} character */
  tagPlace(character) {
    return character < this.count ? this.starts[character] : this.shownLength;
  }
}

/**
 * A text that is shown as Markdown: its words are found again in what is shown, as in ui/text/word_map.py.
 * @implements {Places}
 */
class WordPlaces {
  /**
   * @param {number[]} numbers of the pack: a word one character behind the one before, in both, is its length;
   *     any other is minus what parts it in the text, less one; what parts it in what is shown; its length
   * @param {number} count characters of the text
   * @param {Characters} shown
   */
  constructor(numbers, count, shown) {
    this.count = count;
    /** @type {number[]} */
    this.starts = [];
    /** @type {number[]} */
    this.ends = [];
    /** @type {number[]} */
    this.shownStarts = [];
    /** @type {number[]} */
    this.shownEnds = [];
    let source = 0;
    let place = 0;
    for (let at = 0; at < numbers.length; at += 1) {
      const near = numbers[at] > 0;
      source += near ? 1 : -1 - numbers[at];
      place += near ? 1 : numbers[at + 1];
      at += near ? 0 : 2;
      this.starts.push(source);
      this.shownStarts.push(shown.unit(place));
      source += numbers[at];
      place += numbers[at];
      this.ends.push(source);
      this.shownEnds.push(shown.unit(place));
    }
  }

  /**
   * @param {number} start
   * @param {number} end
   * @returns {[number, number] | null}
   */
  span(start, end) {
    const first = countUpTo(this.ends, start);
    const behind = countUpTo(this.starts, end, true);
    return first < behind ? [this.shownStarts[first], this.shownEnds[behind - 1]] : null;
  }

  /**
   * @param {number} start
   * @param {number} end
   * @returns {[number, number]}
   */
  sourceSpan(start, end) {
    const first = countUpTo(this.shownEnds, start);
    const behind = countUpTo(this.shownStarts, end, true);
    return first < behind ? [this.starts[first], this.ends[behind - 1]] : [this.offset(start), this.offset(start)];
  }

  /** @param {number} at */
  offset(at) {
    const place = countUpTo(this.shownEnds, at);
    return place < this.starts.length ? this.starts[place] : this.count;
  }

  /** @param {number} character */
  tagPlace(character) {
    return this.span(character - 1, character)?.[1] ?? null;
  }
}
