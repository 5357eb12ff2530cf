/** One message in flight, with what it carries and what may be done to it; for the inbox and the Messages tab. */

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { isObject, span, valueText } from './format.js';
import { describe } from './sentences.js';

/** @typedef {import('../types.js').Ctx} Ctx */
/** @typedef {import('../types.js').Message} Message */
/** @typedef {import('../types.js').Shown} Shown */

/** Actions on a message, in the order in which they are offered. */
const OFFERED = ['deliver', 'hold', 'drop', 'delay', 'duplicate'];

/** How long a delay is, as the label of its button says it. */
const LABEL = { delay: '30 ms' };

/** The disc that flies on the stage, small. @param {Ctx} ctx @param {any} message */
export const disc = (ctx, message) => discOf(ctx.lenses.of(message.service).message(message));

/** @param {import('../types.js').MessageLook} look */
export const discOf = (look) => html`<span class="p-disc ${look.reply ? 'reply' : ''} m-${look.color}" aria-hidden="true">${
  look.reply ? look.sign ?? (look.ok ? '+' : '−') : look.tag}</span>`;

/** @param {Ctx} ctx @param {Record<string, any>} fields */
export function fieldList(ctx, fields) {
  const entries = (/** @type {number} */ count) => ctx.i18n.t('panels.entries', { count });
  const shown = Object.entries(fields ?? {});
  if (!shown.length) return nothing;
  return html`<dl class="p-fields">${shown.map(([key, value]) =>
    html`<div><dt>${key}</dt><dd title=${titleOf(value)}>${valueText(value, entries)}</dd></div>`)}</dl>`;
}

/** @param {any} value @returns {string} the whole of what a short form leaves out */
const titleOf = (value) => (Array.isArray(value) || isObject(value) ? JSON.stringify(value) : '');

/** @param {Ctx} ctx @param {Shown} shown @param {Message} message */
function stateText(ctx, shown, message) {
  const { t } = ctx.i18n;
  if (message.held) return t('panels.message.held');
  const left = message.arrives - shown.time;
  return left > 0 ? t('panels.message.arrives', { time: span(left) }) : t('panels.message.waiting');
}

/** @param {Ctx} ctx @param {Shown} shown @param {Message} message */
export function messageItem(ctx, shown, message) {
  const chosen = ctx.selection.get().message === message.id;
  const choose = () => ctx.selection.set({ message: chosen ? 0 : message.id });
  return html`<li class="p-message ${chosen ? 'chosen' : ''} ${message.held ? 'held' : ''}">
    <button class="p-message-head" aria-expanded=${chosen} @click=${choose}>
      ${disc(ctx, message)}<b>${message.type}</b>
      <span class="p-route">${message.src} → ${message.dst}</span>
      <span class="p-spacer"></span><span class="p-when">${stateText(ctx, shown, message)}</span>
    </button>
    <div class="p-message-body"><span class="p-aside">${describe(ctx, message)}</span>${mayAct(ctx) ? buttons(ctx, message, chosen) : nothing}</div>
    ${chosen ? fieldList(ctx, ctx.lenses.of(message.service).fields(message.fields)) : nothing}
  </li>`;
}

/** Anybody who may act on what is shown; intervening in the past makes a branch. @param {Ctx} ctx */
const mayAct = (ctx) => ctx.store.you?.role === 'driver' || ctx.store.branches.some((b) => b.id === ctx.store.branch && b.private);

/** @param {Ctx} ctx @param {Message} message @param {boolean} all */
function buttons(ctx, message, all) {
  const offered = OFFERED.slice(0, all ? OFFERED.length : 3);
  return html`<div class="p-actions">${offered.map((verb) => actionButton(ctx, `message.${verb}`, message.id))}</div>`;
}

/** A button for an entry of the action registry; greyed with its reason where it would change nothing.
 * @param {Ctx} ctx @param {string} id @param {any} target */
export function actionButton(ctx, id, target) {
  const action = ctx.actions.get(id);
  if (!action) return nothing;
  const able = action.enabled(ctx, target);
  const reason = able === true ? '' : ctx.i18n.t(able);
  const run = () => able === true && ctx.actions.run(id, target);
  return html`<button class="p-button" aria-disabled=${able !== true} title=${reason} @click=${run}>${ctx.i18n.t(action.label, LABEL)}</button>`;
}
