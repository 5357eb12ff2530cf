/**
 * One node's figure: a filled circle whose border is its role, a timer ring, its value, its term, the votes it
 * holds. A figure is made once; drawing changes only what differs.
 */

import {set, svg, text} from './dom.js';
import {Apples} from './stage-apples.js';
import {Lines, Signs} from './stage-notes.js';
import {Strip} from './stage-strip.js';

/** @typedef {import('./stage-layout.js').Layout} Layout */

export class NodeFigure {
  /** @param {string} id @param {Element} parent */
  constructor(id, parent) {
    this.id = id;
    this.root = svg('g', {class: 'node', role: 'button', tabindex: 0, 'data-node': id}, parent);
    this.halo = svg('circle', {class: 'halo'}, this.root);
    this.selected = svg('circle', {class: 'selected'}, this.root);
    this.flash = svg('circle', {class: 'flash'}, this.root);
    this.base = svg('circle', {class: 'base'}, this.root);
    this.body = svg('circle', {class: 'body'}, this.root);
    this.track = svg('circle', {class: 'timer-track'}, this.root);
    this.timer = svg('circle', {class: 'timer', pathLength: 100}, this.root);
    this.border = svg('circle', {class: 'border'}, this.root);
    this.votes = svg('g', {class: 'votes'}, this.root);
    this.value = svg('text', {class: 'value'}, this.root);
    this.apples = new Apples(this.root);
    this.pill = svg('rect', {class: 'pill'}, this.root);
    this.era = svg('text', {class: 'era'}, this.root);
    this.sign = svg('path', {class: 'sign'}, this.root);
    this.badge = svg('g', {class: 'badge'}, this.root);
    this.badgeShape = svg('path', {}, this.badge);
    this.badgeText = svg('text', {}, this.badge);
    this.tick = svg('g', {class: 'tick'}, this.root);
    svg('circle', {r: 9}, this.tick);
    svg('path', {d: 'M-4 0 L-1 3 L4.5 -3.2'}, this.tick);
    this.label = svg('g', {class: 'label', 'data-label': id}, parent);
    this.name = svg('text', {class: 'name'}, this.label);
    this.nameId = svg('tspan', {class: 'id'}, this.name);
    this.nameRole = svg('tspan', {class: 'role'}, this.name);
    this.strip = new Strip(this.label);
    this.lines = new Lines(this.label);
    this.signs = new Signs(this.root);
    this.dots = '';
  }

  remove() {
    this.root.remove();
    this.label.remove();
  }

  /** Where it stands and how large. @param {Layout} box */
  place(box) {
    const {x, y, label} = box.nodes[this.id];
    const {r, unit} = box;
    this.box = box;
    set(this.root, {transform: `translate(${x} ${y})`});
    set(this.halo, {r: r + 5 * unit, 'stroke-width': 4 * unit});
    set(this.selected, {r: r + 11 * unit});
    const ring = r - 6.5 * unit;
    for (const circle of [this.track, this.timer]) set(circle, {r: ring, 'stroke-width': 4 * unit});
    set(this.name, {x: label.x, y: label.name, 'text-anchor': label.anchor, 'font-size': 15.5 * unit});
    set(this.tick, {transform: `translate(${r * 0.72} ${r * 0.72}) scale(${unit})`});
    set(this.badge, {transform: `translate(${-r * 0.78} ${-r * 0.78}) scale(${1.12 * unit})`});
    this.strip.place(box, label);
    this.lines.place(box, label);
    this.signs.place(box);
    this.dots = '?'; // what is drawn is of another size: even no dots must be drawn anew
  }

  /**
   * @param {any} model what to show: see stage-model.js
   */
  draw(model) {
    const {r, unit} = /** @type {Layout} */ (this.box);
    const era = model.era ? `era-${model.era % 8}` : 'era-none';
    set(this.root, {class: `node ${model.status} ${model.standing} ${era}${model.busy ? ' busy' : ''}${model.chosen ? ' chosen' : ''}`,
      'aria-label': model.aria, 'aria-pressed': model.chosen});
    this.drawBorder(model.standing, unit, r);
    this.drawTimer(model.timer);
    this.drawWords(model, r, unit);
    if (model.basket && model.status === 'up') this.apples.draw(model.basket.apples, model.basket.parcels, model.basket.marks, r);
    else this.apples.clear();
    this.drawVotes(model, r, unit);
    this.drawMoments(model, r, unit);
    set(this.label, {class: `label ${model.status}`});
    text(this.nameId, this.id);
    text(this.nameRole, this.box?.low ? '' : ` ${model.roleText}`);
    this.strip.draw(model.cells, model.before);
    this.lines.draw(model.lines, model.cells.length > 0);
    this.signs.draw(model.signs);
  }

  /** @param {string} standing @param {number} unit @param {number} r */
  drawBorder(standing, unit, r) {
    const width = standing === 'leads' ? 5 * unit : standing === 'looks' ? 3 * unit : 0;
    set(this.border, {r: r - width / 2 + (width ? 1 : 0), 'stroke-width': width});
    const shape = BADGES[standing] ?? '';
    set(this.badge, {class: `badge ${shape ? '' : 'none'}`});
    set(this.badgeShape, {d: shape});
  }

  /** Clockwise from twelve o'clock. @param {number} part 0 to 1, or less than 0 for no timer */
  drawTimer(part) {
    const shown = part >= 0;
    set(this.track, {class: shown ? 'timer-track' : 'timer-track none'});
    set(this.timer, {class: shown ? 'timer' : 'timer none',
      'stroke-dasharray': `${(Math.min(1, Math.max(0, part)) * 100).toFixed(1)} 100`});
  }

  /** @param {any} model @param {number} r @param {number} unit */
  drawWords(model, r, unit) {
    const size = Math.min(r * 0.54, (r * 2.3) / Math.max(3, model.value.length));
    const words = r < 27 ? model.eraShort : model.eraText;
    set(this.value, {y: words ? -r * 0.14 : 0, 'font-size': size});
    text(this.value, model.value);
    text(this.badgeText, model.letter);
    text(this.era, words);
    const ems = Math.max(2.2, [...words].reduce((w, c) => w + (c > '⺀' ? 1 : 0.56), 0.9));
    const eraSize = Math.max(9, Math.min(r * 0.255, (r * 1.72) / ems));
    const width = ems * eraSize;
    const y = model.standing === 'looks' ? 0 : r * 0.44;
    set(this.era, {y, 'font-size': eraSize});
    set(this.pill, {class: words ? 'pill' : 'pill none', x: -width / 2, y: y - eraSize * 0.68, width, height: eraSize * 1.36, rx: eraSize * 0.68});
  }

  /** A dot for every node, in its direction; held solid, on its way grey, missing hollow. @param {any} model
   *  @param {number} r @param {number} unit */
  drawVotes(model, r, unit) {
    const key = model.votes.map((/** @type {any} */ v) => v.state[0]).join('');
    if (key === this.dots) return;
    this.dots = key;
    const size = Math.max(2.6, Math.min(5 * unit, r * 0.12));
    this.votes.replaceChildren(...model.votes.map((/** @type {any} */ v) => svg('circle', {class: `vote ${v.state}`,
      r: size, cx: Math.cos(v.angle) * (r - 16 * unit), cy: Math.sin(v.angle) * (r - 16 * unit)})));
  }

  /** What lasts only a moment. @param {any} model @param {number} r @param {number} unit */
  drawMoments(model, r, unit) {
    const up = model.status === 'up' || model.status === 'paused';
    const size = model.standing === 'observes' ? 0.84 * r : r;
    set(this.base, {r: size});
    set(this.body, {r: size * Math.sqrt(model.rising)});
    set(this.flash, {r: r + (4 + 26 * model.flash) * unit, opacity: model.flash > 0 ? (1 - model.flash).toFixed(3) : 0});
    set(this.tick, {opacity: model.saved > 0 ? Math.min(1, 2 * model.saved).toFixed(2) : 0});
    const s = r * 0.34;
    const cross = `M${-s} ${-s} L${s} ${s} M${s} ${-s} L${-s} ${s}`;
    const bars = `M${-s * 0.45} ${-s * 1.2} V${s * 0.3} M${s * 0.45} ${-s * 1.2} V${s * 0.3}`;
    set(this.sign, {d: model.status === 'crashed' ? cross : model.status === 'paused' ? bars : '',
      'stroke-width': (up ? 7 : 5) * unit});
  }
}

/** A crown for who leads, a diamond for who looks for a leader, an eye for who only observes: a shape besides the border.
 * @type {Record<string, string>} */
const BADGES = {
  leads: 'M-12 8 L-13.5 -7 L-6 -1.5 L0 -11 L6 -1.5 L13.5 -7 L12 8 Z',
  looks: 'M0 -12.5 L12.5 0 L0 12.5 L-12.5 0 Z',
  observes: 'M-14 0 Q0 -15 14 0 Q0 15 -14 0 Z',
};

export class ClientFigure {
  /** @param {string} id @param {Element} parent */
  constructor(id, parent) {
    this.id = id;
    this.root = svg('g', {class: 'client', role: 'button', tabindex: 0, 'data-node': id}, parent);
    this.selected = svg('circle', {class: 'selected'}, this.root);
    this.body = svg('circle', {class: 'body'}, this.root);
    this.wait = svg('circle', {class: 'wait', pathLength: 100}, this.root);
    this.name = svg('text', {class: 'value'}, this.root);
    this.note = svg('text', {class: 'note'}, this.root);
    this.apples = new Apples(this.root);
    this.short = id.length > 6 ? `${id.slice(0, 4)}…` : id;
    text(this.name, this.short);
  }

  remove() { this.root.remove(); }

  /** @param {Layout} box */
  place(box) {
    const {x, y, side} = box.clients[this.id];
    this.low = Boolean(box.low);
    this.side = side;
    this.edge = box.narrow ? side * ((side < 0 ? x : box.w - x) - 4) : 0;
    const r = this.r = box.clientR;
    set(this.root, {transform: `translate(${x} ${y})`});
    set(this.body, {r});
    set(this.selected, {r: r + 7 * box.unit});
    set(this.wait, {r: r + 4 * box.unit, 'stroke-width': 2.5 * box.unit});
    set(this.name, {'font-size': r * Math.min(0.68, 2.6 / this.short.length)});
    const size = 13.5 * box.unit;
    set(this.note, {y: r + size * 1.25, 'font-size': size});
  }

  /** @param {any} model */
  draw(model) {
    set(this.root, {class: `client ${model.status}${model.chosen ? ' chosen' : ''}`, 'aria-label': model.aria,
      'aria-pressed': model.chosen});
    set(this.wait, {class: model.waiting >= 0 ? 'wait' : 'wait none',
      'stroke-dasharray': `${(Math.min(1, Math.max(0, model.waiting)) * 100).toFixed(1)} 100`});
    set(this.note, {class: `note ${model.told?.kind === 'stale' ? 'stale' : ''}`});
    if (model.told?.kind) this.hold(model.told);
    else this.apples.clear();
    text(this.note, this.low ? '' : model.note);
    const edge = model.note.length > 8 ? this.edge : 0; // on a narrow stage a long note begins at its edge
    set(this.note, {x: edge, 'text-anchor': edge ? (edge < 0 ? 'start' : 'end') : 'middle'});
  }

  /** The apple that it was given, beside it. @param {{kind: string, label: string}} told */
  hold(told) {
    const r = this.r ?? 20;
    set(this.apples.root, {transform: `translate(${-(this.side ?? 1) * r * 1.35} ${-r * 0.7})`});
    this.apples.draw([told], [], '', r * 1.5);
  }
}
