// Verifies the page that it is in, and shows what it found.

/**
 * @param {string} selector
 * @returns {HTMLElement}
 */
function element(selector) {
  return /** @type {HTMLElement} */ (present(document.querySelector(selector)));
}

/**
 * @param {string} text
 * @returns {string} its UTF-8, with a character for each byte
 */
function inOctets(text) {
  return Array.from(new TextEncoder().encode(text), (octet) => String.fromCharCode(octet)).join("");
}

/** @returns {{ data: EvidenceData | null, found: Finding[] }} */
function verified() {
  const block = element("#evidence-data").textContent ?? "";
  const printed = element("#evidence-digest");
  const computed = sha256(inOctets(block));
  const whole = computed === printed.textContent;
  printed.textContent = computed;
  const found = [{ subject: say("data"), ok: whole, detail: say(whole ? "same" : "altered") }];
  try {
    /** @type {EvidenceData} */
    const data = JSON.parse(block);
    const text = element("main").textContent ?? "";
    const same = digest("evidence text", text.replace(/[ \t\n\r\f]+/g, "")) === data.report[1];
    found.push({ subject: say("report"), ok: same, detail: say(same ? "same" : "altered") });
    found.push(finding("printed", () => checkCells(data)));
    return { data, found: [...found, ...dataFindings(data)] };
  } catch {
    return { data: null, found: [...found, { subject: say("data"), ok: false, detail: say("unreadable") }] };
  }
}

/** @param {EvidenceData} data */
function checkCells(data) {
  data.figures.forEach((figure, row) => {
    for (const name of ["prompts", "judgments", "wins_a", "wins_b", "ties", "both_bad", "rate", "low", "high"]) {
      const value = /** @type {any} */ (figure)[name];
      const printed = element(`[data-figure="${row} ${name}"]`).textContent ?? "";
      const shown = ["rate", "low", "high"].includes(name) ? Number(printed.slice(0, -1)) / 100 : Number(printed);
      const same = value === null ? printed === "–" : Math.abs(shown - value) <= (shown === value ? 0 : 0.0005 + 1e-9);
      if (!same) {
        const found = printed.endsWith("%") ? `${(100 * value).toFixed(1)}%` : String(value);
        const fields = { figure: say(name), printed, found, ...figureSubject(figure) };
        throw new Problem(say("cell_differs", fields));
      }
    }
  });
  return say("same");
}

/** @param {EvidenceData} data */
function markRows(data) {
  const votes = votesOf(data);
  data.figures.forEach((figure, row) => {
    const { ok } = finding("figures", () => (checkFigure(figure, votes), ""));
    const cell = element(`[data-same="${row}"]`);
    cell.textContent = say(ok ? "equal" : "differs");
    cell.className = ok ? "" : "differs";
  });
}

function showFindings() {
  const { data, found } = verified();
  const list = element("#findings dl");
  for (const one of found) {
    const [term, detail] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = one.subject;
    detail.textContent = `${one.ok ? "✓" : "✗"} ${one.detail}`;
    detail.className = one.ok ? "" : "failed";
    list.append(term, detail);
  }
  if (data) {
    finding("figures", () => (markRows(data), ""));
  }
  const failed = found.filter((one) => !one.ok);
  const verdict = element("#verdict");
  verdict.className = failed.length ? "failed" : "verified";
  if (failed.length) {
    // the place inside the data says more than that the data were altered
    const place = failed.find((one) => one.detail !== say("altered")) ?? failed[0];
    const where = `${place.subject}: ${place.detail}.`;
    verdict.textContent = say("failed", { number: failed.length, all: found.length, where });
    element("#findings").setAttribute("open", "");
  } else {
    verdict.textContent = say("verified");
  }
}

showFindings();
