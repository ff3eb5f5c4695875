// Win rates and their intervals over prompts, as `stats/win_rate.py` computes them, from votes alone.

const LEVEL = 0.95;
const NORMAL_QUANTILE = 1.959963984540054; // of (1 + LEVEL) / 2
const SAME = 1e-12; // differences below this are rounding errors
const WHOLE = 1e-9;
const EXACT_PROMPTS = 200; // with more, the sign-flip test is not asked

/**
 * @typedef {object} Vote
 * @property {number} prompt
 * @property {string} choice a, b, tie, or both_bad
 * @property {number} preference share of the vote that b gets, 0 to 1
 */

/** @typedef {{ value: number, low: number | null, high: number | null }} Rate */

/** Coefficients of Lanczos' approximation with g = 7 (Lanczos 1964; 15 digits for x > 0). */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/**
 * @param {number} x above 0
 * @returns {number}
 */
function logGamma(x) {
  if (x < 0.5) {
    return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  }
  const base = x + 6.5;
  const sum = LANCZOS.reduce((total, term, at) => (at ? total + term / (x - 1 + at) : term), 0);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(base) - base + Math.log(sum);
}

/**
 * The regularized incomplete beta function I_x(a, b), by its continued fraction (DLMF 8.17.22,
 * https://dlmf.nist.gov/8.17) and Lentz' method (Press et al., Numerical Recipes, 3rd edition, 6.4).
 * @param {number} x 0 to 1
 * @param {number} a above 0
 * @param {number} b above 0
 * @returns {number}
 */
function incompleteBeta(x, a, b) {
  if (x <= 0 || x >= 1) {
    return x <= 0 ? 0 : 1;
  }
  if (x > (a + 1) / (a + b + 2)) {
    return 1 - incompleteBeta(1 - x, b, a);
  }
  const tiny = 1e-300;
  const kept = (/** @type {number} */ value) => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / kept(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1, change = 0; m < 10_000 && Math.abs(change - 1) > 1e-16; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    for (const term of [even, odd]) {
      d = 1 / kept(1 + term * d);
      c = kept(1 + term / c);
      change = c * d;
      fraction *= change;
    }
  }
  const front = logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x);
  return (Math.exp(front) * fraction) / a;
}

/**
 * Student's t that leaves out 1 - LEVEL on both sides together, by bisection.
 * @param {number} freedom at least 1
 */
function studentQuantile(freedom) {
  let [low, high] = [0, 1e3];
  for (let step = 0; step < 200 && high - low > 1e-15 * high; step += 1) {
    const t = (low + high) / 2;
    const outside = incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5);
    [low, high] = outside > 1 - LEVEL ? [t, high] : [low, t];
  }
  return (low + high) / 2;
}

/**
 * @param {number} successes
 * @param {number} n above 0
 * @returns {[number, number]}
 */
function wilson(successes, n) {
  const z = NORMAL_QUANTILE;
  const p = successes / n;
  const center = p + (z * z) / (2 * n);
  const margin = z * Math.sqrt(Math.max(p * (1 - p), 0) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  return [Math.min(p, Math.max(0, (center - margin) / scale)), Math.max(p, Math.min(1, (center + margin) / scale))];
}

/** @param {number} value to the nearest whole number, halves to the even one */
function rounded(value) {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}

/**
 * Two-sided exact p of the sum of the leads, if each had either sign by chance.
 * @param {number[]} leads
 */
function signFlipP(leads) {
  const scale = leads.every((lead) => Math.abs(lead - rounded(lead)) < WHOLE) ? 1 : 32;
  const whole = leads.map((lead) => rounded(lead * scale));
  const total = whole.reduce((sum, one) => sum + Math.abs(one), 0);
  const lead = Math.abs(whole.reduce((sum, one) => sum + one, 0));
  if (lead === 0) {
    return 1;
  }
  const points = 2 * total + 1;
  let tail = total - lead + 1;
  for (let j = 1; j <= total; j += 1) {
    const angle = (2 * Math.PI * j) / points;
    const product = whole.reduce((so, one) => so * Math.cos(one * angle), 1);
    // the sum of cos(k angle) over k from the lead to the total
    const sum = (Math.sin((total + 0.5) * angle) - Math.sin((lead - 0.5) * angle)) / (2 * Math.sin(angle / 2));
    tail += 2 * product * sum;
  }
  return Math.min(1, Math.max(0, (2 * tail) / points));
}

/**
 * @param {Vote[]} votes at least one
 * @returns {Rate} the win rate of b with its interval over prompts
 */
function rateOverPrompts(votes) {
  const n = votes.length;
  const value = votes.reduce((sum, vote) => sum + vote.preference, 0) / n;
  /** @type {Map<number, { lead: number, judgments: number }>} */
  const prompts = new Map();
  for (const vote of votes) {
    const known = prompts.get(vote.prompt) ?? { lead: 0, judgments: 0 };
    prompts.set(vote.prompt, { lead: known.lead + 2 * vote.preference - 1, judgments: known.judgments + 1 });
  }
  const count = prompts.size;
  if (count < 2) {
    const [low, high] = n > 1 ? [null, null] : wilson(value * n, n);
    return { value, low, high };
  }
  const leads = [...prompts.values()].map((prompt) => prompt.lead);
  const most = [...prompts.values()].reduce((so, prompt) => Math.max(so, prompt.judgments), 0);
  let [low, high] = endsOverPrompts(votes, value, leads, most);
  if (count <= EXACT_PROMPTS && signFlipP(leads) >= 1 - LEVEL && !(low <= 0.5 && high >= 0.5)) {
    [low, high] = [Math.min(low, 0.5), Math.max(high, 0.5)];
  }
  return { value, low, high };
}

/**
 * @param {Vote[]} votes
 * @param {number} value
 * @param {number[]} leads of at least two prompts
 * @param {number} most judgments of a prompt
 * @returns {[number, number]}
 */
function endsOverPrompts(votes, value, leads, most) {
  const [n, count] = [votes.length, leads.length];
  if (count === n && votes.every((vote) => Math.abs(2 * vote.preference - 1) === 1)) {
    return wilson(value * n, n);
  }
  const t = studentQuantile(count - 1);
  const least = ((t * t * count) / (count - 1 + t * t)) * most ** 2;
  const squares = Math.max(leads.reduce((sum, lead) => sum + lead * lead, 0), least);
  const mean = leads.reduce((sum, lead) => sum + lead, 0) / n;
  const variance = Math.max(0, ((squares / n ** 2 - mean ** 2 / count) * count) / (count - 1)) / 4;
  if (variance < SAME) {
    const other = wilson(0, count)[1];
    return [(1 - other) * value, (1 - other) * value + other];
  }
  const margin = t * Math.sqrt(variance);
  return [Math.max(0, value - margin), Math.min(1, value + margin)];
}
