/** When a quorum forms, its members' segments of the ring join into an arc, with the arithmetic in the middle. */

import {set, svg, text} from './dom.js';

/** @typedef {import('./stage-layout.js').Layout} Layout */

export class QuorumArc {
  /** @param {Element} under where the arc goes @param {Element} over where the words go */
  constructor(under, over) {
    this.arc = svg('path', {class: 'quorum', 'aria-hidden': 'true'}, under);
    this.words = svg('g', {class: 'sum', 'aria-hidden': 'true'}, over);
    this.big = svg('text', {class: 'big'}, this.words);
    this.small = svg('text', {class: 'small'}, this.words);
  }

  /** @param {Layout} box @param {{event: any, age: number}[]} recent @param {any} ctx @param {boolean} [playing] */
  draw(box, recent, ctx, playing = true) {
    const found = recent.map(r => ({...r, q: ctx.lens.quorum(r.event)})).filter(r => r.q);
    const last = found[found.length - 1];
    const shown = last && box.ring ? last : null;
    set(this.arc, {opacity: shown ? strength(shown.age) : 0});
    set(this.words, {opacity: shown ? strength(shown.age) : 0});
    if (shown) this.fill(box, shown.q, shown.event, playing ? grown(shown.age) : 1, ctx);
  }

  /** @param {Layout} box @param {any} q @param {any} event @param {number} part @param {any} ctx */
  fill(box, q, event, part, ctx) {
    const {t} = ctx.i18n;
    const half = Math.PI / Object.keys(box.nodes).length * part;
    const arcs = q.members.filter((/** @type {string} */ m) => box.nodes[m])
      .map((/** @type {string} */ m) => segment(box, box.nodes[m].angle, half));
    set(this.arc, {d: arcs.join(' '), 'stroke-width': 6 * box.unit});
    const params = {...q.data, node: event.node, have: q.members.length, of: q.of};
    text(this.big, t('stage.quorum.sum', params));
    const words = t(ctx.i18n.has(q.key) ? q.key : 'stage.quorum.any', params);
    text(this.small, fits(words, box) ? words : '');
    const y = Object.keys(box.nodes).length <= 2 ? box.cy - 52 * box.unit : box.cy;
    set(this.big, {x: box.cx, y: y - 4 * box.unit, 'font-size': 21 * box.unit});
    set(this.small, {x: box.cx, y: y + 19 * box.unit, 'font-size': 14.5 * box.unit});
  }
}

/** Whether words stay clear of the nodes' own; if not, the caption has to do. @param {string} words @param {Layout} box */
function fits(words, box) {
  const ems = [...words].reduce((sum, c) => sum + (c > '⺀' ? 1 : 0.5), 0);
  return ems * 14.5 * box.unit < (box.narrow ? 1.1 : 2.1) * box.ring;
}

/** Full at once, gone at the end. @param {number} age */
function strength(age) {
  return Math.min(1, (1 - age) * 2.4).toFixed(2);
}

/** Segments grow from their nodes until they touch. @param {number} age */
function grown(age) {
  return Math.min(1, 0.35 + age * 3.2);
}

/** @param {Layout} box @param {number} angle @param {number} half */
function segment(box, angle, half) {
  const at = (/** @type {number} */ a) => `${(box.cx + box.ring * Math.cos(a)).toFixed(1)} ${(box.cy + box.ring * Math.sin(a)).toFixed(1)}`;
  return `M${at(angle - half)} A${box.ring} ${box.ring} 0 0 1 ${at(angle + half)}`;
}
