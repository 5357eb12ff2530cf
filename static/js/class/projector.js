/** The wall: the stage, what is asked, and how to join, in type that is read from the last row. */

import { BASE } from '../core/base.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { nameOf } from './model.js';
import { asked, counted, results } from './question.js';

export class ProjectorView {
  /** @param {any} desk */
  constructor(desk) {
    this.desk = desk;
  }

  template() {
    const { model, ctx } = this.desk;
    const e = model.everybody;
    if (!e) return nothing;
    const { t } = ctx.i18n;
    const q = model.question;
    return html`${q ? html`<section class="k-card k-asked">${asked(q, ctx.i18n)}
        ${q.kind === 'choices' && q.phase !== 'revealed' ? html`<ol class="k-options" role="list">${q.choices.map((/** @type {string} */ c) => html`<li>${c}</li>`)}</ol>` : nothing}
        ${q.phase === 'revealed' ? results(q, ctx.i18n) : counted(q, ctx.i18n)}</section>` : nothing}
      ${e.ended ? html`<p class="k-over">${t('class.over')}</p>` : html`<section class="k-join" aria-label=${t('class.at')}>
        <p class="k-address"><span>${t('class.at')}</span> <b>${this.desk.join}</b></p>
        <p class="k-code"><span class="hidden">${t('class.code')}</span>${e.code}</p>
        <img class="k-qr" src=${`${BASE}/api/classes/${e.id}/qr.svg`} alt=${t('class.qr')} width="200" height="200">
        <p class="k-people">${t('class.here', { count: e.here })}${e.driver ? html`<br>${t('class.driver.other', { name: nameOf(e.driver, ctx.i18n) })}` : nothing}</p></section>`}`;
  }
}
