// Several answers that are ranked at once: their places, as numbers that may be equal, 1 for the best.
// The rules of core/study.py and ui/rating/pair.py.

/**
 * The choices of the pairs (1, 2), (1, 3), … of answers with these places; the earlier is left.
 * @param {number[]} places
 * @returns {Choice[]}
 */
function rankedPairs(places) {
  const others = (/** @type {number} */ at) => places.slice(at + 1);
  return places.flatMap((one, at) => others(at).map((other) => (one === other ? "tie" : one < other ? "left" : "right")));
}

/**
 * How many answers have so many pairs.
 * @param {number} pairs
 */
function answerCount(pairs) {
  return (1 + Math.sqrt(1 + 8 * pairs)) / 2;
}

/**
 * The places of answers by the choices of their pairs: 1 and the number of better answers.
 * @param {unknown[]} choices
 * @returns {number[]}
 */
function placesOf(choices) {
  const places = Array(answerCount(choices.length)).fill(1);
  let pair = 0;
  for (let one = 0; one < places.length; one += 1) {
    for (let other = one + 1; other < places.length; other += 1, pair += 1) {
      places[one] += choices[pair] === "right" ? 1 : 0;
      places[other] += choices[pair] === "left" ? 1 : 0;
    }
  }
  return places;
}

/**
 * The letters of the answers, the best first: `B > A = C`.
 * @param {number[]} places
 */
function rankingWords(places) {
  const all = [...new Set(places)].sort((one, other) => one - other);
  return all.map((place) => [...RULES.letters].filter((_, at) => places[at] === place).join(" = ")).join(" > ");
}

/** @param {number} answer from 0 */
function answerName(answer) {
  return tr("Answer {letter}", { letter: RULES.letters[answer] });
}

/** @param {number} count of the answers */
function placesWords(count) {
  return tr("Give each answer a place from 1, the best, to {last}. Places can be equal.", { last: count });
}

/** @param {number} answer from 0 */
function unplacedWords(answer) {
  return tr("{answer} has no place yet.", { answer: answerName(answer) });
}

/** The places that an answer may get, 1 for the best, each a button. */
class PlaceRow {
  /**
   * @param {number} answer from 0
   * @param {(place: number) => void} chosen
   */
  constructor(answer, chosen) {
    this.answer = answer;
    this.buttons = [...RULES.letters].map((_, at) => {
      const made = button(String(at + 1), `place_${RULES.letters[answer]}_${at + 1}`, () => chosen(at + 1), "", "segment");
      made.setAttribute("aria-label", namedValue(answerName(answer), tr("place {place}", { place: at + 1 })));
      return made;
    });
    this.whole = element("div", "criterion places", ...this.buttons);
    this.whole.setAttribute("role", "group");
  }

  /**
   * @param {number} place 0 for none
   * @param {number} count of the answers
   * @param {boolean} armed whether the next number key gives it
   */
  show(place, count, armed) {
    this.whole.classList.toggle("armed", armed);
    const said = place ? tr("place {place}", { place }) : tr("no place yet");
    this.whole.setAttribute("aria-label", namedValue(answerName(this.answer), said));
    this.buttons.forEach((made, at) => {
      made.hidden = at >= count;
      made.setAttribute("aria-pressed", String(at + 1 === place));
    });
  }
}
