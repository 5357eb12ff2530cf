/**
 * The space-time diagram: a lifeline for each node, a slanted line for each message, on the playhead's time.
 * It is a canvas, and draws only the stretch in view. What it shows can be read in the event list.
 */

import { html, render } from '../../vendor/lit-html/lit-html.js';
import { Diagram } from '../panels/diagram.js';
import { laneNames, moment } from '../panels/format.js';
import { Gestures } from '../panels/gestures.js';
import { sentence } from '../panels/sentences.js';
import { Painter } from '../panels/spacetimepaint.js';
import { TimeScale } from '../panels/timescale.js';

/** @typedef {import('../types.js').Ctx} Ctx */
/** @typedef {import('../types.js').Shown} Shown */

const GUTTER = 46;

/** @param {HTMLElement} root @param {Ctx} ctx */
export function mountSpacetime(root, ctx) {
  const view = new Spacetime(root, ctx);
  return { draw: (/** @type {Shown} */ shown) => view.draw(shown), everyFrame: true };
}

class Spacetime {
  /** @param {HTMLElement} root @param {Ctx} ctx */
  constructor(root, ctx) {
    this.ctx = ctx;
    this.root = root;
    root.classList.add('p-spacetime');
    this.canvas = root.appendChild(document.createElement('canvas'));
    this.tip = root.appendChild(document.createElement('div'));
    this.tip.className = 'p-tip';
    this.tip.hidden = true;
    this.tools = root.appendChild(document.createElement('div'));
    this.tools.className = 'p-zoom';
    this.scale = new TimeScale(800_000);
    this.diagram = new Diagram(ctx.store, ctx.lenses, ctx.lens);
    this.painter = new Painter(this.canvas, this.scale, this.diagram);
    this.painter.shows = (service) => ctx.showing.names.includes(service);
    this.following = true;
    this.visible = false;
    this.branch = ctx.store.branch;
    /** @type {Shown|undefined} */
    this.last = undefined;
    this.language = '';
    this.listen();
  }

  listen() {
    this.canvas.setAttribute('role', 'img');
    this.canvas.tabIndex = 0;
    new Gestures(this.canvas, this);
    new ResizeObserver(() => this.again()).observe(this.canvas);
    new IntersectionObserver((entries) => {
      this.visible = entries[entries.length - 1].isIntersecting;
      this.again();
    }).observe(this.root);
  }

  again() {
    if (this.last) this.draw(this.last);
  }

  /** @param {Shown} shown */
  draw(shown) {
    this.last = shown;
    if (!this.visible || !shown.view) return;
    if (this.branch !== shown.branch || this.diagram.lens !== this.ctx.lens) {
      this.branch = shown.branch;
      this.diagram.lens = this.ctx.lens;
      this.diagram.clear();
    }
    this.label();
    this.scale.fit(GUTTER, this.canvas.clientWidth - GUTTER - 12);
    if (this.following) this.scale.follow(shown.time);
    this.scale.confine(0, Math.max(this.ctx.store.now, shown.time));
    this.painter.draw(shown, laneNames(shown.view, this.ctx.selection.get().node), this.ctx.store.now);
  }

  /** Words change only with the language. */
  label() {
    const { t, lang } = this.ctx.i18n;
    const now = lang.call(this.ctx.i18n);
    if (this.language === now) return;
    this.language = now;
    this.canvas.setAttribute('aria-label', t('panels.spacetime.title'));
    const button = (/** @type {string} */ label, /** @type {string} */ sign, /** @type {() => void} */ run) =>
      html`<button class="p-button" title=${t(label)} aria-label=${t(label)} @click=${run}>${sign}</button>`;
    render([
      button('panels.spacetime.closer', '+', () => this.zoom(0.6)),
      button('panels.spacetime.wider', '−', () => this.zoom(1 / 0.6)),
      button('panels.spacetime.back', '⌖', () => this.refollow()),
    ], this.tools);
  }

  // What Gestures calls.

  /** @param {number} factor @param {number} [x] */
  zoom(factor, x) {
    const at = x ?? (this.last && this.following ? this.scale.x(this.last.time) : this.canvas.clientWidth / 2);
    this.scale.zoom(factor, at);
    this.again();
  }

  /** @param {number} pixels */
  pan(pixels) {
    this.following = false;
    this.scale.pan(pixels);
    this.again();
  }

  refollow() {
    this.following = true;
    this.again();
  }

  /** @param {number} x @returns {boolean} whether x is on the playhead */
  onPlayhead(x) {
    return Boolean(this.last) && Math.abs(this.scale.x(/** @type {Shown} */ (this.last).time) - x) < 10;
  }

  /** @param {number} x */
  scrub(x) {
    this.ctx.playhead.seek({ time: Math.max(0, Math.round(this.scale.time(Math.max(GUTTER, x)))) });
  }

  /** @param {number} x @param {number} y */
  click(x, y) {
    const hit = this.painter.hit(x, y);
    if (hit) {
      this.ctx.selection.set(hit.node ? { event: hit.seq, node: hit.node } : { event: hit.seq });
      this.ctx.playhead.seek({ seq: hit.seq });
    } else this.scrub(x);
  }

  /** @param {number} x @param {number} y */
  hover(x, y) {
    const hit = this.painter.hit(x, y);
    const event = hit && this.ctx.store.event(hit.seq);
    this.canvas.style.cursor = hit ? 'pointer' : this.onPlayhead(x) ? 'ew-resize' : 'default';
    this.tip.hidden = !event;
    if (!event) return;
    this.tip.textContent = `${moment(event.time)} · ${event.node} · ${sentence(this.ctx, event)}`;
    const left = Math.min(Math.max(8, x - 140), this.root.clientWidth - Math.min(320, this.tip.offsetWidth) - 8);
    this.tip.style.left = `${left}px`;
    this.tip.style.bottom = `${this.root.clientHeight - y + 14}px`;
  }

  leave() {
    this.tip.hidden = true;
  }
}
