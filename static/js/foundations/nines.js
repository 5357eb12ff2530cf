/** Availability, in nines and in minutes a year; of things that all must be there, and of things of which one is enough. */

import { html } from '../../vendor/lit-html/lit-html.js';
import { minutesAYear } from '../quorum/formulas.js';
import { availability, inARow, nines, sideBySide } from './measures.js';
import { oneTwoFive, Sketch } from './parts.js';

const DAY = 24 * 60;

export class Nines extends Sketch {
  /** Places on the sliders: days between failures, minutes to repair. */
  between = 5;
  repair = 5;
  row = 1;
  copies = 1;

  template() {
    const days = oneTwoFive(this.between, 0);
    const minutes = oneTwoFive(this.repair, 0);
    const one = availability(days * DAY, minutes);
    const all = inARow(sideBySide(one, this.copies), this.row);
    const reached = Math.floor(nines(all) + 1e-9);
    return html`
      ${this.slider('nines.between', this.between, { min: 0, max: 9, shown: this.days(days) }, (value) => this.set({ between: value }))}
      ${this.slider('nines.repair', this.repair, { min: 0, max: 10, shown: this.span(minutes) }, (value) => this.set({ repair: value }))}
      ${this.slider('nines.copies', this.copies, { min: 1, max: 4 }, (value) => this.set({ copies: value }))}
      ${this.slider('nines.row', this.row, { min: 1, max: 30 }, (value) => this.set({ row: value }))}
      <div class="f-chain" aria-hidden="true">${Array.from({ length: this.row }, () => html`<span>${Array.from({ length: this.copies }, () => html`<i></i>`)}</span>`)}</div>
      <dl class="f-figures">
        <div><dt>${this.t('nines.one')}</dt><dd>${percent(one)} <small>MTBF / (MTBF + MTTR)</small></dd></div>
        <div><dt>${this.t('nines.all')}</dt><dd>${percent(all)} <small>(1 − (1 − A)<sup>${this.copies}</sup>)<sup>${this.row}</sup></small></dd></div>
        <div><dt>${this.t('nines.year')}</dt><dd>${this.span(minutesAYear(all))}</dd></div>
      </dl>
      <table class="f-table f-nines"><thead><tr><th scope="col">${this.t('nines.nines')}</th><th scope="col">${this.t('nines.there')}</th><th scope="col">${this.t('nines.year')}</th><th scope="col">${this.t('nines.in-minutes')}</th></tr></thead>
        <tbody>${[1, 2, 3, 4, 5, 6].map((count) => html`<tr class=${count === Math.min(6, reached) ? 'here' : ''} aria-current=${count === Math.min(6, reached)}><th scope="row">${count}</th>
          <td>${percent(1 - 10 ** -count)}</td><td>${this.span(minutesAYear(1 - 10 ** -count))}</td>
          <td>${Number(minutesAYear(1 - 10 ** -count).toPrecision(4)).toLocaleString(this.i18n.lang())}</td></tr>`)}</tbody></table>`;
  }

  /** @param {number} count */
  days(count) {
    return this.t('nines.days', { count });
  }

  /** @param {number} minutes */
  span(minutes) {
    if (minutes >= 2 * DAY) return this.days(Number((minutes / DAY).toPrecision(3)));
    if (minutes >= 120) return this.t('nines.hours', { count: Number((minutes / 60).toPrecision(3)) });
    return minutes >= 1 ? this.t('nines.minutes', { count: Number(minutes.toPrecision(3)) }) : this.t('nines.seconds', { count: Number((minutes * 60).toPrecision(2)) });
  }
}

/** With as many digits as it takes to tell it from 1. @param {number} there */
function percent(there) {
  const digits = Math.min(10, Math.max(1, Math.ceil(nines(there) + 0.3) - 1));
  return there === 1 ? '100 %' : `${Number((100 * there).toFixed(Number.isFinite(digits) ? digits : 1))} %`;
}
