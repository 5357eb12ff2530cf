/**
 * Messages in flight, on a canvas over the ring. A message's place is a function of the message and the shown
 * time; glyphs are drawn once each and stamped. A message that flies on is the same object in the next view, so
 * what does not change about it (its line, its glyph) is looked up once, and a frame only moves its figure.
 */

import {share} from '../core/reduce.js';
import {fading, lasting, lost} from './stage-effects.js';
import {line} from './stage-layout.js';
import {flyingMessages} from './stage-model.js';

/** @typedef {import('../types.js').Message} Message */
/** @typedef {import('./stage-layout.js').Layout} Layout */
/** @typedef {NonNullable<ReturnType<typeof line>>} Line */
/** @typedef {{color: string, l: Line, end: Figure|null, count: number}} Trail
 *   what goes the same way in one colour has one trail, as long as the farthest of them has come */
/** @typedef {{m: Message, id: number, l: Line, glyph: any, image: ImageBitmap, trail: Trail, r: number,
 *   at: number, waiting: boolean, x: number, y: number}} Figure */

const FAMILIES = ['message', 'client', 'forward', 'prevote', 'vote', 'append', 'propose', 'ack', 'commit', 'abort', 'discover', 'sync', 'snapshot', 'ink'];
const COLOURS = [...FAMILIES, 'paper', 'muted', 'accent', 'alarm'];

/** So many are drawn on whole pixels: at half the cost, and no eye follows a single one. */
const CROWD = 100;

/** Each colour; of a family also that of its lines, and of the outline that a pale one needs (else '').
 * @param {CSSStyleDeclaration} style @returns {Record<string, string>} */
function palette(style) {
  const value = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
  const plain = COLOURS.map(c => [c, value(c)]);
  return Object.fromEntries([...plain, ...FAMILIES.flatMap(c => [[`${c}-line`, value(`${c}-line`) || value(c)], [`${c}-edge`, value(`${c}-edge`)]])]);
}

export class Messages {
  /** @param {HTMLCanvasElement} canvas @param {any} ctx */
  constructor(canvas, ctx) {
    this.canvas = canvas;
    this.pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    this.ctx = ctx;
    /** @type {Map<string, ImageBitmap>} */ this.stamps = new Map();
    /** @type {Map<string, Line|null>} */ this.lines = new Map();
    /** @type {Map<string, Trail>} */ this.trails = new Map();
    /** @type {WeakMap<Message, Figure|null>} */ this.known = new WeakMap();
    /** @type {any} whose glyphs the figures wear */ this.lens = null;
    /** @type {Figure[]} as they were drawn last: what can be hit */ this.figures = [];
    this.hovered = 0;
    /** @type {Record<string, string>} */ this.colours = {};
    /** @type {{messages: any, offsets: Map<number, number>}} */
    this.spread = {messages: null, offsets: new Map()};
  }

  /** After a change of size or theme. @param {Layout} box */
  place(box) {
    this.box = box;
    this.ratio = Math.min(2, devicePixelRatio || 1);
    this.canvas.width = Math.round(box.w * this.ratio);
    this.canvas.height = Math.round(box.h * this.ratio);
    this.canvas.style.width = `${box.w}px`;
    this.canvas.style.height = `${box.h}px`;
    const style = getComputedStyle(this.canvas);
    this.colours = palette(style);
    this.font = style.fontFamily;
    this.stamps.clear();
    this.lines.clear();
    this.forget();
    this.spread = {messages: null, offsets: new Map()};
  }

  /** @param {import('../types.js').Shown} shown @param {{event: any, age: number}[]} recent */
  draw(shown, recent) {
    const {pen} = this;
    const {w, h} = /** @type {Layout} */ (this.box);
    pen.setTransform(this.ratio ?? 1, 0, 0, this.ratio ?? 1, 0, 0);
    pen.clearRect(0, 0, w, h);
    if (this.lens !== this.ctx.lens) this.forget();
    this.figures = this.moved(shown);
    pen.imageSmoothingEnabled = this.figures.length < CROWD;
    this.drawTrails();
    for (const {event} of recent) if (event.kind === 'drop') this.drawLost(event, shown);
    for (const figure of this.figures) this.drawMessage(figure, shown);
  }

  /** Figures are of one size, theme and lens. */
  forget() {
    this.lens = this.ctx.lens;
    this.known = new WeakMap();
    this.trails.clear();
  }

  /** Every message's figure, where it is now. @param {import('../types.js').Shown} shown */
  moved(shown) {
    /** @type {Figure[]} */ const figures = [];
    /** @type {Figure[]} */ const still = [];
    for (const m of shown.view ? flyingMessages(this.ctx, shown.view) : []) {
      const figure = this.figureOf(m);
      if (!figure) continue;
      this.move(figure, shown.time, 0);
      figures.push(figure);
      if (m.held || figure.waiting) still.push(figure);
    }
    this.spreadOut(still);
    for (const figure of still) this.move(figure, shown.time, this.spread.offsets.get(figure.id) ?? 0);
    return figures;
  }

  /** @param {Message} m */
  figureOf(m) {
    let figure = this.known.get(m);
    if (figure === undefined) this.known.set(m, figure = this.makeFigure(m));
    return figure;
  }

  /** @param {Message} m @returns {Figure|null} */
  makeFigure(m) {
    const l = this.lineOf(m.src, m.dst);
    if (!l) return null;
    const glyph = this.ctx.lens.message(m);
    const r = this.radius(glyph);
    const key = `${glyph.color}|${m.src}>${m.dst}`;
    let trail = this.trails.get(key);
    if (!trail) this.trails.set(key, trail = {color: glyph.color, l, end: null, count: 0});
    return {m, id: m.id, l, glyph, r, trail, image: this.stampOf(glyph, r), at: 0, waiting: false, x: 0, y: 0};
  }

  /** @param {string} src @param {string} dst */
  lineOf(src, dst) {
    const key = `${src}>${dst}`;
    let l = this.lines.get(key);
    if (l === undefined) this.lines.set(key, l = line(/** @type {Layout} */ (this.box), src, dst));
    return l;
  }

  /** @param {Figure} figure @param {number} time @param {number} slot how far it makes way for others that stand still */
  move(figure, time, slot) {
    const {m, l, r} = figure;
    const at = share(m, time);
    const waiting = at >= 1; // arrived, but not handled yet
    const along = waiting ? slot - r : slot;
    figure.at = at;
    figure.waiting = waiting;
    figure.x = l.x1 + (l.x2 - l.x1) * at + l.ux * along;
    figure.y = l.y1 + (l.y2 - l.y1) * at + l.uy * along;
  }

  /** @param {any} glyph */
  radius(glyph) {
    const {unit, narrow} = /** @type {Layout} */ (this.box);
    return (glyph.small ? 6.2 : glyph.reply ? 8.6 : 10.8) * Math.max(0.9, unit) * (narrow ? 0.92 : 1);
  }

  /** Held and waiting messages stand still, so they are moved apart along their lines, oldest first.
   * @param {Figure[]} still */
  spreadOut(still) {
    const state = still.map(f => `${f.id}${f.at.toFixed(2)}`).join();
    if (this.spread.messages === state) return;
    this.spread = {messages: state, offsets: new Map()};
    /** @type {{x: number, y: number, r: number}[]} */
    const taken = [];
    for (const figure of still) taken.push(this.freePlace(figure, taken));
  }

  /** @param {Figure} start @param {{x: number, y: number, r: number}[]} taken */
  freePlace(start, taken) {
    const {l, r, waiting} = start;
    const gap = 2.15 * r;
    for (let k = 0; k < 40; k++) {
      const slot = waiting ? -k * gap : (k % 2 ? 1 : -1) * Math.ceil(k / 2) * gap * 0.6;
      const x = start.x + l.ux * slot;
      const y = start.y + l.uy * slot;
      if (k < 39 && taken.some(p => Math.hypot(p.x - x, p.y - y) < p.r + r)) continue;
      this.spread.offsets.set(start.id, slot);
      return {x, y, r};
    }
    return {x: start.x, y: start.y, r};
  }

  /** A faint line back to the sender. */
  drawTrails() {
    const {pen} = this;
    const trails = [...this.trails.values()];
    for (const trail of trails) {
      trail.end = null;
      trail.count = 0;
    }
    for (const figure of this.figures) {
      const {trail} = figure;
      trail.count++;
      if (!trail.end || figure.at > trail.end.at) trail.end = figure;
    }
    pen.lineWidth = 1.4;
    for (const colour of FAMILIES) {
      const mine = trails.filter(t => t.count && t.color === colour);
      if (!mine.length) continue;
      pen.globalAlpha = mine.reduce((sum, t) => sum + t.count, 0) > 60 ? 0.16 : 0.32;
      pen.strokeStyle = this.colours[`${colour}-line`];
      pen.beginPath();
      for (const {l, end} of mine) {
        pen.moveTo(l.x1, l.y1);
        pen.lineTo(/** @type {Figure} */ (end).x, /** @type {Figure} */ (end).y);
      }
      pen.stroke();
    }
    pen.globalAlpha = 1;
  }

  /** @param {Figure} figure @param {import('../types.js').Shown} shown */
  drawMessage({m, l, x, y, r, glyph, image, waiting}, shown) {
    const followed = this.ctx.journey?.messages;
    const chosen = this.ctx.selection.get().message === m.id || this.hovered === m.id || Boolean(followed?.has(m.id));
    if (m.held || chosen) this.ringAround(x, y, r, m.held, chosen);
    if (followed && !chosen) this.pen.globalAlpha = 0.3;
    this.stamp(image, x, y);
    this.pen.globalAlpha = 1;
    if (!shown.playing && !waiting) this.arrow(x, y, r, l, this.colours[`${glyph.color}-line`]);
  }

  /** @param {ImageBitmap} image @param {number} x @param {number} y */
  stamp(image, x, y) {
    const size = image.width / (this.ratio ?? 1);
    this.pen.drawImage(image, x - size / 2, y - size / 2, size, size);
  }

  /** @param {any} glyph @param {number} r @returns {ImageBitmap} */
  stampOf(glyph, r) {
    const key = `${glyph.color}|${glyph.reply}|${glyph.ok}|${glyph.tag}|${glyph.sign}|${r}`;
    let image = this.stamps.get(key);
    if (!image) this.stamps.set(key, image = this.makeStamp(glyph, r));
    return image;
  }

  /** @param {any} glyph @param {number} r */
  makeStamp(glyph, r) {
    const size = Math.ceil(2 * r + 6);
    const image = new OffscreenCanvas(size * (this.ratio ?? 1), size * (this.ratio ?? 1));
    const pen = /** @type {any} */ (image.getContext('2d'));
    pen.scale(this.ratio ?? 1, this.ratio ?? 1);
    pen.translate(size / 2, size / 2);
    const colour = this.colours[glyph.color];
    const edge = this.colours[`${glyph.color}-edge`];
    pen.beginPath();
    pen.arc(0, 0, glyph.reply ? r - 1.2 : r, 0, 7);
    pen.fillStyle = glyph.reply ? this.colours.paper : colour;
    pen.fill();
    if (glyph.reply && edge) this.stroke(pen, edge, 4.6);
    this.stroke(pen, glyph.reply ? colour : edge || this.colours.paper, glyph.reply ? 2.4 : 1.4);
    const word = glyph.reply ? glyph.sign ?? (glyph.ok ? '+' : '−') : glyph.tag;
    if (word && r > 7) this.letter(pen, word, edge || (glyph.reply ? colour : this.colours.paper), r);
    return image.transferToImageBitmap();
  }

  /** @param {any} pen @param {string} colour @param {number} width */
  stroke(pen, colour, width) {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.stroke();
  }

  /** @param {any} pen @param {string} word @param {string} colour @param {number} r */
  letter(pen, word, colour, r) {
    pen.fillStyle = colour;
    pen.font = `700 ${Math.round(r * 1.22)}px ${this.font}`;
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    pen.fillText(word, 0, r * 0.08);
  }

  /** Held: a dotted ring, plainly something to click. @param {number} x @param {number} y @param {number} r
   *  @param {boolean} held @param {boolean} chosen */
  ringAround(x, y, r, held, chosen) {
    const {pen} = this;
    pen.save();
    pen.lineWidth = chosen ? 2.6 : 1.8;
    pen.strokeStyle = this.colours[chosen ? 'accent' : 'ink'];
    if (held && !chosen) pen.setLineDash([3, 3]);
    pen.beginPath();
    pen.arc(x, y, r + 4, 0, 7);
    pen.stroke();
    pen.restore();
  }

  /** Which way it goes, for a picture that stands still. @param {number} x @param {number} y @param {number} r
   *  @param {{ux: number, uy: number}} l @param {string} colour */
  arrow(x, y, r, {ux, uy}, colour) {
    const {pen} = this;
    const tip = r + 7.5;
    const base = r + 2;
    pen.fillStyle = colour;
    pen.beginPath();
    pen.moveTo(x + ux * tip, y + uy * tip);
    pen.lineTo(x + ux * base - uy * 4, y + uy * base + ux * 4);
    pen.lineTo(x + ux * base + uy * 4, y + uy * base - ux * 4);
    pen.fill();
  }

  /** A dropped one fades where it died. @param {any} event @param {import('../types.js').Shown} shown */
  drawLost(event, shown) {
    const m = lost(event, this.ctx.store);
    const l = m && this.lineOf(m.src, m.dst);
    if (!l) return;
    const f = fading(event, m, shown.time, lasting(shown.speed));
    if (f.left <= 0) return;
    const {pen} = this;
    const x = l.x1 + (l.x2 - l.x1) * f.at;
    const y = l.y1 + (l.y2 - l.y1) * f.at;
    const glyph = this.ctx.lens.message(m);
    const r = this.radius(glyph);
    pen.globalAlpha = f.dead ? 0.55 * Math.min(1, f.left * 1.6) : 1;
    this.stamp(this.stampOf(glyph, r), x, y);
    pen.globalAlpha = Math.min(1, f.left * 1.6);
    if (f.dead) this.cross(x, y, Math.max(6, r * 0.8));
    pen.globalAlpha = 1;
  }

  /** @param {number} x @param {number} y @param {number} s */
  cross(x, y, s) {
    const {pen} = this;
    for (const [colour, width] of /** @type {[string, number][]} */ ([[this.colours.paper, 5.5], [this.colours.alarm, 2.8]])) {
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.lineCap = 'round';
      pen.beginPath();
      pen.moveTo(x - s, y - s);
      pen.lineTo(x + s, y + s);
      pen.moveTo(x + s, y - s);
      pen.lineTo(x - s, y + s);
      pen.stroke();
    }
  }

  /** The message under a point: the nearest within reach. @param {number} x @param {number} y @param {number} reach */
  hit(x, y, reach) {
    let best = 0;
    let nearest = Infinity;
    for (const p of this.figures) {
      const away = Math.hypot(p.x - x, p.y - y);
      if (away > Math.max(p.r + 4, reach) || away >= nearest) continue;
      nearest = away;
      best = p.id;
    }
    return best;
  }

  /** Where a message was drawn. @param {number} id */
  placeOf(id) {
    return this.figures.find(h => h.id === id);
  }
}
