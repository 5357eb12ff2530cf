/** The Laws tab: what must never happen, judged after every event; and the known bug in force, if there is one. */

import { html, nothing, render } from '../../vendor/lit-html/lit-html.js';
import { serviceName } from '../core/words.js';
import { moment, valueText } from '../panels/format.js';
import { mutantsInForce } from '../panels/mutants.js';
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
  return html`<p class="p-lead ${broken ? 'bad' : 'good'}">${summary}</p>${mutantsInForce(ctx)}
    <ul class="p-lawlist" role="list">${laws.map(([id, seq]) => lawItem(ctx, id, seq))}</ul>`;
}

/** @param {Ctx} ctx @param {Shown} shown @returns {[id: string, seq: number][]} the broken ones first */
function lawsOf(ctx, shown) {
  const known = Object.values(ctx.store.services).flatMap((service) => service.laws);
  const held = shown.view?.laws ?? {};
  const laws = [...new Set([...known, ...Object.keys(held)])].map((id) => /** @type {[string, number]} */ ([id, held[id] ?? 0]));
  return [...laws.filter(([, seq]) => seq).sort((a, b) => a[1] - b[1]), ...laws.filter(([, seq]) => !seq)];
}

/** @param {Ctx} ctx @param {string} id @param {number} seq */
function lawItem(ctx, id, seq) {
  const { t } = ctx.i18n;
  const [name, service] = Object.entries(ctx.store.services).find(([, s]) => s.sections?.[id]) ?? ['', undefined];
  const section = [ctx.lenses.names.length > 1 && name ? serviceName(ctx, name) : '', service?.sections[id] ?? ''].filter(Boolean).join(' ');
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
  const go = () => {
    ctx.selection.set({ event: seq });
    ctx.playhead.seek({ seq });
  };
  return html`<p class="p-verdict"><button class="p-link" @click=${go}>${t('panels.laws.brokenat', { seq })}</button>
      ${event ? ` · ${moment(event.time)}` : nothing}</p>
    ${event ? html`<p class="p-broken">${t(`law.${id}.broken`, data)}</p>${facts(ctx, data)}` : nothing}`;
}

/** @param {Ctx} ctx @param {Record<string, any>} data */
function facts(ctx, data) {
  const entries = (/** @type {number} */ count) => ctx.i18n.t('panels.entries', { count });
  return html`<dl class="p-fields">${Object.entries(data).map(([key, value]) =>
    html`<div><dt>${key}</dt><dd>${valueText(value, entries)}</dd></div>`)}</dl>`;
}
