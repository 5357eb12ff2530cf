/** Quorum NWR: the calculator. */

import { byId, startPage } from './pages/page.js';
import { Calculator } from './quorum/calculator.js';
import { Finder } from './quorum/find.js';

/** @type {Calculator|undefined} */
let calculator;

/** @type {import('./quorum/live.js').Live|undefined} */
let live;
/** @type {Finder|undefined} */
let finder;

startPage((page) => {
  if (!calculator) {
    calculator = new Calculator(page.i18n);
    calculator.start();
    byId('q-start').addEventListener('click', () => void tryOut(page), { once: true });
    byId('q-start').removeAttribute('disabled');
  }
  calculator.draw();
  finder = finder ?? new Finder(calculator);
  finder.draw();
  live?.draw();
});

/** The running store is fetched when somebody wants it. @param {any} page */
async function tryOut(page) {
  if (!calculator) return;
  const { Live } = await import('./quorum/live.js');
  live = new Live(calculator, page);
  byId('q-start').remove();
  await live.start().catch((error) => live?.complain(error));
}
