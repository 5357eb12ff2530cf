/** The tree of branches: the old futures that were kept. Small, and every one can be gone back to. */

import {h} from './dom.js';

/** @typedef {import('../types.js').Branch} Branch */

/** Branches under their parents, in order of birth, with their depth. @param {Branch[]} branches */
export function tree(branches) {
  const known = new Set(branches.map(b => b.id));
  /** @type {{branch: Branch, depth: number}[]} */
  const out = [];
  const visit = (/** @type {any} */ parent, /** @type {number} */ depth) => {
    for (const branch of branches) {
      const mother = branch.parent !== null && known.has(branch.parent) ? branch.parent : null;
      if (mother !== parent) continue;
      out.push({branch, depth});
      visit(branch.id, depth + 1);
    }
  };
  visit(null, 0);
  return out;
}

export class BranchesDialog {
  /** @param {HTMLElement} root @param {any} ctx */
  constructor(root, ctx) {
    this.ctx = ctx;
    this.dialog = h('dialog', {class: 'sheet branches'});
    this.dialog.addEventListener('click', (/** @type {Event} */ e) => { if (e.target === this.dialog) this.dialog.close(); });
    root.append(this.dialog);
    ctx.store.subscribe((/** @type {string} */ what) => { if (what === 'branches' && this.dialog.open) this.fill(); });
  }

  open() {
    this.fill();
    if (!this.dialog.open) this.dialog.showModal();
  }

  fill() {
    const {ctx} = this;
    const {t} = ctx.i18n;
    const may = ctx.actions.enabled('branch.switch');
    const rows = tree(ctx.store.branches).map(({branch, depth}) => this.row(branch, depth, may));
    this.dialog.replaceChildren(
      h('header', {}, [h('h2', {}, [t('stage.branches.title')]),
        h('button', {type: 'button', class: 'plain', 'aria-label': t('stage.close'), onclick: () => this.dialog.close()}, ['✕'])]),
      h('p', {class: 'lead'}, [t(may === true ? 'stage.branches.lead' : 'stage.branches.viewer')]), h('ol', {class: 'tree'}, rows));
  }

  /** @param {Branch} branch @param {number} depth @param {true|string} may */
  row(branch, depth, may) {
    const {ctx} = this;
    const {t, time} = {t: ctx.i18n.t, time: (/** @type {number} */ us) => ctx.i18n.time(us)};
    const here = branch.id === ctx.store.branch;
    const words = branch.parent === null ? t('stage.branches.first') : t('stage.branches.from', {parent: branch.parent, time: time(branch.forkTime)});
    const go = () => {
      this.dialog.close();
      if (!here) ctx.actions.run('branch.switch', branch.id);
    };
    const row = h('li', {}, [h('button', {type: 'button', class: here ? 'here' : '', 'aria-current': here,
      'aria-disabled': !here && may !== true, onclick: go}, [h('b', {}, [String(branch.id)]), h('span', {}, [words]),
      h('small', {}, [here ? t('stage.branches.here') : t('stage.branches.until', {time: time(branch.time)}),
        branch.private ? ` · ${t('stage.branches.private')}` : ''])])]);
    row.style.setProperty('--depth', String(depth));
    return row;
  }
}
