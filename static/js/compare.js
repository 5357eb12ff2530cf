/** The comparison: the same formulas for another n. */

import { all, byId, startPage } from './pages/page.js';

/** @param {number} n */
function reckon(n) {
  byId('n-is').textContent = String(n);
  for (const el of all('[data-times]')) {
    const { times, less, plus } = el.dataset;
    el.textContent = String(Number(times) * (n - Number(less)) + Number(plus));
  }
  for (const el of all('[data-quorum]')) el.textContent = String(el.dataset.quorum === 'all' ? n : Math.floor(n / 2) + 1);
  for (const el of all('[data-minority]')) el.textContent = String(Math.floor((n - 1) / 2));
}

const slider = /** @type {HTMLInputElement} */ (byId('n'));
slider.addEventListener('input', () => reckon(slider.valueAsNumber));
startPage();
