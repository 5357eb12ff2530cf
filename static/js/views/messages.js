/** The Messages tab: what is in flight, and what became of the latest ones. */

import { html, nothing, render } from '../../vendor/lit-html/lit-html.js';
import { repeat } from '../../vendor/lit-html/directives/repeat.js';
import { keepsMessage, pastMessages } from '../panels/filters.js';
import { endpoints, moment } from '../panels/format.js';
import { disc, fieldList, messageItem } from '../panels/messageitem.js';
import { whileVisible } from '../panels/visible.js';

/** @typedef {import('../types.js').Ctx} Ctx */
/** @typedef {import('../types.js').Shown} Shown */
/** @typedef {import('../panels/filters.js').MessageFilter} MessageFilter */
/** @typedef {import('../panels/filters.js').PastMessage} PastMessage */

const RECENT_EVENTS = 1200;
const RECENT_SHOWN = 60;
const FLIGHT_SHOWN = 120;

/** @param {HTMLElement} root @param {Ctx} ctx */
export function mountMessages(root, ctx) {
  root.classList.add('p-panel', 'p-messages-panel');
  /** @type {MessageFilter} */
  const filter = { type: '', node: '' };
  /** @type {Shown|undefined} */
  let last;
  const draw = whileVisible(root, (shown) => {
    last = shown;
    if (shown.view) render([filters(ctx, shown, filter, () => last && draw(last)), lists(ctx, shown, filter)], root);
  });
  return { draw, everyFrame: true };
}

/** @param {Ctx} ctx @param {Shown} shown @param {MessageFilter} filter @param {() => void} again */
function filters(ctx, shown, filter, again) {
  const { t } = ctx.i18n;
  const types = [...new Set(Object.values(ctx.store.services).flatMap((service) => service.messages))];
  const nodes = shown.view ? endpoints(shown.view) : [];
  const set = (/** @type {'type'|'node'} */ key) => (/** @type {any} */ e) => {
    filter[key] = e.target.value;
    again();
  };
  return html`<div class="p-filters">
    ${menu(t('panels.filter.type'), filter.type, types, t('panels.filter.anytype'), set('type'))}
    ${menu(t('panels.filter.node'), filter.node, nodes, t('panels.filter.anynode'), set('node'))}
  </div>`;
}

/** @param {string} label @param {string} value @param {string[]} values @param {string} any @param {(e: any) => void} change */
export function menu(label, value, values, any, change) {
  return html`<label class="p-field"><span class="p-hidden">${label}</span><select class="p-select" @change=${change}>
    <option value="" .selected=${value === ''}>${any}</option>
    ${values.map((v) => html`<option value=${v} .selected=${v === value}>${v}</option>`)}</select></label>`;
}

/** @param {Ctx} ctx @param {Shown} shown @param {MessageFilter} filter */
function lists(ctx, shown, filter) {
  const { t } = ctx.i18n;
  const flying = Object.values(shown.view?.messages ?? {}).filter((m) => keepsMessage(m, filter))
    .sort((a, b) => a.arrives - b.arrives || a.id - b.id);
  const events = ctx.store.range(Math.max(1, shown.seq - RECENT_EVENTS), shown.seq);
  const past = pastMessages(events, (seq) => ctx.store.event(seq), filter, RECENT_SHOWN);
  return html`<h3>${t('panels.messages.flight', { count: flying.length })}</h3>
    ${flying.length ? html`<ul class="p-messages" role="list">${repeat(flying.slice(0, FLIGHT_SHOWN), (m) => m.id, (m) => messageItem(ctx, shown, m))}</ul>`
      : html`<p class="p-empty">${t('panels.messages.noflight')}</p>`}
    ${flying.length > FLIGHT_SHOWN ? html`<p class="p-empty">${t('panels.more', { count: flying.length - FLIGHT_SHOWN })}</p>` : nothing}
    <h3>${t('panels.messages.recent')}</h3>
    ${past.length ? html`<ul class="p-messages" role="list">${repeat(past, (m) => m.seq, (m) => pastItem(ctx, m))}</ul>`
      : html`<p class="p-empty">${t('panels.messages.norecent')}</p>`}`;
}

/** @param {Ctx} ctx @param {PastMessage} message */
function pastItem(ctx, message) {
  const { t } = ctx.i18n;
  const chosen = ctx.selection.get().message === message.id;
  const ended = message.end === 'deliver' ? t('panels.message.delivered', { time: moment(message.at) })
    : t('panels.message.dropped', { reason: t(`panels.reason.${message.reason}`) });
  const choose = () => ctx.selection.set({ message: chosen ? 0 : message.id });
  const go = () => ctx.playhead.seek({ seq: message.seq });
  return html`<li class="p-message past ${message.end} ${chosen ? 'chosen' : ''}">
    <button class="p-message-head" aria-expanded=${chosen} @click=${choose}>
      ${disc(ctx, message)}<b>${message.type}</b><span class="p-route">${message.src} → ${message.dst}</span>
      <span class="p-spacer"></span><span class="p-when">${ended}</span>
    </button>
    ${chosen ? html`${fieldList(ctx, ctx.lenses.of(message.service).fields(message.fields))}<div class="p-actions">
      <button class="p-button" @click=${go}>${t('panels.gothere')}</button></div>` : nothing}
  </li>`;
}
