/** The partition dialog: ready-made splits, any split by hand, and single links, for whoever does not drag. */

import {members} from '../actions/common.js';
import {h} from './dom.js';

const LETTERS = ['A', 'B', 'C'];

/** Ready-made splits of these names. @param {string[]} ids @param {string} leader @returns {string[][][]} */
export function presets(ids, leader) {
  const n = ids.length;
  if (n < 2) return [];
  const minority = Math.floor((n - 1) / 2) || 1;
  const out = [[ids.slice(0, minority), ids.slice(minority)]];
  if (leader) out.push([[leader], ids.filter(id => id !== leader)]);
  if (leader && n >= 5) {
    const others = ids.filter(id => id !== leader);
    out.push([[leader, ...others.slice(0, minority - 1)], others.slice(minority - 1)]);
  }
  if (n % 3 === 0 && n >= 6) out.push([0, 1, 2].map(k => ids.slice(k * n / 3, (k + 1) * n / 3)));
  const keys = out.map(groups => JSON.stringify(groups.map(group => [...group].sort()).sort()));
  return out.filter((_, i) => keys.indexOf(keys[i]) === i);
}

export class PartitionDialog {
  /** @param {HTMLElement} root @param {any} ctx */
  constructor(root, ctx) {
    this.ctx = ctx;
    /** @type {string[]} */ this.ids = [];
    /** @type {Map<string, number>} */ this.groups = new Map();
    this.dialog = h('dialog', {class: 'sheet partition'});
    this.dialog.addEventListener('click', (/** @type {Event} */ e) => { if (e.target === this.dialog) this.dialog.close(); });
    root.append(this.dialog);
  }

  open() {
    const {ctx} = this;
    const {t} = ctx.i18n;
    this.ids = members(ctx);
    this.groups = new Map(this.ids.map((id, i) => [id, i < Math.floor((this.ids.length - 1) / 2) ? 0 : 1]));
    this.dialog.replaceChildren(
      h('header', {}, [h('h2', {}, [t('stage.partition.title')]),
        h('button', {type: 'button', class: 'plain', 'aria-label': t('stage.close'), onclick: () => this.dialog.close()}, ['✕'])]),
      h('p', {class: 'lead'}, [t('stage.partition.lead')]), this.readyMade(), this.byHand(), this.links());
    if (!this.dialog.open) this.dialog.showModal();
  }

  /** @param {any} groups */
  apply(groups) {
    this.dialog.close();
    this.ctx.actions.run('network.partition', groups);
  }

  readyMade() {
    const view = this.ctx.playhead.shown.view;
    const {lens} = this.ctx;
    const leads = (/** @type {string} */ id) => view.nodes[id].status === 'up' && lens.standing(view.nodes[id].services[lens.service]?.state ?? {}) === 'leads';
    const leader = this.ids.find(leads) ?? '';
    const buttons = presets(this.ids, leader).map(groups => h('button', {type: 'button', class: 'preset', onclick: () => this.apply(groups)},
      [h('b', {}, [groups.map(g => g.length).join(' | ')]), h('span', {}, [groups.map(g => g.join(' ')).join(' | ')])]));
    return h('div', {class: 'presets'}, buttons);
  }

  byHand() {
    const {t} = this.ctx.i18n;
    const rows = this.ids.map(id => h('fieldset', {class: 'sides'}, [h('legend', {}, [id]), ...LETTERS.map((letter, k) => {
      const input = h('input', {type: 'radio', name: `side-${id}`, value: k, checked: this.groups.get(id) === k,
        onchange: () => this.groups.set(id, k)});
      return h('label', {}, [input, h('span', {}, [letter])]);
    })]));
    const split = () => {
      const groups = LETTERS.map((_, k) => this.ids.filter(id => this.groups.get(id) === k)).filter(g => g.length);
      this.apply(groups);
    };
    return h('section', {}, [h('h3', {}, [t('stage.partition.hand')]), h('div', {class: 'sides-row'}, rows),
      h('button', {type: 'button', class: 'primary', onclick: split}, [t('stage.partition.split')])]);
  }

  links() {
    const {ctx} = this;
    const {t} = ctx.i18n;
    const choose = (/** @type {number} */ at, /** @type {string} */ key) => h('select', {'aria-label': t(key)},
      this.ids.map((id, i) => h('option', {selected: i === at}, [id])));
    const from = choose(0, 'stage.partition.from');
    const to = choose(1, 'stage.partition.to');
    const act = (/** @type {string} */ id) => () => {
      this.dialog.close();
      ctx.actions.run(id, {src: from.value, dst: to.value});
    };
    return h('section', {}, [h('h3', {}, [t('stage.partition.link')]), h('div', {class: 'link-row'}, [from, '→', to,
      h('button', {type: 'button', onclick: act('link.cut')}, [t('stage.partition.oneway')]),
      h('button', {type: 'button', onclick: act('link.cutBoth')}, [t('actions.link.cutBoth')]),
      h('button', {type: 'button', onclick: act('link.mend')}, [t('actions.link.mend')])])]);
  }
}
