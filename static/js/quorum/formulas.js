/** Quorums in closed form: N replicas of a key, W of which must store a write, R of which must answer a read. */

/** @param {number} n @param {number} k */
export function choose(n, k) {
  if (k < 0 || k > n) return 0;
  let ways = 1;
  for (let i = 1; i <= k; i++) ways = (ways * (n - k + i)) / i;
  return Math.round(ways);
}

/** At least how many replicas every read has in common with every completed write; below zero, how many are missing for one.
 * @param {number} n @param {number} w @param {number} r */
export const overlap = (n, w, r) => w + r - n;

/** That at least `level` of `n` nodes are up, each of which is down with probability `p`.
 * @param {number} n @param {number} level @param {number} p */
export function available(n, level, p) {
  let sum = 0;
  for (let i = level; i <= n; i++) sum += choose(n, i) * (1 - p) ** i * p ** (n - i);
  return Math.min(1, sum);
}

/** That a read of R random replicas sees none of the last `k` writes, when each is on W random replicas and spreads no further.
 * @param {number} n @param {number} w @param {number} r @param {number} [k] */
export const missed = (n, w, r, k = 1) => (choose(n - w, r) / choose(n, r)) ** k;

/** How many nodes may be down: reads go on, writes go on, and a completed write is kept. @param {number} n @param {number} w @param {number} r */
export const mayFail = (n, w, r) => ({ reads: n - r, writes: n - w, data: w - 1 });

/** Minutes a year of 365 days in which it is not there. @param {number} availability */
export const minutesAYear = (availability) => (1 - availability) * 365 * 24 * 60;

/** Between which the true share lies with 95 % confidence, when `hits` of `count` samples were so (Wilson 1927).
 * @param {number} hits @param {number} count @param {number} [z] */
export function wilson(hits, count, z = 1.96) {
  if (!count) return { low: 0, high: 1 };
  const share = hits / count;
  const middle = (share + (z * z) / (2 * count)) / (1 + (z * z) / count);
  const reach = (z / (1 + (z * z) / count)) * Math.sqrt((share * (1 - share)) / count + (z * z) / (4 * count * count));
  return { low: Math.max(0, middle - reach), high: Math.min(1, middle + reach) };
}
