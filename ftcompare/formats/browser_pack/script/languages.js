// Texts in the rater's language. They are in English where they are used; RULES has them in the other languages.

/** @type {PageLanguage} */
let shownLanguage = RULES.languages[0];

/** @type {Wording} English texts by those that they replace: texts about pairs, where other numbers of answers are shown */
let wording = { texts: {}, plurals: {} };

/** Whether two answers stand one above the other, as in `rating.css`. */
const stacked = matchMedia("(max-width: 560px)");

/** Whether only a bar with the answers stays in view, as in `rating.css`. */
const narrow = matchMedia("(max-width: 700px), (max-height: 520px)");

/** @param {Pack} pack whose texts are shown from now on */
function useWording(pack) {
  const { grade, rank } = RULES.wordings;
  wording = pack.grades.length ? grade : pack.sets.length ? rank : { texts: {}, plurals: {} };
}

/** The settings of `Intl`: digits as in the window. */
function locale() {
  return `${shownLanguage.code}-u-nu-latn`;
}

/**
 * Show texts from now on in the first of these languages that there is.
 * @param {readonly string[]} codes as of `navigator.languages`
 */
function speak(codes) {
  const known = (/** @type {string} */ code) => RULES.languages.find((one) => one.code.toLowerCase() === code);
  for (const wanted of codes) {
    for (let tag = wanted.toLowerCase(); tag; tag = tag.slice(0, Math.max(tag.lastIndexOf("-"), 0))) {
      const found = known(RULES.regions[tag] ?? tag);
      if (found) {
        shownLanguage = found;
        document.documentElement.lang = found.code;
        document.documentElement.dir = found.direction;
        return;
      }
    }
  }
}

/**
 * A text in the present language; numbers as that language writes them.
 * @param {string} message in English
 * @param {Record<string, string | number>} values of its {places}
 */
function tr(message, values = {}) {
  message = wording.texts[message] ?? (stacked.matches ? RULES.stacked[message] : undefined) ?? message;
  const text = shownLanguage.texts[message];
  return filled(typeof text === "string" ? text : message, values); // the owner may write "constructor"
}

/**
 * A text that depends on {number}, in the plural forms of the language.
 * @param {string} one
 * @param {string} many
 * @param {number} number
 * @param {Record<string, string | number>} values
 */
function trn(one, many, number, values = {}) {
  [one, many] = wording.plurals[one] ?? [one, many];
  const forms = shownLanguage.plurals[one];
  const form = forms ? forms[new Intl.PluralRules(shownLanguage.code).select(number)] ?? forms.other : number === 1 ? one : many;
  return filled(form, { number, ...values });
}

/**
 * Sentences one after the other, with the space that the language has between them; empty ones are left out.
 * @param {string[]} texts
 */
function sentences(...texts) {
  const said = texts.filter(Boolean);
  return said.length ? said.reduce((sentence, next) => tr("{sentence} {next}", { sentence, next })) : "";
}

/**
 * As the language writes lists: `a, b, and c`.
 * @param {readonly string[]} names
 */
function listed(names) {
  return new Intl.ListFormat(locale()).format(names);
}

/**
 * @param {string} name
 * @param {string | number} value
 */
function namedValue(name, value) {
  return tr("{name}: {value}", { name, value });
}

/** @param {number} value */
function decimal(value) {
  return value.toLocaleString(locale());
}

/**
 * @param {string} text
 * @param {Record<string, string | number>} values
 */
function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (place, name) => {
    const value = values[name];
    return value === undefined ? place : typeof value === "number" ? decimal(value) : value;
  });
}
