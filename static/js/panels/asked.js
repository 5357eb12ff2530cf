/**
 * What only the server can tell about a moment, asked for when it is wanted: one question at a time, no more than one a
 * second, and always the latest. What was told stays until something newer is.
 */

const PAUSE = 1000;

/** How far the clients have come: what changes with every call and answer. @param {import('../types.js').Shown} shown */
export function progress(shown) {
  const clients = Object.values(shown.view?.nodes ?? {}).filter((node) => node.client);
  return clients.flatMap((node) => Object.values(node.services).map(({ state }) => `${state.serial}/${state.answered}`)).join();
}

export class Asked {
  /** @param {(url: string) => Promise<any>} fetchJson @param {() => void} told */
  constructor(fetchJson, told) {
    this.fetchJson = fetchJson;
    this.told = told;
    /** @type {any} */ this.answer = null;
    this.failed = false;
    this.subject = '';
    this.url = '';
    this.wanted = '';
    this.asking = '';
    /** What `answer` is the answer to. */
    this.answered = '';
    this.askedAt = -Infinity;
    /** @type {ReturnType<typeof setTimeout>|undefined} */ this.later = undefined;
  }

  /**
   * @param {string} url
   * @param {string} subject where it changes, the old answer is forgotten
   * @param {string} moment where it changes, a new answer is wanted
   */
  want(url, subject, moment) {
    if (subject !== this.subject) Object.assign(this, { subject, answer: null, failed: false, askedAt: -Infinity });
    this.url = url;
    this.wanted = `${subject} ${moment}`;
    this.next();
  }

  next() {
    if (this.asking || this.wanted === this.answered) return;
    const wait = this.askedAt + PAUSE - performance.now();
    if (wait <= 0) this.ask();
    else this.later ??= setTimeout(() => { this.later = undefined; this.next(); }, wait);
  }

  async ask() {
    const { wanted, subject } = this;
    this.asking = wanted;
    this.askedAt = performance.now();
    const answer = await this.fetchJson(this.url).catch(() => null);
    this.asking = '';
    this.answered = wanted;
    if (subject === this.subject) {
      this.failed = answer === null;
      if (answer !== null) this.answer = answer;
      this.told();
    }
    this.next();
  }
}
