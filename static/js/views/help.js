/** The help sheet: the grammar of the picture, drawn; and everything that a person can do, with its key. */

import { BASE } from '../core/base.js';
import { html, nothing, render } from '../../vendor/lit-html/lit-html.js';
import { serviceName } from '../core/words.js';
import { LEGEND } from '../panels/legend.js';
import { discOf } from '../panels/messageitem.js';

/** @typedef {import('../types.js').Ctx} Ctx */
/** @typedef {import('../types.js').Action} Action */

/** @param {HTMLElement} root @param {Ctx} ctx */
export function mountHelp(root, ctx) {
  const dialog = document.createElement('dialog');
  dialog.className = 'p-help';
  root.append(dialog);
  dialog.addEventListener('click', (e) => e.target === dialog && dialog.close());
  const show = () => render(sheet(ctx, () => dialog.close()), dialog);
  const draw = () => {
    if (dialog.open) show();
  };
  const open = () => {
    show();
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
  };
  return { draw, open, close: () => dialog.close(), toggle: () => (dialog.open ? dialog.close() : open()) };
}

/** @param {Ctx} ctx @param {() => void} close */
function sheet(ctx, close) {
  const { t } = ctx.i18n;
  return html`<header><h2>${t('help.title')}</h2>
      <button class="p-button" @click=${close} aria-label=${t('help.close')}>✕</button></header>
    <p class="p-help-lead">${t('help.lead')}</p>
    <p class="p-help-more"><a href=${`${BASE}/compare`}>${t('pages.compare.more')}</a> · <a href=${`${BASE}/museum`}>${t('pages.museum.more')}</a></p>
    <section aria-label=${t('help.picture')}><h3>${t('help.picture')}</h3>
      <dl class="p-grammar">${LEGEND.map(([key, drawing]) => html`<div><dt>${drawing}<b>${t(`help.${key}`)}</b></dt>
        <dd>${t(`help.${key}.text`)}</dd></div>`)}</dl></section>
    ${kinds(ctx)}
    <section aria-label=${t('help.keys')}><h3>${t('help.keys')}</h3>
      <dl class="p-keys">${ctx.actions.list().filter((a) => a.shortcut).map((a) => keyRow(ctx, a))}
        ${EXTRA.map(([keys, label]) => html`<div><dt>${keyCaps(keys)}</dt><dd>${t(label)}</dd></div>`)}</dl></section>
    <section aria-label=${t('help.pointer')}><h3>${t('help.pointer')}</h3>
      <ul class="p-pointer">${['click', 'double', 'message', 'drag', 'past'].map((key) => html`<li>${t(`help.pointer.${key}`)}</li>`)}</ul></section>`;
}

/** The messages of the protocol on stage, each as the last one of its kind looked. @param {Ctx} ctx */
function kinds(ctx) {
  const { store, lens, playhead, i18n } = ctx;
  const seen = new Map(store.range(Math.max(1, playhead.shown.seq - RECENT), playhead.shown.seq).filter((e) => e.kind === 'send')
    .map((e) => [e.body[1], { id: e.seq, src: e.node, dst: e.body[0], service: e.service, type: e.body[1], fields: e.body[2] }]));
  const { families = {} } = lens.described;
  const look = (/** @type {string} */ type) => lens.message(/** @type {any} */ (seen.get(type) ?? { type, fields: {} }));
  const title = i18n.t('help.messages', { protocol: serviceName(ctx, lens.service) });
  return html`<section aria-label=${title}><h3>${title}</h3>
    <ul class="p-kinds" role="list">${Object.keys(families).map((type) => html`<li>${discOf(look(type))}${type}</li>`)}</ul></section>`;
}

/** So many events are looked through for messages of each kind. */
const RECENT = 2000;

/** Keys that belong to one place on the page. @type {[string, string][]} */
const EXTRA = [['+ −', 'help.key.zoom'], ['[ ]', 'help.key.pan'], ['0', 'help.key.follow']];

/** @param {Ctx} ctx @param {Action} action */
function keyRow(ctx, action) {
  return html`<div><dt>${keyCaps(action.shortcut ?? '')}</dt><dd>${ctx.i18n.t(action.label)}</dd></div>`;
}

/** @param {string} keys */
function keyCaps(keys) {
  return keys ? keys.split(' ').map((key) => (key === '–' ? ' – ' : html`<kbd>${key}</kbd>`)) : nothing;
}
