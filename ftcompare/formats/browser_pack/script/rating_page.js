// The page: joins its parts, and opens for one tab at a time.

class RatingPage {
  /**
   * @param {Pack} pack
   * @param {string} data of the pack, as the page holds it
   * @param {HTMLElement} root
   */
  constructor(pack, data, root) {
    const act = (/** @type {string} */ command) => this.commands.act(command);
    const tell = (/** @type {string} */ words) => this.stage.tell(words);
    this.stage = new Stage(pack.title, root, () => act("keys"));
    this.rating = new KeptRating(pack, { tell, takenOver: () => this.showOtherPage() });
    const save = () => this.files.save();
    this.flow = new RatingFlow(this.rating, this.stage, { act, save, open: () => this.files.input.click() });
    this.files = new ResultExchange(this.rating, data, {
      tell,
      saved: () => this.flow.saved(),
      begin: () => this.flow.showBegin(),
      show: (screen, enter, escape) => this.flow.showScreen(screen, enter, escape),
    });
    this.commands = new Commands(this.flow);
    root.append(this.files.input);
    addEventListener("beforeunload", (event) => this.warnOnLeaving(event));
  }

  /** Read what the browser has kept and show where the rater is. */
  async start() {
    if (await this.rating.open()) {
      await this.goOn();
    } else {
      this.showOtherPage();
      this.awaitOther();
    }
  }

  async goOn() {
    await this.rating.takeKept();
    this.flow.showBegin();
  }

  /** Go on by itself once the other page is closed, or was killed and no longer says that it is there. */
  awaitOther() {
    setTimeout(async () => {
      if (!this.stage.showsScreen("other_page_screen")) {
        return;
      }
      if (await this.rating.storage?.claim(false).catch(() => false)) {
        await this.goOn();
      } else {
        this.awaitOther();
      }
    }, HEARTBEAT);
  }

  showOtherPage() {
    const here = async () => {
      await this.rating.takeOver();
      this.flow.showBegin();
    };
    this.flow.showScreen(otherPageScreen(() => void here()), null, null);
  }

  /** @param {BeforeUnloadEvent} event */
  warnOnLeaving(event) {
    if (this.rating.wouldBeLost) {
      event.preventDefault();
    }
  }
}

(() => {
  const source = document.getElementById("pack");
  const text = source?.textContent ?? "";
  const root = document.getElementById("root");
  if (root) {
    void new RatingPage(JSON.parse(text), text, root).start();
  }
})();
