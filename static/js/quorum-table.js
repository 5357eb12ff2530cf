/** The published table, and the same figures from trials in this very browser. */

import { all, byId, startPage } from './pages/page.js';
import { FITS } from './quorum/distributions.js';
import { bare } from './quorum/numbers.js';
import { judged } from './quorum/judged.js';
import { Trials } from './quorum/trials.js';

const TRIALS = 1_000_000;
const STEPS = [10_000, 100_000, 300_000];

/** @typedef {import('./quorum/wars.js').Summary} Summary */
/** @type {any} */
let ctx;
/** What each row came to so far. @type {Map<HTMLElement, Summary>} */
const found = new Map();

/** @param {HTMLElement} row */
function show(row) {
  const summary = found.get(row);
  if (!summary) return;
  const { t } = ctx.i18n;
  for (const cell of /** @type {NodeListOf<HTMLElement>} */ (row.querySelectorAll('[data-what]'))) {
    const { what = '', published = '', low = '', high = '' } = cell.dataset;
    const verdict = judged(summary.tails[/** @type {'read'} */ (what)], Number(published), Number(low), Number(high));
    const [ours, error] = /** @type {NodeListOf<HTMLElement>} */ (cell.querySelectorAll('b, .q-error'));
    ours.textContent = bare(verdict.ours);
    error.textContent = verdict.error === null ? t(`quorum-table.${verdict.state}`) : `${{ good: '✓', chance: '≈', bad: '✗' }[verdict.state]} ${signed(verdict.error)}`;
    error.dataset.state = verdict.state;
    error.title = t('quorum-table.between', { low: bare(verdict.from), high: bare(verdict.to) });
  }
  row.dataset.trials = String(summary.trials);
}

/** @param {number} share */
const signed = (share) => `${share < 0 ? '−' : '+'}${Math.abs(share * 100).toFixed(1)} %`;

async function run() {
  const rows = all('tr[data-fit]');
  const trials = new Trials();
  const total = rows.length;
  for (const [i, row] of rows.entries()) {
    const { fit = '', w, r } = row.dataset;
    const delays = FITS[fit] ?? { ...FITS.ymmr, w: row.dataset.write ?? '' };
    say(i, total);
    await trials.whole({ fit: delays, n: 3, w: Number(w), r: Number(r), trials: TRIALS, steps: STEPS, seed: 1 }, (summary) => {
      found.set(row, summary);
      show(row);
    });
  }
  say(total, total);
}

/** @param {number} done @param {number} total */
function say(done, total) {
  progress = [done, total];
  byId('progress').textContent = ctx.i18n.t(done < total ? 'quorum-table.running' : 'quorum-table.done', { done, total, trials: TRIALS.toLocaleString('en') });
}

/** @type {[number, number]} */
let progress = [0, 0];

startPage((given) => {
  const first = !ctx;
  ctx = given;
  if (first) void run();
  else say(...progress);
  for (const row of found.keys()) show(row);
});
