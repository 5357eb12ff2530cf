/** The History tab: what the clients asked and heard, as bars in time, and whether one order explains it. */

import { html, nothing, render, svg } from '../../vendor/lit-html/lit-html.js';
import { Asked, progress } from '../panels/asked.js';
import { calledBy, isOpen, layOut } from '../panels/bars.js';
import { moment } from '../panels/format.js';
import { whileVisible } from '../panels/visible.js';

/** @typedef {import('../types.js').Ctx} Ctx */
/** @typedef {import('../types.js').Shown} Shown */
/** @typedef {import('../panels/bars.js').Operation} Operation */
/** @typedef {{guarantee: string, read: number, wanted: number}} Breach */
/** @typedef {{key: string, operation: number, possible: (string|null)[], core: number[], whateverBefore: boolean}} Refusal */

const LANE = 30;
const GUTTER = 30;

/** @param {HTMLElement} root @param {Ctx} ctx */
export function mountHistory(root, ctx) {
  root.classList.add('p-panel', 'p-history');
  const panel = new HistoryPanel(root, ctx);
  return { draw: whileVisible(root, (shown) => panel.draw(shown)) };
}

class HistoryPanel {
  /** @param {HTMLElement} root @param {Ctx} ctx */
  constructor(root, ctx) {
    this.root = root;
    this.ctx = ctx;
    this.service = '';
    /** @type {Shown|null} */ this.shown = null;
    const store = /** @type {any} */ (ctx.store);
    this.asked = new Asked((url) => store.fetchJson(url), () => this.shown && this.draw(this.shown));
  }

  /** @param {Shown} shown */
  draw(shown) {
    this.shown = shown;
    const judged = this.services();
    if (!judged.includes(this.service)) this.service = judged[0] ?? '';
    if (this.service) this.ask(shown);
    render(this.service ? this.panel(shown, judged) : html`<p class="p-empty">${this.ctx.i18n.t('history.notjudged')}</p>`, this.root);
  }

  /** Whose clients put and get values. */
  services() {
    const { services } = this.ctx.store;
    return Object.keys(services).filter((name) => {
      const operations = /** @type {any} */ (services[name]).operations ?? {};
      return !/** @type {any} */ (services[name]).server && ['put', 'get'].every((op) => op in operations);
    });
  }

  /** @param {Shown} shown */
  ask(shown) {
    const store = /** @type {any} */ (this.ctx.store);
    const query = new URLSearchParams({ service: this.service });
    this.asked.want(`${store.branchUrl(store.branch)}/linearizability?${query}`, `${store.branch} ${this.service}`, progress(shown));
  }

  /** @param {Shown} shown @param {string[]} judged */
  panel(shown, judged) {
    const { t } = this.ctx.i18n;
    const { answer, failed } = this.asked;
    const choice = judged.length > 1 ? this.choice(judged) : nothing;
    if (!answer) return html`${choice}<p class="p-empty">${t(failed ? 'history.failed' : 'history.loading')}</p>`;
    /** @type {Operation[]} */
    const history = answer.history;
    const called = calledBy(history, shown.seq);
    /** @type {Refusal[]} */
    const refusals = answer.refusals.filter((/** @type {Refusal} */ r) => !isOpen(history[r.operation], shown.seq));
    return html`${choice}${this.verdict(answer, called, refusals)}
      ${called.length ? this.bars(history, shown, refusals) : html`<p class="p-empty">${t('history.none')}</p>`}
      ${refusals.map((refusal) => this.refusal(history, refusal))}
      ${answer.sessions.filter((/** @type {Breach} */ b) => !isOpen(history[b.read], shown.seq)).map((/** @type {Breach} */ b) => this.breach(history, b))}
      ${answer.first > 1 ? html`<p class="p-aside">${t('history.window', { first: answer.first })}</p>` : nothing}
      <p class="p-aside">${t('history.about')}</p>`;
  }

  /** @param {string[]} judged */
  choice(judged) {
    const { t } = this.ctx.i18n;
    const choose = (/** @type {string} */ name) => {
      this.service = name;
      if (this.shown) this.draw(this.shown);
    };
    return html`<p class="p-segments" role="group">${judged.map((name) => html`<button type="button"
      aria-pressed="${name === this.service}" @click=${() => choose(name)}>${t(`protocol.${name}`)}</button>`)}</p>`;
  }

  /** @param {any} answer @param {number[]} called @param {Refusal[]} refusals */
  verdict(answer, called, refusals) {
    const { t } = this.ctx.i18n;
    const keys = new Set(called.map((number) => answer.history[number].command.key)).size;
    const kind = refusals.length ? 'broken' : answer.givenUp.length ? 'gaveup' : 'linearizable';
    return html`<p class="p-lead ${refusals.length ? 'bad' : 'good'}">${t(`history.${kind}`,
      { operations: called.length, keys, given: answer.givenUp })}</p>`;
  }

  /** @param {Operation[]} history @param {Shown} shown @param {Refusal[]} refusals */
  bars(history, shown, refusals) {
    const refused = new Set(refusals.map((r) => r.operation));
    const core = new Set(refusals.flatMap((r) => r.core));
    const { lanes, bars, from, to } = layOut(history, shown, [...refused, ...core]);
    const width = Math.max(240, this.root.clientWidth);
    const x = (/** @type {number} */ time) => GUTTER + ((time - from) / (to - from)) * (width - GUTTER - 2);
    return html`<svg class="p-bars" width="${width}" height="${lanes.length * LANE}" role="group" aria-label="${this.ctx.i18n.t('history.title')}">
      ${lanes.map((name, n) => svg`<text class="p-bars-name" x="0" y="${n * LANE + 19}">${name}</text>
        <line class="p-bars-line" x1="${GUTTER}" x2="${width}" y1="${n * LANE + LANE / 2}" y2="${n * LANE + LANE / 2}"></line>`)}
      ${bars.map((bar) => {
        const [left, right] = [x(bar.from), x(bar.to)];
        const look = refused.has(bar.number) ? 'refused' : core.has(bar.number) ? 'core' : '';
        return this.bar(bar, look, left, Math.max(3, right - left));
      })}</svg>`;
  }

  /** @param {import('../panels/bars.js').Bar} bar @param {string} look @param {number} left @param {number} width */
  bar(bar, look, left, width) {
    const y = bar.lane * LANE + 4;
    const label = this.spoken(bar.operation, bar.open);
    const go = () => this.go(bar.open ? bar.operation.called : Number(bar.operation.returned));
    const key = (/** @type {KeyboardEvent} */ e) => {
      if (e.key !== 'Enter' && e.key !== ' ') return;
      e.preventDefault();
      go();
    };
    return svg`<g class="p-op ${look} ${bar.open ? 'open' : ''}" role="button" tabindex="0" aria-label="${bar.operation.process}: ${label}"
      @click=${go} @keydown=${key}><title>${label}</title>
      <rect x="${left}" y="${y}" width="${width}" height="${LANE - 8}" rx="4"></rect>
      ${width > label.length * 6 + 8 ? svg`<text x="${left + 5}" y="${y + 15}">${label}</text>` : nothing}</g>`;
  }

  /** @param {Operation[]} history @param {Refusal} refusal */
  refusal(history, refusal) {
    const { t } = this.ctx.i18n;
    const culprit = history[refusal.operation];
    const params = { key: refusal.key, process: culprit.process, operation: asked(culprit), result: this.value(culprit.result),
      when: `${moment(culprit.begun ?? 0)} – ${moment(culprit.ended ?? 0)}`,
      possible: refusal.possible.slice(0, 8).map((value) => this.value(value)).join(t('history.or')) };
    return html`<section class="p-refusal"><p>${t('history.refused', params)} ${refusal.possible.length ? t('history.possible', params) : nothing}</p>
      ${refusal.core.length ? html`<p>${t(refusal.whateverBefore ? 'history.core' : 'history.core.start', params)}</p>
        <ul role="list">${refusal.core.map((number) => this.named(history[number]))}</ul>` : this.named(culprit)}</section>`;
  }

  /** A session guarantee that is broken. @param {Operation[]} history @param {Breach} breach */
  breach(history, { guarantee, read, wanted }) {
    const { t } = this.ctx.i18n;
    const [found, missed] = [history[read], history[wanted]];
    return html`<section class="p-refusal"><p>${t('history.session', { guarantee: t(`law.quorum-${guarantee}`), process: found.process, operation: asked(found),
      result: this.value(found.result), when: `${moment(found.begun ?? 0)} – ${moment(found.ended ?? 0)}`, writer: missed.process, wanted: asked(missed) })}</p>
      <ul role="list">${this.named(missed)}${this.named(found)}</ul></section>`;
  }

  /** @param {Operation} o */
  named(o) {
    const { t } = this.ctx.i18n;
    return html`<li>${o.process}: ${this.spoken(o, false)} · <button class="p-link"
      @click=${() => this.go(o.called)}>${t('panels.event', { seq: o.called })}</button> – <button class="p-link"
      @click=${() => this.go(Number(o.returned))}>${t('panels.event', { seq: Number(o.returned) })}</button></li>`;
  }

  /** @param {number} seq */
  go(seq) {
    this.ctx.selection.set({ event: seq });
    this.ctx.playhead.seek({ seq });
  }

  /** @param {Operation} o @param {boolean} open */
  spoken(o, open) {
    return open ? `${asked(o)} …` : `${asked(o)} → ${this.value(o.result)}`;
  }

  /** @param {string|null|undefined} value */
  value(value) {
    return value === null || value === undefined ? this.ctx.i18n.t('history.nothing') : value;
  }
}

/** @param {Operation} o */
const asked = ({ command }) => [command.op, command.key, command.value].filter(Boolean).join(' ');
