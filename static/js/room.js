/** The room's page: builds what everybody shares, mounts every view, and listens for keys. */

import { BASE } from './core/base.js';
import {clients, mayAct} from './actions/common.js';
import {messageActions} from './actions/message.js';
import {networkActions} from './actions/network.js';
import {nodeActions} from './actions/node.js';
import {pageActions} from './actions/page.js';
import {timeActions} from './actions/time.js';
import {Actions} from './core/actions.js';
import {Connection} from './core/connection.js';
import {I18n} from './core/i18n.js';
import {Lenses} from './core/lenses.js';
import {Page} from './core/page.js';
import {Playhead} from './core/playhead.js';
import {Showing} from './core/showing.js';
import {Selection} from './core/selection.js';
import {Store} from './core/store.js';
import {teachWords} from './core/words.js';
import {mountStages} from './views/stages.js';
import {Notice} from './views/stage-notice.js';
import {mountTopbar} from './views/topbar.js';
import {mountTransport} from './views/transport.js';

/** @param {string} id */
const byId = id => /** @type {HTMLElement} */ (document.getElementById(id));

/** Opens the client form; it is an action so that menus can offer it. */
const openRequest = {
  id: 'dialog.request', label: 'actions.request.open', group: 'client',
  enabled: (/** @type {any} */ ctx) => {
    const may = mayAct(ctx);
    return may === true && !clients(ctx).length ? 'actions.why.no-client' : may;
  },
  run: (/** @type {any} */ ctx, /** @type {any} */ target) => ctx.dialogs.request(target ?? {}),
};

/** Asks for an order's arguments. */
const openOrder = {
  id: 'dialog.order', label: 'actions.order', group: 'node',
  enabled: (/** @type {any} */ ctx, /** @type {any} */ target) => ctx.actions.enabled('node.order', target),
  run: (/** @type {any} */ ctx, /** @type {any} */ target) => ctx.dialogs.order(target),
};

function makeContext() {
  const {room = '', seat = ''} = document.body.dataset;
  const store = new Store();
  const page = new Page(room);
  const i18n = new I18n(page.lang());
  const ctx = /** @type {any} */ ({store, page, i18n, selection: new Selection(), playhead: new Playhead(store)});
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  ctx.connection = new Connection({url: `${scheme}//${location.host}${BASE}/ws/rooms/${encodeURIComponent(room)}${seat && `?as=${seat}`}`, store,
    token: () => (seat ? '' : page.token), lang: () => i18n.lang(), wanted: () => page.privateBranch(), forget: () => page.forgetToken()});
  ctx.lenses = new Lenses();
  ctx.lens = ctx.lenses.first;
  ctx.showing = new Showing(ctx);
  ctx.actions = new Actions(ctx, [...timeActions, ...nodeActions, openRequest, openOrder, ...messageActions, ...networkActions, ...pageActions]);
  ctx.playhead.transport = (/** @type {string} */ action, /** @type {number|undefined} */ value) => ctx.connection.send(
    action === 'speed' ? {type: 'transport', speed: value} : {type: 'transport', action, ...(ctx.playhead.services.length ? {services: ctx.playhead.services} : {})}).catch((/** @type {any} */ e) => ctx.actions.notice(ctx.actions.explain(e)));
  return ctx;
}

/** What the room runs is known with the first snapshot; the one shown before stays shown. @param {any} ctx */
function learnServices(ctx) {
  ctx.lenses.describe(ctx.store.services);
  ctx.showing.settle();
}

/** The stage and its bars, which decide how large it is. Nothing can be done with them before all is there.
 * @param {any} ctx */
function mountFirst(ctx) {
  const stage = mountStages(byId('stage'), ctx);
  const notice = new Notice(byId('stage'));
  ctx.actions.notice = (/** @type {string} */ words) => notice.say(words);
  // Who measures goes before who writes.
  for (const view of [mountTopbar(byId('topbar'), ctx), mountTransport(byId('transport'), ctx), stage]) ctx.playhead.addView(view);
  return stage;
}

/** @param {boolean} yes */
function letUse(yes) {
  for (const id of ['topbar', 'stage', 'transport']) byId(id).inert = !yes;
}

/** Whatever is typed into is left alone. @param {any} ctx @param {KeyboardEvent} e */
function onKey(ctx, e) {
  const target = /** @type {HTMLElement} */ (e.target);
  if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented) return;
  if (target.matches('input:not([type=range]), select, textarea') || document.querySelector('dialog[open]')) return;
  if (target.matches('button, a, summary') && (e.key === ' ' || e.key === 'Enter')) return;
  if (e.key === 'Enter' && target.closest('[data-node]')) return;
  const action = ctx.actions.forKey(e);
  if (!action) return;
  e.preventDefault();
  ctx.actions.run(action.id, action.id === 'page.select' ? e.key : undefined);
}

/** Opens the connection; resolves with the first snapshot. @param {any} ctx @returns {Promise<void>} */
function firstSnapshot(ctx) {
  return new Promise(resolve => {
    ctx.store.subscribe((/** @type {string} */ what) => {
      if (what === 'snapshot') learnServices(ctx);
      if (what === 'branches' || what === 'snapshot') ctx.page.remember(ctx.store);
      if (what === 'snapshot') resolve();
    });
    ctx.page.attach(ctx);
    ctx.connection.open();
  });
}

/** @returns {Promise<void>} when what has just been drawn is on the screen */
function painted() {
  return new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));
}

/** @param {any} ctx */
function listen(ctx) {
  const tell = () => {
    ctx.playhead.changed({transport: true});
    ctx.page.line(ctx.connection, ctx.i18n);
  };
  ctx.connection.subscribe(tell);
  tell();
  ctx.selection.subscribe(() => ctx.playhead.changed({selection: true}));
  ctx.i18n.subscribe(() => ctx.playhead.changed({all: true, lang: true}));
}

/** The picture comes first, and what can be done with it as soon as it is seen. */
async function start() {
  const ctx = makeContext();
  const snapshot = firstSnapshot(ctx);
  letUse(false);
  await Promise.all([ctx.lenses.load(), ctx.i18n.ready()]);
  teachWords(ctx);
  listen(ctx);
  await snapshot;
  learnServices(ctx);
  const stage = mountFirst(ctx);
  document.body.classList.add('seen');
  await painted();
  const {mountAround} = await import('./around.js');
  mountAround(stage, ctx);
  letUse(true);
  addEventListener('keydown', e => onKey(ctx, e));
  document.body.classList.add('ready');
  const query = new URLSearchParams(location.search);
  if (query.has('lesson')) import('./lesson/aside.js').then(({mountAside}) => mountAside(ctx, query)).catch(() => {}); // a room without it is a room
  const {error} = ctx.connection;
  if (error) ctx.actions.notice(ctx.actions.explain(error));
  return ctx;
}

/** With all that the page's parts share, when it can be used. In a class it is the middle of the class's page. */
export const started = start();
