// The checks of `evidence_check.py`, with the same words, on the data of an evidence file.

/** What is wrong, as a text for people. */
class Problem extends Error {}

/** @typedef {Record<string, string | number>} Fields */

/**
 * @param {string} key
 * @param {Fields} [fields]
 * @returns {string}
 */
function say(key, fields = {}) {
  return WORDS[key].replace(/\{(\w+)\}/g, (_, name) => String(fields[name]));
}

/**
 * @param {string} tag
 * @param {string} spelled canonical JSON
 */
function digestSpelled(tag, spelled) {
  return sha256(`ftcompare/${tag}\0${spelled}`);
}

/**
 * @param {string} subject
 * @param {() => string} check
 * @param {Fields} [fields]
 * @returns {Finding}
 */
function finding(subject, check, fields) {
  try {
    return { subject: say(subject, fields), ok: true, detail: check() };
  } catch (error) {
    const detail = error instanceof Problem ? error.message : say("unreadable");
    return { subject: say(subject, fields), ok: false, detail };
  }
}

/**
 * @param {EvidenceData} data
 * @returns {Finding[]}
 */
function dataFindings(data) {
  const found = [
    finding("lists", () => checkLists(data)),
    finding("audit", () => checkAudit(data)),
    finding("draws", () => checkDraws(data)),
    finding("runs", () => checkRuns(data)),
  ];
  try {
    for (const rater of data.raters) {
      found.push(finding("rater", () => checkRater(data, rater), { name: rater.name }));
    }
    if (data.study.texts) {
      found.push(finding("texts", () => checkTexts(data)));
    }
    if (data.plan.length) {
      found.push(finding("plan", () => checkPlan(data)));
    }
  } catch {
    found.push({ subject: say("data"), ok: false, detail: say("unreadable") });
  }
  return [...found, finding("figures", () => checkFigures(data))];
}

/** @param {EvidenceData} data */
function checkLists(data) {
  /** @type {Record<string, unknown>} */
  const rows = {
    study: data.study,
    systems: data.systems,
    pairs: data.pairs,
    plan: data.plan,
    prompts: data.prompts.map((row) => row.slice(0, 5)),
    answers: data.answers.map((row) => row.slice(0, 5)),
    raters: data.raters.map((one) => [one.id, one.name, one.kind, one.jury, one.events.length]),
    figures: data.figures.map((one) => [one.a, one.b, one.raters, one.part]),
    ...(data.identical ? { identical: data.identical } : {}), // not in files of earlier versions
  };
  for (const name of Object.keys(rows)) {
    if (data.lists[name] !== digest("evidence list", [name, /** @type {Spelled} */ (rows[name])])) {
      throw new Problem(say("list_altered", { name }));
    }
  }
  return say("same");
}

/**
 * @param {string} tag
 * @param {string} start
 * @param {[string, string, string?][]} rows
 * @returns {number} the first row, from 1, that does not continue the chain; 0 if all do
 */
function brokenLink(tag, start, rows) {
  let previous = start;
  for (const [at, [content, link, own]] of rows.entries()) {
    const same =
      own === undefined
        ? digestSpelled(tag, `[${spelledText(previous)},${content}]`) === link
        : digest("evidence row", [link, content]) === own;
    if (!same) {
      return at + 1;
    }
    previous = link;
  }
  return 0;
}

/**
 * @param {EvidenceData} data
 * @param {string} kind
 * @returns {any[]} details of the audit log's entries of a kind
 */
function entries(data, kind) {
  return data.audit.map(([content]) => JSON.parse(content)).flatMap((entry) => (entry[2] === kind ? [entry[3]] : []));
}

/** @param {EvidenceData} data */
function checkAudit(data) {
  const broken = brokenLink("audit", "0".repeat(64), data.audit);
  const inOrder = !broken && data.audit.every(([content], at) => JSON.parse(content)[0] === at + 1);
  if (!inOrder || data.audit.length !== data.study.entries) {
    throw new Problem(say("entry_altered", { number: broken || data.audit.length + 1 }));
  }
  return say("links", { number: data.audit.length });
}

/** @param {EvidenceData} data */
function checkDraws(data) {
  const sealed = new Map(entries(data, "allocated").map((detail) => [detail.draw, detail]));
  for (const [number, rater, content, promise] of data.draws) {
    const known = sealed.get(number);
    const logged = known && known.rater === rater && known.commitment === promise;
    if (!logged || digestSpelled("allocation", content) !== promise) {
      throw new Problem(say("draw_altered", { number }));
    }
    sealed.delete(number);
  }
  if (sealed.size) {
    throw new Problem(say("draw_altered", { number: Math.min(...sealed.keys()) }));
  }
  return say("sealed_before", { number: data.draws.length });
}

/** @param {EvidenceData} data */
function checkRuns(data) {
  const logged = new Map(entries(data, "run-started").map((detail) => [detail.run, detail.record]));
  for (const [number, content] of data.runs) {
    if (logged.get(number) !== digestSpelled("run", content)) {
      throw new Problem(say("record_altered", { number }));
    }
    logged.delete(number);
  }
  if (logged.size) {
    throw new Problem(say("record_altered", { number: Math.min(...logged.keys()) }));
  }
  for (const { name, weights } of data.systems) {
    if (weights && !data.runs.some(([, content]) => content.includes(spelledText(weights)))) {
      throw new Problem(say("weights_altered", { name }));
    }
  }
  return say("records", { number: data.runs.length });
}

/**
 * @typedef {object} JudgingEvent
 * @property {number} number
 * @property {number} allocation
 * @property {number} pair
 * @property {number | null} draw
 * @property {number | null} place
 * @property {boolean | null} left whether a is on the left
 * @property {string[]} shown
 * @property {string} kind
 * @property {string} choice
 * @property {number | null} preference
 * @property {number | null} retracts
 */

/**
 * @param {EvidenceRater} rater
 * @returns {JudgingEvent[]}
 */
function eventsOf(rater) {
  return rater.events.map(([content]) => {
    const [, number, [allocation, pair, draw, place, left], shown, done] = JSON.parse(content);
    const [kind, choice, , preference] = done;
    return { number, allocation, pair, draw, place, left, shown, kind, choice, preference, retracts: done[8] };
  });
}

/**
 * @param {EvidenceData} data
 * @returns {Map<string, [number, boolean, number | null]>} pair, side, and repeated place, by draw and place
 */
function placed(data) {
  const found = new Map();
  for (const [number, , content] of data.draws) {
    for (const [pair, place, left, repeats = null] of JSON.parse(content)[1]) {
      found.set(`${number}/${place}`, [pair, left, repeats]);
    }
  }
  return found;
}

/**
 * @template T
 * @param {T | undefined | null} value
 * @returns {T}
 */
function present(value) {
  if (value === undefined || value === null) {
    throw new Error("missing");
  }
  return value;
}

/**
 * @param {EvidenceData} data
 * @param {EvidenceRater} rater
 */
function checkRater(data, rater) {
  const rows = rater.events;
  let broken = brokenLink("event", digest("rater", [rater.id, rater.name, rater.kind]), rows);
  for (const { heads } of entries(data, "unblinded")) {
    const [number, head] = (heads ?? {})[rater.id] ?? [0, ""];
    if (!broken && number && rows[number - 1]?.[1] !== head) {
      broken = Math.min(rows.length + 1, number);
    }
  }
  if (broken) {
    throw new Problem(say("judgment_altered", { number: broken }));
  }
  const digests = new Map(data.answers.map((answer) => [answer[0], answer[4]]));
  const pairs = new Map(data.pairs.map(([number, , a, b]) => [number, [digests.get(a), digests.get(b)]]));
  const draws = new Map(data.draws.map(([number, of]) => [number, of]));
  const places = placed(data);
  for (const [at, event] of eventsOf(rater).entries()) {
    const number = at + 1;
    if (event.number !== number) {
      throw new Problem(say("judgment_altered", { number }));
    }
    if (event.draw !== null) {
      const [pair, left] = present(places.get(`${event.draw}/${event.place}`));
      if (draws.get(event.draw) !== rater.id || pair !== event.pair || left !== event.left) {
        throw new Problem(say("not_drawn", { number }));
      }
    }
    if (String(present(pairs.get(event.pair))) !== String(event.shown)) {
      throw new Problem(say("other_answers", { number }));
    }
  }
  standing(rater);
  const others = rows.filter((row) => row.length > 2).length;
  return say(others ? "links_and_others" : "links", { number: rows.length - others, others });
}

/**
 * @param {EvidenceRater} rater
 * @returns {JudgingEvent[]} the judgments that stand, after all that was taken back
 */
function standing(rater) {
  const events = eventsOf(rater);
  /** @type {Map<number, JudgingEvent>} */
  const found = new Map();
  for (const event of events) {
    const { allocation, number } = event;
    if (event.kind === "retraction") {
      const back = present(events[(event.retracts ?? 0) - 1]);
      if (back.kind !== "guess" && found.get(back.allocation) !== back) {
        throw new Problem(say("takes_nothing", { number }));
      }
      found.delete(back.kind === "guess" ? -1 : back.allocation);
    } else if (event.kind !== "guess") {
      if (found.has(allocation)) {
        throw new Problem(say("takes_nothing", { number }));
      }
      found.set(allocation, event);
    }
  }
  return [...found.values()].filter((event) => event.kind === "judgment");
}

/** @param {EvidenceData} data */
function checkTexts(data) {
  const prompts = new Map(data.prompts.map((prompt) => [prompt[0], prompt]));
  const systems = new Map(data.systems.map(({ id, name }) => [id, name]));
  for (const [, key, category, split, known, content] of data.prompts) {
    const said = JSON.parse(content);
    const same = said[0] === key && said[2] === category && said[3] === split;
    if (!same || digestSpelled("prompt", content) !== known) {
      throw new Problem(say("prompt_altered", { name: key }));
    }
  }
  for (const [number, prompt, system, sample, known, content] of data.answers) {
    const [of, author, index] = JSON.parse(content);
    const [, name, , , asked] = present(prompts.get(prompt));
    const same = of === asked && author[0] === system && author[1] === systems.get(system) && index === sample;
    if (!same || digestSpelled("response", content) !== known) {
      throw new Problem(say("answer_altered", { number, name }));
    }
  }
  return say("contents", { number: data.prompts.length + data.answers.length });
}

/** @param {EvidenceData} data */
function checkPlan(data) {
  for (const [number, content, known] of data.plan) {
    const entry = present(data.audit[number - 1])[0];
    const same = digestSpelled("sealed-plan", content) === known && entry.includes(`"document":${content}`);
    if (!same || !entry.includes(`"digest":${spelledText(known)}`)) {
      throw new Problem(say("plan_altered", { number }));
    }
  }
  return say("plans", { number: data.plan.length });
}

/**
 * @param {EvidenceData} data
 * @returns {Map<string, Vote[]>} standing judgments of ordinary pairs, without repeats and juries, by key
 */
function votesOf(data) {
  const systems = new Map(data.systems.map(({ id, name }) => [id, name]));
  const splits = new Map(data.prompts.map(([number, , , split]) => [number, split]));
  const written = new Map(data.answers.map((answer) => [answer[0], answer]));
  const pairs = new Map(data.pairs.map((pair) => [pair[0], pair]));
  const places = placed(data);
  /** @type {Map<string, Vote[]>} */
  const found = new Map();
  for (const rater of data.raters) {
    for (const event of rater.jury ? [] : standing(rater)) {
      const [, kind, first, second] = present(pairs.get(event.pair));
      const repeats = event.draw !== null && present(places.get(`${event.draw}/${event.place}`))[2] !== null;
      if (kind !== "ordinary" || repeats) {
        continue;
      }
      const [a, b] = [present(written.get(first)), present(written.get(second))];
      const sided = event.choice === "left" || event.choice === "right";
      const choice = sided ? ((event.choice === "left") === Boolean(event.left) ? "a" : "b") : event.choice;
      const preference = event.preference ?? { a: 0, b: 1 }[choice] ?? 0.5;
      if (!(preference >= 0 && preference <= 1)) {
        throw new Error("no share");
      }
      const parts = ["all", ...(present(splits.get(a[1])) === "held_out" ? ["held_out"] : [])];
      for (const part of parts) {
        const key = keyOf(present(systems.get(a[2])), present(systems.get(b[2])), rater.kind, part);
        const votes = found.get(key) ?? [];
        votes.push({ prompt: a[1], choice, preference });
        found.set(key, votes);
      }
    }
  }
  addIdentical(data, found);
  return found;
}

const IDENTICAL = "identical"; // choice of a tie of identical answers, about which nobody was asked

/**
 * @param {EvidenceData} data
 * @param {Map<string, Vote[]>} found votes by key, which gets the ties of identical answers
 */
function addIdentical(data, found) {
  const systems = new Map(data.systems.map(({ id, name }) => [id, name]));
  const prompts = new Map(data.prompts.map((prompt) => [prompt[0], prompt]));
  for (const [prompt, one, other, each] of data.identical ?? []) {
    const [, name, , split] = present(prompts.get(prompt));
    const answers = data.answers.filter((row) => row[1] === prompt && (row[2] === one || row[2] === other));
    const samples = new Set(answers.map((row) => row[3])).size || 1;
    const texts = () => answers.map((row) => JSON.stringify([row[3], JSON.parse(row[5])[5].trim()]));
    if (data.study.texts && new Set(texts()).size !== samples) {
      throw new Problem(say("answers_differ", { name }));
    }
    for (const part of ["all", ...(split === "held_out" ? ["held_out"] : [])]) {
      const key = keyOf(present(systems.get(one)), present(systems.get(other)), "human", part);
      const votes = found.get(key) ?? [];
      votes.push(...Array.from({ length: each }, () => ({ prompt, choice: IDENTICAL, preference: 0.5 })));
      found.set(key, votes);
    }
  }
}

/** @param {string[]} names */
function keyOf(...names) {
  return JSON.stringify(names);
}

/**
 * @param {Vote[]} votes
 * @returns {Record<string, number | null>}
 */
function figureOf(votes) {
  const count = (/** @type {string} */ choice) => votes.filter((vote) => vote.choice === choice).length;
  const judged = votes.filter((vote) => vote.choice !== IDENTICAL);
  const { value, low, high } = rateOverPrompts(votes);
  return {
    prompts: new Set(judged.map((vote) => vote.prompt)).size,
    judgments: judged.length,
    wins_a: count("a"),
    wins_b: count("b"),
    ties: count("tie"),
    both_bad: count("both_bad"),
    rate: value,
    low,
    high,
  };
}

/** @param {Figure} figure */
function figureSubject({ a, b, raters, part }) {
  return { pair: say(raters === "human" ? "pair" : "pair_programs", { a, b }), part: say(`part_${part}`) };
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function exactly(name, value) {
  const precise = ["rate", "low", "high"].includes(name) && typeof value === "number";
  return precise ? Number(value).toFixed(9) : JSON.stringify(value);
}

/**
 * @param {Figure} printed
 * @param {Map<string, Vote[]>} votes
 */
function checkFigure(printed, votes) {
  const some = votes.get(keyOf(printed.a, printed.b, printed.raters, printed.part));
  if (!some) {
    throw new Problem(say("figure_missing", figureSubject(printed)));
  }
  for (const [name, found] of Object.entries(figureOf(some))) {
    const said = /** @type {any} */ (printed)[name];
    if (typeof said === "number" && !Number.isFinite(said)) {
      throw new Error("no figure");
    }
    const same = found === null || typeof said !== "number" ? found === said : Math.abs(found - said) <= 1e-9;
    if (!same) {
      const values = { printed: exactly(name, said), found: exactly(name, found) };
      throw new Problem(say("figure_differs", { figure: say(name), ...figureSubject(printed), ...values }));
    }
  }
}

/** @param {EvidenceData} data */
function checkFigures(data) {
  const votes = votesOf(data);
  data.figures.forEach((figure) => checkFigure(figure, votes));
  return say("recomputed", { number: data.figures.length });
}
