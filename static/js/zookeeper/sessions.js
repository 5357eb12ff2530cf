/** Whom the ensemble knows: sessions with what they own, and watches with what they wait for. */

import {html, nothing} from '../../vendor/lit-html/lit-html.js';
import {command} from '../actions/common.js';
import {span} from '../panels/format.js';
import {SERVICE, clientsOf, colourOf, hex, leaderOf, stateOf} from './values.js';

/** @param {any} explorer */
export function sessionsView(explorer) {
  const {ctx, sessions, shown} = explorer;
  const {t} = ctx.i18n;
  if (!sessions) return html`<p class="p-empty">${t('zk.loading')}</p>`;
  const rows = sessions.sessions;
  const deadlines = stateOf(shown.view, leaderOf(ctx, shown.view))?.deadlines ?? {};
  return html`<p class="p-aside">${t('zk.sessions.about')}</p>${rows.length ? html`<ul class="z-sessions" role="list">${rows.map((/** @type {any} */ row) => html`<li>
    <div class="z-bar"><span class="z-kind ephemeral ${colourOf(row.id)}" aria-hidden="true"></span><code>${hex(row.id)}</code>
      <b>${row.client || t('zk.sessions.nobody')}</b>${row.server ? html`<span>→ ${row.server}</span>` : nothing}
      <span class="p-spacer"></span>${kill(explorer, row)}</div>
    <p class="p-aside">${t('zk.sessions.timeout', {timeout: span(row.timeout)})}${row.id in deadlines ? html` · ${t('zk.sessions.left', {left: span(Math.max(0, deadlines[row.id] - shown.time))})}` : nothing}
      ${row.waiting ? html` · ${t('zk.sessions.waiting', {count: row.waiting})}` : nothing}</p>
    ${row.ephemerals.length ? html`<p class="z-owned">${t('zk.sessions.owns')} ${row.ephemerals.map((/** @type {string} */ path) => link(explorer, path))}</p>` : nothing}
    ${row.watches.length ? html`<p class="z-owned">${t('zk.sessions.watches', {count: row.watches.length})}</p>` : nothing}</li>`)}</ul>`
    : html`<p class="p-empty">${t('zk.sessions.none')}</p>`}`;
}

/** @param {any} explorer */
export function watchesView(explorer) {
  const {ctx, sessions} = explorer;
  const {t} = ctx.i18n;
  if (!sessions) return html`<p class="p-empty">${t('zk.loading')}</p>`;
  const rows = sessions.sessions.flatMap((/** @type {any} */ s) => s.watches.map((/** @type {any} */ w) => ({...w, session: s})));
  rows.sort((/** @type {any} */ a, /** @type {any} */ b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.session.id - b.session.id));
  return html`<p class="p-aside">${t('zk.watches.about')}</p>${rows.length ? html`<table class="z-watches"><thead><tr>${['path', 'kind', 'who', 'server'].map(c => html`<th scope="col">${t(`zk.watches.${c}`)}</th>`)}</tr></thead>
    <tbody>${rows.map((/** @type {any} */ row) => html`<tr><td>${link(explorer, row.path)}</td><td title=${t(`zk.watch.${row.kind}.text`)}>${t(`zk.watch.${row.kind}`)}</td>
      <td><span class="z-kind ephemeral ${colourOf(row.session.id)}" aria-hidden="true"></span> ${row.session.client || hex(row.session.id)}</td><td>${row.session.server || '–'}</td></tr>`)}</tbody></table>`
    : html`<p class="p-empty">${t('zk.watches.none')}</p>`}`;
}

/** @param {any} explorer @param {string} path */
function link(explorer, path) {
  const go = async () => {
    explorer.part = 'tree';
    await explorer.source.reveal(path);
    explorer.tree.show(path);
  };
  return html`<button type="button" class="p-link" @click=${go}>${path}</button> `;
}

/** A session ends when its client closes it; a real client hangs up, and its session runs out. @param {any} explorer @param {any} row */
function kill(explorer, row) {
  const {ctx, hand, view} = explorer;
  const {t} = ctx.i18n;
  const client = clientsOf(ctx, view).find(c => c.name === row.client);
  const may = client ? hand.may() : 'zk.sessions.gone';
  const order = client?.outside ? 'hang-up' : 'close';
  const several = ctx.lenses.names.length > 1 ? ` on ${SERVICE}` : '';
  const end = () => may === true && command(ctx, `tell ${row.client} ${order}${several}`).catch((/** @type {any} */ error) => ctx.actions.notice(ctx.actions.explain(error)));
  return html`<button type="button" class="p-button" aria-disabled=${may !== true} title=${may === true ? t(`zk.sessions.${order}.text`) : t(may)} @click=${end}>${t(`zk.sessions.${order}`)}</button>`;
}
