/** The measures of a system, in closed form. */

import { available } from '../quorum/formulas.js';

/** Little's law (1961): so many are inside on average, when so many come a second and each stays so many seconds.
 * @param {number} rate @param {number} stay */
export const inside = (rate, stay) => rate * stay;

/** Amdahl (1967): the most that n workers gain when this share of the work cannot be divided.
 * @param {number} n @param {number} serial */
export const amdahl = (n, serial) => 1 / (serial + (1 - serial) / n);

/** Gunther's Universal Scalability Law (1993): what waits for something shared (contention), and what every two must tell
 * each other (coherency). Without coherency it is Amdahl's law. @param {number} n @param {number} contention @param {number} coherency */
export const gunther = (n, contention, coherency) => n / (1 + contention * (n - 1) + coherency * n * (n - 1));

/** With so many it is fastest; more make it slower. @param {number} contention @param {number} coherency */
export const fastest = (contention, coherency) => (coherency > 0 ? Math.sqrt((1 - contention) / coherency) : Infinity);

/** The share of time in which it is there, from the mean times between failures and to repair. @param {number} between @param {number} repair */
export const availability = (between, repair) => between / (between + repair);

/** All of n must be there. @param {number} one @param {number} n */
export const inARow = (one, n) => one ** n;

/** One of n is enough. @param {number} one @param {number} n */
export const sideBySide = (one, n) => 1 - (1 - one) ** n;

/** 0.999 has three nines. @param {number} there */
export const nines = (there) => (there < 1 ? -Math.log10(1 - there) : Infinity);

/** That a block is gone: all its copies. @param {number} copies @param {number} p that a disk dies before it is replaced */
export const copiesLost = (copies, p) => p ** copies;

/** That a stripe of k pieces and m of parity is gone: more than m of its disks. @param {number} k @param {number} m @param {number} p */
export const stripeLost = (k, m, p) => available(k + m, m + 1, 1 - p);

/** That any of n is gone, each with probability p; exact also where p is tiny. @param {number} n @param {number} p */
export const anyLost = (n, p) => -Math.expm1(n * Math.log1p(-p));

/** A probability as people read it: a percentage, or so many in a power of ten. @param {number} p */
export function odds(p) {
  if (p === 0 || p === 1) return { text: `${100 * p} %`, power: 0 };
  if (p >= 0.001) return { text: `${Number((100 * p).toPrecision(3))} %`, power: 0 };
  const power = Math.floor(Math.log10(p));
  return { text: (p / 10 ** power).toPrecision(2), power };
}
