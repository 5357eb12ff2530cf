/** A log beside its node: the last cells, coloured by term; dashed until committed. */

import {set, svg, text} from './dom.js';

export class Strip {
  /** @param {Element} parent */
  constructor(parent) {
    this.root = svg('g', {class: 'strip'}, parent);
    this.key = '';
    /** @type {{g: any, rect: any, label: any}[]} */
    this.slots = [];
    this.more = svg('text', {class: 'more'}, this.root);
  }

  /** @param {import('./stage-layout.js').Layout} box @param {import('./stage-layout.js').Label} label */
  place(box, label) {
    this.box = box;
    this.label = label;
    this.key = '';
  }

  /** @param {any[]} cells the last ones, as many as fit @param {number} before how many earlier ones there are */
  draw(cells, before) {
    const key = `${before}|${cells.map(c => `${c.label}.${c.era}.${c.committed ? 1 : 0}`).join('|')}`;
    if (key === this.key) return;
    this.key = key;
    const {cell, cellHeight, unit} = /** @type {any} */ (this.box);
    const label = /** @type {any} */ (this.label);
    const lead = before ? 15 * unit : 0;
    const width = lead + cells.length * cell;
    const left = label.anchor === 'start' ? label.x : label.anchor === 'end' ? label.x - width : label.x - width / 2;
    text(this.more, before ? '…' : '');
    set(this.more, {x: left + lead * 0.4, y: label.strip + cellHeight * 0.62, 'font-size': 14 * unit});
    while (this.slots.length < cells.length) this.slots.push(this.slot());
    this.slots.forEach((slot, i) => this.fill(slot, cells[i], left + lead + i * cell, label.strip, cell, cellHeight, unit));
  }

  slot() {
    const g = svg('g', {class: 'cell'}, this.root);
    return {g, rect: svg('rect', {}, g), label: svg('text', {}, g)};
  }

  /** @param {any} slot @param {any} cell @param {number} x @param {number} y @param {number} w @param {number} h @param {number} unit */
  fill(slot, cell, x, y, w, h, unit) {
    if (!cell) {
      set(slot.g, {class: 'cell none'});
      return;
    }
    const short = cell.label.length > 5 ? `${cell.label.slice(0, 4)}…` : cell.label;
    set(slot.g, {class: `cell era-${cell.era % 8}${cell.committed ? ' committed' : ''}`});
    set(slot.rect, {x: x + unit, y, width: w - 2 * unit, height: h, rx: 3.5 * unit});
    set(slot.label, {x: x + w / 2, y: y + h / 2, 'font-size': Math.min(h * 0.58, (w - 4 * unit) / (0.62 * Math.max(2.4, short.length)))});
    text(slot.label, short);
  }
}
