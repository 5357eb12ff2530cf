/** The top bar's living parts: what the room is, who is here, whether the line is up, and how the page looks. */

import {serviceName, shortServiceName} from '../core/words.js';
import {h, icon, text} from './dom.js';

class TopBar {
  /** @param {HTMLElement} root @param {any} ctx */
  constructor(root, ctx) {
    this.root = root;
    this.ctx = ctx;
    this.lenses = h('div', {class: 'lens-tabs', role: 'group'});
    this.tabs = '';
    this.title = h('span', {class: 'room-title'});
    this.state = h('span', {class: 'chip state', role: 'status', hidden: true});
    this.role = h('span', {class: 'chip role'});
    this.room = h('span', {class: 'chip room'});
    this.teach = h('button', {type: 'button', class: 'plain teach', 'data-action': 'page.class', onclick: () => ctx.actions.run('page.class')});
    this.people = h('span', {class: 'chip people'});
    this.language = h('button', {type: 'button', class: 'plain', onclick: () => ctx.actions.run('page.language')});
    this.theme = h('button', {type: 'button', class: 'plain', onclick: () => ctx.actions.run('page.theme')});
    this.help = h('button', {type: 'button', class: 'plain', onclick: () => ctx.actions.run('page.help')}, [icon('help')]);
    this.panel = h('button', {type: 'button', class: 'plain panel-toggle', onclick: () => ctx.actions.run('page.panel')}, [icon('panel')]);
    root.append(h('div', {class: 'top-left'}, [this.lenses, this.title]),
      h('div', {class: 'top-right'}, [this.state, this.role, this.room, this.people, this.teach, this.language, this.theme, this.help, this.panel]));
    ctx.connection.subscribe(() => this.draw());
  }

  draw() {
    const {store, i18n, page} = this.ctx;
    const {t} = i18n;
    if (!store.room) return;
    this.drawState(t);
    this.drawLenses();
    text(this.title, titleOf(store.room.title, i18n.lang()));
    const drives = this.ctx.playhead.mayDrive;
    text(this.role, t(store.isPrivate ? 'stage.role.private' : drives ? 'stage.role.driver' : 'stage.role.viewer'));
    this.role.title = t(store.isPrivate ? 'stage.role.private.text' : drives ? 'stage.role.driver.text' : 'stage.role.viewer.text');
    this.role.classList.toggle('drives', drives);
    this.room.replaceChildren(t('stage.room'), ' ', h('b', {}, [store.room.id]));
    text(this.people, t('stage.people', {count: store.people.viewers}));
    this.teach.hidden = this.ctx.actions.enabled('page.class') !== true;
    text(this.teach, t('actions.class'));
    text(this.language, i18n.lang() === 'zh' ? 'EN' : '中文');
    this.label(this.language, t('actions.language'));
    this.theme.replaceChildren(icon({light: 'moon', dark: 'contrast', projector: 'sun'}[/** @type {'light'} */ (page.theme)] ?? 'moon'));
    this.label(this.theme, t('actions.theme'));
    this.label(this.help, t('actions.help'));
    this.label(this.panel, t('actions.panel'));
  }

  /** A tab for each service, and one to see two of them beside each other. */
  drawLenses() {
    const {ctx} = this;
    const {lens, lenses, showing, i18n} = ctx;
    const key = [lens.service, ...lenses.names, '|', ...showing.names, i18n.lang()].join();
    if (key === this.tabs) return;
    this.tabs = key;
    const several = lenses.names.length > 1;
    const tab = (/** @type {string} */ name) => h('button', {type: 'button', class: `lens-tab${showing.names.includes(name) ? ' on' : ''}`,
      'aria-pressed': String(showing.names.includes(name)), 'aria-current': name === lens.service ? 'true' : null,
      title: serviceName(ctx, name), onclick: () => showing.choose(name)}, [shortServiceName(ctx, name)]);
    const pair = h('button', {type: 'button', class: 'lens-tab pairing', 'aria-pressed': String(showing.pair), 'data-action': 'page.pair',
      onclick: () => ctx.actions.run('page.pair')}, [i18n.t(showing.pair ? 'actions.pair.off' : 'actions.pair')]);
    this.lenses.setAttribute('aria-label', i18n.t('stage.lenses'));
    this.lenses.replaceChildren(...(several ? [...lenses.names.map(tab), pair] : [h('span', {class: 'lens-tab on'}, [serviceName(ctx, lens.service)])]));
  }

  /** @param {(k: string, p?: any) => string} t */
  drawState(t) {
    const {state, error, plain, kept} = this.ctx.connection;
    this.state.hidden = state === 'open' && !plain && kept !== false;
    this.state.classList.toggle('failed', state === 'failed');
    text(this.state, state === 'failed' ? error?.message || t('stage.connection.failed') : t(`stage.connection.${state !== 'open' ? state : kept === false ? 'unkept' : 'plain'}`));
  }

  /** @param {any} el @param {string} words */
  label(el, words) {
    el.setAttribute('aria-label', words);
    el.title = words;
  }
}

/** A room's title may be given in both languages. @param {any} title @param {string} lang */
function titleOf(title, lang) {
  return typeof title === 'string' ? title : title?.[lang] ?? title?.en ?? '';
}

/** @param {HTMLElement} root @param {any} ctx */
export function mountTopbar(root, ctx) {
  return new TopBar(root, ctx);
}
