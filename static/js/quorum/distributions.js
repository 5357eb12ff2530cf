/**
 * How long a message takes, as text: `5ms`, `5ms..10ms`, `exp(0.183)`, `pareto(1.05,1.51)` (milliseconds), a name,
 * shares of these that add up to 100 %, and a fixed time before them: `75ms+38%pareto(1.05,1.51)+62%exp(0.183)`.
 * app/sim/delays.py reads the same texts and draws the same times from the same random words.
 */

/** @typedef {{share: number, kind: 'pareto'|'exp'|'uniform', a: number, b: number}} Part */
/** @typedef {{text: string, shift: number, parts: Part[]}} Distribution  times in milliseconds */
/** @typedef {{w: string, a: string, r: string, s: string, far: number}} Fit  `far`: one way between sites, one replica in each */

/** The published fits (Bailis et al. 2012, table 3). @type {Record<string, string>} */
export const NAMES = {
  'lnkd-ssd': '91.22%pareto(0.235,10)+8.78%exp(1.66)',
  'lnkd-disk': '38%pareto(1.05,1.51)+62%exp(0.183)',
  'ymmr-w': '93.9%pareto(3,3.35)+6.1%exp(0.0028)',
  'ymmr-ars': '98.2%pareto(1.5,3.8)+1.8%exp(0.0217)',
};

/** Which of them a write, its acknowledgement, a read and its answer take. @type {Record<string, Fit>} */
export const FITS = {
  'lnkd-ssd': { w: 'lnkd-ssd', a: 'lnkd-ssd', r: 'lnkd-ssd', s: 'lnkd-ssd', far: 0 },
  'lnkd-disk': { w: 'lnkd-disk', a: 'lnkd-ssd', r: 'lnkd-ssd', s: 'lnkd-ssd', far: 0 },
  ymmr: { w: 'ymmr-w', a: 'ymmr-ars', r: 'ymmr-ars', s: 'ymmr-ars', far: 0 },
  wan: { w: 'lnkd-disk', a: 'lnkd-ssd', r: 'lnkd-ssd', s: 'lnkd-ssd', far: 75 },
};

/** A text that cannot be read; `code` names the sentence. */
export class Unreadable extends Error {
  /** @param {string} code @param {Record<string, any>} params */
  constructor(code, params) {
    super(code);
    this.code = code;
    this.params = params;
  }
}

const UNITS = /** @type {Record<string, number>} */ ({ us: 0.001, 'µs': 0.001, ms: 1, s: 1000, min: 60_000, h: 3_600_000 });
const DURATION = /^(\d{1,14}(?:\.\d{1,9})?)(us|µs|ms|s|min|h)$/;
const CALL = /^(pareto|exp)\(([^()]*)\)$/;
const SHARE = /^(\d{1,3}(?:\.\d{1,9})?)%(.+)$/;

/** @param {string} text @returns {Distribution} */
export function readDistribution(text) {
  const said = text.toLowerCase().replace(/\s+/g, '');
  const terms = said.split('+');
  const before = terms.length > 1 ? duration(terms[0]) : null;
  const rest = before === null ? terms : terms.slice(1);
  const named = rest.length === 1 ? NAMES[rest[0]] : undefined;
  const parts = (named ? named.split('+') : rest).map((term) => part(term, text));
  const sum = parts.reduce((total, p) => total + p.share, 0);
  if (Math.abs(sum - 1) > 1e-6) throw new Unreadable('delay-shares', { text, sum: String(Number((sum * 100).toFixed(4))) });
  return { text: said, shift: before ?? 0, parts };
}

/** @param {string} term @param {string} text @returns {Part} */
function part(term, text) {
  const [, percent = '100', what = term] = SHARE.exec(term) ?? [];
  const share = Number(percent) / 100;
  const call = share ? CALL.exec(what) : null;
  if (!call) {
    const [low, high = low, ...more] = what.split('..').map(duration);
    if (!share || low === null || high === null || more.length) throw new Unreadable('delay-form', { text, known: Object.keys(NAMES).join(', ') });
    if (high < low) throw new Unreadable('span-reversed', { text: what });
    return { share, kind: 'uniform', a: low, b: high };
  }
  const values = call[2].split(',').map((v) => (/^\d*\.?\d+$/.test(v) ? Number(v) : NaN));
  const right = call[1] === 'exp' ? values.length === 1 : values.length === 2 && values[1] >= 0.1;
  if (!right || !values.every((v) => v >= 1e-6 && v <= 1e6)) throw new Unreadable('delay-parameters', { text: what });
  return { share, kind: /** @type {'pareto'|'exp'} */ (call[1]), a: values[0], b: values[1] ?? 0 };
}

/** @param {string} text @returns {number|null} milliseconds */
function duration(text) {
  const match = DURATION.exec(text);
  return match && Number(match[1]) * UNITS[match[2]];
}

/** No message takes longer than an hour. */
const LONGEST = 3_600_000;

/** The time below which a share `u` of all messages stays. @param {Distribution} dist @param {number} u between 0 and 1 */
export function quantileIn(dist, u) {
  const { parts, shift } = dist;
  let i = 0;
  while (i < parts.length - 1 && u >= parts[i].share) u -= parts[i++].share;
  const { share, kind, a, b } = parts[i];
  const left = Math.max(1 - u / share, 2 ** -53);
  const time = kind === 'pareto' ? a * left ** (-1 / b) : kind === 'exp' ? -Math.log(left) / a : a + (b - a) * (1 - left);
  return Math.min(shift + time, LONGEST);
}

/** The same delay, so many milliseconds later. @param {string} text @param {number} more */
export function later(text, more) {
  const { text: said, shift } = readDistribution(text);
  const rest = shift ? said.slice(said.indexOf('+') + 1) : said;
  return shift + more ? `${shift + more}ms+${rest}` : rest;
}
