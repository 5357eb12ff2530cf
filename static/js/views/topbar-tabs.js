/** The panel's tabs: one shown at a time, by click or arrow keys; on small screens the panel is a sheet. */

import {h, text} from './dom.js';

const COMMON = ['node', 'logs', 'messages', 'code', 'laws', 'events', 'history', 'cost'];
/** Of rooms that run the service, besides. @type {Record<string, string[]>} */
const OWN = {zookeeper: ['znodes', 'shell', 'journey']};
const TABS = [...COMMON, ...Object.values(OWN).flat()];

export class Tabs {
  /** @param {HTMLElement} root @param {any} ctx */
  constructor(root, ctx) {
    this.root = root;
    this.ctx = ctx;
    this.list = h('div', {role: 'tablist', class: 'tabs'});
    this.close = h('button', {type: 'button', class: 'plain panel-close', onclick: () => ctx.page.togglePanel(false)}, ['✕']);
    root.append(h('div', {class: 'panel-head'}, [this.list, this.close]));
    /** @type {Record<string, {tab: any, panel: any}>} */
    this.parts = Object.fromEntries(TABS.map(id => [id, this.make(id)]));
    this.list.addEventListener('keydown', (/** @type {KeyboardEvent} */ e) => this.key(e));
    ctx.selection.subscribe((/** @type {any} */ s) => {
      if (s.tab && s.tab !== this.shown) this.show(s.tab);
    });
    this.shown = '';
    this.show('node');
  }

  /** @param {string} id */
  make(id) {
    const tab = h('button', {type: 'button', role: 'tab', id: `tab-${id}`, 'aria-controls': `panel-${id}`, onclick: () => this.ctx.selection.set({tab: id})});
    const panel = h('div', {role: 'tabpanel', id: `panel-${id}`, 'aria-labelledby': `tab-${id}`, class: 'panel-body', tabindex: 0});
    this.list.append(tab);
    this.root.append(panel);
    return {tab, panel};
  }

  /** @param {string} id */
  panel(id) { return this.parts[id].panel; }

  /** @param {string} id */
  show(id) {
    if (!this.parts[id]) return;
    const first = !this.shown;
    this.shown = id;
    for (const [name, {tab, panel}] of Object.entries(this.parts)) {
      tab.setAttribute('aria-selected', String(name === id));
      tab.tabIndex = name === id ? 0 : -1;
      panel.hidden = name !== id;
    }
    this.ctx.playhead.changed({selection: true});
    if (!first) this.ctx.page.togglePanel(true);
  }

  /** @param {KeyboardEvent} e */
  key(e) {
    const step = {ArrowRight: 1, ArrowLeft: -1}[e.key];
    if (!step) return;
    e.preventDefault();
    e.stopPropagation();
    const tabs = this.offered();
    const next = tabs[(tabs.indexOf(this.shown) + step + tabs.length) % tabs.length];
    this.ctx.selection.set({tab: next});
    this.parts[next].tab.focus();
  }

  /** Those that this room has. */
  offered() {
    const {services} = this.ctx.store;
    return TABS.filter(id => COMMON.includes(id) || Object.entries(OWN).some(([service, tabs]) => service in services && tabs.includes(id)));
  }

  draw() {
    const {t} = this.ctx.i18n;
    const offered = this.offered();
    for (const [id, {tab}] of Object.entries(this.parts)) {
      tab.hidden = !offered.includes(id);
      text(tab, t(`stage.tab.${id}`));
    }
    this.list.setAttribute('aria-label', t('stage.tabs'));
    this.close.setAttribute('aria-label', t('stage.close'));
  }
}
