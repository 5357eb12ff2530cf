/** The Laws tab: what must never happen, judged after every event; and the known bug in force, if there is one. */

import { html, nothing, render } from '../../vendor/lit-html/lit-html.js';
import { moment, valueText } from '../panels/format.js';
import { whileVisible } from '../panels/visible.js';

/** @typedef {import('../types.js').Ctx} Ctx */
/** @typedef {import('../types.js').Shown} Shown */

/** @param {HTMLElement} root @param {Ctx} ctx */
export function mountLaws(root, ctx) {
  root.classList.add('p-panel', 'p-laws');
  const draw = whileVisible(root, (shown) => {
    if (shown.view) render(panel(ctx, shown), root);
  });
  return { draw };
}

/** @param {Ctx} ctx @param {Shown} shown */
function panel(ctx, shown) {
  const laws = lawsOf(ctx, shown);
  const broken = laws.filter(([, seq]) => seq > 0).length;
  const { t } = ctx.i18n;
  const summary = broken ? t('panels.laws.broken', { count: broken }) : t('panels.laws.hold', { count: laws.length });
  return html`<p class="p-lead ${broken ? 'bad' : 'good'}">${summary}</p>${mutants(ctx)}
    <ul class="p-lawlist" role="list">${laws.map(([id, seq]) => lawItem(ctx, id, seq))}</ul>`;
}

/** @param {Ctx} ctx @param {Shown} shown @returns {[id: string, seq: number][]} */
function lawsOf(ctx, shown) {
  const known = Object.values(ctx.store.services).flatMap((service) => service.laws);
  const held = shown.view?.laws ?? {};
  return [...new Set([...known, ...Object.keys(held)])].map((id) => [id, held[id] ?? 0]);
}

/** @param {Ctx} ctx */
function mutants(ctx) {
  const { t } = ctx.i18n;
  return Object.values(ctx.store.services).filter((service) => service.mutant).map(({ mutant }) => html`<p class="p-mutant">
    <b>${t('panels.laws.mutant')}</b> ${t(`mutant.${mutant}`)}<br>${t(`mutant.${mutant}.text`)}</p>`);
}

/** @param {Ctx} ctx @param {string} id @param {number} seq */
function lawItem(ctx, id, seq) {
  const { t } = ctx.i18n;
  const section = Object.values(ctx.store.services).map((service) => service.sections?.[id]).find(Boolean) ?? '';
  return html`<li class="p-law ${seq ? 'bad' : ''}">
    <span class="p-law-mark" aria-hidden="true">${seq ? '✕' : '✓'}</span>
    <div><h3>${t(`law.${id}`)}</h3><p>${t(`law.${id}.text`)}</p>
      ${seq ? violation(ctx, id, seq) : html`<p class="p-verdict">${t('panels.laws.holds')} · ${section}</p>`}</div></li>`;
}

/** @param {Ctx} ctx @param {string} id @param {number} seq */
function violation(ctx, id, seq) {
  const { t } = ctx.i18n;
  const event = ctx.store.event(seq);
  const data = event?.body[1] ?? {};
  const culprit = event?.cause || seq;
  const go = () => ctx.playhead.seek({ seq: culprit });
  return html`<p class="p-verdict"><button class="p-link" @click=${go}>${t('panels.laws.brokenat', { seq: culprit })}</button>
      ${event ? ` · ${moment(event.time)}` : nothing}</p>
    ${event ? html`<p class="p-broken">${t(`law.${id}.broken`, data)}</p>${facts(ctx, data)}` : nothing}`;
}

/** @param {Ctx} ctx @param {Record<string, any>} data */
function facts(ctx, data) {
  const entries = (/** @type {number} */ count) => ctx.i18n.t('panels.entries', { count });
  return html`<dl class="p-fields">${Object.entries(data).map(([key, value]) =>
    html`<div><dt>${key}</dt><dd>${valueText(value, entries)}</dd></div>`)}</dl>`;
}
