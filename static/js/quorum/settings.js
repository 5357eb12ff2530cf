/** What the calculator is set to, in the page's address and out of it. What cannot be is refused, with a sentence. */

import { FITS, Unreadable, readDistribution } from './distributions.js';

/** @typedef {{n: number, w: number, r: number, p: number, k: number, t: number, fit: string, ownW: string, ownArs: string, down: number[]}} Settings */
/** @typedef {'n'|'w'|'r'|'p'|'k'|'fit'|'ownW'|'ownArs'|'down'|'t'} Name */

export const MOST_NODES = 9;
export const MOST_WRITES = 10;

/** @type {Settings} */
export const START = {
  n: 3, w: 2, r: 1, p: 0.01, k: 1, t: 0, fit: 'lnkd-disk', ownW: '60%5ms..15ms+40%exp(0.05)', ownArs: '1ms..5ms', down: [],
};

/** The order matters: W and R are judged by N. @type {Name[]} */
export const NAMES = ['n', 'w', 'r', 'p', 'k', 't', 'fit', 'ownW', 'ownArs', 'down'];

/** The value that a text stands for. Throws Unreadable. @param {Name} name @param {string} text @param {Settings} now @returns {any} */
export function read(name, text, now) {
  if (name === 'n') return whole(text, 1, MOST_NODES, (value) => new Unreadable('nwr-nodes', { value, most: MOST_NODES }));
  if (name === 'w' || name === 'r') {
    return whole(text, 1, now.n, (value) => new Unreadable('nwr-level', { level: name.toUpperCase(), value, n: now.n }));
  }
  if (name === 'k') return whole(text, 1, MOST_WRITES, (value) => new Unreadable('nwr-writes', { value, most: MOST_WRITES }));
  if (name === 'p') return number(text, (v) => v >= 0 && v <= 1, (value) => new Unreadable('nwr-probability', { value }));
  if (name === 't') return number(text, (v) => v >= 0, (value) => new Unreadable('nwr-time', { value }));
  if (name === 'fit') return oneOf(text, [...Object.keys(FITS), 'own']);
  if (name === 'down') return nodes(text, now.n);
  return readDistribution(text).text;
}

/** @param {string} text @param {number} least @param {number} most @param {(value: string) => Unreadable} wrong */
function whole(text, least, most, wrong) {
  const value = /^-?\d{1,9}$/.test(text.trim()) ? Number(text) : NaN;
  if (!(value >= least && value <= most)) throw wrong(text);
  return value;
}

/** @param {string} text @param {(value: number) => boolean} fits @param {(value: string) => Unreadable} wrong */
function number(text, fits, wrong) {
  const value = text.trim() ? Number(text) : NaN;
  if (!fits(value)) throw wrong(text);
  return value;
}

/** @param {string} text @param {string[]} known */
function oneOf(text, known) {
  if (!known.includes(text)) throw new Unreadable('nwr-fit', { value: text, known: known.join(', ') });
  return text;
}

/** @param {string} text @param {number} n */
function nodes(text, n) {
  const found = text.split(',').filter(Boolean).map((one) => whole(one, 1, n, (value) => new Unreadable('nwr-down', { value, n })));
  return [...new Set(found)].sort();
}

/** As an address says it; what is missing or wrong stays as it is at the start.
 * @param {URLSearchParams} said @returns {{settings: Settings, wrong: Map<Name, Unreadable>}} */
export function fromLink(said) {
  const settings = { ...START };
  /** @type {Map<Name, Unreadable>} */
  const wrong = new Map();
  for (const name of NAMES) {
    const text = said.get(name);
    if (text === null) {
      if ((name === 'w' || name === 'r') && settings[name] > settings.n) settings[name] = settings.n;
      continue;
    }
    try {
      Object.assign(settings, { [name]: read(name, text, settings) });
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      wrong.set(name, error);
    }
  }
  return { settings, wrong };
}

/** Only what is not as at the start. @param {Settings} settings */
export function toLink(settings) {
  const out = new URLSearchParams();
  for (const name of NAMES) {
    const own = name === 'ownW' || name === 'ownArs';
    const text = String(settings[name]);
    if (own ? settings.fit === 'own' : text !== String(START[name]) || ['n', 'w', 'r'].includes(name)) out.set(name, text);
  }
  return out;
}

/** @param {Settings} settings @returns {import('./distributions.js').Fit} */
export function fitOf({ fit, ownW, ownArs }) {
  return FITS[fit] ?? { w: ownW, a: ownArs, r: ownArs, s: ownArs, far: 0 };
}

/** The classic choices. @type {Record<string, (n: number) => {w: number, r: number}>} */
export const CLASSICS = {
  'read-one': (n) => ({ w: n, r: 1 }),
  majority: (n) => ({ w: Math.floor(n / 2) + 1, r: Math.floor(n / 2) + 1 }),
  'write-one': (n) => ({ w: 1, r: n }),
};

/** What well-known systems do unless told otherwise, and what their other levels mean. */
export const SYSTEMS = [
  { id: 'dynamo', n: 3, w: 2, r: 2 },
  { id: 'cassandra-one', n: 3, w: 1, r: 1 },
  { id: 'cassandra-quorum', n: 3, w: 2, r: 2 },
  { id: 'cassandra-all', n: 3, w: 3, r: 1 },
  { id: 'riak', n: 3, w: 2, r: 2 },
  { id: 'zookeeper', n: 5, w: 3, r: 1 },
  { id: 'etcd', n: 3, w: 2, r: 2 },
  { id: 'mongodb', n: 3, w: 2, r: 1 },
];
