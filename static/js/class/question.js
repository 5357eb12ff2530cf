/** A question as every page shows it: what is asked, how many have answered, and in the end how. */

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { inWords } from './model.js';

/** A raised hand, drawn: not every machine has a character for it. */
export const raised = html`<svg class="k-icon" viewBox="0 0 20 20" aria-hidden="true"><path d="M6.5 11V4.6a1.2 1.2 0 0 1 2.4 0V9M8.9 9V3.2a1.2 1.2 0 0 1 2.4 0V9M11.3 9V4.2a1.2 1.2 0 0 1 2.4 0v6.3l.9-1.6a1.25 1.25 0 0 1 2.2 1.2l-2.4 5.1A4.5 4.5 0 0 1 10.3 18h-.6a4.3 4.3 0 0 1-4-2.8L4 10.6a1.2 1.2 0 0 1 2.2-.9z"/></svg>`;

/** @param {any} q @param {any} i18n */
export function asked(q, i18n) {
  const { t } = i18n;
  return html`<p class="k-eyebrow">${t('class.question')}${q.round > 1 && q.phase !== 'revealed' ? html` · <b>${t('class.question.round')}</b>` : nothing}</p>
    <h2 class="k-question">${q.text}</h2>`;
}

/** @param {any} q @param {any} i18n */
export function counted(q, i18n) {
  const share = q.of ? q.count / q.of : 0;
  return html`<p class="k-count" role="status"><meter class="k-meter" min="0" max="1" .value=${share} aria-hidden="true"></meter>
    <span>${i18n.t('class.question.count', { count: q.count, of: q.of })}</span></p>`;
}

/** How the class answered, vote by vote; what is right wears a tick. @param {any} q @param {any} i18n @param {string} [own] this student's answer */
export function results(q, i18n, own = '') {
  const { t } = i18n;
  const last = q.tallies.at(-1);
  const values = [...new Set([...Object.keys(last), ...Object.keys(q.tallies[0]), ...(q.truth === null ? [] : [q.truth])])].slice(0, 12);
  return html`${q.tallies.length > 1 ? html`<p class="k-votes"><span class="k-was">${t('class.question.first')}</span> <span class="k-is">${t('class.question.second')}</span></p>` : nothing}
    <ul class="k-results" role="list">${values.map((value) => html`
      <li class=${[value === q.truth ? 'right' : '', value === own ? 'own' : ''].join(' ')}>
        <span class="k-value">${value === q.truth ? html`<span class="k-tick" aria-hidden="true">✓</span><span class="hidden">${t('class.question.right')}: </span>` : nothing}${inWords(q, value)}</span>
        <span class="k-bars">${q.tallies.map((/** @type {any} */ tally, /** @type {number} */ i) => bar(tally, value, i === q.tallies.length - 1))}</span>
      </li>`)}</ul>
    ${q.reveal && q.phase === 'revealed' ? html`<p class="k-why">${q.reveal}</p>` : nothing}
    ${q.truth === null && q.phase === 'revealed' ? html`<p class="k-note">${t('class.question.unknown')}</p>` : nothing}`;
}

/** @param {Record<string, number>} tally @param {string} value @param {boolean} latest */
function bar(tally, value, latest) {
  const total = Object.values(tally).reduce((a, b) => a + b, 0);
  const count = tally[value] ?? 0;
  return html`<span class="k-bar ${latest ? 'k-is' : 'k-was'}"><meter min="0" max="1" .value=${total ? count / total : 0} aria-hidden="true"></meter><span>${count}</span></span>`;
}
