// The owner's questions before the first pair and after the last, and where the rater goes in the end.

/** @typedef {"before" | "after" | "address"} SurveyMoment */
/** @typedef {[moment: SurveyMoment, question: string, answer: string, at: string]} SurveyAnswer `at`: ISO 8601, UTC */

/**
 * @typedef {object} SurveyQuestion
 * @property {string} text
 * @property {"consent" | "choice" | "number" | "text"} kind
 * @property {string[]} options of a choice
 */

/**
 * @typedef {object} Survey
 * @property {SurveyQuestion[]} before
 * @property {SurveyQuestion[]} after
 * @property {string} code completion code; may be empty
 * @property {string} link https address to return to; may be empty
 * @property {string} parameter of the page's address with the participant's id; empty for none
 */

/**
 * The questions of a moment that have no answer.
 * @param {KeptRating} rating
 * @param {"before" | "after"} moment
 */
function unansweredQuestions({ pack, state }, moment) {
  const answered = [...pack.surveyAnswers, ...state.survey].filter((one) => one[0] === moment).map((one) => one[1]);
  return pack.survey[moment].filter(({ text }) => !answered.includes(text));
}

/**
 * @param {SurveyQuestion} question
 * @param {string} answer
 */
function acceptsAnswer({ kind, options }, answer) {
  switch (kind) {
    case "consent":
      return answer === RULES.agreed;
    case "choice":
      return options.includes(answer);
    case "number":
      return new RegExp(`^(?:${RULES.numberPattern})$`).test(answer);
    default:
      return answer !== "";
  }
}

/**
 * The answers to questions, as they are stored.
 * @param {SurveyMoment} moment
 * @param {Map<string, string>} values by question
 * @param {Date} now
 * @returns {SurveyAnswer[]}
 */
function surveyAnswers(moment, values, now) {
  return [...values].map(([question, answer]) => [moment, question, answer, now.toISOString()]);
}

/**
 * The participant's id in the page's address, as an answer that is not stored yet; none where there is no id.
 * @param {KeptRating} rating
 * @param {string} query of the address
 * @param {Date} now
 * @returns {SurveyAnswer[]}
 */
function participantIn({ pack, state }, query, now) {
  const { parameter } = pack.survey;
  const id = (parameter && new URLSearchParams(query).get(parameter)) || "";
  const known = [...pack.surveyAnswers, ...state.survey].some((one) => one[0] === "address" && one[2] === id);
  const whole = new RegExp(`^(?:${RULES.participantPattern})$`).test(id);
  return whole && !known ? surveyAnswers("address", new Map([[parameter, id]]), now) : [];
}

/**
 * @param {"before" | "after"} moment
 * @param {SurveyQuestion[]} questions
 * @param {Map<string, string>} values that are given so far, by question; kept up to date
 * @param {() => void} goOn
 */
function surveyScreen(moment, questions, values, goOn) {
  const missing = element("span", "warning");
  missing.id = "survey_missing";
  missing.setAttribute("role", "status");
  const fields = questions.map((question, at) => ({ question, field: surveyField(question, at + 1, values) }));
  const send = () => {
    const wrong = fields.find(({ question }) => !acceptsAnswer(question, values.get(question.text) ?? ""));
    if (wrong) {
      wrong.field.append(missing);
      missing.textContent = missingWords(wrong.question);
      /** @type {HTMLElement | null} */ (wrong.field.querySelector("input, select"))?.focus();
    } else {
      goOn();
    }
  };
  const title = moment === "before" ? tr("Before you begin") : tr("Last questions");
  const begin = button(tr("Continue"), "survey_continue", send, "Enter", "primary");
  const made = screenOf("survey_screen", title, ...fields.map((one) => one.field), element("p", "buttons", begin));
  for (const kind of ["input", "change"]) {
    made.addEventListener(kind, () => void (missing.textContent = ""));
  }
  made.addEventListener("keydown", (event) => {
    const chosen = event.target instanceof HTMLSelectElement && event.target.value !== "";
    if (event.key === "Enter" && (chosen || event.target instanceof HTMLInputElement) && !event.isComposing) {
      event.preventDefault();
      send();
    }
  });
  made.querySelector("input, select")?.setAttribute("data-first", "");
  return { made, send };
}

/**
 * What a question lacks, in words.
 * @param {SurveyQuestion} question
 */
function missingWords({ kind }) {
  if (kind === "consent") {
    return tr("Select “{title}” to continue.", { title: tr("I agree") });
  }
  return kind === "number" ? tr("Enter a number, such as 5 or 2.5.") : tr("Answer every question to continue.");
}

/**
 * @param {SurveyQuestion} question
 * @param {number} number
 * @param {Map<string, string>} values
 */
function surveyField({ text, kind, options }, number, values) {
  const field = /** @type {HTMLInputElement | HTMLSelectElement} */ (element(kind === "choice" ? "select" : "input", ""));
  field.id = `survey_${number}`;
  const words = element("label", "as-asked", text);
  words.dir = "auto";
  words.setAttribute("for", field.id);
  const take = (/** @type {string} */ value) => void values.set(text, value);
  if (field instanceof HTMLSelectElement) {
    field.append(new Option("", ""), ...options.map((option) => new Option(option, option)));
    field.value = values.get(text) ?? "";
    field.addEventListener("change", () => take(field.value));
  } else if (kind === "consent") {
    field.type = "checkbox";
    field.checked = values.has(text);
    field.addEventListener("change", () => (field.checked ? take(RULES.agreed) : void values.delete(text)));
    const agree = element("label", "", field, " ", tr("I agree"));
    words.removeAttribute("for");
    return element("div", "card", words, element("p", "", agree));
  } else {
    field.type = "text";
    field.inputMode = kind === "number" ? "decimal" : "text";
    field.maxLength = RULES.maxAnswer;
    field.value = values.get(text) ?? "";
    field.addEventListener("input", () => take(wellFormed(field.value.replace(/\p{Cc}/gu, " ").trim())));
  }
  return element("p", "asked", words, field);
}

/**
 * The completion code and the address to return to; nothing where the owner gave none.
 * @param {Survey} survey
 */
function endingOf({ code, link }) {
  const shown = element("strong", "", tr("Completion code: {code}", { code }));
  shown.id = "completion_code";
  const parts = code ? [shown] : [];
  if (link) {
    const made = /** @type {HTMLAnchorElement} */ (element("a", "", tr("Open {site}", { site: new URL(link).hostname })));
    made.id = "return_link";
    made.href = link;
    made.target = "_blank";
    made.rel = "noopener noreferrer";
    parts.push(made);
  }
  return parts.length ? [element("p", "buttons", ...parts)] : [];
}
