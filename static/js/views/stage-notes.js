/** What a protocol adds to a node: small print under its name, and signs on its rim (a lock, a hand that stops). */

import {set, svg, text} from './dom.js';

/** @typedef {import('./stage-layout.js').Layout} Layout */
/** @typedef {import('../types.js').NodeLine} NodeLine */
/** @typedef {import('../types.js').NodeSign} NodeSign */

const LINE = 13;

/** Lines of small print: `promised 3.n1`. */
export class Lines {
  /** @param {Element} parent */
  constructor(parent) {
    this.root = svg('g', {class: 'lines'}, parent);
    /** @type {{line: any, label: any, value: any}[]} */ this.rows = [];
    this.key = '';
  }

  /** @param {Layout} box @param {import('./stage-layout.js').Label} label */
  place(box, label) {
    this.box = box;
    this.label = label;
    this.key = '';
  }

  /** @param {NodeLine[]} lines @param {boolean} below whether a strip of cells comes first */
  draw(lines, below) {
    if (this.box?.low) lines = []; // there is no room for them
    if (this.box?.narrow) lines = lines.flatMap(folded);
    const key = `${below}|${lines.map(l => `${l.label}=${l.value}.${l.era ?? ''}`).join('|')}`;
    if (key === this.key) return;
    this.key = key;
    const {unit, cellHeight} = /** @type {Layout} */ (this.box);
    const {x, name, strip, anchor, up, end} = /** @type {import('./stage-layout.js').Label} */ (this.label);
    const step = (LINE + 4) * unit;
    const start = up ? name - 16 * unit : strip + (below ? cellHeight + 4 * unit : 0);
    const fits = Math.max(0, Math.floor(Math.abs(end - start) / step + 0.2));
    if (lines.length > fits) lines = lines.slice(0, fits);
    while (this.rows.length < lines.length) this.rows.push(this.row());
    this.rows.forEach(({line, label, value}, i) => {
      const shown = lines[i];
      set(line, {class: shown ? `line${shown.era ? ` era-${shown.era % 8}` : ''}` : 'none'});
      if (!shown) return;
      set(line, {x, y: up ? start - (lines.length - 1 - i) * step : start + (i + 0.8) * step, 'text-anchor': anchor, 'font-size': LINE * unit});
      text(label, `${shown.label} `);
      text(value, shown.value);
    });
  }

  row() {
    const line = svg('text', {}, this.root);
    return {line, label: svg('tspan', {class: 'line-label'}, line), value: svg('tspan', {class: 'line-value'}, line)};
  }
}

/** Where there is no room beside a node, what a line lists stands in rows. @param {NodeLine} line @returns {NodeLine[]} */
function folded({label, value, era}) {
  return value.split(', ').map((part, i) => ({label: i ? '' : label, value: part, era}));
}

/** On a 20 by 20 grid around the origin. @type {Record<string, string>} */
const SIGNS = {
  lock: 'M-5 -1 V-4 A5 5 0 0 1 5 -4 V-1 M-7 -1 H7 V8 H-7 Z',
  blocked: 'M-5.5 -8 H5.5 M-5.5 8 H5.5 M-4.5 -8 C-4.5 -2 4.5 -2 4.5 -8 M-4.5 8 C-4.5 2 4.5 2 4.5 8 M0 -2.5 V2.5',
  refused: 'M-5 -5 L5 5 M5 -5 L-5 5',
  yes: 'M-6 0.5 L-1.5 5 L6.5 -4.5',
  abort: 'M-4 -7.5 H4 L7.5 -4 V4 L4 7.5 H-4 L-7.5 4 V-4 Z M-3.5 0 H3.5',
  flag: 'M-5 9 V-8 L6 -4.5 L-5 -1',
};

/** Signs side by side from the node's upper right. */
export class Signs {
  /** @param {Element} parent */
  constructor(parent) {
    this.root = svg('g', {class: 'signs'}, parent);
    this.key = '';
  }

  /** @param {Layout} box */
  place(box) {
    this.box = box;
    this.key = '?';
  }

  /** @param {NodeSign[]} signs */
  draw(signs) {
    const key = signs.map(s => `${s.sign}${s.title}`).join('|');
    if (key === this.key) return;
    this.key = key;
    const {r, unit, narrow} = /** @type {Layout} */ (this.box);
    const beside = !narrow; // the label is at the right: signs go round the rim, away from it
    const turn = -25.5 * unit / (1.075 * r);
    this.root.replaceChildren(...signs.map(({sign, title}, i) => {
      const x = beside ? Math.cos(turn * i - Math.PI / 4) * 1.075 * r : r * 0.76 + i * 25 * unit;
      const y = beside ? Math.sin(turn * i - Math.PI / 4) * 1.075 * r : -r * 0.76;
      const g = svg('g', {class: `note-sign ${sign}`, transform: `translate(${x} ${y}) scale(${unit})`});
      text(svg('title', {}, g), title);
      svg('circle', {r: 12}, g);
      svg('path', {d: SIGNS[sign] ?? SIGNS.flag}, g);
      return g;
    }));
  }
}
