/** "Find me …": the server searches all orders of delivery, shortest first; what it finds opens as a room that plays it. */

import { html, nothing, render } from '../../vendor/lit-html/lit-html.js';
import { fetchJson } from '../home/api.js';
import { byId } from '../pages/page.js';
import { overlap } from './formulas.js';
import { CLASSICS } from './settings.js';

/** @typedef {import('./settings.js').Settings} Settings */
/** @typedef {{what: 'stale'|'non-linearizable', n: number, w: number, r: number, writeBack: boolean}} Question */
/** @typedef {{found: boolean, allSeen: boolean, moments: number, moves: number|null, config: any}} Answer */

/** The search looks at every moment of a store: of a small one. */
export const MOST_SEARCHED = 5;

/** What is asked with these settings: a history that is not linearizable although R + W > N needs levels that overlap.
 * @param {'stale'|'non-linearizable'} what @param {Settings} settings @param {boolean} writeBack @returns {Question} */
export function questionOf(what, { n, w, r }, writeBack) {
  const levels = what === 'stale' || overlap(n, w, r) > 0 ? { w, r } : CLASSICS.majority(n);
  return { what, n, ...levels, writeBack };
}

export class Finder {
  /** @param {import('./calculator.js').Calculator} calculator */
  constructor(calculator) {
    this.calculator = calculator;
    this.t = calculator.t;
    this.writeBack = false;
    /** @type {Question|null} */ this.question = null;
    /** @type {Answer|null} */ this.answer = null;
    this.problem = '';
  }

  /** @param {'stale'|'non-linearizable'} what */
  async find(what) {
    const question = this.question = questionOf(what, this.calculator.settings, this.writeBack);
    this.answer = null;
    this.problem = '';
    this.draw();
    try {
      if (question.n > MOST_SEARCHED) this.problem = this.t('quorum.find.small', { most: MOST_SEARCHED, n: question.n });
      else {
        const answer = await fetchJson('/api/quorum/find', { method: 'POST', body: JSON.stringify({ ...question, nodes: question.n, readRepair: false }) });
        if (question === this.question) this.answer = answer;
      }
    } catch (error) {
      const refused = /** @type {any} */ (error);
      this.problem = refused.code ? refused.message : this.t('home.unreachable');
    }
    if (question === this.question) this.draw();
  }

  draw() {
    const { t, question } = this;
    const busy = Boolean(question && !this.answer && !this.problem);
    render(html`<div class="q-live-buttons">${['stale', 'non-linearizable'].map((what) => html`<button type="button" class="h-button" data-find=${what} aria-busy=${String(busy)}
          @click=${() => busy || this.find(/** @type {any} */ (what))}>${t(`quorum.find.${what}`)}</button>`)}
        <label class="h-check"><input type="checkbox" .checked=${this.writeBack} @change=${(/** @type {any} */ e) => { this.writeBack = e.target.checked; }}> <span>${t('quorum.find.write-back')}</span></label></div>
      <div class="q-found" role="status">${this.said(busy)}</div>`, byId('q-find'));
  }

  /** @param {boolean} busy */
  said(busy) {
    const { t, question, answer, problem } = this;
    if (problem) return html`<p class="q-wrong">${problem}</p>`;
    if (busy) return html`<p class="q-note">${t('quorum.find.searching')}</p>`;
    if (!question || !answer) return nothing;
    const params = { ...question, moves: answer.moves, moments: answer.moments.toLocaleString('en') };
    if (!answer.found) return html`<p class="q-result">${t(`quorum.find.${answer.allSeen ? 'none' : 'gave-up'}`, params)}</p>`;
    return html`<p class="q-result"><span>${t('quorum.find.found', params)}</span>
      <button type="button" class="h-button primary" data-open=${JSON.stringify({ config: answer.config })}>▶ ${t('quorum.find.watch')}</button></p>`;
  }
}
