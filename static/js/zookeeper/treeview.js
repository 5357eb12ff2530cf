/** The tree itself: as many lines as are in view, moved by arrow keys as trees are. */

import {html, nothing, render} from '../../vendor/lit-html/lit-html.js';
import {repeat} from '../../vendor/lit-html/directives/repeat.js';
import {colourOf, ownerOf, parentOf} from './values.js';

/** @typedef {import('./source.js').Row} Row */

const ROW = 28;

export class TreeView {
  /** @param {any} explorer */
  constructor(explorer) {
    this.explorer = explorer;
    /** @type {Row[]} */ this.rows = [];
    /** @type {HTMLElement|null} */ this.el = null;
    this.wish = '';
  }

  box() {
    const {t} = this.explorer.ctx.i18n;
    return html`<div class="z-tree" role="tree" tabindex="0" aria-label=${t('zk.tree')} aria-activedescendant=${`z-row-${this.chosen()}`}
      @keydown=${(/** @type {KeyboardEvent} */ e) => this.key(e)} @scroll=${() => this.place()}><div class="z-room"><div class="z-rows" role="presentation"></div></div></div>`;
  }

  get source() { return this.explorer.source; }

  chosen() { return this.rows.findIndex(row => row.path === this.source.chosen && !row.more); }

  /** Fills the box with the lines that are in view. */
  place() {
    const el = /** @type {HTMLElement|null} */ (this.explorer.root.querySelector('.z-tree'));
    this.el = el;
    if (!el) return;
    this.rows = this.source.rows();
    const room = /** @type {HTMLElement} */ (el.firstElementChild);
    room.style.height = `${this.rows.length * ROW}px`;
    if (this.wish) this.bring();
    const from = Math.max(0, Math.floor(el.scrollTop / ROW) - 4);
    const to = Math.min(this.rows.length, Math.ceil((el.scrollTop + (el.clientHeight || 300)) / ROW) + 4);
    const rows = /** @type {HTMLElement} */ (room.firstElementChild);
    rows.style.transform = `translateY(${from * ROW}px)`;
    render(repeat(this.rows.slice(from, to), row => row.path, (row, i) => this.row(row, from + i)), rows);
    for (const row of this.rows.slice(from, to)) if (row.more) this.source.more(row.more);
    el.setAttribute('aria-activedescendant', `z-row-${this.chosen()}`);
  }

  /** @param {string} path */
  show(path) {
    this.wish = path;
    this.explorer.again();
  }

  bring() {
    const at = this.rows.findIndex(row => row.path === this.wish);
    if (at < 0 || !this.el) return;
    this.wish = '';
    const top = at * ROW;
    if (top < this.el.scrollTop) this.el.scrollTop = top;
    else if (top + ROW > this.el.scrollTop + this.el.clientHeight) this.el.scrollTop = top + ROW - this.el.clientHeight;
  }

  /** @param {Row} row @param {number} index */
  row(row, index) {
    if (row.more) return html`<div class="z-row more" role="none">…</div>`;
    const {brief} = row;
    const {t} = this.explorer.ctx.i18n;
    const chosen = row.path === this.source.chosen;
    const folds = brief.numChildren > 0;
    const name = row.path === '/' ? '/' : brief.name;
    const fold = (/** @type {Event} */ e) => { e.stopPropagation(); this.source.toggle(row.path); };
    return html`<div class="z-row ${chosen ? 'chosen' : ''} side-${brief.side ?? 'same'}" role="treeitem" id=${`z-row-${index}`} aria-level=${row.level}
        aria-expanded=${folds ? row.open : nothing} aria-selected=${chosen} aria-setsize=${row.of} aria-posinset=${row.at}
        data-path=${row.path} @click=${() => this.source.choose(row.path)} @dblclick=${fold}>
      <span class="z-fold ${folds ? 'folds' : ''} ${row.open ? 'open' : ''}" .style=${`--level:${row.level - 1}`} @click=${folds ? fold : nothing}></span>
      ${this.kind(brief)}<span class="z-name">${name}</span>
      <span class="z-signs">${brief.side && brief.side !== 'same' ? html`<span class="z-side">${t(`zk.side.${brief.side}`)}</span>` : nothing}${
        folds ? html`<span class="z-count" title=${t('zk.children', {count: brief.numChildren})}>${brief.numChildren}</span>` : nothing}</span></div>`;
  }

  /** @param {import('./source.js').Brief} brief */
  kind(brief) {
    const {ctx, view} = this.explorer;
    const {t} = ctx.i18n;
    const [kind] = brief.kinds;
    const owner = brief.ephemeralOwner ? ownerOf(ctx, view, brief.ephemeralOwner) : '';
    const title = brief.kinds.map(k => t(`zk.kind.${k}`)).join(' · ') + (owner ? ` · ${owner}` : '');
    const left = brief.ttl ? (brief.ttlLeft === null || brief.ttlLeft === undefined ? '∞' : `${Math.ceil(brief.ttlLeft / 1000)} s`) : '';
    return html`<span class="z-kind ${kind} ${brief.ephemeralOwner ? colourOf(brief.ephemeralOwner) : ''}" role="img" aria-label=${title} title=${title}></span>
      ${brief.kinds.includes('sequential') ? html`<span class="z-seq" title=${t('zk.kind.sequential')} aria-hidden="true">#</span>` : nothing}
      ${left ? html`<span class="z-ttl" title=${t('zk.ttl.left', {left})}>${left}</span>` : nothing}`;
  }

  /** @param {KeyboardEvent} e */
  key(e) {
    const at = this.chosen();
    const row = this.rows[at];
    const go = (/** @type {number} */ to) => this.go(to);
    /** @type {Record<string, () => any>} */
    const keys = {
      ArrowDown: () => go(at + 1), ArrowUp: () => go(at - 1), Home: () => go(0), End: () => go(this.rows.length - 1),
      ArrowRight: () => row && (row.open ? go(at + 1) : row.brief.numChildren && this.source.toggle(row.path, true)),
      ArrowLeft: () => row && (row.open ? this.source.toggle(row.path, false) : this.go(this.rows.findIndex(r => r.path === parentOf(row.path)))),
      Enter: () => row && this.source.toggle(row.path), ' ': () => row && this.source.toggle(row.path),
    };
    const act = keys[e.key];
    if (!act) return;
    e.preventDefault();
    e.stopPropagation();
    act();
  }

  /** @param {number} to */
  go(to) {
    const row = this.rows[Math.max(0, Math.min(this.rows.length - 1, to))];
    if (!row || row.more) return;
    this.wish = row.path;
    this.source.choose(row.path);
  }
}
