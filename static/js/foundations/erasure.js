/**
 * Erasure coding as Reed and Solomon have it (1960), in the systematic form with a Cauchy matrix (Blömer and others,
 * 1995): k pieces of data and m of parity; any k of the k + m give the data back. A piece here is one byte.
 */

/** Powers of 2 in GF(2⁸) by x⁸ + x⁴ + x³ + x² + 1, and their logarithms. */
const EXP = new Uint8Array(510);
const LOG = new Uint8Array(256);
for (let i = 0, x = 1; i < 255; i++) {
  EXP[i] = EXP[i + 255] = x;
  LOG[x] = i;
  x = (x << 1) ^ (x & 128 ? 0x11d : 0);
}

/** @param {number} a @param {number} b */
export const times = (a, b) => (a && b ? EXP[LOG[a] + LOG[b]] : 0);

/** @param {number} a not 0 */
export const inverse = (a) => EXP[255 - LOG[a]];

/** How piece `row` is made of the data: itself, or a row of Cauchy's matrix, of which every square part can be inverted.
 * @param {number} row @param {number} k */
function recipe(row, k) {
  return Array.from({ length: k }, (_, j) => (row < k ? Number(row === j) : inverse(row ^ j)));
}

/** The data and its parity. @param {number[]} data bytes @param {number} m @returns {number[]} */
export function encode(data, m) {
  const k = data.length;
  const parity = Array.from({ length: m }, (_, i) => recipe(k + i, k).reduce((sum, f, j) => sum ^ times(f, data[j]), 0));
  return [...data, ...parity];
}

/** The data, from what is left; null where that is less than k pieces.
 * @param {(number|null)[]} pieces @param {number} k @returns {number[]|null} */
export function decode(pieces, k) {
  const left = pieces.map((value, row) => ({ value, row })).filter(({ value }) => value !== null).slice(0, k);
  if (left.length < k) return null;
  return solve(left.map(({ value, row }) => [...recipe(row, k), Number(value)]));
}

/** Gauss and Jordan's elimination over GF(2⁸). @param {number[][]} rows k rows of k factors and a result, to be used up */
function solve(rows) {
  const k = rows.length;
  for (let column = 0; column < k; column++) {
    const pivot = rows.findIndex((row, i) => i >= column && row[column]);
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    const scale = inverse(rows[column][column]);
    rows[column] = rows[column].map((x) => times(x, scale));
    for (let i = 0; i < k; i++) {
      const f = rows[i][column];
      if (i !== column && f) rows[i] = rows[i].map((x, j) => x ^ times(f, rows[column][j]));
    }
  }
  return rows.map((row) => row[k]);
}
