// The digests of a pack, spelled as the study spells them (core/hashing.py): canonical JSON in ASCII, SHA-256.

/** A real number, which JSON in Python spells with a decimal point. */
class Real {
  /** @param {number} value finite, 0 or more, of at most 1e15, rounded to 0.001 or coarser */
  constructor(value) {
    this.value = value;
  }
}

/** @typedef {string | number | boolean | null | Real | SpelledList | SpelledRecord} Spelled */
/** @typedef {Array<Spelled>} SpelledList */
/** @typedef {{ [name: string]: Spelled }} SpelledRecord names in ASCII */

/** @type {Record<string, string>} */
const SHORT_ESCAPES = { '"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * @param {string} text
 * @returns {string} a JSON string in ASCII
 */
function spelledText(text) {
  const inside = text.replace(/["\\]|[^ -~]/g, (unit) => {
    const code = unit.charCodeAt(0).toString(16).padStart(4, "0");
    return SHORT_ESCAPES[unit] ?? `\\u${code}`;
  });
  return `"${inside}"`;
}

/**
 * The one spelling of a value, as `canonical_json` in Python.
 * @param {Spelled} value
 * @returns {string}
 */
function canonicalJson(value) {
  if (typeof value === "string") {
    return spelledText(value);
  }
  if (value instanceof Real) {
    return Number.isInteger(value.value) ? `${value.value}.0` : String(value.value);
  }
  if (Array.isArray(value)) {
    return `[${value.map(canonicalJson).join(",")}]`;
  }
  if (value !== null && typeof value === "object") {
    const named = Object.keys(value).sort().map((name) => `${spelledText(name)}:${canonicalJson(value[name])}`);
    return `{${named.join(",")}}`;
  }
  return String(value);
}

/**
 * @param {string} text
 * @returns {string} the same, with U+FFFD in the place of half characters, which UTF-8 cannot hold
 */
function wellFormed(text) {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}

const ROUND_CONSTANTS = new Uint32Array(64);
const FIRST_STATE = new Uint32Array(8);

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes, and of the square roots
// of the first 8 (FIPS 180-4, 4.2.2 and 5.3.3).
(() => {
  const fraction = (/** @type {number} */ root) => Math.floor((root - Math.floor(root)) * 2 ** 32);
  let found = 0;
  for (let number = 2; found < 64; number += 1) {
    let prime = true;
    for (let divisor = 2; divisor * divisor <= number; divisor += 1) {
      prime = prime && number % divisor !== 0;
    }
    if (prime) {
      ROUND_CONSTANTS[found] = fraction(Math.cbrt(number));
      if (found < 8) {
        FIRST_STATE[found] = fraction(Math.sqrt(number));
      }
      found += 1;
    }
  }
})();

/**
 * SHA-256 (FIPS 180-4). Browsers offer it to pages of the web alone, and not to all files.
 * @param {string} ascii
 * @returns {string} 64 hexadecimal digits
 */
function sha256(ascii) {
  const length = ascii.length;
  const blocks = ((length + 8) >> 6) + 1;
  const state = FIRST_STATE.slice();
  const words = new Uint32Array(64);
  const octet = (/** @type {number} */ at) => (at < length ? ascii.charCodeAt(at) : at === length ? 0x80 : 0);
  for (let block = 0; block < blocks; block += 1) {
    const start = block * 64;
    for (let word = 0; word < 16; word += 1) {
      const at = start + word * 4;
      words[word] = (octet(at) << 24) | (octet(at + 1) << 16) | (octet(at + 2) << 8) | octet(at + 3);
    }
    if (block === blocks - 1) {
      words[14] = Math.floor(length / 2 ** 29);
      words[15] = length << 3;
    }
    compress(state, words);
  }
  return Array.from(state, (word) => word.toString(16).padStart(8, "0")).join("");
}

/**
 * @param {Uint32Array} state of 8 words, changed
 * @param {Uint32Array} words of 64, of which the first 16 are the block; the others are overwritten
 */
function compress(state, words) {
  for (let t = 16; t < 64; t += 1) {
    const early = words[t - 15];
    const late = words[t - 2];
    const small0 = turned(early, 7) ^ turned(early, 18) ^ (early >>> 3);
    const small1 = turned(late, 17) ^ turned(late, 19) ^ (late >>> 10);
    words[t] = small1 + words[t - 7] + small0 + words[t - 16];
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let t = 0; t < 64; t += 1) {
    const big1 = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25);
    const one = (h + big1 + ((e & f) ^ (~e & g)) + ROUND_CONSTANTS[t] + words[t]) | 0;
    const big0 = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22);
    const two = (big0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((value, at) => {
    state[at] += value;
  });
}

/**
 * @param {number} word
 * @param {number} bits
 */
function turned(word, bits) {
  return (word >>> bits) | (word << (32 - bits));
}

/**
 * SHA-256 of a value under a tag, as `digest` in Python.
 * @param {string} tag
 * @param {Spelled} value
 * @returns {string}
 */
function digest(tag, value) {
  return sha256(`ftcompare/${tag}\0${canonicalJson(value)}`);
}
