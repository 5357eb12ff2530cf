/** A moment of the stage as a drawing that stands still: the stage's own picture, with the messages in flight drawn
 * as shapes instead of on a canvas, so that it can be printed at any size. */

import {svg} from '../views/dom.js';

/** @param {any} stage what mountStage gave @param {any} ctx @param {number} seq @param {string} label
 *  @returns {SVGSVGElement} */
export function stillOf(stage, ctx, seq, label) {
  const {store} = ctx;
  const view = store.viewAt(seq);
  const shown = {time: view.time, seq, view, event: store.event(seq), live: false, playing: false, speed: 0.001, direction: 1, branch: store.branch};
  ctx.playhead.shown = shown;
  stage.draw(shown, {all: true});
  const still = /** @type {SVGSVGElement} */ (stage.svg.cloneNode(true));
  for (const el of still.querySelectorAll('[tabindex]')) {
    for (const name of ['tabindex', 'role', 'aria-pressed', 'aria-label', 'aria-hidden']) el.removeAttribute(name);
  }
  still.removeAttribute('width');
  still.removeAttribute('height');
  still.setAttribute('class', 'lt-still stage');
  still.setAttribute('role', 'img');
  still.setAttribute('aria-label', label);
  const over = svg('g', {}, still);
  for (const figure of stage.messages.figures) drawMessage(figure, over);
  return still;
}

/** As static/js/views/stage-messages.js stamps it. @param {any} figure @param {Element} root */
function drawMessage({m, l, x, y, r, glyph}, root) {
  const colour = `var(--${glyph.color})`;
  const line = `var(--${glyph.color}-line, ${colour})`;
  const edge = `var(--${glyph.color}-edge, ${glyph.reply ? colour : 'var(--paper)'})`;
  svg('line', {x1: l.x1, y1: l.y1, x2: x, y2: y, stroke: line, 'stroke-opacity': 0.35, 'stroke-width': 1.4}, root);
  const g = svg('g', {transform: `translate(${x} ${y})`}, root);
  if (m.held) svg('circle', {r: r + 4, fill: 'none', stroke: 'var(--ink)', 'stroke-width': 1.8, 'stroke-dasharray': '3 3'}, g);
  svg('circle', {r: glyph.reply ? r - 1.2 : r, fill: glyph.reply ? 'var(--paper)' : colour, stroke: glyph.reply ? colour : edge, 'stroke-width': glyph.reply ? 2.4 : 1.4}, g);
  const word = glyph.reply ? glyph.sign ?? (glyph.ok ? '+' : '−') : glyph.tag;
  if (word && r > 7) {
    const fill = `var(--${glyph.color}-edge, ${glyph.reply ? colour : 'var(--paper)'})`;
    const text = svg('text', {fill, 'font-size': r * 1.22, 'font-weight': 700, 'text-anchor': 'middle', 'dominant-baseline': 'central'}, g);
    text.textContent = word;
  }
  const tip = r + 7.5;
  svg('path', {d: `M${l.ux * tip} ${l.uy * tip} L${l.ux * (r + 2) - l.uy * 4} ${l.uy * (r + 2) + l.ux * 4} L${l.ux * (r + 2) + l.uy * 4} ${l.uy * (r + 2) - l.ux * 4} Z`, fill: line}, g);
}
