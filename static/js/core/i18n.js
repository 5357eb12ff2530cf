/**
 * Words. Text lives in catalogues (static/i18n), one merged object a language; keys and rule ids resolve here, and
 * nowhere is text put together as markup: a sentence is a string, or parts that each may refer to an object.
 */

import { BASE } from './base.js';

/** @typedef {import('../types.js').Event} TraceEvent */
/** @typedef {{text: string, ref?: {kind: string, value: any}}} Part */

const PLACE = /\{(\w+)\}/g;

export class I18n {
  /** @param {'en'|'zh'} lang @param {{load?: (lang: string, later?: string) => Promise<Record<string, string>>,
   *   classify?: (name: string, value: any, key?: string) => string}} [options] */
  constructor(lang, {load = loadCatalogue, classify = () => ''} = {}) {
    this.language = lang;
    this.load = load;
    /** What a parameter is (node, client, era …), so that its word can wear that thing's colour. */
    this.classify = classify;
    /** How a structured value reads (a command, a list); the lens of the text's service knows.
     * @type {(name: string, value: any, key?: string) => string} */
    this.say = (_name, value) => String(value);
    /** Under which name the catalogues keep a service's texts. @type {(service: string) => string} */
    this.wordsOf = service => service;
    /** The paper's section of a rule. @type {(service: string, rule: string) => string} */
    this.sectionOf = () => '';
    /** @type {Record<string, Record<string, string>>} */
    this.catalogues = {};
    /** What panels that are fetched later say, by the name of its file. @type {Set<string>} */
    this.extras = new Set();
    /** @type {Set<() => void>} */
    this.listeners = new Set();
    this.t = this.t.bind(this);
  }

  /** @param {string} [lang] */
  async ready(lang = this.language) {
    const known = this.catalogues[lang];
    const missing = [...this.extras].filter(name => !(`later.${name}` in (known ?? {})));
    const [texts, ...more] = await Promise.all([known ?? this.load(lang), ...missing.map(name => this.load(lang, name))]);
    this.catalogues[lang] = Object.assign({}, this.catalogues[lang] ?? texts, ...more);
  }

  /** The texts of static/i18n/LANG/later/NAME.json too, in whatever language is chosen. @param {string} name */
  more(name) {
    this.extras.add(name);
    return this.ready();
  }

  lang() { return this.language; }

  /** @param {'en'|'zh'} lang */
  async setLang(lang) {
    await this.ready(lang);
    this.language = lang;
    for (const fn of this.listeners) fn();
  }

  /** @param {() => void} fn */
  subscribe(fn) {
    this.listeners.add(fn);
    return () => this.listeners.delete(fn);
  }

  /** `"like.a": "b"`: what is not said of a is said as of b. @param {string} key @returns {string | undefined} */
  text(key) {
    const texts = this.catalogues[this.language] ?? {};
    if (key in texts) return texts[key];
    const [kind, service, ...rest] = key.split('.');
    const other = texts[`like.${service}`];
    return other && texts[[kind, other, ...rest].join('.')];
  }

  /** @param {string} key */
  has(key) {
    return this.text(key) !== undefined;
  }

  /** @param {string} key */
  pattern(key) {
    return this.text(key) ?? key;
  }

  /** @param {string} key @param {Record<string, any>} [params] @returns {string} */
  t(key, params = {}) {
    return this.pattern(key).replace(PLACE, (all, name) => name in params ? this.word(name, params[name], key) : all);
  }

  /** The sentence in pieces; a piece made from a parameter says what it refers to.
   * @param {string} key @param {Record<string, any>} [params] @returns {Part[]} */
  parts(key, params = {}) {
    /** @type {Part[]} */
    const out = [];
    this.pattern(key).split(/(\{\w+\})/).forEach(piece => {
      const name = /^\{(\w+)\}$/.exec(piece)?.[1];
      if (name && name in params) out.push(...this.reference(name, params[name], key));
      else if (piece) out.push({text: piece});
    });
    return out;
  }

  /** A list of names is several references. @param {string} name @param {any} value @param {string} [key] @returns {Part[]} */
  reference(name, value, key) {
    const kind = this.classify(name, Array.isArray(value) ? value[0] : value, key);
    if (!kind) return [{text: this.word(name, value, key)}];
    if (!isList(value)) return [{text: this.word(name, value, key), ref: {kind, value}}];
    return value.flatMap((/** @type {any} */ item, /** @type {number} */ i) => [...(i ? [{text: this.comma}] : []), {text: String(item), ref: {kind, value: item}}]);
  }

  get comma() { return this.language === 'zh' ? '、' : ', '; }

  /** @param {string} name @param {any} value @param {string} [key] */
  word(name, value, key) {
    if (value === null || value === undefined || (Array.isArray(value) && !value.length)) {
      const key = PEOPLE.has(name) ? 'stage.nobody' : 'stage.none';
      return this.has(key) ? this.pattern(key) : '–';
    }
    if (isList(value)) return value.map((/** @type {any} */ v) => this.say(name, v, key)).join(this.comma);
    return this.say(name, value, key);
  }

  /** The reasons an event gives, as sentences. @param {TraceEvent} event */
  why(event) {
    return event.why.map(([rule, data]) => {
      const params = {node: event.node, ...data};
      return {text: this.t(this.ruleKey(event.service, rule), params), section: this.sectionOf(event.service, rule),
        rule, data: params};
    });
  }

  /** @param {string} service @param {string} rule */
  ruleKey(service, rule) {
    return `rule.${this.wordsOf(service)}.${rule}`;
  }

  /** Virtual microseconds as people read them. @param {number} us @param {number} [digits] */
  time(us, digits = 3) {
    return `${(us / 1e6).toFixed(digits)} s`;
  }

  /** A duration in the unit that keeps it short. @param {number} us */
  span(us) {
    if (us >= 1e6) return `${trim(us / 1e6)} s`;
    if (us >= 1e3) return `${trim(us / 1e3)} ms`;
    return `${Math.round(us)} µs`;
  }
}

/** What these name is somebody: there is nobody, not none. */
const PEOPLE = new Set(['leader', 'uncertain']);

/** A ballot on the wire is an array too: [3, "n1"]. @param {any} value @returns {boolean} */
const isList = value => Array.isArray(value) && !(typeof value[0] === 'number' && typeof value[1] === 'string');

/** @param {number} n */
function trim(n) {
  return String(Number(n.toPrecision(3)));
}

/** @param {string} lang @param {string} [later] @returns {Promise<Record<string, string>>} */
async function loadCatalogue(lang, later) {
  const response = await fetch(later ? `${BASE}/static/i18n/${lang}/later/${later}.json` : `${BASE}/i18n/${lang}.json`);
  if (!response.ok) throw new Error(`catalogue ${lang}: ${response.status}`);
  return later ? {[`later.${later}`]: '', ...await response.json()} : response.json();
}
