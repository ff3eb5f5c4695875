// Saving the result as a file, and going on from one: chosen in a dialog, or dropped on the page.

class ResultExchange {
  /**
   * @param {KeptRating} rating
   * @param {{ tell: (words: string, calm?: boolean) => void, saved: (name: string) => void, begin: () => void,
   *     show: (made: () => HTMLElement, enter: (() => void) | null, escape: (() => void) | null) => void }} on
   */
  constructor(rating, on) {
    this.rating = rating;
    this.on = on;
    this.input = /** @type {HTMLInputElement} */ (element("input", ""));
    this.input.type = "file";
    this.input.id = "result_input";
    this.input.hidden = true;
    this.input.addEventListener("change", () => void this.readInput());
    document.addEventListener("dragover", (event) => event.preventDefault());
    document.addEventListener("drop", (event) => void this.dropped(event));
  }

  save() {
    const { rating } = this;
    const { log, marks } = rating;
    rating.state = { ...rating.state, saved: rating.count };
    const name = resultName(log, new Date());
    saveFile(name, resultText(log, marks, rating.state));
    rating.store([]);
    this.on.saved(name);
  }

  /** Save what the browser had stored and could not be taken up. */
  saveLeftOut() {
    const texts = this.rating.leftOutTexts();
    texts.forEach((text, at) => saveFile(`left out ${at + 1} of ${texts.length}${RESULT_SUFFIX}`, text));
  }

  async readInput() {
    const file = this.input.files?.[0];
    if (file) {
      await this.takeFile(file);
    }
    this.input.value = "";
  }

  /** @param {File} file */
  async takeFile(file) {
    const text = await file.text().catch(() => null);
    if (text === null) {
      this.on.tell(tr("This file could not be read."));
    } else {
      this.takeResult(text);
    }
  }

  /** @param {DragEvent} event */
  async dropped(event) {
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file && !this.rating.stopped) {
      await this.takeFile(file);
    }
  }

  /**
   * Go on from a result that was saved before, here or elsewhere.
   * @param {string} text
   */
  takeResult(text) {
    const result = readResult(text, this.rating.pack);
    if (typeof result === "string") {
      this.on.tell(result);
      return;
    }
    const how = comparedActs(this.rating.acts, result);
    if (how === "apart") {
      this.askWhich(result);
    } else if (how === "longer") {
      this.goOnFrom(result);
    } else {
      const told = how === "same" ? tr("This page already has everything in this result.") : tr("This page has more than this result, so nothing was imported.");
      this.on.tell(told, true);
    }
  }

  /** @param {Kept} result */
  goOnFrom(result) {
    this.rating.take(result, { ...result.state, saved: result.events.length + result.annotations.length + result.state.survey.length });
    this.rating.storeAll();
    this.on.begin();
    const { judged } = this.rating.log;
    this.on.tell(trn("Imported from the file: {number} pair judged. You can continue from there.", "Imported from the file: {number} pairs judged. You can continue from there.", judged), true);
  }

  /** @param {Kept} result */
  askWhich(result) {
    const { log, marks, pack } = this.rating;
    const there = new RatingLog(pack, result.events);
    const marked = (/** @type {Annotation[]} */ rows) =>
      rows.length ? [trn("{number} error marked.", "{number} errors marked.", new MarkLog(pack, rows).marks.length)] : [];
    const made = () => {
      const here = trn("On this page: {number} pair judged.", "On this page: {number} pairs judged.", log.judged);
      const inFile = trn("In the file: {number} pair judged.", "In the file: {number} pairs judged.", there.judged);
      return screenOf(
        "apart_screen",
        tr("Which judgments count?"),
        element("p", "", tr("The file and this page contain different judgments. Only those of one of them can be merged. Save the judgments of this page first if you may need them.")),
        element("p", "", sentences(here, ...marked(marks.rows), inFile, ...marked(result.annotations))),
        element(
          "p",
          "buttons",
          button(tr("Keep the judgments of this page"), "keep_here", () => this.on.begin()),
          button(tr("Continue from the file"), "take_file", () => this.goOnFrom(result)),
          button(tr("Save the judgments of this page"), "save", () => this.save()),
        ),
        savedLine(),
      );
    };
    this.on.show(made, null, () => this.on.begin());
  }
}
