/**
 * The stage: the ring, its nodes and clients, what flies between them, and what a person can do to them by
 * pointing. It draws the shown moment and nothing else; every change goes through an action.
 */

import {set, svg, text} from './dom.js';
import {effects} from './stage-effects.js';
import {gestures, sides} from './stage-gestures.js';
import {layout} from './stage-layout.js';
import {linkAt, Links} from './stage-links.js';
import {Messages} from './stage-messages.js';
import {clientModel, nodeModel} from './stage-model.js';
import {ClientFigure, NodeFigure} from './stage-nodes.js';
import {QuorumArc} from './stage-quorum.js';

/** @typedef {import('../types.js').Shown} Shown */

class Stage {
  /** @param {HTMLElement} root @param {any} ctx */
  constructor(root, ctx) {
    this.root = root;
    this.ctx = ctx;
    this.everyFrame = true;
    this.svg = svg('svg', {class: 'stage-svg', role: 'group'}, root);
    this.ring = svg('circle', {class: 'ring', 'aria-hidden': 'true'}, this.svg);
    const arcs = svg('g', {}, this.svg);
    this.links = new Links(this.svg);
    this.knife = svg('g', {class: 'knife', 'aria-hidden': 'true'}, this.svg);
    this.figuresRoot = svg('g', {}, this.svg);
    this.more = svg('text', {class: 'more-clients', role: 'img'}, this.svg);
    this.arc = new QuorumArc(arcs, this.svg);
    const canvas = document.createElement('canvas');
    canvas.className = 'stage-canvas';
    canvas.setAttribute('aria-hidden', 'true');
    root.append(canvas);
    this.messages = new Messages(canvas, ctx);
    /** @type {Map<string, NodeFigure|ClientFigure>} */ this.figures = new Map();
    /** @type {any} */ this.box = null;
    this.names = '';
    /** @type {any} */ this.hovered = null;
    this.listen();
  }

  listen() {
    const {root, ctx} = this;
    this.resized = new ResizeObserver(() => ctx.playhead.changed({size: true}));
    this.resized.observe(root);
    gestures(root, {
      find: (x, y, touch) => this.find(x, y, touch), tap: (t, x, y) => this.tap(t, x, y), double: t => this.double(t),
      long: (t, x, y) => this.openMenu(t, x, y), knife: (a, b, done) => this.cut(a, b, done),
      hover: t => this.hover(t), cancel: () => this.knife.replaceChildren(),
    });
    this.svg.addEventListener('keydown', (/** @type {KeyboardEvent} */ e) => this.key(e));
    this.svg.addEventListener('focusin', (/** @type {any} */ e) => {
      const id = e.target.closest('[data-node]')?.dataset.node;
      if (id && e.target.matches(':focus-visible')) ctx.selection.set({node: id});
    });
  }

  // -- drawing -----------------------------------------------------------------------------------------------

  /** @param {Shown} shown @param {any} changed */
  draw(shown, changed) {
    if (!shown.view) return;
    this.shown = shown;
    const names = Object.keys(shown.view.nodes).join();
    if (changed.all || changed.size || changed.theme || names !== this.names) this.arrange(shown.view, names);
    if (!this.box) return;
    const {ctx, box} = this;
    const recent = effects(shown, ctx.store, ctx.lens);
    for (const [id, figure] of this.figures) {
      if (figure instanceof NodeFigure) figure.draw(nodeModel(ctx, shown.view, id, shown.time, box, recent));
      else figure.draw(clientModel(ctx, shown.view, id, shown.time));
    }
    this.links.draw(box, shown.view.network, this.hovered);
    this.arc.draw(box, recent, ctx, shown.playing);
    this.messages.draw(shown, recent);
    this.root.classList.toggle('manual', shown.view.network.manual);
  }

  /** New size, theme or cast. @param {import('../types.js').View} view @param {string} names */
  arrange(view, names) {
    const {clientWidth: w, clientHeight: h} = this.root;
    if (!w || !h) return;
    const ids = Object.keys(view.nodes);
    const style = getComputedStyle(this.root);
    const number = (/** @type {string} */ name) => parseFloat(style.getPropertyValue(name)) || 0;
    this.box = layout(w, h - number('--stage-bottom'), ids.filter(id => !view.nodes[id].client),
      ids.filter(id => view.nodes[id].client), {scale: number('--stage-scale') || 1, top: number('--stage-top'), bare: number('--stage-bare') > 0});
    const cast = [...Object.keys(this.box.nodes), ...Object.keys(this.box.clients)];
    if (names !== this.names) this.names = names;
    if (cast.join() !== [...this.figures.keys()].join()) this.cast(view, cast);
    this.placeMore(this.box);
    set(this.svg, {viewBox: `0 0 ${w} ${h}`, width: w, height: h, 'aria-label': this.ctx.i18n.t('stage.aria')});
    set(this.ring, {cx: this.box.cx, cy: this.box.cy, r: this.box.ring});
    for (const figure of this.figures.values()) figure.place(this.box);
    this.messages.place(this.box);
  }

  /** Who stays keeps their figure. @param {import('../types.js').View} view @param {string[]} ids */
  cast(view, ids) {
    const known = this.figures;
    for (const [id, figure] of known) if (!ids.includes(id)) figure.remove();
    this.figures = new Map(ids.map(id => [id, known.get(id)
      ?? (view.nodes[id].client ? new ClientFigure(id, this.figuresRoot) : new NodeFigure(id, this.figuresRoot))]));
  }

  /** Those whom there is no room to draw. @param {import('./stage-layout.js').Layout} box */
  placeMore({more, unit}) {
    const count = more?.ids.size ?? 0;
    text(this.more, count ? `+${count}` : '');
    set(this.more, {x: more?.x ?? 0, y: more?.y ?? 0, 'font-size': 15 * unit, 'aria-hidden': !count,
      'aria-label': count ? this.ctx.i18n.t('stage.clients.more', {count}) : ''});
  }

  remove() {
    this.resized?.disconnect();
  }

  // -- pointing ----------------------------------------------------------------------------------------------

  /** @param {number} x @param {number} y @param {boolean} touch @returns {import('./stage-gestures.js').Target} */
  find(x, y, touch) {
    const {box} = this;
    if (!box) return {kind: '', id: ''};
    const message = this.messages.hit(x, y, touch ? 22 : 12);
    const node = Object.entries({...box.nodes, ...box.clients}).find(([id, p]) =>
      Math.hypot(p.x - x, p.y - y) < (box.nodes[id] ? box.r : box.clientR) + 6);
    if (message && !node) return {kind: 'message', id: message};
    if (node) return {kind: 'node', id: node[0]};
    const link = linkAt(box, x, y, touch ? 14 : 7);
    return link ? {kind: 'link', id: link} : {kind: '', id: ''};
  }

  /** In manual mode a tap on a message delivers it; that is the game. @param {any} t @param {number} x @param {number} y */
  tap(t, x, y) {
    const {ctx} = this;
    if (!t.kind) {
      if (!ctx.dialogs.close()) ctx.selection.set({node: '', message: 0});
    } else if (t.kind === 'message' && this.shown?.view?.network.manual && ctx.actions.enabled('message.deliver', t.id) === true) {
      ctx.actions.run('message.deliver', t.id);
    } else this.openMenu(t, x, y);
  }

  /** @param {any} t */
  double(t) {
    this.ctx.dialogs.close();
    if (this.box.nodes[t.id]) this.ctx.actions.run('node.power', t.id);
  }

  /** @param {any} t @param {number} x @param {number} y */
  openMenu(t, x, y) {
    const {ctx, box} = this;
    if (t.kind === 'message') ctx.selection.set({message: t.id});
    if (t.kind === 'node') ctx.selection.set({node: t.id});
    if (t.kind === 'message') ctx.dialogs.message(t.id, this.outside({x, y}));
    else if (t.kind === 'link') ctx.dialogs.link(t.id, this.outside({x, y}));
    else ctx.dialogs[box.nodes[t.id] ? 'node' : 'client'](t.id, this.where('node', t.id));
  }

  /** A place on this stage as what holds the stages counts it. @param {{x: number, y: number, away?: number}} spot */
  outside({x, y, away}) {
    return {x: x + this.root.offsetLeft, y: y + this.root.offsetTop, away};
  }

  /** Where something is on the stage, for a menu opened by key. @param {string} kind @param {any} id */
  where(kind, id) {
    const {box} = this;
    const middle = {x: box.cx, y: box.cy};
    if (kind === 'message') return this.outside(this.messages.placeOf(id) ?? middle);
    if (box.nodes[id]) return this.outside({...box.nodes[id], away: box.r + 16});
    if (box.clients[id]) return this.outside({...box.clients[id], away: box.clientR + 14});
    return this.outside(box.more?.ids.has(id) ? {x: box.more.x, y: box.more.y, away: 14} : middle);
  }

  /** @param {any} t */
  hover(t) {
    const link = t.kind === 'link' ? t.id : null;
    const message = t.kind === 'message' ? t.id : 0;
    if (message === this.messages.hovered && link?.src === this.hovered?.src && link?.dst === this.hovered?.dst) return;
    this.messages.hovered = message;
    this.hovered = link;
    this.root.classList.toggle('pointing', Boolean(t.kind));
    this.root.title = message ? this.describe(message) : '';
    this.ctx.playhead.changed({hover: true});
  }

  /** @param {number} id */
  describe(id) {
    const m = this.shown?.view?.messages[id];
    return m ? `${m.type} ${m.src} → ${m.dst}\n${this.ctx.lens.describeMessage(m, this.ctx.i18n)}` : '';
  }

  /** Dragging across the ring splits it. @param {{x: number, y: number}} a @param {{x: number, y: number}} b @param {boolean} done */
  cut(a, b, done) {
    const groups = sides(this.box.nodes, a, b);
    const whole = groups.some(g => !g.length) || Math.hypot(b.x - a.x, b.y - a.y) < 60;
    this.knife.replaceChildren();
    if (done) return whole ? undefined : this.ctx.actions.run('network.partition', groups);
    const may = this.ctx.actions.enabled('network.partition') === true;
    svg('line', {x1: a.x, y1: a.y, x2: b.x, y2: b.y, class: may ? '' : 'no'}, this.knife);
    if (!whole) text(svg('text', {x: b.x + 14, y: b.y - 12}, this.knife), `${groups[0].length} | ${groups[1].length}`);
  }

  /** @param {KeyboardEvent} e */
  key(e) {
    const id = /** @type {any} */ (e.target).closest('[data-node]')?.dataset.node;
    if (!id || e.key !== 'Enter') return;
    e.preventDefault();
    e.stopPropagation();
    this.openMenu({kind: 'node', id}, 0, 0);
  }
}

/** @param {HTMLElement} root @param {any} ctx */
export function mountStage(root, ctx) {
  return new Stage(root, ctx);
}
