/** The room's page: builds what everybody shares, mounts every view, and listens for keys. */

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
import {mountCode} from './views/code.js';
import {mountCosts} from './views/costs.js';
import {mountEvents} from './views/events.js';
import {mountExport} from './views/export.js';
import {mountHelp} from './views/help.js';
import {mountHistory} from './views/history.js';
import {mountLaws} from './views/laws.js';
import {mountLogs} from './views/logs.js';
import {makeDialogs} from './views/menu-dialogs.js';
import {mountMessages} from './views/messages.js';
import {mountNode} from './views/node.js';
import {mountSpacetime} from './views/spacetime.js';
import {mountStages} from './views/stages.js';
import {mountOverlay} from './views/stage-overlay.js';
import {Notice} from './views/stage-notice.js';
import {mountTopbar} from './views/topbar.js';
import {Tabs} from './views/topbar-tabs.js';
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
  const room = document.body.dataset.room ?? '';
  const store = new Store();
  const page = new Page(room);
  const i18n = new I18n(page.lang());
  const ctx = /** @type {any} */ ({store, page, i18n, selection: new Selection(), playhead: new Playhead(store)});
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  ctx.connection = new Connection({url: `${scheme}//${location.host}/ws/rooms/${encodeURIComponent(room)}`, store,
    token: () => page.token, lang: () => i18n.lang(), wanted: () => page.privateBranch(), forget: () => page.forgetToken()});
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

/** @param {any} ctx */
function mountViews(ctx) {
  const {playhead} = ctx;
  const stageRoot = byId('stage');
  const stage = mountStages(stageRoot, ctx);
  const tabs = new Tabs(byId('panel'), ctx);
  const mounts = /** @type {Record<string, any>} */ ({node: mountNode, logs: mountLogs, messages: mountMessages, code: mountCode, laws: mountLaws, events: mountEvents, history: mountHistory, cost: mountCosts});
  const panels = Object.entries(mounts).map(([id, mount]) => mount(inner(tabs.panel(id)), ctx));
  const help = mountHelp(document.body, ctx);
  const sheet = mountExport(document.body, ctx);
  ctx.dialogs = makeDialogs(stageRoot, ctx, {stage, help, sheet});
  ctx.actions.notice = (/** @type {string} */ words) => notice.say(words);
  const notice = new Notice(stageRoot);
  // The bars come first: what they need decides how large the stage is. Who measures goes before who writes.
  const views = [mountSpacetime(inner(byId('spacetime')), ctx), mountTopbar(byId('topbar'), ctx), mountTransport(byId('transport'), ctx), tabs, stage,
    mountOverlay(stageRoot, ctx), ctx.dialogs.menu, ...panels, help, sheet];
  for (const view of views) playhead.addView(view);
}

/** Panels may style their own root. @param {HTMLElement} root */
function inner(root) {
  return root.appendChild(document.createElement('div'));
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

async function start() {
  const ctx = makeContext();
  await Promise.all([ctx.lenses.load(), ctx.i18n.ready()]);
  teachWords(ctx);
  let mounted = false;
  ctx.store.subscribe((/** @type {string} */ what) => {
    if (what === 'snapshot') learnServices(ctx);
    if (what === 'branches' || what === 'snapshot') ctx.page.remember(ctx.store);
    if (mounted || what !== 'snapshot') return;
    mounted = true;
    mountViews(ctx);
    document.body.classList.add('ready');
    const {error} = ctx.connection;
    if (error) ctx.actions.notice(ctx.actions.explain(error));
  });
  ctx.page.attach(ctx);
  ctx.selection.subscribe(() => ctx.playhead.changed({selection: true}));
  ctx.i18n.subscribe(() => ctx.playhead.changed({all: true, lang: true}));
  ctx.connection.subscribe(() => {
    ctx.playhead.changed({transport: true});
    ctx.page.line(ctx.connection, ctx.i18n);
  });
  addEventListener('keydown', e => onKey(ctx, e));
  ctx.connection.open();
}

start();
