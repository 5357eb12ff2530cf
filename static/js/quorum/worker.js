/** Trials in a thread of their own, block by block, so that the first picture comes at once and a newer question is heard early. */

import { readDistribution } from './distributions.js';
import { BLOCK, Wars, outcomes, summary } from './wars.js';

/** @typedef {import('./distributions.js').Fit} Fit */
/** @typedef {{id: number, fit: Fit, n: number, w: number, r: number, trials: number, extra?: number[], seed?: number, steps?: number[]}} Question */

/** After so many trials there is an answer; the last is after all of them. */
const STEPS = [BLOCK];

/** @type {Question|null} */
let asked = null;
let busy = false;
/** @type {{key: string, wars: Wars}|null} */
let last = null;
let all = outcomes(0);

/** @param {Question} question */
function warsOf({ fit, seed = 1 }) {
  const key = JSON.stringify([fit, seed]);
  if (last?.key !== key) {
    const [w, a, r, s] = [fit.w, fit.a, fit.r, fit.s].map(readDistribution);
    last = { key, wars: new Wars({ w, a, r, s, far: fit.far }, seed) };
  }
  return last.wars;
}

async function work() {
  busy = true;
  while (asked) {
    const question = asked;
    asked = null;
    await answer(question);
  }
  busy = false;
}

/** @param {Question} question */
async function answer(question) {
  const wars = warsOf(question);
  const trials = Math.ceil(question.trials / BLOCK) * BLOCK;
  if (all.fresh.length !== trials) all = outcomes(trials);
  for (let block = 0; block * BLOCK < trials; block++) {
    wars.run(question, block, all, block * BLOCK);
    const done = (block + 1) * BLOCK;
    if (done === trials || (question.steps ?? STEPS).includes(done)) postMessage({ id: question.id, summary: summary(all, done), done: done === trials });
    if (block % 2) await breath();
    if (asked) return;
  }
}

/** Lets the next question in. */
const breath = () => new Promise((go) => {
  const { port1, port2 } = new MessageChannel();
  port2.onmessage = () => {
    port1.close();
    go(null);
  };
  port1.postMessage(0);
});

addEventListener('message', ({ data }) => {
  asked = data;
  if (!busy) void work();
});
