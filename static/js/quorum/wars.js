/**
 * WARS (Bailis et al., PBS, VLDB 2012, section 5.1): how stale and how slow a quorum store is, tried out.
 *
 * In a trial each replica draws how long the write takes to it (W), its acknowledgement back (A), a later read to it (R) and its
 * answer back (S). The write returns with the w-th smallest W + A; a read sent t later meets the new version where
 * wt + t + R ≥ W, and takes the r fastest R + S. So it is fresh from t = min over those of W − R, less wt, on: one number a trial gives
 * the whole curve.
 *
 * What is drawn depends neither on w nor on r, and a replica more changes nothing for the others: draws are kept.
 */

import { quantileIn } from './distributions.js';

/** @typedef {import('./distributions.js').Distribution} Distribution */
/** @typedef {{w: Distribution, a: Distribution, r: Distribution, s: Distribution, far: number}} Model */
/** @typedef {{n: number, w: number, r: number, extra?: number[]}} Quorum  `extra`: what each way to a slow replica takes longer */
/** @typedef {{writes: Float32Array, reads: Float32Array, fresh: Float32Array}} Outcomes  milliseconds, a trial each */

export const BLOCK = 10_000;

export class Wars {
  /** @param {Model} model @param {number} [seed] */
  constructor(model, seed = 1) {
    this.model = model;
    this.seed = seed;
    /** @type {Map<string, Float32Array>} */
    this.kept = new Map();
    this.scratch = new Float64Array(64);
  }

  /** The draws of one block for one leg of one replica. @param {'w'|'a'|'r'|'s'} leg @param {number} replica @param {number} block */
  column(leg, replica, block) {
    const name = `${leg}/${replica}/${block}`;
    let found = this.kept.get(name);
    if (!found) {
      found = new Float32Array(BLOCK);
      fill(this.model[leg], new Chance(`${this.seed}/${name}`), found);
      this.kept.set(name, found);
    }
    return found;
  }

  /** At which site writer and reader of each trial are. @param {string} who @param {number} n @param {number} block */
  sites(who, n, block) {
    const chance = new Chance(`${this.seed}/${who}/${block}`);
    return Uint8Array.from({ length: BLOCK }, () => (chance.word() * n) / 2 ** 32);
  }

  /** Try one block of trials out, and write down what came of it from `at` on.
   * @param {Quorum} quorum @param {number} block @param {Outcomes} out @param {number} at */
  run({ n, w, r, extra }, block, out, at) {
    const columns = (/** @type {'w'|'a'|'r'|'s'} */ leg) => Array.from({ length: n }, (_, i) => this.column(leg, i, block));
    const [W, A, R, S] = [columns('w'), columns('a'), columns('r'), columns('s')];
    const { far } = this.model;
    const [writers, readers] = far ? [this.sites('writer', n, block), this.sites('reader', n, block)] : [];
    const acked = this.scratch.subarray(0, n);
    const answered = this.scratch.subarray(n, 2 * n);
    const reached = this.scratch.subarray(2 * n, 3 * n);
    for (let i = 0; i < BLOCK; i++) {
      for (let j = 0; j < n; j++) {
        const slow = extra ? extra[j] : 0;
        const away = slow + (writers && writers[i] !== j ? far : 0);
        const apart = slow + (readers && readers[i] !== j ? far : 0);
        const stored = W[j][i] + away;
        insert(acked, j, stored + A[j][i] + away);
        const place = insert(answered, j, R[j][i] + S[j][i] + 2 * apart);
        for (let k = j; k > place; k--) reached[k] = reached[k - 1];
        reached[place] = stored - R[j][i] - apart;
      }
      let first = Infinity;
      for (let j = 0; j < r; j++) if (reached[j] < first) first = reached[j];
      out.writes[at + i] = acked[w - 1];
      out.reads[at + i] = answered[r - 1];
      out.fresh[at + i] = first - acked[w - 1];
    }
  }
}

/** Into the first `count` of `sorted`; gives its place. @param {Float64Array} sorted @param {number} count @param {number} value */
function insert(sorted, count, value) {
  let k = count;
  while (k > 0 && sorted[k - 1] > value) sorted[k] = sorted[--k];
  sorted[k] = value;
  return k;
}

/** @param {Distribution} dist @param {Chance} chance @param {Float32Array} out */
function fill(dist, chance, out) {
  for (let i = 0; i < out.length; i++) out[i] = quantileIn(dist, (chance.word() + 0.5) / 2 ** 32);
}

/** A named stream of 32-bit words: sfc32, seeded by the name's FNV-1a hash. */
export class Chance {
  /** @param {string} name */
  constructor(name) {
    let hash = 0x811c9dc5;
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
    this.a = hash;
    this.b = Math.imul(hash, 0x9e3779b1);
    this.c = ~hash;
    this.counter = 1;
    for (let i = 0; i < 15; i++) this.word();
  }

  word() {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + sum | 0;
    return sum >>> 0;
  }
}

/** @param {number} trials @returns {Outcomes} */
export function outcomes(trials) {
  return { writes: new Float32Array(trials), reads: new Float32Array(trials), fresh: new Float32Array(trials) };
}

/** What somebody wants to know of the first `count` trials. @param {Outcomes} all @param {number} count */
export function summary(all, count) {
  const [writes, reads, fresh] = [all.writes, all.reads, all.fresh].map((values) => values.slice(0, count).sort());
  return {
    trials: count,
    writes: PERCENTS.map((p) => percentile(writes, p)),
    reads: PERCENTS.map((p) => percentile(reads, p)),
    writesAlong: ALONG.map((p) => percentile(writes, p)),
    readsAlong: ALONG.map((p) => percentile(reads, p)),
    /** From when on 99.9 % of reads are fresh. */
    within: Math.max(0, percentile(fresh, 99.9)),
    /** The probability of a fresh read at once. */
    atOnce: share(fresh, 0),
    curve: curve(fresh, 99.95),
    /** The same up to where 99 % are: where a few samples already tell something. */
    start: curve(fresh, 99),
    /** The 99.9th percentiles, and how sure they are. */
    tails: { read: tail(reads), write: tail(writes), t: tail(fresh) },
  };
}

/** Between which order statistics the true percentile lies with 95 % confidence. @param {Float32Array} sorted */
function tail(sorted) {
  const reach = (100 * 1.96 * Math.sqrt(0.999 * 0.001)) / Math.sqrt(sorted.length);
  const [value, from, to] = [99.9, 99.9 - reach, 99.9 + reach].map((p) => Math.max(0, percentile(sorted, p)));
  return { value, from, to };
}

/** @typedef {ReturnType<typeof summary>} Summary */

export const PERCENTS = [50, 95, 99, 99.9];
/** The percentiles along which latencies are drawn, denser towards the tail. */
export const ALONG = [0.1, 1, 2, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 93, 95, 96, 97, 98, 98.5, 99, 99.3, 99.5, 99.7, 99.8, 99.9];

/** @param {Float32Array} sorted @param {number} percent */
export function percentile(sorted, percent) {
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))];
}

/** Which share of the trials is fresh `t` after the write. @param {Float32Array} sorted @param {number} t */
export function share(sorted, t) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= t) low = middle + 1;
    else high = middle;
  }
  return low / sorted.length;
}

/** The share of fresh reads, from at once until so many are; `[t, share]`. @param {Float32Array} sorted @param {number} percent */
function curve(sorted, percent) {
  const end = niceAbove(Math.max(percentile(sorted, percent), 1) * 1.1);
  return Array.from({ length: 121 }, (_, i) => [(end * i) / 120, share(sorted, (end * i) / 120)]);
}

/** The next round number. @param {number} value */
export function niceAbove(value) {
  const size = 10 ** Math.floor(Math.log10(value));
  return (/** @type {number} */ ([1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((m) => m * size >= value)) ?? 10) * size;
}
