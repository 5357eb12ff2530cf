/**
 * The little menu beside whatever was clicked: the thing's name, what it says, and the actions that apply. An
 * action that would change nothing is greyed and says why. Arrow keys move, Escape closes.
 */

import {h} from './dom.js';

/** @typedef {{x: number, y: number, away?: number}} Spot */
/** @typedef {{id: string, target: any, label?: string, params?: any, row?: string}} Entry entries of one `row` share a line */

export class Menu {
  /** @param {HTMLElement} root the stage @param {any} ctx */
  constructor(root, ctx) {
    this.root = root;
    this.ctx = ctx;
    this.everyFrame = false;
    /** @type {HTMLElement|null} */ this.el = null;
    /** @type {{entry: Entry, el: any, why: any}[]} */ this.items = [];
    document.addEventListener('pointerdown', e => {
      if (this.el && !this.el.contains(/** @type {Node} */ (e.target)) && !root.contains(/** @type {Node} */ (e.target))) this.close();
    });
  }

  get isOpen() { return Boolean(this.el); }

  /** @param {Spot} spot @param {{title: string, note?: string, entries: Entry[], body?: Node[]}} content */
  open(spot, {title, note, entries, body = []}) {
    this.close();
    this.items = entries.map(entry => this.item(entry));
    const list = h('div', {role: 'menu', 'aria-label': title, class: 'menu-list'}, this.lines());
    const el = this.el = /** @type {HTMLElement} */ (h('div', {class: 'menu'}, [h('p', {class: 'menu-title'}, [title]),
      ...(note ? [h('p', {class: 'menu-note'}, [note])] : []), ...body, ...(entries.length ? [list] : [])]));
    el.addEventListener('keydown', e => this.key(e));
    this.before = document.activeElement;
    this.root.append(el);
    this.refresh();
    this.place(spot);
    const first = /** @type {any} */ (el.querySelector('input, select, [role=menuitem]:not([aria-disabled=true])'));
    first?.focus({preventScroll: true});
  }

  /** One line an entry; those of a row together, under the row's name. */
  lines() {
    /** @type {Map<string, any>} */
    const rows = new Map();
    return this.items.flatMap(({entry, el}) => {
      if (!entry.row) return [el];
      const known = rows.get(entry.row);
      const line = known ?? h('div', {class: 'menu-row', role: 'group', 'aria-label': this.ctx.i18n.t(entry.row)},
        [h('span', {'aria-hidden': 'true'}, [this.ctx.i18n.t(entry.row)])]);
      rows.set(entry.row, line);
      line.append(el);
      return known ? [] : [line];
    });
  }

  /** @param {Entry} entry */
  item(entry) {
    const why = h('small', {class: 'why'});
    const action = this.ctx.actions.get(entry.id);
    const label = this.ctx.i18n.t(entry.label ?? action.label, entry.params);
    const el = h('button', {type: 'button', role: 'menuitem', tabindex: -1, 'data-action': entry.id, onclick: () => this.choose(entry)},
      [h('span', {}, [label]), ...(action.shortcut ? [h('kbd', {}, [action.shortcut])] : []), why]);
    return {entry, el, why};
  }

  /** @param {Entry} entry */
  choose(entry) {
    if (this.ctx.actions.enabled(entry.id, entry.target) !== true) return;
    this.close();
    this.ctx.actions.run(entry.id, entry.target);
  }

  /** What may be done changes while the menu is open. */
  refresh() {
    for (const {entry, el, why} of this.items) {
      const may = this.ctx.actions.enabled(entry.id, entry.target);
      el.setAttribute('aria-disabled', String(may !== true));
      why.textContent = may === true ? '' : this.ctx.i18n.t(may);
      if (entry.row) el.title = why.textContent;
    }
  }

  draw() {
    if (this.el) this.refresh();
  }

  /** Beside the thing, inside the stage. @param {Spot} spot */
  place({x, y, away = 14}) {
    const el = /** @type {HTMLElement} */ (this.el);
    const {clientWidth: w, clientHeight: height} = this.root;
    const {offsetWidth: mw, offsetHeight: mh} = el;
    const roomRight = x + away + mw < w - 8;
    const roomLeft = x - away - mw > 8;
    const outwards = x > w / 2 ? roomRight : !roomLeft;
    const left = outwards ? x + away : Math.max(8, x - away - mw);
    el.style.left = `${Math.min(left, w - mw - 8)}px`;
    el.style.top = `${Math.max(8, Math.min(y - mh / 2, height - mh - 8))}px`;
  }

  /** @param {KeyboardEvent} e */
  key(e) {
    if (e.key === 'Escape') {
      e.stopPropagation();
      this.close();
    }
    if (e.key !== 'ArrowDown' && e.key !== 'ArrowUp') return;
    if (/** @type {Element} */ (e.target).matches('select, input')) return;
    e.preventDefault();
    e.stopPropagation();
    const items = this.items.map(i => i.el);
    const at = items.indexOf(document.activeElement);
    items[(at + (e.key === 'ArrowDown' ? 1 : -1) + items.length) % items.length]?.focus();
  }

  close() {
    if (!this.el) return false;
    const inside = this.el.contains(document.activeElement);
    this.el.remove();
    this.el = null;
    this.items = [];
    if (inside && this.before instanceof Element && this.before.isConnected) /** @type {any} */ (this.before).focus({preventScroll: true});
    return true;
  }
}
