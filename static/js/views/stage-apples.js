/**
 * Versions as apples: green and whole, red with a bite, or hollow; two side by side are siblings. What a node keeps
 * for another is a parcel with that one's name. W and R say in whose quorum it was last; both together are lit.
 */

import {svg, text} from './dom.js';

/** @typedef {{kind: string, label: string}} Apple */

/** On a 20 by 20 grid around the origin. */
const WHOLE = 'M0 -6 C5 -10 10.5 -6 9.5 1 C8.6 7 4.5 10.5 0 8.8 C-4.5 10.5 -8.6 7 -9.5 1 C-10.5 -6 -5 -10 0 -6 Z';
const BITTEN = 'M0 -6 C3 -8.4 6 -8 7.7 -6.2 A4.3 4.3 0 0 0 9 1.8 C8 7 4.5 10.5 0 8.8 C-4.5 10.5 -8.6 7 -9.5 1 C-10.5 -6 -5 -10 0 -6 Z';
const STEM = 'M0 -6 Q0.4 -9.5 2.4 -11';
const LEAF = 'M1.2 -8.6 Q5.4 -13 7.6 -10 Q5 -7.4 1.2 -8.6 Z';

export class Apples {
  /** @param {Element} parent */
  constructor(parent) {
    this.root = svg('g', {class: 'apples', 'aria-hidden': 'true'}, parent);
    this.key = '';
  }

  /** @param {Apple[]} apples @param {string[]} parcels @param {string} marks @param {number} r the node's radius */
  draw(apples, parcels, marks, r) {
    const key = JSON.stringify([apples, parcels, marks, r]);
    if (key === this.key) return;
    this.key = key;
    const shown = apples.slice(0, 3);
    const scale = r * (shown.length > 1 ? 0.041 : 0.056);
    this.root.replaceChildren();
    shown.forEach((apple, i) => this.apple(apple, (i - (shown.length - 1) / 2) * scale * 20, marks ? -r * 0.14 : 0, scale));
    if (marks) this.marks(marks, r);
    if (parcels.length) this.parcel(parcels, r);
  }

  /** @param {Apple} apple @param {number} x @param {number} y @param {number} scale */
  apple({kind, label}, x, y, scale) {
    const g = svg('g', {class: `apple ${kind === 'none' ? 'hollow' : kind}`, transform: `translate(${x} ${y}) scale(${scale})`}, this.root);
    svg('path', {class: 'flesh', d: kind === 'stale' ? BITTEN : WHOLE}, g);
    svg('path', {class: 'stem', d: STEM}, g);
    if (kind === 'fresh') svg('path', {class: 'leaf', d: LEAF}, g);
    const rows = label.length > 6 ? [label.slice(0, Math.ceil(label.length / 2)), label.slice(Math.ceil(label.length / 2))] : [label];
    const size = Math.min(9, 24 / Math.max(2, rows[0].length));
    rows.forEach((row, n) => text(svg('text', {y: 1.2 + (n - (rows.length - 1) / 2) * size * 1.05, 'font-size': size}, g), row.length > 8 ? `${row.slice(0, 7)}…` : row));
  }

  /** @param {string} marks @param {number} r */
  marks(marks, r) {
    const g = svg('g', {class: `marks ${marks.length > 1 ? 'both' : ''}`, transform: `translate(0 ${r * 0.68})`}, this.root);
    const w = r * (marks.length > 1 ? 0.9 : 0.46);
    svg('rect', {x: -w / 2, y: -r * 0.19, width: w, height: r * 0.38, rx: r * 0.19}, g);
    text(svg('text', {'font-size': r * 0.28}, g), marks.split('').join(' '));
  }

  /** @param {string[]} homes @param {number} r */
  parcel(homes, r) {
    const g = svg('g', {class: 'parcel', transform: `translate(${r * 0.66} ${-r * 0.7})`}, this.root);
    const w = r * Math.max(0.62, 0.2 + 0.2 * homes.join(' ').length);
    svg('rect', {x: -w / 2, y: -r * 0.24, width: w, height: r * 0.48, rx: r * 0.06}, g);
    svg('path', {d: `M${-w / 2} ${-r * 0.1} H${w / 2}`}, g);
    text(svg('text', {y: r * 0.07, 'font-size': r * 0.25}, g), homes.join(' '));
  }

  /** No apples here. */
  clear() {
    this.root.replaceChildren();
    this.key = '';
  }
}
