/** The page itself: selecting, help, language, theme, panels. */

import {members} from './common.js';

/** @type {() => true} */
const always = () => true;

export const THEMES = ['light', 'dark', 'projector'];

const select = {
  id: 'page.select', label: 'actions.select', shortcut: '1 – 9', group: 'page',
  keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9'], enabled: always,
  /** @param {any} ctx @param {string} key */
  run(ctx, key) {
    const id = members(ctx)[Number(key) - 1];
    if (id) ctx.selection.set({node: id, message: 0});
  },
};

const nextMessage = {
  id: 'page.message', label: 'actions.next-message', shortcut: 'M', keys: ['m', 'M'], group: 'page', enabled: always,
  /** The next message in flight becomes the selected one. @param {any} ctx */
  run(ctx) {
    const ids = Object.keys(ctx.playhead.shown.view?.messages ?? {}).map(Number).sort((a, b) => a - b);
    const after = ids.find(id => id > ctx.selection.get().message) ?? ids[0] ?? 0;
    /** @type {any} */ (document.activeElement)?.blur(); // so that Enter opens the message, not what had the focus
    ctx.selection.set({message: after});
  },
};

const open = {
  id: 'page.open', label: 'actions.open', shortcut: 'Enter', keys: ['Enter'], group: 'page', enabled: always,
  /** The menu of what is selected. @param {any} ctx */
  run(ctx) {
    const {message, node} = ctx.selection.get();
    if (message && ctx.playhead.shown.view?.messages[message]) ctx.dialogs.message(message);
    else if (node) ctx.dialogs.node(node);
  },
};

const escape = {
  id: 'page.escape', label: 'actions.escape', shortcut: 'Esc', keys: ['Escape'], group: 'page', enabled: always,
  run: (/** @type {any} */ ctx) => (ctx.dialogs.close() ? undefined : ctx.selection.set({node: '', message: 0})),
};

/** @param {string} id @param {string} shortcut @param {string[]} keys @param {(ctx: any) => any} run */
const pageAction = (id, shortcut, keys, run) => ({id: `page.${id}`, label: `actions.${id}`, shortcut, keys,
  group: 'page', enabled: always, run});

const pair = {
  id: 'page.pair', label: 'actions.pair', shortcut: 'S', keys: ['s', 'S'], group: 'page',
  enabled: (/** @type {any} */ ctx) => (ctx.lenses.names.length > 1 ? /** @type {true} */ (true) : 'actions.why.one-protocol'),
  run: (/** @type {any} */ ctx) => ctx.showing.toggle(),
};

/** The room becomes a class's: its driver leads it. */
const teach = {
  id: 'page.class', label: 'actions.class', group: 'page',
  enabled: (/** @type {any} */ ctx) => (ctx.store.you.role === 'driver' && !document.body.dataset.seat ? /** @type {true} */ (true) : 'actions.why.class'),
  run: async (/** @type {any} */ ctx) => (await import('../class/open.js')).openClass(ctx),
};

export const pageActions = [
  select, nextMessage, open, escape, pair, teach,
  pageAction('help', '?', ['?'], ctx => ctx.dialogs.help()),
  pageAction('language', 'L', ['l', 'L'], ctx => ctx.page.setLang(ctx.i18n.lang() === 'zh' ? 'en' : 'zh')),
  pageAction('theme', 'T', ['t', 'T'], ctx => ctx.page.nextTheme()),
  pageAction('panel', 'P', ['p', 'P'], ctx => ctx.page.togglePanel()),
];
