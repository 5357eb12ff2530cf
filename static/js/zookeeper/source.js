/**
 * What a server's tree holds, as far as somebody looks: the znodes that are open, a page of children at a time.
 * When the server's tree has changed, or another moment is shown, what is open is asked for anew.
 */

import {join} from './values.js';

/** @typedef {{name: string, kinds: string[], numChildren: number, ephemeralOwner: number, dataLength: number, ttl?: number,
 *   ttlLeft?: number|null, side?: string}} Brief */
/** @typedef {Brief & {stat: any, data: string|null, acl: any[]}} Whole */
/** @typedef {{path: string, node: Whole|null, side?: string, children: Brief[], next: string|null, time: number}} Answer */
/** @typedef {{path: string, level: number, brief: Brief, open: boolean, at: number, of: number, more?: string}} Row */

const PAGE = 200;
const PAUSE = 700;

export class Source {
  /** @param {(url: string) => Promise<any>} fetchJson @param {() => void} told */
  constructor(fetchJson, told) {
    this.fetchJson = fetchJson;
    this.told = told;
    /** @type {Map<string, Answer>} */ this.known = new Map();
    this.open = new Set(['/']);
    this.chosen = '/';
    this.base = '';
    this.query = '';
    this.wanted = '';
    this.answered = '';
    this.failed = '';
    this.busy = false;
    this.askedAt = -Infinity;
    /** @type {ReturnType<typeof setTimeout>|undefined} */ this.later = undefined;
  }

  /** @param {string} base where the branch's znodes are @param {Record<string, string>} query server, beside, seq
   *  @param {string} moment where it changes, everything open is asked for anew */
  want(base, query, moment) {
    const text = new URLSearchParams(query).toString();
    const subject = `${base}?${query.server}`;
    if (!this.wanted.startsWith(`${subject} `)) this.known.clear();
    Object.assign(this, {base, query: text, wanted: `${subject} ${moment} ${text}`});
    this.next();
  }

  /** Now, whatever has changed. */
  again() {
    this.answered = '';
    this.askedAt = -Infinity;
    this.next();
  }

  next() {
    if (this.busy || this.wanted === this.answered) return;
    const wait = this.askedAt + PAUSE - performance.now();
    if (wait <= 0) this.load();
    else this.later ??= setTimeout(() => { this.later = undefined; this.next(); }, wait);
  }

  async load() {
    const {wanted} = this;
    this.busy = true;
    this.askedAt = performance.now();
    const paths = [...new Set([...this.open, this.chosen])];
    try {
      const answers = await Promise.all(paths.map(path => this.ask(path, this.known.get(path)?.children.length ?? 0)));
      if (wanted === this.wanted || this.wanted.split(' ')[0] === wanted.split(' ')[0]) answers.forEach(a => this.known.set(a.path, a));
      this.failed = '';
    } catch (error) {
      this.failed = String(/** @type {any} */ (error).message);
    }
    this.answered = wanted;
    this.busy = false;
    this.told();
    this.next();
  }

  /** At least as many children as there were. @param {string} path @param {number} count @returns {Promise<Answer>} */
  async ask(path, count) {
    const answer = await this.page(path, '', Math.min(500, Math.max(PAGE, count)));
    while (answer.next !== null && answer.children.length < count) {
      const more = await this.page(path, answer.next, 500);
      answer.children.push(...more.children);
      answer.next = more.next;
    }
    return answer;
  }

  /** @param {string} path @param {string} after @param {number} limit */
  page(path, after, limit) {
    return this.fetchJson(`${this.base}?${this.query}&${new URLSearchParams({path, after, limit: String(limit)})}`);
  }

  /** The children behind those that are known. @param {string} path */
  async more(path) {
    const known = this.known.get(path);
    if (!known || known.next === null || this.busy) return;
    const {next} = known;
    known.next = null; // asked for once
    const answer = await this.page(path, next, PAGE).catch(() => null);
    if (answer) known.children = known.children.concat(answer.children);
    known.next = answer ? answer.next : next;
    this.told();
  }

  /** @param {string} path */
  async choose(path) {
    this.chosen = path;
    this.told();
    if (!this.known.has(path)) await this.fill(path);
  }

  /** @param {string} path @param {boolean} [open] */
  async toggle(path, open = !this.open.has(path)) {
    if (!open) this.open.delete(path);
    else {
      this.open.add(path);
      if (!this.known.has(path)) await this.fill(path);
    }
    this.told();
  }

  /** Opens everything above it. @param {string} path */
  async reveal(path) {
    const names = path.split('/').filter(Boolean);
    let at = '/';
    for (const name of names) {
      await this.toggle(at, true);
      at = join(at, name);
    }
    await this.choose(path);
  }

  /** @param {string} path */
  async fill(path) {
    const answer = await this.ask(path, 0).catch(() => null);
    if (answer) this.known.set(path, answer);
    this.told();
  }

  /** The tree as the lines that are open, one znode each. @returns {Row[]} */
  rows() {
    /** @type {Row[]} */ const rows = [];
    const root = this.known.get('/');
    if (!root) return rows;
    const brief = root.node ?? {name: '', kinds: ['persistent'], numChildren: 0, ephemeralOwner: 0, dataLength: 0};
    rows.push({path: '/', level: 1, brief: {...brief, side: root.side}, open: this.open.has('/'), at: 1, of: 1});
    if (this.open.has('/')) this.below('/', 2, rows);
    return rows;
  }

  /** @param {string} path @param {number} level @param {Row[]} rows */
  below(path, level, rows) {
    const known = this.known.get(path);
    known?.children.forEach((brief, i) => {
      const child = join(path, brief.name);
      const open = this.open.has(child) && brief.numChildren > 0;
      rows.push({path: child, level, brief, open, at: i + 1, of: Math.max(known.node?.numChildren ?? 0, known.children.length)});
      if (open) this.below(child, level + 1, rows);
    });
    if (known?.next) rows.push({path: `${path}\n`, level, brief: {name: '', kinds: [], numChildren: 0, ephemeralOwner: 0, dataLength: 0}, open: false, at: 0, of: 0, more: path});
  }
}
