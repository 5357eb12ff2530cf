/** The page's end of the worker: the newest question is answered, as often as the answer gets better. */

/** @typedef {import('./wars.js').Summary} Summary */
/** @typedef {Omit<import('./worker.js').Question, 'id'>} Question */

export class Trials {
  constructor() {
    this.worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
    this.id = 0;
    /** @type {(summary: Summary, done: boolean) => void} */
    this.heard = () => {};
    this.worker.addEventListener('message', ({ data }) => {
      if (data.id === this.id) this.heard(data.summary, data.done);
    });
  }

  /** @param {Question} question @param {(summary: Summary, done: boolean) => void} heard */
  ask(question, heard) {
    this.heard = heard;
    this.worker.postMessage({ ...question, id: ++this.id });
  }

  /** The last answer alone. @param {Question} question @param {(summary: Summary) => void} [meanwhile] @returns {Promise<Summary>} */
  whole(question, meanwhile = () => {}) {
    return new Promise((resolve) => {
      this.ask(question, (summary, done) => {
        meanwhile(summary);
        if (done) resolve(summary);
      });
    });
  }

  /** What was asked is not wanted any more. */
  forget() {
    this.id++;
  }
}
