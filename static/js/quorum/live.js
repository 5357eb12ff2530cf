/**
 * The calculator's numbers on a running store: clients write and read there, and what they meet is drawn over what was computed.
 * Fetched when somebody starts it.
 */

import { html, nothing, render } from '../../vendor/lit-html/lit-html.js';
import { Lenses } from '../core/lenses.js';
import { newRoom } from '../home/api.js';
import { mountLive, watch } from '../home/live.js';
import { byId } from '../pages/page.js';
import { freshChart, latencyChart } from './charts.js';
import { wilson } from './formulas.js';
import { percent, time } from './numbers.js';
import { apple } from './pigeonhole.js';
import { keysAtFirst } from './ring.js';
import { MOST_CLIENTS, SLOW, isFar, legsOf, levelsOf, loadOf, roomOf, routesOf, slowed } from './room.js';
import { Measured, Staleness, groups, percentiles } from './staleness.js';
import { Trials } from './trials.js';
import { ALONG } from './wars.js';

/** @typedef {import('./calculator.js').Calculator} Calculator */
/** @typedef {import('./settings.js').Settings} Settings */
/** @typedef {import('./staleness.js').Sample} Sample */

/** Virtual time a unit of wall time. */
const SPEEDS = [1, 0.1, 0.02, 0.005];
const TRIALS = 100_000;
const LATEST = 5;
/** More are not kept: they would only slow the page down. */
const MOST = 200_000;

export class Live {
  /** @param {Calculator} calculator @param {any} page the page's context */
  constructor(calculator, page) {
    this.calculator = calculator;
    this.i18n = page.i18n;
    this.t = calculator.t;
    this.trials = new Trials();
    this.lenses = new Lenses();
    /** @type {any} */
    this.ctx = null;
    /** What the room was made with. @type {Settings} */
    this.made = calculator.settings;
    this.working = 3;
    this.speed = 1;
    this.problem = '';
    /** @type {import('./wars.js').Summary|null} */
    this.expected = null;
    /** @type {Set<number>} */ this.slow = new Set();
    /** @type {Set<number>} */ this.cut = new Set();
    /** @type {number[]} */ this.down = [];
    this.value = 0;
    this.heard = 0;
    this.measured = new Measured();
    /** What was done by hand. @type {Sample[]} */ this.latest = [];
    /** @type {ReturnType<typeof setTimeout>|undefined} */ this.drawing = undefined;
    calculator.listeners.add(() => this.settingsMoved());
  }

  async start() {
    const settings = this.calculator.settings;
    this.stop();
    this.made = { ...settings, down: [] };
    this.slow.clear();
    this.cut.clear();
    this.down = [];
    this.measured = new Measured();
    this.latest = [];
    this.expected = null;
    this.problem = '';
    const config = roomOf(settings, Math.floor(Math.random() * 2 ** 31));
    const { id, url, token } = await newRoom({ config });
    this.url = url;
    await this.lenses.load();
    const ctx = this.ctx = watch(id, this.i18n, this.lenses, token);
    ctx.store.subscribe((/** @type {string} */ what) => this.hear(ctx, what));
    byId('q-stage').replaceChildren();
    mountLive(ctx, { stage: byId('q-stage'), caption: byId('q-caption') }, () => void this.begin(ctx));
    this.draw();
  }

  /** @param {any} ctx */
  async begin(ctx) {
    await this.open(ctx);
    await this.predict();
    const { n } = this.made;
    for (const text of [...routesOf(n), ...levelsOf(this.made), ...this.load()]) await this.tell(text);
    for (const node of this.calculator.settings.down) await this.crash(node);
    await this.transport({ speed: this.speed });
    await this.transport({ action: 'play' });
    this.measured = new Measured();
    this.draw();
  }

  /** @param {any} ctx @returns {Promise<void>} once the room answers */
  open(ctx) {
    if (ctx.connection.state === 'open') return Promise.resolve();
    return new Promise((resolve) => {
      const heard = () => {
        if (ctx.connection.state !== 'open') return;
        ctx.connection.listeners.delete(heard);
        resolve();
      };
      ctx.connection.subscribe(heard);
    });
  }

  stop() {
    const { ctx } = this;
    this.ctx = null;
    if (!ctx) return;
    ctx.connection.send({ type: 'transport', action: 'pause' }).catch(() => {});
    ctx.connection.become('failed');
    ctx.connection.socket?.close();
    ctx.playhead.views = [];
    this.draw();
  }

  /** @param {any} what */
  transport(what) {
    return this.ctx?.connection.send({ type: 'transport', ...what }).catch((/** @type {any} */ e) => this.complain(e));
  }

  /** @param {string} text */
  tell(text) {
    return this.ctx?.connection.command(text).then(() => true, (/** @type {any} */ e) => this.complain(e));
  }

  /** @param {any} error */
  complain(error) {
    this.problem = error.message || this.t('home.unreachable');
    this.draw();
    return false;
  }

  // -- what is measured ----------------------------------------------------------------------------------------

  /** @param {any} ctx @param {string} what */
  hear(ctx, what) {
    if (ctx !== this.ctx) return;
    if (what === 'snapshot') {
      this.measured.staleness = new Staleness();
      this.heard = ctx.store.head;
    }
    if (what !== 'events') return;
    for (const event of ctx.store.range(this.heard + 1, ctx.store.head)) {
      const sample = this.measured.feed(event);
      if (sample?.key === this.hand) this.latest = [sample, ...this.latest].slice(0, LATEST);
    }
    this.heard = ctx.store.head;
    if (this.measured.reads.length > MOST) this.measured = new Measured();
    this.drawing ??= setTimeout(() => this.draw(), 200);
  }

  /** What was computed for the room as it is now: without those that are down or cut off, and with the slow. */
  async predict() {
    const { w, r } = this.calculator.settings;
    const there = Array.from({ length: this.made.n }, (_, i) => i + 1).filter((i) => !this.down.includes(i) && !this.cut.has(i));
    if (there.length < w || there.length < r) {
      this.trials.forget();
      this.expected = null;
      return;
    }
    const extra = there.map((i) => (this.slow.has(i) ? SLOW : 0));
    this.expected = await this.trials.whole({ fit: legsOf(this.made), n: there.length, w, r, extra, trials: TRIALS });
  }

  /** The key that is written and read by hand. */
  get hand() { return keysAtFirst('hand', 1, this.made.n + 1)[0]; }

  load() {
    const curve = this.expected?.start;
    return loadOf(this.made.n, this.working, curve ? curve[curve.length - 1][0] : 20);
  }

  // -- what people do ------------------------------------------------------------------------------------------

  /** N and the delays are the room's; levels, and who is down, can change while it runs. */
  async settingsMoved() {
    const { ctx, made, calculator: { settings } } = this;
    if (!ctx || this.isOld()) return this.draw();
    const leveled = settings.w !== made.w || settings.r !== made.r;
    const [crashed, risen] = [settings.down.filter((i) => !this.down.includes(i)), this.down.filter((i) => !settings.down.includes(i))];
    if (!leveled && !crashed.length && !risen.length) return;
    this.made = { ...made, w: settings.w, r: settings.r };
    this.down = settings.down;
    const texts = [...(leveled ? levelsOf(this.made) : []), ...crashed.map((i) => `crash n${i}`), ...risen.map((i) => `restart n${i}`)];
    await this.changed(texts);
  }

  /** @param {number} node */
  async crash(node) {
    this.down = [...this.down, node];
    await this.tell(`crash n${node}`);
    await this.predict();
  }

  /** @param {number} node */
  toggleSlow(node) {
    toggle(this.slow, node);
    return this.changed([slowed(this.made, `n${node}`, this.slow.has(node) ? SLOW : 0)]);
  }

  /** @param {number} node */
  toggleCut(node) {
    toggle(this.cut, node);
    return this.changed([`${this.cut.has(node) ? 'cut' : 'mend'} n${node} -- *`]);
  }

  /** @param {string[]} texts */
  async changed(texts) {
    this.problem = '';
    for (const text of texts) await this.tell(text);
    await this.predict();
    this.measured = new Measured();
    for (const text of this.load()) await this.tell(text);
    this.draw();
  }

  /** @param {number} working */
  async setWorking(working) {
    this.working = working;
    for (const text of this.load()) await this.tell(text);
    this.draw();
  }

  /** @param {number} speed */
  async setSpeed(speed) {
    this.speed = speed;
    await this.transport({ speed });
    this.draw();
  }

  /** By hand, with the last client. @param {('write'|'read')[]} what */
  async byHand(what) {
    const client = `c${MOST_CLIENTS}`;
    const { w, r } = this.calculator.settings;
    for (const one of what) await this.tell(one === 'write' ? `tell ${client} write ${this.hand} ${++this.value} ${w}` : `tell ${client} read ${this.hand} ${r}`);
  }

  isOld() {
    const { settings } = this.calculator;
    return ['n', 'fit', 'ownW', 'ownArs'].some((name) => settings[/** @type {'n'} */ (name)] !== this.made[/** @type {'n'} */ (name)]);
  }

  // -- drawing -------------------------------------------------------------------------------------------------

  draw() {
    clearTimeout(this.drawing);
    this.drawing = undefined;
    const box = byId('q-live');
    box.dataset.running = String(Boolean(this.ctx));
    box.dataset.samples = String(this.measured.reads.length);
    box.dataset.now = String(this.ctx?.store.now ?? 0);
    render(this.controls(), byId('q-live-controls'));
    render(this.ctx ? this.figures() : nothing, byId('q-live-figures'));
    render(this.ctx ? this.charts() : nothing, byId('q-live-charts'));
  }

  controls() {
    const { t, ctx } = this;
    return html`<div class="q-live-buttons">
        <button type="button" class="h-button primary" @click=${() => (ctx ? this.stop() : this.start().catch((e) => this.complain(e)))}>${t(ctx ? 'quorum.live.stop' : 'quorum.live.start')}</button>
        ${ctx ? html`<a class="h-button" href=${this.url ?? ''} target="_blank" rel="noopener">${t('quorum.live.open')}</a>` : nothing}</div>
      ${this.problem ? html`<p class="q-wrong" role="alert">${this.problem}</p>` : nothing}
      ${ctx && this.isOld() ? html`<p class="q-outcome">${t('quorum.live.old')} <button type="button" class="h-button" @click=${() => this.start().catch((e) => this.complain(e))}>${t('quorum.live.again')}</button></p>` : nothing}
      ${isFar(this.made) && ctx ? html`<p class="q-note">${t('quorum.live.far')}</p>` : nothing}
      ${ctx ? this.handles() : nothing}`;
  }

  handles() {
    const { t, made } = this;
    return html`<div class="q-handles">
      <label>${t('quorum.live.speed')} <select @change=${(/** @type {any} */ e) => this.setSpeed(Number(e.target.value))}>
        ${SPEEDS.map((speed) => html`<option value=${speed} ?selected=${speed === this.speed}>${speed === 1 ? '1' : `1/${1 / speed}`}</option>`)}</select></label>
      <label>${t('quorum.live.load')} <select data-load @change=${(/** @type {any} */ e) => this.setWorking(Number(e.target.value))}>
        ${[0, 1, 2, 3, 4, 5].map((count) => html`<option value=${count} ?selected=${count === this.working}>${count}</option>`)}</select></label>
      </div>
      <table class="q-nodes"><tbody>${Array.from({ length: made.n }, (_, i) => i + 1).map((i) => html`<tr><th scope="row">n${i}</th>
        <td>${this.switch('crash', i, this.down.includes(i), () => this.calculator.toggle(i))}</td>
        <td>${this.switch('slow', i, this.slow.has(i), () => this.toggleSlow(i))}</td>
        <td>${this.switch('cut', i, this.cut.has(i), () => this.toggleCut(i))}</td></tr>`)}</tbody></table>
      <div class="q-live-buttons">${[['write'], ['read'], ['write', 'read']].map((what) => html`<button type="button" class="h-button" data-hand=${what.join('-')}
        @click=${() => this.byHand(/** @type {any} */ (what))}>${t(`quorum.live.hand.${what.join('-')}`)}</button>`)}</div>
      <ol class="q-latest" aria-live="polite">${this.latest.map((sample) => html`<li>${this.told(sample)}</li>`)}</ol>`;
  }

  /** @param {string} what @param {number} node @param {boolean} on @param {() => void} act */
  switch(what, node, on, act) {
    return html`<button type="button" class="q-chip" aria-pressed=${String(on)} aria-label=${`n${node}: ${this.t(`quorum.live.${what}`, { ms: SLOW })}`} @click=${act}>${this.t(`quorum.live.${what}`, { ms: SLOW })}</button>`;
  }

  /** @param {Sample} sample */
  told({ op, outcome, value, took, quorum, need, t, fresh }) {
    const params = { value: value || '–', took: time(took), quorum: quorum.join(this.i18n.comma), have: quorum.length, need, t: t === null ? '' : time(t) };
    if (outcome === 'failed') return this.t(`quorum.live.${op}.failed`, params);
    const mark = op === 'put' ? nothing : html`<svg class="q-mini" viewBox="-23 -22 46 46" aria-hidden="true">${apple(fresh !== false, 1)}</svg>`;
    return html`${mark} ${this.t(`quorum.live.${op}${op === 'get' && fresh === false ? '.stale' : ''}`, params)}`;
  }

  figures() {
    const { t, measured: { reads, stale, since, failed } } = this;
    const { low, high } = wilson(stale, reads.length);
    const seconds = (performance.now() - since) / 1000;
    return html`<p class="q-figures"><span><b data-figure="samples">${reads.length.toLocaleString('en')}</b> ${t('quorum.live.samples', { rate: (reads.length / seconds).toFixed(0) })}</span>
      <span><b data-figure="live-stale">${reads.length ? percent(stale / reads.length) : '–'}</b> ${t('quorum.live.stale', { low: percent(low), high: percent(high) })}</span>
      <span><b>${failed}</b> ${t('quorum.live.failed')}</span></p>`;
  }

  charts() {
    const { t, expected, measured: { reads, readTimes, writeTimes } } = this;
    if (!expected) return html`<p class="q-note">${t(this.down.length || this.cut.size ? 'quorum.no-answer' : 'quorum.live.waiting')}</p>`;
    const curve = /** @type {import('./charts.js').Point[]} */ (expected.start);
    const width = Math.max(260, Math.min(620, byId('q-live-charts').clientWidth / (innerWidth > 800 ? 2 : 1) - 50));
    const measured = groups(reads, curve[curve.length - 1][0]);
    const line = (/** @type {'reads'|'writes'} */ name, /** @type {number[]} */ along, /** @type {number[]} */ times) => ({
      class: name, name: t(`quorum.latency.${name === 'reads' ? 'read' : 'write'}`), measured: percentiles(times),
      points: ALONG.map((p, i) => /** @type {[number, number]} */ ([along[i], p])),
    });
    return html`<section><h3>${t('quorum.fresh')}</h3>${freshChart({ width, curve, at: null, label: t('quorum.live.fresh'), axis: t('quorum.stale.axis'), measured })}</section>
      <section><h3>${t('quorum.latency')}</h3>${latencyChart({
        width, label: t('quorum.live.latency'), lines: [line('reads', expected.readsAlong, readTimes), line('writes', expected.writesAlong, writeTimes)],
      })}</section>`;
  }
}

/** @param {Set<number>} set @param {number} one */
function toggle(set, one) {
  if (!set.delete(one)) set.add(one);
}
