/** Quorum NWR: the calculator. */

import { startPage } from './pages/page.js';
import { Calculator } from './quorum/calculator.js';

/** @type {Calculator|undefined} */
let calculator;

startPage(({ i18n }) => {
  if (!calculator) {
    calculator = new Calculator(i18n);
    calculator.start();
  }
  calculator.draw();
});
