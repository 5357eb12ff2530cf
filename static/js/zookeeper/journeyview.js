/** The Journey tab: the stops of one request, one sentence each; it can be watched slowly on the stage. */

import {html, nothing, render} from '../../vendor/lit-html/lit-html.js';
import {moment, span} from '../panels/format.js';
import {journeyOf} from './journey.js';
import {style, wider} from './style.js';
import {split} from './values.js';

/** @typedef {import('../types.js').Shown} Shown */

/** So slow that a hop can be read. */
const SLOWLY = 0.008;

/** @param {HTMLElement} root @param {any} ctx */
export function mount(root, ctx) {
  style();
  root.classList.add('z-panel', 'z-journey');
  return new JourneyView(root, ctx);
}

class JourneyView {
  /** @param {HTMLElement} root @param {any} ctx */
  constructor(root, ctx) {
    this.root = root;
    this.ctx = ctx;
    /** @type {import('./journey.js').Journey|null} */ this.journey = null;
    this.of = '';
    this.busy = false;
    this.watching = false;
    /** @type {string|undefined} the stop last brought into view */ this.seen = '';
    /** @type {Shown|null} */ this.shown = null;
  }

  /** @param {Shown} shown */
  draw(shown) {
    this.shown = shown;
    const {ctx} = this;
    const {store} = ctx;
    const {call} = ctx.journey;
    const over = this.journey && this.journey.call === call && this.journey.done;
    const wanted = `${store.branch} ${call} ${over ? Math.min(store.head, call + 800) : store.head}`;
    if (call && wanted !== this.of && !this.busy) this.load(call, wanted);
    if (this.watching && this.journey?.done && shown.seq >= this.last) this.arrive();
    render(call ? this.panel(shown) : this.choice(shown), this.root);
    this.bringIntoView();
  }

  /** The stop that the picture has reached, when that is another one. */
  bringIntoView() {
    const stop = /** @type {HTMLElement|null} */ (this.root.querySelector('.z-stop.current'));
    const body = /** @type {HTMLElement|null} */ (this.root.closest('.panel-body'));
    if (!stop || !body || stop.dataset.seq === this.seen) return;
    this.seen = stop.dataset.seq;
    const at = stop.getBoundingClientRect();
    const box = body.getBoundingClientRect();
    if (at.bottom > box.bottom) body.scrollTop += at.bottom - box.bottom + 60;
    else if (at.top < box.top) body.scrollTop -= box.top - at.top + 20;
  }

  get last() { return this.journey?.stops.at(-1)?.seq ?? 0; }

  /** @param {number} call @param {string} wanted */
  async load(call, wanted) {
    this.busy = true;
    this.of = wanted;
    this.journey = await journeyOf(this.ctx.store, call).catch(() => null);
    this.busy = false;
    if (this.journey) this.journey.stops.sort((a, b) => a.seq - b.seq);
    this.ctx.journey.messages = this.journey?.messages ?? null;
    this.ctx.playhead.changed({all: true});
    if (this.ctx.journey.play && this.journey) {
      this.ctx.journey.play = false;
      this.watch();
    }
  }

  /** Before anything was chosen: the latest requests. @param {Shown} shown */
  choice(shown) {
    const {ctx} = this;
    const {t} = ctx.i18n;
    const calls = ctx.store.range(Math.max(1, shown.seq - 4000), shown.seq).filter((/** @type {any} */ e) => e.kind === 'send' && e.body[1] === 'Call').slice(-30).reverse();
    return html`<div class="z-bar"><p class="p-aside">${t('zk.journey.choose')}</p><span class="p-spacer"></span>${wider(ctx)}</div>
      ${calls.length ? html`<ul class="z-found" role="list">${calls.map((/** @type {any} */ e) => html`<li><button type="button" class="p-link" @click=${() => ctx.journey.follow(e.seq)}>${e.node}
        → ${e.body[0]}: ${spoken(e.body[2].operation)}</button> <span class="p-aside">${moment(e.time)}</span></li>`)}</ul>` : html`<p class="p-empty">${t('zk.journey.none')}</p>`}`;
  }

  /** @param {Shown} shown */
  panel(shown) {
    const {ctx, journey} = this;
    const {t} = ctx.i18n;
    if (!journey) return html`<p class="p-empty">${t('zk.loading')}</p>`;
    const {stops} = journey;
    const from = stops[0].time;
    return html`<div class="z-bar"><h3 class="z-path">${journey.client}: ${spoken(journey.operation)}</h3><span class="p-spacer"></span>${wider(ctx)}</div>
      <p class="p-aside">${journey.zxid ? t('zk.journey.zxid', {zxid: split(journey.zxid), hex: `0x${journey.zxid.toString(16)}`}) : nothing}
        ${t(journey.done ? 'zk.journey.took' : 'zk.journey.underway', {time: span(stops[stops.length - 1].time - from), stops: stops.length})}</p>
      <div class="z-actions"><button type="button" class="p-button primary" @click=${() => this.watch()}>${t('zk.journey.watch')}</button>
        <button type="button" class="p-button" @click=${() => this.step(shown, -1)}>${t('zk.journey.back')}</button>
        <button type="button" class="p-button" @click=${() => this.step(shown, 1)}>${t('zk.journey.next')}</button>
        <button type="button" class="p-button" @click=${() => this.leave()}>${t('zk.journey.end')}</button></div>
      <ol class="z-stops">${stops.map(stop => this.stop(shown, stop, from))}</ol>`;
  }

  /** @param {Shown} shown @param {import('./journey.js').Stop} stop @param {number} from */
  stop(shown, stop, from) {
    const {ctx} = this;
    const {t} = ctx.i18n;
    const state = stop.seq > shown.seq ? 'ahead' : stop.seq === this.current(shown)?.seq ? 'current' : 'past';
    return html`<li class="z-stop ${state} stage-${stop.stage}" data-seq=${stop.seq} aria-current=${state === 'current' ? 'step' : nothing}><button type="button" @click=${() => this.go(stop.seq)}>
      <span class="z-where"><b>${stop.node}</b><span>${t(`zk.stage.${stop.stage}`)}</span><span class="p-when">+${span(stop.time - from)}</span></span>
      <span class="z-say">${this.sentence(stop)}</span></button></li>`;
  }

  /** From the rules that the event gave. @param {import('./journey.js').Stop} stop */
  sentence(stop) {
    const {i18n, store} = this.ctx;
    const event = store.event(stop.seq);
    if (stop.stage === 'asks') return i18n.t('zk.journey.asks', {client: stop.node, server: this.journey?.server, request: spoken(this.journey?.operation)});
    const why = event ? i18n.why(event).filter((/** @type {any} */ reason) => stop.rules.includes(reason.rule)) : [];
    const seen = new Set();
    return why.filter((/** @type {any} */ reason) => !seen.has(reason.text) && seen.add(reason.text)).map((/** @type {any} */ reason) => reason.text).join(' ');
  }

  /** @param {Shown} shown */
  current(shown) { return this.journey?.stops.filter(stop => stop.seq <= shown.seq).at(-1); }

  /** @param {number} seq */
  go(seq) {
    this.watching = false;
    this.ctx.selection.set({event: seq});
    this.ctx.playhead.seek({seq, glide: true});
  }

  /** @param {Shown} shown @param {number} n */
  step(shown, n) {
    const stops = this.journey?.stops ?? [];
    const at = stops.findLastIndex(stop => stop.seq <= shown.seq);
    const seqs = stops.map(stop => stop.seq);
    const to = n > 0 ? seqs.find(seq => seq > shown.seq) : seqs.filter(seq => seq < (seqs[at] ?? 0)).at(-1);
    if (to !== undefined) this.go(to);
  }

  /** From just before it left, slowly, to where it was answered. */
  async watch() {
    const {playhead, store} = this.ctx;
    await playhead.seek({seq: Math.max(store.oldest, (this.journey?.call ?? 1) - 1)});
    await playhead.setSpeed(SLOWLY);
    await playhead.play(1);
    this.watching = true;
  }

  arrive() {
    this.watching = false;
    if (!this.ctx.playhead.following) this.ctx.playhead.pause();
  }

  leave() {
    this.watching = false;
    Object.assign(this.ctx.journey, {call: 0, messages: null});
    this.journey = null;
    this.ctx.playhead.changed({all: true});
  }
}

/** An operation as one would say it. @param {any} operation */
export function spoken(operation) {
  if (!operation) return '';
  if (operation.op === 'multi') return `multi (${operation.operations.map(spoken).slice(0, 3).join(', ')}${operation.operations.length > 3 ? ', …' : ''})`;
  return [operation.op, operation.path].filter(Boolean).join(' ');
}

